"""generate: n different samples that are as asked, what was tried, and what is in the way where there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import interrupting
import lso_native as lso
import numpy as np
import pytest
from asking import CLASSIFIER, DECODER, NUMBERS, READ, A, Codes, Normal, is_class
from checks import assert_refused, assert_same_bits
from lso_native._typing import Array, Float64Array, FloatArray
from lso_native.generate.distinct import repeats
from lso_native.requirements import Quantities, Readable

PRIOR = Normal()
ASKED = is_class(0) & READ.between(a=(0.0, 0.1))


def generate(requirement: Any = ASKED, n: int = 30, **options: Any) -> lso.GenerateResult:
    given: dict[str, Any] = {"prior": PRIOR, "random_state": 0} | options
    return lso.generate(DECODER, requirement, n, **given)


class Box(Readable):
    """What says the numbers that a network of another shift and scale only believes."""

    def __init__(self, function: Any = None, bias: float = 0.15) -> None:
        self.calls = 0
        self.function = self.truth if function is None else function
        self._biased = NUMBERS.replace(
            NUMBERS.parameters + bias * (np.arange(len(NUMBERS.parameters)) >= 50)
        )

    @staticmethod
    def truth(samples: FloatArray) -> Float64Array:
        return NUMBERS(samples).astype(np.float64)

    def ask(self, samples: FloatArray) -> Any:
        self.calls += len(samples)
        return self.function(samples)

    @property
    def quantities(self) -> Quantities:
        return Quantities(self._biased, ("a", "b"), np.array([0.25, 0.9]), self.ask)


def test_every_sample_is_as_asked_and_no_two_are_the_same() -> None:
    result = generate()
    assert result.success.all()
    outputs, numbers = CLASSIFIER(result.samples), NUMBERS(result.samples)
    assert (outputs[:, 0] >= 0.6).all()
    assert ((numbers[:, 0] >= 0) & (numbers[:, 0] <= 0.1)).all()
    assert_same_bits(result.samples, DECODER(result.latents))
    assert result.met.all()
    assert set(result.status) == {"met"}
    between = np.linalg.norm(result.samples[:, None] - result.samples, axis=2)
    assert between[np.triu_indices(30, 1)].min() > 0.005
    assert result.spread == pytest.approx(between[np.triu_indices(30, 1)].mean())
    assert_same_bits(result.moved, np.linalg.norm(result.latents - result.starts, axis=1))
    assert result.unmoved == (result.iterations == 0).sum()
    assert (result.moved[result.iterations == 0] == 0).all()
    assert result.conflict == ()
    assert result.requirements[1].values[:, 0].tolist() == numbers[:, 0].tolist()


def test_a_seed_gives_the_same_bits_on_any_number_of_threads() -> None:
    one, four, other = (
        generate(threads=threads, random_state=seed) for threads, seed in ((1, 3), (4, 3), (1, 4))
    )
    for name in ("samples", "latents", "starts", "iterations", "attempts"):
        assert_same_bits(getattr(one, name), getattr(four, name))
    assert one.decoded == four.decoded
    assert (one.samples != other.samples).any()


def test_what_fails_is_tried_again_from_elsewhere() -> None:
    hard = is_class(1) & READ.between(a=(0.0, 0.02))
    once, often = (generate(hard, attempts=n, best_of=1, max_iterations=8) for n in (1, 30))
    assert 0 < once.success.sum() < often.success.sum()
    assert (once.attempts == 1).all()
    assert often.attempts.max() > 1
    assert_same_bits(often.samples[once.success], once.samples[once.success])
    failed = ~once.success
    assert all(status.startswith("unmet: ") for status in once.status[failed])


def test_the_best_of_some_draws_is_where_a_descent_starts() -> None:
    asked = READ.between(a=(0.0, 0.1))
    one, best = (generate(asked, 200, best_of=k, attempts=1, max_iterations=0) for k in (1, 32))
    assert best.success.sum() > 2 * one.success.sum() > 0
    assert one.decoded == 200
    assert best.decoded == 200 * 33
    assert (best.moved == 0).all()


def test_decoded_counts_every_candidate_and_every_iteration() -> None:
    seen = []

    def counts(values: FloatArray) -> tuple[Array, Array]:
        seen.append(len(values))
        return np.zeros(len(values)), np.zeros_like(values)

    asked = is_class(0) & lso.Condition(counts)
    result = generate(asked, n=10, attempts=1, best_of=4)
    assert result.decoded == 10 * 4 + 10 + result.iterations.sum()


def test_what_cannot_be_together_is_named() -> None:
    apart = READ.at_least(a=0.5) & READ.at_most(a=0.4)
    result = generate(is_class(0) & apart & lso.InRange(-1, 2), n=5, attempts=3)
    assert not result.success.any()
    assert result.conflict == ("a at least 0.5", "a at most 0.4")
    assert "not together: a at least 0.5, a at most 0.4" in repr(result)
    alone = generate(READ.at_least(a=1e6) & lso.InRange(-1, 2), n=5, attempts=2)
    assert alone.conflict == ("a at least 1e+06",)
    assert all("a at least 1e+06" in status for status in alone.status)


def test_preferences_pull_and_are_not_waited_for() -> None:
    plain = generate(is_class(0), best_of=1)
    near = generate(is_class(0) + 0.01 * READ.at_most(a=float(A.min()) - 1), best_of=1)
    assert near.success.all()
    assert not near.requirements[1].met.any()
    assert NUMBERS(near.samples)[:, 0].mean() < NUMBERS(plain.samples)[:, 0].mean()


def test_a_preference_that_is_in_the_way_gives_way() -> None:
    against = is_class(0) + 100 * READ.at_least(a=float(A.max()) + 5)
    once, often = generate(against, attempts=1), generate(against)
    assert not once.success.all()
    assert often.success.all()


def test_as_much_as_possible_goes_on_from_what_is_met() -> None:
    asked = is_class(0) & lso.InRange(0.05, 0.95)
    plain = generate(asked, different=0.0)
    for extreme, sign in ((READ.most("a"), 1), (READ.least("a"), -1)):
        result = generate(asked + extreme, different=0.0)
        assert result.success.all()
        assert (CLASSIFIER(result.samples)[:, 0] >= 0.6).all()
        a, before = NUMBERS(result.samples)[:, 0], NUMBERS(plain.samples)[:, 0]
        assert result.requirements[2].values[:, 0].tolist() == a.tolist()
        assert sign * (np.median(a) - np.median(before)) > 0.25


def test_more_is_asked_of_those_alone_that_are_aimed_anew() -> None:
    asked = Box().between(a=(0.0, 0.1))
    plain, most = generate(asked), generate(asked + READ.most("b"))
    assert most.success.all()
    numbers = [NUMBERS(result.samples) for result in (plain, most)]
    assert ((numbers[1][:, 0] >= 0) & (numbers[1][:, 0] <= 0.1)).all()
    assert numbers[1][:, 1].mean() > numbers[0][:, 1].mean() + 0.25


def test_as_much_as_possible_is_what_the_box_says() -> None:
    box = Box()
    asked = is_class(0) & lso.InRange(0.05, 0.95)
    plain, most = generate(asked, different=0.0), generate(asked + box.most("a"), different=0.0)
    truth = NUMBERS(most.samples)[:, 0]
    assert most.success.all()
    assert most.requirements[2].values[:, 0].tolist() == truth.tolist()
    assert np.median(truth) > np.median(NUMBERS(plain.samples)[:, 0]) + 0.25
    assert box.calls == most.box_calls


def test_a_box_has_the_last_word_and_shifts_the_aim() -> None:
    box = Box()
    wanted = lso.InRange(0, 1) & box.between(a=(0.0, 0.05))
    believed, once, aimed = (generate(wanted, aims=k, attempts=1) for k in (0, 1, 3))
    assert believed.success.sum() < once.success.sum() <= aimed.success.sum()
    assert aimed.success.mean() > 0.9
    truth = NUMBERS(aimed.samples[aimed.success])[:, 0]
    assert ((truth >= 0) & (truth <= 0.05)).all()
    said = aimed.requirements[1]
    assert said.values[aimed.success, 0].tolist() == truth.tolist()
    assert box.calls == believed.box_calls + once.box_calls + aimed.box_calls
    assert aimed.box_calls <= 4 * 30


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_box_is_asked_so_often_and_no_more(most: int) -> None:
    box = Box()
    wanted = lso.InRange(0, 1) & box.between(a=(0.0, 0.05))
    result = generate(wanted, calls=most)
    assert 1 <= result.calls.max() <= most
    assert box.calls == result.calls.sum() == result.box_calls
    assert (result.calls[result.success] >= 1).all()
    truth = NUMBERS(result.samples)[result.success, 0]
    assert ((truth >= 0) & (truth <= 0.05)).all()
    assert (result.success | (result.calls == most) | (result.attempts == 10)).all()


def test_more_calls_find_more() -> None:
    wanted = lso.InRange(0, 1) & Box().between(a=(0.0, 0.05))
    found = [generate(wanted, calls=most).success.sum() for most in (1, 2, 4)]
    assert found[0] < found[1] <= found[2]


def test_what_is_aimed_in_vain_stays_as_the_box_has_told_it() -> None:
    def rounded(samples: FloatArray) -> Float64Array:
        return np.round(5 * Box.truth(samples)) / 5

    asked = is_class(0) & Box(rounded).between(a=(0.1, 0.3))
    result = generate(asked, calls=2, attempts=1)
    told = result.calls > 0
    assert told.any()
    assert not result.success[told].all()
    assert (np.isfinite(result.requirements[1].miss) == told).all()
    said = rounded(result.samples)[told, 0]
    assert result.requirements[1].values[told, 0].tolist() == said.tolist()


def test_a_box_is_not_asked_where_its_surrogate_has_not_got() -> None:
    box = Box()
    result = generate(READ.at_least(a=1e6) & box.at_least(a=-1e6), n=4, attempts=1, calls=2)
    assert box.calls == result.box_calls == result.calls.sum() == 0


def test_numbers_of_one_box_cost_one_call() -> None:
    box = Box(bias=0.0)
    result = generate(box.between(a=(-0.2, 0.2), b=(-1.0, 1.0)), n=20)
    assert result.success.all()
    assert result.box_calls == box.calls == 20


def test_a_box_is_asked_in_the_end_where_something_else_is_in_the_way() -> None:
    box = Box()
    result = generate(
        READ.at_least(a=1e6) & box.at_least(a=-1e6) & box.at_most(b=-1e6), n=4, attempts=1
    )
    assert box.calls == result.box_calls >= 4
    assert result.requirements[1].met.all()
    assert result.requirements[1].values[:, 0].tolist() == Box.truth(result.samples)[:, 0].tolist()
    assert not result.requirements[2].met.any()
    assert set(result.status) == {"unmet: a at least 1e+06, b at most -1e+06"}


def test_a_box_is_asked_where_its_surrogate_never_says_what_is_asked() -> None:
    def rounded(samples: FloatArray) -> Float64Array:
        return np.round(Box.truth(samples))

    result = generate(is_class(0) & Box(rounded).between(a=(0.0, 0.0)), n=10)
    assert result.success.all()
    assert (rounded(result.samples)[:, 0] == 0).all()


def test_near_goes_for_the_middle() -> None:
    near, between = generate(READ.near(a=0.3, within=0.2)), generate(READ.between(a=(0.1, 0.5)))
    for result, most in ((near, 0.1), (between, 0.18)):
        off = np.abs(NUMBERS(result.samples)[:, 0] - 0.3)
        assert off.max() <= most + 1e-3
    assert np.abs(NUMBERS(between.samples)[:, 0] - 0.3).max() > 0.1


def test_as_much_as_possible_is_a_preference_whatever_joins_it() -> None:
    joined, added = generate(is_class(0) & READ.most("a")), generate(is_class(0) + READ.most("a"))
    assert joined.success.all()
    assert_same_bits(joined.samples, added.samples)


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (lambda s: np.full((len(s), 2), np.nan), "NaN"),
        (lambda s: np.zeros((len(s), 3)), "3)"),
        (lambda s: np.zeros(len(s) + 1), "shape"),
        (lambda s: ["x"] * len(s), "x"),
    ],
)
def test_a_box_that_says_nothing_usable_is_an_error(wrong: Any, got: str) -> None:
    assert_refused(lambda: generate(is_class(0) & Box(wrong).at_least(a=0.0)), "a at least 0", got)


@pytest.mark.parametrize("broken_after", [1, 2])
def test_what_was_found_outlives_a_box_that_raises(broken_after: int) -> None:
    box = Box()
    times = 0

    def breaks(samples: FloatArray) -> Float64Array:
        nonlocal times
        times += 1
        if times > broken_after:
            raise ZeroDivisionError("the simulator")
        return Box.truth(samples)

    box.function = breaks
    with pytest.raises(ZeroDivisionError, match="the simulator") as caught:
        generate(is_class(0) & box.between(a=(-0.2, 0.2)))
    kept = caught.value.result  # type: ignore[attr-defined]
    assert kept.interrupted
    assert 0 < kept.success.sum() < 30
    truth = NUMBERS(kept.samples[kept.success])[:, 0]
    assert ((truth >= -0.2) & (truth <= 0.2)).all()


def test_ctrl_c_keeps_what_was_found() -> None:
    lines = interrupting.interrupt(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
        """
import time
import numpy as np
import lso_native as lso
from asking import DECODER, Normal
print("running", flush=True)
def slow(values):
    time.sleep(.01)
    return np.square(values - 9).sum(axis=1), 2 * (values - 9)
def prefer(values):
    return np.zeros(len(values)), np.zeros_like(values), values[:, 0] > .5
try:
    lso.generate(DECODER, lso.Condition(prefer) + lso.Condition(slow), 4_000, prior=Normal(), best_of=1)
except KeyboardInterrupt as stop:
    print(stop)
    print(stop.result.success.sum(), stop.result.interrupted)
"""
    )
    assert "generate: interrupted with" in lines[0]
    found, flag = lines[1].split()
    assert int(found) > 0
    assert flag == "True"


def test_progress_is_told_at_the_start_and_after_each_attempt() -> None:
    told: list[lso.GenerateProgress] = []
    result = generate(is_class(1), best_of=1, callback=told.append)
    assert told[-1].found == result.success.sum()
    assert [p.attempt for p in told] == list(range(len(told)))
    assert told[0].found == 0
    assert all(p.total == 30 for p in told)


def test_repeats_are_found_as_by_comparing_all() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    for least in (0.0, 0.2, 0.6, 3.0):
        kept: list[int] = []
        expected = np.zeros(200, np.bool_)
        for i, row in enumerate(rows):
            near = [j for j in kept if np.linalg.norm(rows[j] - row) < least]
            expected[i] = bool(near)
            if not near:
                kept.append(i)
        assert (repeats(rows, least) == expected).all()
    assert repeats(np.ones((5, 2)), 0.1).tolist() == [False, True, True, True, True]


def test_samples_that_repeat_are_tried_again() -> None:
    class Few(Normal):
        def sample(self, n: int, *, random_state: int) -> Array:
            return super().sample(2, random_state=0 * random_state)[np.arange(n) % 2]

    result = generate(lso.InRange(0, 1), n=4, prior=Few(), attempts=2, best_of=1)
    assert result.success.sum() == 2
    assert "unmet: as another sample" in result.status


def test_latents_stay_within_bounds() -> None:
    result = generate(bounds=(-0.5, 0.5))
    assert (np.abs(result.latents) <= 0.5).all()


def test_a_mixture_keeps_latents_where_codes_are() -> None:
    class Prior(Codes):
        def sample(self, n: int, *, random_state: int) -> Array:
            return Normal(spread=4.0).sample(n, random_state=random_state)

    prior = Prior().fit_to_draws()
    free, kept = (generate(prior=prior, keep=share, best_of=4) for share in (None, 0.05))
    assert len(free.requirements) == 2
    assert kept.requirements[2].name == "likelier than 5% of the codes"
    assert kept.success.all()
    assert (kept.moved > 1).any()
    assert prior.log_density(kept.latents).min() >= prior.quantile(0.05)
    assert prior.log_density(free.latents).min() < prior.quantile(0.05)


def test_thirty_columns_of_rank_twelve() -> None:
    """A property in an interval, two above a threshold, three features given, near a sample: found, or what is in the
    way is named."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(2_000, 12))
    x = (hidden @ rng.normal(size=(12, 30)) / np.sqrt(12)).astype(np.float32)
    made = [
        np.tanh(x[:, :10].sum(axis=1)),
        np.square(x[:, 5:15]).mean(axis=1),
        x[:, 20:].mean(axis=1),
    ]
    properties = np.stack(made, axis=1)
    linear: dict[str, Any] = {"latent_activation": "linear", "output_activation": "linear"}
    table = lso.Autoencoder(12, activation="tanh", epochs=60, random_state=0, **linear).fit(x)
    read = lso.Regressor(hidden=(64,), activation="silu", epochs=60, random_state=0)
    read.fit(x, properties)
    low, middle, high = np.quantile(properties, [0.3, 0.5, 0.7], axis=0).tolist()
    found, explained = 0, 0
    for case in range(10):
        near, given = x[case].astype(float), np.full(30, np.nan)
        given[rng.choice(30, 3, replace=False)] = 0.0
        given += near
        asked = read.between(y0=(low[0], high[0])) & read.at_least(y1=middle[1], y2=middle[2])
        asked = asked & lso.Given(given, within=0.1) & lso.Near(near, within=4.0)
        result = lso.generate(table, asked, 20, random_state=case)
        found += int(result.success.sum())
        explained += 20 * bool(result.conflict)
        if not result.success.any():
            continue
        rows = result.samples[result.success].astype(float)
        assert (np.nanmax(np.abs(rows - given), axis=1) <= 0.1 + 1e-6).all()
        assert (np.linalg.norm(rows - near, axis=1) <= 4 + 1e-5).all()
        numbers = read.network_(result.samples[result.success])
        assert ((numbers[:, 0] >= low[0]) & (numbers[:, 0] <= high[0])).all()
        assert (numbers[:, 1:] >= middle[1:]).all()
    assert found >= 0.8 * 200
    assert found + explained >= 0.95 * 200


def test_an_estimator_draws_from_its_own_prior() -> None:
    samples = DECODER(Normal().sample(300, random_state=5)).astype(np.float32)
    vae = lso.VAE(latent=4, hidden=(16,), epochs=20, random_state=0).fit(samples)
    asked = lso.Linear(np.ones(7), low=3.5, label="sum")
    result = lso.generate(vae, asked, 20, random_state=0)
    assert result.success.all()
    assert (result.samples.astype(np.float64).sum(axis=1) > 3.5 - 1e-6).all()


def test_a_result_prints_as_a_table_and_is_one() -> None:
    result = generate(ASKED + READ.at_most(b=0.0), n=5)
    text = repr(result)
    assert "5 of 5 as asked" in text
    row = next(line for line in text.splitlines() if line.startswith("a in 0..0.1"))
    assert row.split()[3:6] == ["yes", "5", "5"]
    table = result.columns(latents=True)
    assert table["a in 0..0.1 value"].tolist() == NUMBERS(result.samples)[:, 0].tolist()
    assert all(len(column) == 5 for column in table.values())
    assert "latent 3" in table
    assert "<table" in result._repr_html_()
    pandas = pytest.importorskip("pandas")
    assert isinstance(result.to_frame(), pandas.DataFrame)


def test_what_outputs_can_only_come_near_to_is_asked_for_all_the_same() -> None:
    assert not generate(lso.InRange(low=1.0), n=2, attempts=1).success.any()
    assert not generate(lso.InRange(0.2) + lso.InRange(low=2), n=2, attempts=1).met[:, 1].any()


@pytest.mark.parametrize(
    ("call", "argument", "got"),
    [
        (lambda: lso.generate(lso.VAE(), is_class(0), prior=PRIOR), "decoder", "not fitted"),
        (lambda: lso.generate(lso.Classifier(), is_class(0)), "decoder", "not fitted"),
        (
            lambda: lso.generate(
                lso.Classifier(epochs=1).fit(np.eye(4), [0, 1, 0, 1]), is_class(0)
            ),
            "decoder",
            "no dec",
        ),
        (lambda: is_class(0) and READ.at_most(a=1.0), "requirement", "truth value"),
        (lambda: generate(keep=2.0), "keep", "2"),
        (lambda: lso.generate("file", is_class(0)), "decoder", "'file'"),
        (lambda: lso.generate(DECODER, is_class(0)), "prior", "None"),
        (lambda: lso.generate(DECODER, is_class(0), prior=3), "prior", "3"),
        (lambda: generate(prior=Normal(width=3)), "prior", "(1, 3)"),
        (lambda: generate(3), "requirement", "3"),
        (lambda: generate(2 * is_class(0), n=0), "n", "0"),
        (lambda: generate(attempts=0), "attempts", "0"),
        (lambda: generate(best_of=0), "best_of", "0"),
        (lambda: generate(aims=-1), "aims", "-1"),
        (lambda: generate(different=1.0), "different", "1"),
        (lambda: generate(optimizer=lso.Adam()), "optimizer", "Adam"),
        (lambda: generate(random_state=-1), "random_state", "-1"),
        (lambda: generate(callback=3), "callback", "3"),
        (lambda: generate(watch=3), "watch", "3"),
        (lambda: generate(bounds=(1, 0)), "bounds", "above"),
        (lambda: generate(lso.InRange(low=1.5)), "requirement", "1.5 and more"),
        (lambda: generate(lso.InRange(high=-0.1)), "requirement", "-0.1 and less"),
        (lambda: generate(lso.Given([*[np.nan] * 6, 2], within=0.5)), "requirement", "1.5"),
        (lambda: READ.between(15, 25), "pair", "2 arguments"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_argument_is_refused_by_name(call: Any, argument: str, got: str) -> None:
    assert_refused(call, argument, got)


def test_whoever_watches_hears_where_every_descent_came_by() -> None:
    heard: list[lso.Descended] = []
    options: dict[str, Any] = {"prior": Normal(), "best_of": 1, "random_state": 3, "threads": 1}
    asked = is_class(1) & READ.near(a=float(np.median(A)), within=0.2)
    result = lso.generate(DECODER, asked, 12, watch=heard.append, **options)
    last: dict[int, Any] = {}
    steps = np.zeros(12, np.int64)
    for each in heard:
        for row, path, losses in zip(each.rows, each.paths, each.losses, strict=True):
            assert len(path) == len(losses) >= 1
            last[int(row)] = path[-1]
            steps[row] += len(path) - 1
    for row in np.flatnonzero(result.success).tolist():
        assert_same_bits(last[row], result.latents[row])
    once = (result.attempts == 1) & result.success
    assert once.any()
    np.testing.assert_array_equal(steps[once], result.iterations[once])
    plain = lso.generate(DECODER, asked, 12, **options)
    assert_same_bits(plain.samples, result.samples)  # it changes nothing


def test_what_the_watch_raises_carries_what_was_found() -> None:
    class Enough(Exception):
        result: Any = None

    def stop(descended: lso.Descended) -> None:
        if len(descended.rows) < 12:
            raise Enough

    options: dict[str, Any] = {"prior": Normal(), "best_of": 1, "random_state": 3}
    with pytest.raises(Enough) as stopped:
        lso.generate(DECODER, is_class(1), 12, max_iterations=5, watch=stop, **options)
    assert stopped.value.result.interrupted
