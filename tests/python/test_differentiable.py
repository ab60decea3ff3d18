"""A model that a function computes, wherever a network may stand: the same as the network that it computes."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close
from lso_native._typing import Array
from strategies import random_network, uniform

DECODER = random_network((4, 9, 12), seed=1, activation="tanh")
CLASSIFIER = random_network((12, 8, 3), seed=2, activation=["tanh", "sigmoid"])
STARTS = uniform((40, 4), seed=3)
GENTLE: dict[str, Any] = {"optimizer": lso.NormalizedGradientDescent(-0.1), "max_iterations": 10}


class Like:
    """A network's outputs, with its pullback."""

    def __init__(self, network: lso.Network) -> None:
        self.network = network
        self.rows: list[int] = []

    def __call__(self, x: Array) -> Any:
        self.rows.append(len(x))
        assert x.dtype == self.network.dtype
        assert x.flags.c_contiguous
        return self.network(x), lambda g: self.network.input_gradient(x, g)

    def forward(self, x: Array) -> Array:
        return self.network(x)

    def vjp(self, x: Array, g: Array) -> Array:
        return self.network.input_gradient(x, g)


def pulled(network: lso.Network, **options: Any) -> lso.Differentiable:
    sizes: dict[str, Any] = {"n_inputs": network.n_inputs, "n_outputs": network.n_outputs}
    return lso.Differentiable(Like(network), dtype=network.dtype, **sizes, **options)


def paired(network: lso.Network, **options: Any) -> lso.Differentiable:
    sizes: dict[str, Any] = {"n_inputs": network.n_inputs, "n_outputs": network.n_outputs}
    like = Like(network)
    return lso.Differentiable(like.forward, like.vjp, dtype=network.dtype, **sizes, **options)


def same(got: lso.OptimizeResult, expected: lso.OptimizeResult) -> None:
    assert got.status.tolist() == expected.status.tolist()
    assert got.iterations.tolist() == expected.iterations.tolist()
    assert_close(got.latents, expected.latents, 1e-9)
    assert_close(got.samples, expected.samples, 1e-9)
    assert_close(got.loss, expected.loss, 1e-8)


@pytest.mark.parametrize("make", [pulled, paired])
def test_it_is_a_model(make: Any) -> None:
    model = make(DECODER)
    assert isinstance(model, lso.Model)
    assert (model.n_inputs, model.n_outputs, model.n_parameters) == (4, 12, 0)
    assert_close(model(STARTS), DECODER(STARTS), 1e-12)
    gradient = uniform((40, 12), seed=4)
    expected = DECODER.input_gradient(STARTS, gradient)
    assert_close(model.input_gradient(STARTS, gradient), expected, 1e-12)
    both = model >> CLASSIFIER
    assert_close(both(STARTS), (DECODER >> CLASSIFIER)(STARTS), 1e-12)
    assert_close(both.seams(STARTS)[0], DECODER(STARTS), 1e-12)
    assert both.n_parameters == CLASSIFIER.n_parameters
    assert copy.deepcopy(model) is model


@pytest.mark.parametrize(
    "optimizer", [lso.NormalizedGradientDescent(-0.1), lso.LevenbergMarquardt()]
)
@pytest.mark.parametrize("make", [pulled, paired])
def test_optimize_goes_through_it_at_either_end(make: Any, optimizer: Any) -> None:
    options: dict[str, Any] = {"starts": STARTS, "optimizer": optimizer, "max_iterations": 10}
    options |= {"bounds": (-1.0, 1.0), "trajectory": True, "threads": 2}
    expected = lso.optimize(DECODER >> CLASSIFIER, [0.9, 0.1, 0.1], **options)
    for model in (
        make(DECODER) >> CLASSIFIER,
        DECODER >> make(CLASSIFIER),
        make(DECODER) >> make(CLASSIFIER),
    ):
        got = lso.optimize(model, [0.9, 0.1, 0.1], **options)
        same(got, expected)
        assert got.trajectory is not None
        assert len(got.trajectory[0]) == expected.iterations[0] + 1
    alone = lso.optimize(
        make(CLASSIFIER), [0.9, 0.1, 0.1], starts=DECODER(STARTS), max_iterations=3
    )
    assert alone.outputs.shape == (40, 3)


def test_a_problem_of_branches_asks_each_once_a_batch() -> None:
    like_decoder = Like(DECODER)
    sizes: dict[str, Any] = {"n_inputs": 4, "n_outputs": 12, "dtype": "float64"}
    decoder, classifier = lso.Differentiable(like_decoder, **sizes), pulled(CLASSIFIER)
    regressor = random_network((12, 1), seed=5)
    problem = lso.Problem(
        decoder,
        lso.Branch(lso.SquaredError([0.9, 0.1, 0.1]), head=classifier),
        lso.Branch(0.1 * lso.Interval(0.4, 0.6), head=regressor),
        latent=[lso.prefer(lso.Ball(1.0), 0.1)],
    )
    known = lso.Branch(lso.SquaredError([0.9, 0.1, 0.1]), head=CLASSIFIER)
    like = lso.Problem(DECODER, known, *problem.branches[1:], latent=problem.latent)
    assert_close(problem.evaluate(STARTS).gradient, like.evaluate(STARTS).gradient, 1e-12)
    rows = like_decoder.rows
    rows.clear()
    result = lso.optimize(problem, starts=STARTS, **GENTLE)
    same(result, lso.optimize(like, starts=STARTS, **GENTLE))
    assert rows[0] == len(STARTS)
    assert (
        len(rows) <= 12
    )  # the first look, ten steps, and one look at points that were better before
    rows.clear()
    small = lso.Differentiable(like_decoder, batch=16, **sizes)
    lso.optimize(small >> CLASSIFIER, [0.9, 0.1, 0.1], starts=STARTS, **GENTLE)
    assert max(rows) == 16


def test_precisions_mix_as_those_of_networks() -> None:
    single = pulled(DECODER.astype("float32"))
    assert (single >> CLASSIFIER.astype("float32")).dtype == np.float32
    double = lso.Differentiable(lambda x: (2 * x, lambda g: 2 * g), n_inputs=12, n_outputs=12)
    both = double >> CLASSIFIER
    assert both.dtype == np.float64
    assert both.parts[0].dtype == np.float64
    assert double.astype("float32") is double
    assert double([[1] * 12]).dtype == np.float32
    with pytest.raises(ValueError, match=r"^dtype"):
        double.astype("float16")


def test_equality_and_display() -> None:
    like = Like(DECODER)
    sizes: dict[str, Any] = {"n_inputs": 4, "n_outputs": 12}
    one, other = lso.Differentiable(like, **sizes), lso.Differentiable(like, **sizes)
    assert one == other
    assert hash(one) == hash(other)
    assert one != lso.Differentiable(Like(DECODER), **sizes)
    assert one != one.astype("float64")
    assert one != DECODER
    assert repr(one) == "Differentiable(4 -> 12, Like, float32)"
    assert "Like" in repr(one >> CLASSIFIER)
    assert all(text in (one >> CLASSIFIER)._repr_html_() for text in ("Like", "not known"))


def test_what_has_no_weights_is_neither_trained_nor_saved(tmp_path: Any) -> None:
    model = pulled(DECODER)
    with pytest.raises(
        ValueError, match=r"^model: expected networks, whose weights can be trained"
    ):
        lso.train(model, STARTS, np.zeros((40, 12)), epochs=1)
    with pytest.raises(TypeError, match=r"^model: expected a model of networks alone"):
        lso.save(model >> CLASSIFIER, tmp_path / "model.safetensors")
    with pytest.raises(TypeError, match=r"^decoder: expected a model of networks alone"):
        lso.irregularity.jacobian(model, STARTS)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x, r"function: expected a tuple \(outputs, pullback\), got ndarray"),
        (
            lambda x: (x[:, :2], None),
            r"function: outputs: expected shape \(5, 3\), got shape \(5, 2\)",
        ),
        (lambda x: (x[:2], None), "function: outputs: expected shape"),
        (lambda x: (x * 1j, None), "function: outputs: expected an array of real numbers"),
        (lambda x: (x, lambda g: g[:, :1]), r"function: gradient: expected shape \(5, 3\)"),
        (
            lambda x: (x, lambda g: [None] * len(g)),
            "function: gradient: expected an array of real numbers",
        ),
    ],
)
def test_what_a_function_returns_must_fit(function: Any, message: str) -> None:
    model = lso.Differentiable(function, n_inputs=3, n_outputs=3)
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        model.input_gradient(np.ones((5, 3)), np.ones((5, 3)))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"function": 3}, "function"),
        ({"vjp": 3}, "vjp"),
        ({"n_inputs": 0}, "n_inputs"),
        ({"n_outputs": 1.5}, "n_outputs"),
        ({"dtype": "float16"}, "dtype"),
        ({"batch": 0}, "batch"),
    ],
)
def test_bad_arguments(options: dict[str, Any], name: str) -> None:
    given: dict[str, Any] = {"function": Like(DECODER), "n_inputs": 4, "n_outputs": 12} | options
    with pytest.raises((ValueError, TypeError), match=f"^{name}: expected"):
        lso.Differentiable(**given)


def test_what_a_function_raises_goes_up() -> None:
    def fails(x: Array) -> Any:
        raise LookupError(f"no such thing, for {len(x)} rows")

    model = lso.Differentiable(fails, n_inputs=4, n_outputs=12, dtype="float64") >> CLASSIFIER
    for run in (lambda: model(STARTS), lambda: lso.optimize(model, [1, 0, 0], starts=STARTS)):
        with pytest.raises(LookupError, match="no such thing"):
            run()


def test_what_is_not_finite_is_a_start_that_diverged() -> None:
    def broken(x: Array) -> Any:
        y = DECODER(x)
        y[x[:, 0] > 0.5] = np.nan
        return y, lambda g: DECODER.input_gradient(x, np.nan_to_num(g))

    model = lso.Differentiable(broken, n_inputs=4, n_outputs=12, dtype="float64") >> CLASSIFIER
    result = lso.optimize(model, [0.9, 0.1, 0.1], starts=STARTS, max_iterations=0)
    beyond = STARTS[:, 0] > 0.5
    assert (result.status[beyond] == "diverged").all()
    known = lso.optimize(DECODER >> CLASSIFIER, [0.9, 0.1, 0.1], starts=STARTS, max_iterations=0)
    assert_close(result.loss[~beyond], known.loss[~beyond], 1e-12)


def test_ctrl_c_inside_keeps_what_was_reached() -> None:
    like, calls = Like(DECODER), []

    def slow(x: Array) -> Any:
        calls.append(len(x))
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return like(x)

    model = lso.Differentiable(slow, n_inputs=4, n_outputs=12, dtype="float64")
    with pytest.raises(KeyboardInterrupt) as stopped:
        lso.optimize(model >> CLASSIFIER, [2.0, 2.0, 2.0], starts=STARTS, **GENTLE)
    result = stopped.value.result  # type: ignore[attr-defined]
    assert (result.status == "interrupted").any()
    assert np.isfinite(result.loss).all()
    calls.clear()
    with pytest.raises(KeyboardInterrupt):
        [model(STARTS) for _ in range(5)]


def test_generate_through_it() -> None:
    class Prior:
        def sample(self, n: int, random_state: Any = None) -> Array:
            return lso.normal((n, 4), random_state=random_state, dtype="float64")

    reader = lso.Linear(np.ones(12) / 12, low=0.1)
    options: dict[str, Any] = {"n": 10, "prior": Prior(), "random_state": 0, "bounds": (-3, 3)}
    got = lso.generate(pulled(DECODER), reader & lso.InRange(-0.9, 0.9), **options)
    expected = lso.generate(DECODER, reader & lso.InRange(-0.9, 0.9), **options)
    assert got.success.all()
    assert_close(got.samples, expected.samples, 1e-6)


def test_other_processes_get_it_where_it_can_be_pickled() -> None:
    model = paired(DECODER) >> CLASSIFIER
    copied = pickle.loads(pickle.dumps(model))
    assert_close(copied(STARTS), model(STARTS), 1e-12)
    expected = lso.optimize(model, [0.9, 0.1, 0.1], starts=STARTS, **GENTLE)
    with ProcessPoolExecutor(1) as workers:
        got = lso.optimize(model, [0.9, 0.1, 0.1], starts=STARTS, executor=workers, **GENTLE)
        same(got, expected)
        here = lso.Differentiable(threading.Lock().acquire, n_inputs=4, n_outputs=4)
        with pytest.raises(TypeError, match=r"^model: expected"):
            lso.optimize(here, [0, 0, 0, 0], starts=STARTS, executor=workers)
