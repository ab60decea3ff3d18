"""Weighted retraining: what counts how much, what is asked, and what is kept whatever happens."""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from lso_native.retraining import Known, Search
from lso_native.retraining.weights import drawn
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def data() -> Samples:
    """200 samples of 4 features whose sums hardly reach 1.8."""
    return lso.uniform((200, 4), high=0.5, random_state=0)


def decoder(**settings: Any) -> lso.VAE:
    asked = {"latent": 2, "hidden": (16,), "epochs": 20, "batch_size": 20, "average": 0.0}
    return lso.VAE(**{**asked, "random_state": 0, **settings})


@pytest.fixture(scope="module")
def fitted() -> lso.VAE:
    return decoder().fit(data())


def total(samples: Samples) -> Samples:
    sums: Samples = samples.sum(axis=1)
    return sums


def run(of: Any, objective: Any = total, **options: Any) -> lso.RetrainingResult:
    asked = {"queries": 20, "every": 5, "search": lso.LookedUp(side=15), "random_state": 0}
    return lso.weighted_retraining(of, objective, data(), **{**asked, **options})


# Weights


@pytest.mark.parametrize("k", [1e-3, 0.1, 2.0])
def test_a_weight_is_by_how_many_are_better(k: float) -> None:
    values = np.array([3.0, 1.0, 3.0, 2.0, -5.0])
    plain = [1 / (k * 5 + sum(other > value for other in values)) for value in values]
    found = lso.rank_weights(values, k)
    np.testing.assert_allclose(found, np.array(plain) / np.mean(plain), rtol=1e-12)
    assert found[0] == found[2] > found[3] > found[1] > found[4]


def test_with_infinite_k_all_count_alike() -> None:
    assert (lso.rank_weights(np.arange(5.0), np.inf) == 1).all()


def test_rows_are_drawn_as_often_as_they_count() -> None:
    weights = lso.rank_weights(np.arange(50.0), 0.01)
    rows = drawn(weights, 1000, seed=3)
    found = np.bincount(rows, minlength=50)
    assert (np.abs(found - 1000 * weights / weights.sum()) < 1).all()
    assert found[-1] > 50 * found[0]
    assert (np.diff(rows) < 0).any()  # in no order
    assert (rows == drawn(weights, 1000, seed=3)).all()
    assert (rows != drawn(weights, 1000, seed=4)).any()


# The loop


class Recorder:
    """A decoder of no package: the latent is the sample; it remembers what it learned."""

    def __init__(self) -> None:
        self.fits: list[tuple[Samples, dict[str, Any]]] = []
        self.settings: dict[str, Any] = {"warm_start": False, "epochs": 7, "random_state": None}

    def get_params(self) -> dict[str, Any]:
        return dict(self.settings)

    def set_params(self, **params: Any) -> None:
        self.settings |= params

    def fit(self, X: Samples) -> None:
        self.fits.append((X.copy(), dict(self.settings)))
        plain = lso.Network([4, 4], activation=["linear"], bias="standard")
        self.decoder_ = plain.replace(np.concatenate([np.eye(4).ravel(), np.zeros(4)]))


class Corner(Search):
    """Proposes 8 latents around the best sample known, the first of them twice."""

    def __init__(self) -> None:
        self.seen: list[Known] = []

    def latents(self, known: Known, n: int) -> Samples:  # noqa: ARG002
        self.seen.append(known)
        best = known.samples[known.values.argmax()]
        steps = lso.uniform((8, 4), high=0.1, random_state=known.seed)
        return np.concatenate([best + steps[:1], best + steps])


def test_each_round_learns_from_draws_of_all_that_is_known() -> None:
    of = Recorder()
    result = run(of, search=Corner(), first=1.0, epochs=2.5, k=1e-3)
    assert of.fits == []  # a copy learned
    (begun, settings), (once, first), *later = result.decoder.fits
    assert (begun == data()).all()
    assert settings["epochs"] == 7  # it begins as it is set
    assert first["warm_start"]
    assert first["epochs"] == 1
    assert len(once) == 200
    # the best of 200, at rank 0, holds 1 / (.001 n) of the sum over all ranks
    best = data()[data().sum(axis=1).argmax()]
    share = 5 / np.sum(1 / (0.2 + np.arange(200)))
    assert abs((once == best).all(axis=1).sum() - 200 * share) < 1
    # then 2.5 epochs of 205, 210 and 215 samples, in three passes each
    assert [len(X) for X, _ in later] == [171] * 3 + [175] * 3 + [179] * 3
    assert result.decoder.settings == {"warm_start": False, "epochs": 7, "random_state": None}


def test_without_epochs_the_decoder_stays_as_it_is(fitted: lso.VAE) -> None:
    result = run(fitted, first=0.0, epochs=0.0)
    assert (result.decoder.decoder_.parameters == fitted.decoder_.parameters).all()
    assert len(run(Recorder(), search=Corner(), first=0.5, epochs=0.0).decoder.fits) == 2


def test_new_samples_are_asked_about_once_each_and_learned() -> None:
    asked: list[Samples] = []

    def objective(samples: Samples) -> Samples:
        asked.append(samples.copy())
        return total(samples)

    result = run(Recorder(), objective, y=total(data()), search=Corner())
    assert [len(each) for each in asked] == [5, 5, 5, 5]
    assert (np.concatenate(asked) == result.samples).all()
    assert (result.rounds == np.repeat([1, 2, 3, 4], 5)).all()
    assert Counter(map(bytes, result.samples)).most_common(1)[0][1] == 1
    assert (np.concatenate([data(), result.samples]) == result.X).all()
    assert (result.y[200:] == result.values).all()
    assert (result.weights == lso.rank_weights(result.y, 1e-3)).all()
    assert (result.samples == result.decoder.decoder_(result.latents)).all()
    np.testing.assert_allclose(result.values, total(result.samples))


def test_the_search_knows_the_answers_so_far() -> None:
    search = Corner()
    result = run(Recorder(), search=search)
    assert search.seen == []  # a copy searched
    assert isinstance(result.search, Corner)
    assert [len(known.samples) for known in result.search.seen] == [200, 205, 210, 215]
    assert (result.search.seen[1].values[200:] == result.values[:5]).all()


def test_it_ends_where_nothing_new_is_found() -> None:
    class Same(Search):
        def latents(self, known: Known, n: int) -> Samples:  # noqa: ARG002
            return known.samples[:3]

    result = run(Recorder(), search=Same())
    assert len(result.values) == 0
    assert result.best_value == -np.inf
    assert not result.interrupted
    with pytest.raises(ValueError, match="best_sample"):
        _ = result.best_sample


def test_finish_makes_what_is_asked_about_and_learned(fitted: lso.VAE) -> None:
    result = run(fitted, finish=np.round, queries=4, every=2)
    assert set(np.unique(result.samples)) <= {0.0, 1.0}
    assert (result.X[200:] == result.samples).all()


# Searches


def test_looked_up_takes_the_best_of_the_grid(fitted: lso.VAE) -> None:
    result = run(fitted, first=0.0, queries=3, every=3, search=lso.LookedUp(7, (-2, (1, 2))))
    ticks = np.stack([np.linspace(-2, 1, 7), np.linspace(-2, 2, 7)])
    grid = np.array([(a, b) for a in ticks[0] for b in ticks[1]], np.float32)
    best = np.sort(total(fitted.decoder_(grid)))[::-1][:3]
    np.testing.assert_allclose(result.values, best, rtol=1e-6)


def test_what_is_too_near_to_something_better_comes_last(fitted: lso.VAE) -> None:
    options: dict[str, Any] = {"first": 0.0, "epochs": 0.0, "queries": 6, "every": 6}
    near = run(fitted, search=lso.LookedUp(30), **options).samples
    far = run(fitted, search=lso.LookedUp(30, apart=0.02), **options).samples
    assert (near[0] == far[0]).all()
    assert min(distances(far)) >= 0.02 > min(distances(near))
    alike = run(fitted, search=lso.LookedUp(30, apart=100.0), **options).samples
    assert (alike == near).all()


def distances(samples: Samples) -> list[float]:
    return [float(np.linalg.norm(a - b)) for i, a in enumerate(samples) for b in samples[:i]]


def test_what_is_believed_goes_beyond_what_was_known() -> None:
    of = decoder(epochs=60).fit(data())
    search = lso.Believed(lso.Regressor(hidden=(16,), epochs=20), members=2, best_of=16)
    found = run(of, search=search, queries=30, every=5, epochs=5, k=1e-2)
    plain = run(of, search=search, queries=30, every=30, epochs=5, k=np.inf)
    assert found.best_value > found.before > plain.best_value
    assert (found.decoder.decoder_.parameters != of.decoder_.parameters).any()
    assert len(found.search.members_) == 2  # type: ignore[attr-defined]
    assert search.members_ == []


def test_what_is_asked_for_besides_is_met() -> None:
    of, low = decoder(epochs=60).fit(data()), lso.InRange(high=[0.4, 1, 1, 1])
    search = lso.Believed(
        lso.Regressor(hidden=(16,), epochs=20), members=2, best_of=16, keep=0.01, also=low
    )
    found = run(of, search=search, queries=20, every=5, epochs=5)
    free = run(of, search=dataclasses.replace(search, also=None), queries=20, every=5, epochs=5)
    assert (found.samples[:, 0] <= 0.4).mean() > 0.9 > (free.samples[:, 0] <= 0.4).mean()
    with pytest.raises(lso.errors.ArgumentTypeError, match="also"):
        lso.Believed(also=7)  # type: ignore[arg-type]


# Failures


def fails_on_some(samples: Samples) -> Samples:
    """Raises on about a third of samples, and returns NaN on as many."""
    if odd(samples, 0).any():
        raise RuntimeError("did not converge")
    return np.where(odd(samples, 1), np.nan, total(samples))


def odd(samples: Samples, column: int) -> NDArray[np.bool_]:
    third: NDArray[np.bool_] = np.floor(1000 * samples[:, column]) % 3 == 0
    return third


def test_a_simulator_that_fails_on_some_samples_loses_nothing() -> None:
    result = run(Recorder(), fails_on_some, queries=30, every=5, search=Corner())
    bad = odd(result.samples, 0) | odd(result.samples, 1)
    assert 0 < bad.sum() < 30
    assert (result.failed == bad).all()
    np.testing.assert_allclose(result.values[~bad], total(result.samples[~bad]))
    start = data()
    answered = ~odd(start, 0) & ~odd(start, 1)
    assert (np.concatenate([start[answered], result.samples[~bad]]) == result.X).all()
    assert f"{bad.sum()} of which failed" in repr(result)
    assert result.columns()["failed"].sum() == bad.sum()


def test_a_round_that_fails_altogether_is_told() -> None:
    calls = []

    def objective(samples: Samples) -> Samples:
        calls.append(len(samples))
        if len(calls) > 1:
            raise RuntimeError("the licence has expired")
        return total(samples)

    result = run(Recorder(), objective, y=total(data()), search=Corner(), queries=10)
    assert (result.failed == [False] * 5 + [True] * 5).all()
    assert len(result.X) == 205


def test_an_objective_that_never_answers_is_an_error() -> None:
    def objective(samples: Samples) -> Samples:
        raise ZeroDivisionError(f"everywhere, {samples.shape} or not")

    with pytest.raises(ZeroDivisionError, match="everywhere"):
        run(Recorder(), objective, y=total(data()), search=Corner())
    with pytest.raises(ZeroDivisionError, match="everywhere"):
        run(Recorder(), objective, search=Corner())


def after(rounds: int, then: Any) -> Any:
    """An objective that answers so many rounds, and then does what ``then`` says."""
    left = [rounds]

    def objective(samples: Samples) -> Any:
        left[0] -= 1
        return total(samples) if left[0] >= 0 else then(samples)

    return objective


def test_what_stops_it_carries_what_was_found() -> None:
    def interrupt(_: Samples) -> Samples:
        raise KeyboardInterrupt

    for then, error in ((interrupt, KeyboardInterrupt), (lambda x: x, lso.errors.ArgumentError)):
        with pytest.raises(error) as stopped:
            run(Recorder(), after(2, then), y=total(data()), search=Corner())
        result = stopped.value.result  # type: ignore[attr-defined]
        assert len(result.values) == 10
        assert result.interrupted
        assert len(result.X) == 210
    whole = run(Recorder(), search=Corner())
    assert (whole.samples[:10] == result.samples).all()


def test_the_callback_hears_of_each_round_and_may_stop_it() -> None:
    heard: list[lso.RetrainingProgress] = []
    result = run(Recorder(), search=Corner(), callback=heard.append)
    assert [each[:2] for each in heard] == [(5, 20), (10, 20), (15, 20), (20, 20)]
    assert [each.best for each in heard] == result.best[[4, 9, 14, 19]].tolist()

    def stop(progress: lso.RetrainingProgress) -> None:
        raise InterruptedError(progress.round)

    with pytest.raises(InterruptedError) as stopped:
        run(Recorder(), search=Corner(), callback=stop)
    assert len(stopped.value.result.values) == 5  # type: ignore[attr-defined]


# Seeds, threads, misuse


def test_the_seed_decides_and_threads_do_not(fitted: lso.VAE) -> None:
    before = copy.deepcopy(fitted)
    search = lso.Believed(lso.Regressor(hidden=(8,), epochs=5), members=2, best_of=8)
    one, same, other = (
        run(fitted, search=search, queries=10, every=5, threads=threads, random_state=seed)
        for threads, seed in ((1, 3), (4, 3), (1, 4))
    )
    assert (one.samples == same.samples).all()
    assert one.samples.shape != other.samples.shape or (one.samples != other.samples).any()
    assert (fitted.decoder_.parameters == before.decoder_.parameters).all()
    assert repr(fitted) == repr(before)
    assert repr(one.decoder) == repr(before)


def test_a_result_shows_itself(fitted: lso.VAE) -> None:
    result = run(fitted)
    assert repr(result).startswith(f"RetrainingResult: best {result.best_value:g}, before ")
    assert result.columns()["best so far"][-1] == result.best_value == total(result.samples).max()
    assert total(result.best_sample[None])[0] == result.best_value
    assert "<table" in result._repr_html_()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"queries": 0}, "queries"),
        ({"every": 2.5}, "every"),
        ({"k": 0.0}, "k"),
        ({"k": np.nan}, "k"),
        ({"epochs": -0.1}, "epochs"),
        ({"first": -1.0}, "first"),
        ({"search": "believed"}, "search"),
        ({"search": lso.LookedUp(side=2000)}, "side"),
        ({"finish": 3}, "finish"),
        ({"finish": lambda x: x[:, 1:]}, "finish"),
        ({"callback": 3}, "callback"),
        ({"y": np.ones(3)}, "y"),
        ({"y": np.full(200, np.nan)}, "y"),
        ({"objective": lambda x: x}, "objective"),
        ({"objective": lambda x: x[1:, 0]}, "objective"),
        ({"objective": lambda x: np.full(len(x), np.nan)}, "objective"),
        ({"objective": 3}, "objective"),
        ({"of": lso.Network([2, 4])}, "decoder"),
        ({"of": lso.Mixture()}, "decoder"),
    ],
)
def test_misuse_names_the_argument(fitted: lso.VAE, options: dict[str, Any], argument: str) -> None:
    with pytest.raises((ValueError, TypeError)) as raised:
        run(**{"of": fitted, **options})
    assert getattr(raised.value, "argument", None) == argument


def test_samples_must_be_the_decoders(fitted: lso.VAE) -> None:
    with pytest.raises(ValueError, match="4 features"):
        lso.weighted_retraining(fitted, total, np.ones((5, 3)), random_state=0)


@pytest.mark.parametrize(
    "kind", [lso.Autoencoder, lso.NoisyAutoencoder, lso.GAN], ids=lambda kind: str(kind.__name__)
)
def test_any_decoder_of_ours_goes(kind: Any) -> None:
    of = kind(latent=2, hidden=(8,), epochs=2, random_state=0)
    result = run(of, queries=6, every=3, search=lso.LookedUp(9, (-2, 2)))
    assert len(result.values) == 6
    assert not of.__sklearn_is_fitted__()
