"""The benchmarks' own parts, without the libraries that they compare with."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest

from benchmarks import driver, peers, reference, report
from benchmarks.__main__ import parse
from benchmarks.goals import GOALS, Goal, judge
from benchmarks.lessons import GanLesson, VaeLesson, draws, flat_of, gan_lesson, vae_lesson
from benchmarks.measure import Rounds, Task, alternate, ratio
from benchmarks.peers.numpy_side import NumpySide, NumpyTrainer
from benchmarks.peers.ours import Ours
from benchmarks.problems import (
    Answer,
    Branch,
    Descent,
    Training,
    flat,
    layers_of,
    random_network,
    random_training,
)
from benchmarks.rows import Mismatch, Row, check, gather
from benchmarks.workloads import WORKLOADS, answer


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


def test_a_task_may_tell_its_time() -> None:
    clock = FakeClock()
    spent = clock.task("ours", 2.0).run

    def run() -> float:
        spent()
        return 0.5

    times = alternate(
        {"ours": Task(run, 5, tells=True)}, Rounds(rounds=2, least_seconds=1.0), clock
    )
    assert times == {"ours": [0.1, 0.1]}
    assert len(clock.ran) == 2 + 2 * 2


def test_a_ratio_is_of_pairs() -> None:
    assert ratio([2.0, 30.0, 4.0], [1.0, 10.0, 1.0]) == 3.0


def test_goals_met_and_missed() -> None:
    verdicts = judge("W2", {"jax": 1.5, "torch": 3.5, "peak": None, "threads": 1.0})
    assert [(v.name, v.met) for v in verdicts] == [("jax", True), ("torch", False)]
    assert judge("calls/import", {"jax": 9.0}) == []
    assert [judge("reproduce", {"seconds": s})[0].met for s in (59.0, 61.0)] == [True, False]


def test_every_goal_has_a_workload() -> None:
    assert {name.partition("/")[0] for name in GOALS} <= set(WORKLOADS)
    assert GOALS["W3"] == Goal(jax=1.95, jax_tiled=1.5, torch=3.6, peak=0.87, threads=1.8)


def small_descent() -> Descent:
    asked = Branch(random_network((6, 7, 4), 2), lso.one_hot(np.arange(12) % 4, 4))
    starts = np.asarray(lso.uniform((12, 3), random_state=3), np.float32)
    return Descent(random_network((3, 8, 6), 1), (asked,), starts, change=-0.01)


def small_fork() -> Descent:
    """With a head more, asked for an interval that cuts some of its outputs off."""
    problem = small_descent()
    low, high = (np.full((12, 2), end, np.float32) for end in (0.9, 0.95))
    more = Branch(random_network((6, 5, 2), 4), low, high)
    return replace(problem, branches=(*problem.branches, more))


def test_ours_descends_alike_with_two_heads() -> None:
    problem = small_fork()
    _, best = reference.descend(problem, 3)
    found = {"ours": Ours(1).descents(problem)["ours"](3)}
    assert check(found, {"ours": best}, problem.starts)["ours"] < 1e-4
    assert NumpySide().descents(problem) == {}
    x = problem.starts.astype(np.float64)
    error, gradient = reference.differentiate(problem, x)
    for i in range(3):
        ahead, behind = (
            reference.differentiate(problem, x + sign * 1e-6 * np.eye(3)[i])[0] for sign in (1, -1)
        )
        assert gradient[:, i] == pytest.approx((ahead - behind) / 2e-6, rel=1e-5, abs=1e-9)
    assert (error > 0).all()


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
    trainer = NumpyTrainer(problem)
    data = trainer.load(problem.x, problem.y)
    trainer.steps(data, 3)
    trainer.reset()
    trainer.steps(data, 4)
    model = Ours(1).train(problem, 2, shuffle=False).model
    found = {"ours": np.asarray(model.parts[0].parameters), "numpy": trainer.parameters()}
    expected = dict.fromkeys(found, reference.train(problem, 2))
    assert max(check(found, expected, problem.network.parameters).values()) < 1e-3
    outputs = np.asarray(model(problem.x))
    assert trainer._mse(*data) == pytest.approx(np.square(outputs - problem.y).mean(), rel=1e-4)


def test_an_epoch_of_numpy_has_every_sample_once() -> None:
    problem = paper_training(lso.NormalizedGradientDescent(desired_change=-0.02))
    trainer = NumpySide().epoch_trainers(problem)["numpy"]
    data = trainer.load(problem.x, problem.y)
    mse = trainer.epochs(data, 2)
    found = trainer.parameters()
    order = np.random.default_rng(3)
    trainer.reset()
    for _ in range(2):
        rows = problem.x[order.permutation(8)]
        trainer.steps((rows, rows), 2)
    assert (trainer.parameters() == found).all()
    network = problem.network.replace(found)
    assert mse == pytest.approx(np.square(network(problem.x) - problem.y).mean(), rel=1e-4)


def test_numpy_and_ours_answer_alike() -> None:
    problem = easy_answer()
    ours = Ours(1).answers(problem)["ours algorithm3"]()
    numpy = NumpySide().answers(problem)["numpy"]()
    assert 0 < np.isfinite(ours).all(axis=1).sum() < 12
    assert (np.isfinite(ours) == np.isfinite(numpy)).all()
    share = answer._share("ours", problem, ours)
    assert share == np.isfinite(ours).all(axis=1).mean()
    claimed = np.where(np.isnan(ours), 0.5, ours)  # that which failed: said to be met
    with pytest.raises(Mismatch, match="an MSE of at most"):
        answer._share("ours", problem, claimed)


def easy_answer() -> Answer:
    """Every other start can reach its target."""
    descent = small_descent()
    (branch,) = descent.branches
    reached = branch.head(descent.trunk(lso.uniform((12, 3), random_state=9)))
    reached[::2] = branch.low[::2]
    easy = replace(branch, low=np.asarray(reached, np.float32))
    return Answer(replace(descent, branches=(easy,), change=-1.0), max_iterations=200)


def small_vae() -> VaeLesson:
    return vae_lesson(np.asarray(lso.uniform((200, 6), random_state=1), np.float32))


def small_gan() -> GanLesson:
    x = np.asarray(lso.uniform((128, 6), random_state=1), np.float32)
    return gan_lesson(x, np.arange(128) % 3)


def test_ours_learns_as_the_reference_does() -> None:
    vae, gan = small_vae().first(2), small_gan().first(2)
    for lesson, begin, expected in (
        (vae, flat_of(vae.encoder, vae.decoder), reference.learn_vae(vae)),
        (gan, flat_of(gan.generator, gan.discriminator), reference.learn_gan(gan)),
    ):
        found, seconds = Ours(1).learn(lesson, 1)
        assert check({"ours": found}, {"ours": expected}, begin)["ours"] < 1e-3
        assert seconds == 0.0


@pytest.mark.extra
@pytest.mark.parametrize("peer", ["torch", "jax"])
def test_peers_do_as_ours_does(peer: str) -> None:
    pytest.importorskip(peer)
    (side,), _ = peers.load([peer], 1)
    fork, answers = small_fork(), easy_answer()
    ends = reference.descend(fork, 3)
    for best, expected in enumerate(ends):
        for name, run in side.descents(replace(fork, best=bool(best))).items():
            assert check({name: run(3)}, {name: expected}, fork.starts)
    wanted = np.isnan(Ours(1).answers(answers)["ours algorithm3"]())
    for name, solve in side.answers(answers).items():
        assert (np.isnan(solve()) == wanted).all(), name
    vae, gan = small_vae().first(2), small_gan().first(2)
    for lesson, students, nets, expected in (
        (vae, side.vaes(vae), (vae.encoder, vae.decoder), reference.learn_vae(vae)),
        (gan, side.gans(gan), (gan.generator, gan.discriminator), reference.learn_gan(gan)),
    ):
        for name, student in students.items():
            student.follow(*draws(lesson))
            assert check({name: student.parameters()}, {name: expected}, flat_of(*nets))


@pytest.mark.extra
@pytest.mark.parametrize("peer", ["torch", "jax"])
def test_peers_train_by_epochs(peer: str) -> None:
    pytest.importorskip(peer)
    (side,), _ = peers.load([peer], 1)
    problem = paper_training(lso.NormalizedGradientDescent(desired_change=-0.02))
    for name, trainer in side.epoch_trainers(problem).items():
        data = trainer.load(problem.x, problem.y)
        trainer.steps(data, 4)
        assert check(
            {name: trainer.parameters()},
            {name: reference.train(problem, 2)},
            problem.network.parameters,
        )
        trainer.reset()
        mse = trainer.epochs(data, 3)
        network = problem.network.replace(trainer.parameters())
        assert mse == pytest.approx(np.square(network(problem.x) - problem.y).mean(), rel=1e-4)
        assert not (network.parameters == reference.train(problem, 3)).all()


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


def test_a_share_of_rows_may_be_at_a_kink() -> None:
    begin, end = np.zeros((4, 2)), np.ones((4, 2))
    off = end.copy()
    off[2] = math.nan
    assert check({"peer": off}, {"peer": end}, begin, aside=0.25) == {"peer": 0.0}
    with pytest.raises(Mismatch, match="peer"):
        check({"peer": off}, {"peer": end}, begin, aside=0.2)


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
        times["jax step"] = [0.06] * 3
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
    assert "| 50,000 loop | 30,000 100 | 70,000 |" in one
    assert "| 2.50x | 3.50x | 95% |" in one
    for verdict in ("met best JAX 1.95x", "**missed** PyTorch eager 3.6x (3.5x)", "met peak 87%"):
        assert verdict in one
    assert "**missed** threads 1.8x (1.6x)" in many
    assert "- W3: a note" in text
    assert "| 100 | 4; 50 (2) |" in text
    assert "- the package: 1.0 MiB" in text


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    settings = parse(["--quick", "--workloads", "W1,W2", "--threads", "1", "--simd", "avx2"])
    assert settings == driver.Settings(("W1", "W2"), None, "1", "avx2", quick=True)
    with pytest.raises(SystemExit):
        parse(["--workloads", "W1,W99"])
    assert "W99" in capsys.readouterr().err


def test_a_run_of_one_workload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "write", lambda *_: None)
    monkeypatch.chdir(Path(__file__).parents[2])  # the children find the package here
    settings = driver.Settings(("W1",), ("numpy",), "1", quick=True, out=str(tmp_path))
    assert driver.run(settings) == 0
    text = (tmp_path / "results.json").read_text()
    assert str(tmp_path) not in text
    assert '"numpy"' in text
    assert not list(tmp_path.glob("*.part"))


def test_workloads_one_by_one() -> None:
    both = canned()["children"]["1"]
    first, second = ({**both, "rows": {}, "seconds": {}, "failures": {}} for _ in range(2))
    first |= {"rows": {"W1": 1, "W2": 1}, "seconds": {"W1": 1, "W2": 1, "W3": 1}}
    first["failures"] = {"W2": "then", "W3": "then"}
    second |= {"rows": {"W2": 2}, "seconds": {"W2": 2}, "peaks": [3e11]}
    second["machine"] = {**both["machine"], "versions": {"jax": "1"}}
    found = driver.merged(first, second)
    assert found["rows"] == {"W1": 1, "W2": 2}
    assert found["failures"] == {"W3": "then"}
    assert found["peaks"] == [9e10, 1e11, 3e11]
    assert found["machine"]["versions"] == {"numpy": "2", "jax": "1"}
    second["machine"] = {**both["machine"], "simd": "avx512"}
    with pytest.raises(ValueError, match="simd avx512, got some of avx2"):
        driver.merged(first, second)
