"""The benchmarks' own parts, without the libraries that they compare with."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest

from benchmarks import driver, peers, reference, report
from benchmarks.__main__ import parse
from benchmarks.goals import GOALS, Goal, judge
from benchmarks.measure import Rounds, Task, alternate, ratio
from benchmarks.peers.numpy_side import NumpySide
from benchmarks.peers.ours import Ours
from benchmarks.problems import (
    Answer,
    Descent,
    Training,
    flat,
    layers_of,
    random_network,
    random_training,
)
from benchmarks.rows import Mismatch, Row, check, gather
from benchmarks.workloads import WORKLOADS


class FakeClock:
    """Tells a time that only tasks move on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ran: list[str] = []

    def __call__(self) -> float:
        return self.now

    def task(self, name: str, seconds: float, units: int = 1) -> Task:
        def run() -> None:
            self.now += seconds
            self.ran.append(name)

        return Task(run, units)


def test_sides_take_turns_and_times_are_per_unit() -> None:
    clock = FakeClock()
    tasks = {"ours": clock.task("ours", 0.5, units=5), "peer": clock.task("peer", 2.0)}
    times = alternate(tasks, Rounds(rounds=3, least_seconds=1.0), clock)
    assert times == {"ours": pytest.approx([0.1] * 3), "peer": pytest.approx([2.0] * 3)}
    measured = clock.ran[4:]  # after two calls each: to warm up, and to calibrate
    ours, peer = ["ours"] * 2, ["peer"]  # two of half a second fill the least time
    assert measured == ours + peer + peer + ours + ours + peer


def test_a_ratio_is_of_pairs() -> None:
    assert ratio([2.0, 30.0, 4.0], [1.0, 10.0, 1.0]) == 3.0


def test_goals_met_and_missed() -> None:
    verdicts = judge("W2", {"jax": 1.5, "torch": 3.9, "peak": None, "threads": 1.0})
    assert [(v.name, v.met) for v in verdicts] == [("jax", True), ("torch", False)]
    assert judge("calls/import", {"jax": 9.0}) == []


def test_every_goal_has_a_workload() -> None:
    assert {name.partition("/")[0] for name in GOALS} <= set(WORKLOADS)
    assert GOALS["W3"] == Goal(jax=2, jax_tiled=1.6, torch=4, peak=0.92, threads=1.8)


def small_descent() -> Descent:
    model = random_network((3, 8, 6), 1) >> random_network((6, 7, 4), 2)
    starts = np.asarray(lso.uniform((12, 3), random_state=3), np.float32)
    return Descent(model, starts, lso.one_hot(np.arange(12) % 4, 4), change=-0.01)


def test_numpy_and_ours_descend_alike() -> None:
    problem = small_descent()
    last, best = reference.descend(problem, 3)
    found = {
        "ours": Ours(1).descents(problem)["ours"](3),
        "numpy": NumpySide().descents(problem)["numpy"](3),
    }
    deviations = check(found, {"ours": best, "numpy": last}, problem.starts)
    assert max(deviations.values()) < 1e-4


def paper_training(optimizer: Any) -> Training:
    x = np.asarray(lso.uniform((8, 5), random_state=3), np.float32)
    return Training(random_network((5, 4, 5), 1), x, x, 4, optimizer)


@pytest.mark.parametrize(
    "optimizer",
    [lso.NormalizedGradientDescent(desired_change=-0.02), lso.Adam()],
    ids=["algorithm3", "adam"],
)
@pytest.mark.parametrize("input_bias", [False, True])
def test_numpy_and_ours_train_alike(optimizer: Any, input_bias: bool) -> None:
    usual = random_training((5, 4, 5), 4, optimizer, 2)
    problem = paper_training(optimizer) if input_bias else usual
    trainer = NumpySide().trainers(problem)["numpy"]
    data = trainer.load(problem.x, problem.y)
    trainer.steps(data, 3)
    trainer.reset()
    trainer.steps(data, 4)
    model = Ours(1).train(problem, 2, shuffle=False).model
    found = {"ours": np.asarray(model.parts[0].parameters), "numpy": trainer.parameters()}
    expected = dict.fromkeys(found, reference.train(problem, 2))
    assert max(check(found, expected, problem.network.parameters).values()) < 1e-3
    outputs = np.asarray(model(problem.x))
    assert trainer.mse(data) == pytest.approx(np.square(outputs - problem.y).mean(), rel=1e-4)


def test_numpy_and_ours_answer_alike() -> None:
    descent = small_descent()
    reached = descent.model(lso.uniform((12, 3), random_state=9))
    easy = Descent(descent.model, descent.starts, np.asarray(reached, np.float32), change=-1.0)
    problem = Answer(easy, max_iterations=200)
    ours = Ours(1).answers(problem)["ours algorithm3"]()
    numpy = NumpySide().answers(problem)["numpy"]()
    assert ours.any()
    assert (ours == numpy).all()


def test_layers_hold_the_parameters_in_order() -> None:
    network = random_network((5, 4, 3), 1)
    assert (flat(layers_of(network)) == network.parameters).all()


def test_work_is_counted_by_hand() -> None:
    assert small_descent().flop == 12 * 2 * 2 * (3 * 8 + 8 * 6 + 6 * 7 + 7 * 4)
    without = random_training((5, 4, 5), 4, lso.Adam(), 1)
    assert without.flop == 4 * 2 * (20 + 20 + 20 + 20 + 20)
    assert paper_training(lso.Adam()).flop == without.flop + 4 * 2 * 20


def test_another_number_fails_loudly() -> None:
    begin, end = np.zeros(3), np.ones(3)
    for wrong in (np.array([1.0, 1.0, 1.01]), np.full(3, math.nan)):
        with pytest.raises(Mismatch, match="peer"):
            check({"peer": wrong}, {"peer": end}, begin)
    assert check({"peer": end + 1e-4}, {"peer": end}, begin)["peer"] == pytest.approx(1e-4)


def test_names_are_not_taken_twice() -> None:
    with pytest.raises(ValueError, match="numpy twice"):
        gather({"numpy": 1}, {"numpy": 2})


def test_missing_peers_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(peers.MODULES, "jax", "benchmarks.peers.no_such_side")
    sides, missing = peers.load(["numpy", "jax"], 1)
    assert [side.name for side in sides] == ["numpy"]
    assert "no_such_side" in missing["jax"]
    assert "jax is left out: " in report.markdown(canned(missing=missing))
    with pytest.raises(ValueError, match="tensorflow"):
        peers.load(["tensorflow"], 1)


def canned(missing: dict[str, str] | None = None) -> dict[str, Any]:
    """Two settings of threads, with one row that meets its goals on JAX and misses others."""

    def child(ours: float) -> dict[str, Any]:
        times = {"ours": [ours] * 3, "jax loop": [0.05] * 3, "jax tiled 100": [0.03] * 3}
        times["torch eager"] = [0.07] * 3
        row = Row("W3", "10,000 starts", "iteration", times, flop=1.9e9, notes=["a note"])
        start = Row("scaling/100", "100 starts", "start and iteration", {"ours": [4e-6]})
        start.facts = {"starts": 100, "peak_mib": {"ours": 50.0}, "growth_mib": {"ours": 2.0}}
        loading = Row("calls/import", "import", "run", {"ours": [0.2]})
        loading.facts = {"package_bytes": 2**20}
        machine = {"processor": "some CPU", "simd": "avx2", "platform": "Linux", "cores": 2}
        return {
            "machine": {**machine, "versions": {"numpy": "2"}},
            "missing": missing or {},
            "failures": {},
            "peaks": [9e10, 1e11],
            "rows": {each.name: each.plain() for each in (row, start, loading)},
        }

    return {"settings": {}, "children": {"1": child(0.02), "all": child(0.0125)}}


def test_the_report() -> None:
    text = report.markdown(canned())
    one, many = [line for line in text.splitlines() if line.startswith("| W3 10,000")]
    assert "| 20,000 |" in one
    assert "| 2.50x | 3.50x | 95% |" in one
    for verdict in ("met best JAX 2x", "**missed** JAX tiled 1.6x (1.5x)", "met peak 92%"):
        assert verdict in one
    assert "**missed** threads 1.8x (1.6x)" in many
    assert "- W3: a note" in text
    assert "| 100 | 4; 50 (2) |" in text
    assert "- the package: 1.0 MiB" in text


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    settings = parse(["--quick", "--workloads", "W1,W2", "--threads", "1", "--simd", "avx2"])
    assert settings == driver.Settings(("W1", "W2"), None, "1", "avx2", quick=True)
    with pytest.raises(SystemExit):
        parse(["--workloads", "W1,W9"])
    assert "W9" in capsys.readouterr().err


def test_a_run_of_one_workload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "write", lambda *_: None)
    monkeypatch.chdir(Path(__file__).parents[2])  # the children find the package here
    settings = driver.Settings(("W1",), ("numpy",), "1", quick=True, out=str(tmp_path))
    assert driver.run(settings) == 0
    text = (tmp_path / "results.json").read_text()
    assert str(tmp_path) not in text
    assert '"numpy"' in text
    assert not list(tmp_path.glob("*.part"))
