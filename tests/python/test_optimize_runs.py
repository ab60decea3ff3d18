"""Optimization of the input: statuses, independence of the starts, progress, Ctrl-C."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_same_bits
from interrupting import interrupt
from strategies import random_network, uniform


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_vanishing_gradient_is_stationary(dtype: str) -> None:
    network = random_network((3, 8, 2), seed=1, activation="relu", bias="standard", dtype=dtype)
    dead = network.replace(-np.abs(network.parameters))
    starts = uniform((20, 3), seed=2, low=0.5, high=1.0)
    result = lso.optimize(dead, [0.5, 0.5], starts=starts)
    assert result.status.tolist() == ["stationary"] * 20
    assert result.iterations.tolist() == [0] * 20
    assert not result.success.any()
    assert_same_bits(result.latents, starts.astype(dtype))
    assert np.isfinite(result.mse).all()


@pytest.mark.parametrize(("dtype", "weight"), [("float32", 1e-42), ("float64", 1e-160)])
def test_an_exploding_step_is_diverged(dtype: Any, weight: float) -> None:
    network = lso.Network((1, 1), activation="linear", bias=[False, False], dtype=dtype)
    starts = uniform((20, 1), seed=2)
    result = lso.optimize(network.replace([weight]), [1.0], starts=starts, trajectory=True)
    assert result.status.tolist() == ["diverged"] * 20
    assert_same_bits(result.latents, starts.astype(dtype))
    for array in (result.latents, result.outputs, result.mse, result.loss):
        assert np.isfinite(array).all()


def test_an_exploding_error_is_diverged() -> None:
    network = lso.Network((1, 1), activation="linear", bias=[False, False], dtype="float32")
    result = lso.optimize(network.replace([1e30]), [1.0], starts=[[1e10], [1e-30]])
    assert result.status.tolist() == ["diverged", "converged"]
    assert np.isfinite(result.latents).all()
    assert not np.isnan(result.mse).any()
    assert not np.isnan(result.outputs).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_start_does_not_depend_on_its_company(dtype: str) -> None:
    decoder = random_network((5, 30, 33), seed=1, dtype=dtype)
    model = decoder >> random_network((33, 17, 4), seed=2, dtype=dtype)
    starts = uniform((150, 5), seed=2)
    targets = model(starts + uniform((150, 5), seed=3, low=-0.4, high=0.4))
    optimizer = lso.NormalizedGradientDescent(desired_change=-0.3)
    options: dict[str, Any] = {"mse": 1e-10, "optimizer": optimizer, "max_iterations": 60}

    def run(rows: Any, threads: int) -> lso.OptimizeResult:
        return lso.optimize(model, targets[rows], starts=starts[rows], threads=threads, **options)

    whole = run(slice(None), 1)
    assert len(set(whole.iterations.tolist())) > 5  # lanes end at different times
    order = np.random.default_rng(4).permutation(150)
    for rows, threads in [
        (slice(None), 2),
        (slice(None), 5),
        (order, 1),
        (slice(20, 53), 1),
        ([7], 1),
        ([149, 0], 2),
    ]:
        part = run(rows, threads)
        for name in ("latents", "samples", "outputs", "mse", "loss", "iterations", "status"):
            assert_same_bits(getattr(part, name), getattr(whole, name)[rows])


class EnoughError(Exception):
    pass


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_and_an_error_in_the_callback(threads: int) -> None:
    seen: list[lso.OptimizeProgress] = []

    def watch(progress: lso.OptimizeProgress) -> None:
        seen.append(progress)
        if len(seen) == 3:
            raise EnoughError

    network = random_network((3, 8, 2), seed=1)
    # out of reach, in steps so small that the run has no end of its own
    targets = np.full((40, 2), 2.0)
    starts = uniform((40, 3), seed=2)
    targets[5] = network(starts[5:6])[0]
    with pytest.raises(EnoughError):
        lso.optimize(
            network,
            targets,
            starts=starts,
            optimizer=lso.NormalizedGradientDescent(desired_change=-1e-12),
            max_iterations=10**9,
            callback=watch,
            threads=threads,
        )
    assert [progress.total for progress in seen] == [40] * 3
    assert seen[-1].finished == 1


SCRIPT = """
import numpy as np
import lso_native as lso

network = lso.Network((3, 8, 2), dtype="float64", random_state=0)
starts = lso.uniform((200, 3), random_state=0)
target = np.full((200, 2), 2.0)  # out of reach, but for what the first start gives already
target[0] = network(starts[:1])[0]
shown = []

def show(progress):
    if not shown:
        print("running", flush=True)
    shown.append(progress)

try:
    lso.optimize(network, target, starts=starts, max_iterations=10**12, threads={threads},
                 optimizer=lso.NormalizedGradientDescent(desired_change=-1e-12), callback=show)
except KeyboardInterrupt as interrupted:
    result = interrupted.result
    print(sorted(set(result.status.tolist())), result.latents.shape, result.status[0])
    print(bool(np.isfinite(result.latents).all()), int(result.iterations.max()) > 0)
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_hands_back_what_there_is(threads: int) -> None:
    lines = interrupt(SCRIPT.replace("{threads}", str(threads)))
    assert lines == ["['converged', 'interrupted'] (200, 3) converged", "True True"]


def test_a_stop_in_the_last_report_hands_the_result_back() -> None:
    def press(progress: lso.OptimizeProgress) -> None:
        if progress.finished == progress.total:
            raise KeyboardInterrupt

    network = lso.Network([3, 4, 2], random_state=0)
    starts = lso.uniform((5, 3), random_state=0)
    with pytest.raises(KeyboardInterrupt) as caught:
        lso.optimize(network, [0.5, 0.5], starts=starts, callback=press)
    whole = lso.optimize(network, [0.5, 0.5], starts=starts)
    assert caught.value.result.latents.tobytes() == whole.latents.tobytes()  # type: ignore[attr-defined]
