"""What all estimators promise: weights, validation, going on, ends, ranges."""

import copy
import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import N_SAMPLES, patterns
from lso_native.models.dataset import Dataset

X, LABELS = patterns()
HEIGHTS = X @ np.arange(12.0)
WEIGHT = np.random.default_rng(1).integers(0, 4, N_SAMPLES).astype(float)
CASES: dict[str, tuple[Any, Any]] = {
    "classifier": (lso.Classifier(hidden=(8,)), LABELS),
    "regressor": (lso.Regressor(hidden=(8,)), HEIGHTS),
    "autoencoder": (lso.Autoencoder(3, hidden=(8,)), None),
    "noisy": (lso.NoisyAutoencoder(3, hidden=(8,)), None),
    "vae": (lso.VAE(3, hidden=(8,)), None),
    "gan": (lso.GAN(3, hidden=(8,), discriminator_hidden=(8,)), None),
    "cgan": (lso.ConditionalGAN(3, hidden=(8,), discriminator_hidden=(8,)), LABELS),
}
DECODERS = [name for name in CASES if name not in ("classifier", "regressor")]
every = pytest.mark.parametrize("name", CASES)


@pytest.fixture(autouse=True)
def short_runs_are_no_news() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(Conditional)?GAN collapsed", RuntimeWarning)
        yield


def new(name: str, **params: Any) -> Any:
    model = copy.deepcopy(CASES[name][0])
    return model.set_params(**{"epochs": 3, "batch_size": 16, "random_state": 0, **params})


def fit(model: Any, rows: Any = slice(None), **options: Any) -> Any:
    """``model`` on some rows, with what its kind is told of them."""
    y = CASES[next(n for n, (kind, _) in CASES.items() if type(kind) is type(model))][1]
    return model.fit(X[rows], None if y is None else y[rows], **options)


def learned(model: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(model).items() if name.endswith("_")}


def assert_same(got: Any, expected: Any) -> None:
    assert learned(got).keys() == learned(expected).keys()
    for name, value in learned(expected).items():
        if isinstance(value, lso.Mixture):
            assert_same(getattr(got, name), value)
        else:
            np.testing.assert_equal(getattr(got, name), value, err_msg=name)


@every
def test_a_sample_of_weight_0_is_not_there(name: str) -> None:
    there = WEIGHT > 0
    assert_same(
        fit(new(name), sample_weight=WEIGHT),
        fit(new(name), there, sample_weight=WEIGHT[there]),
    )
    assert_same(fit(new(name), sample_weight=there), fit(new(name), there))


@every
def test_only_the_ratios_of_weights_count(name: str) -> None:
    model = fit(new(name, dtype="float64"), sample_weight=WEIGHT)
    assert_same(fit(new(name, dtype="float64"), sample_weight=2.0**-900 * WEIGHT), model)
    for factor in (1e-300, 0.3, 1e300):
        other = fit(new(name, dtype="float64"), sample_weight=factor * WEIGHT)
        for part in model._parts:
            expected = getattr(model, part).parameters
            np.testing.assert_allclose(
                getattr(other, part).parameters, expected, rtol=1e-5, atol=1e-7
            )


@every
def test_equal_weights_are_none(name: str) -> None:
    assert_same(fit(new(name), sample_weight=np.full(N_SAMPLES, 3.0)), fit(new(name)))


@every
def test_the_epoch_that_does_best_by_held_out_samples_is_kept(name: str) -> None:
    settings = {"epochs": 12, "validation_fraction": 0.3, "optimizer": lso.Adam(0.05)}
    model = fit(new(name, **settings))
    losses = model.history_["validation_loss"]
    assert losses.shape == (12,)
    best = int(losses.argmin()) + 1
    shorter = fit(new(name, **{**settings, "epochs": best}))
    for part in model._parts:
        assert getattr(model, part) == getattr(shorter, part)


@every
def test_averages_are_learned_if_asked(name: str) -> None:
    last, averaged = (fit(new(name, average=average)) for average in (0.0, 0.9))
    for part in last._parts:
        if part != "discriminator_":
            assert getattr(averaged, part) != getattr(last, part)


def test_held_out_samples_count_by_their_weights() -> None:
    model = new("regressor", epochs=1, validation_fraction=0.5, optimizer=lso.Adam(1e-12))
    plain, weighted = (copy.deepcopy(model) for _ in range(2))
    fit(plain)
    fit(weighted, sample_weight=1.0 + 9 * (LABELS == 0))
    assert plain.history_["validation_loss"] != weighted.history_["validation_loss"]


@every
def test_patience_ends_training(name: str) -> None:
    settings = {"epochs": 400, "validation_fraction": 0.3, "patience": 2}
    noise = np.random.default_rng(0).random(X.shape)  # of which nothing holds for other samples
    model = new(name, optimizer=lso.Adam(0.2), **settings).fit(noise, CASES[name][1])
    assert model.status_ == "early_stopped"
    losses = model.history_["validation_loss"]
    assert len(losses) == model.n_epochs_ == losses.argmin() + 3


@every
def test_validation_samples_may_be_given(name: str) -> None:
    y = CASES[name][1]
    other = X[40:] if y is None else (X[40:], y[40:])
    model = fit(new(name), slice(40), validation=other)
    assert np.isfinite(model.history_["validation_loss"]).all()
    fewer = fit(new(name), slice(40))
    np.testing.assert_array_equal(model.history_["epoch"], fewer.history_["epoch"])
    with pytest.raises(ValueError, match="patience: expected validation data"):
        fit(new(name, patience=2))


@every
def test_fit_goes_on_from_what_was_learned_if_asked(name: str) -> None:
    model = fit(new(name, warm_start=True))
    first = {part: getattr(model, part) for part in model._parts}
    fit(model)
    assert model.n_epochs_ == 6
    assert model.history_["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert all(getattr(model, part) != before for part, before in first.items())
    afresh = fit(model.set_params(warm_start=False))
    assert afresh.n_epochs_ == 3
    assert {part: getattr(afresh, part) for part in first} == first


@every
def test_going_on_is_not_beginning_anew(name: str) -> None:
    model = fit(new(name, epochs=1, optimizer=lso.Adam(1e-12)))
    first = {part: getattr(model, part).parameters for part in model._parts}
    fit(model.set_params(warm_start=True, random_state=7))
    for part, before in first.items():
        if name != "noisy":  # whose encoder is normalized again
            np.testing.assert_allclose(getattr(model, part).parameters, before, atol=1e-6)
    with pytest.raises(ValueError, match="warm_start: expected settings of the network that was"):
        fit(model.set_params(hidden=(5,)))


@every
def test_partial_fit_is_an_epoch(name: str) -> None:
    y = CASES[name][1]
    model = new(name).partial_fit(X, y)
    assert_same(model, fit(new(name, epochs=1)))
    model.partial_fit(X[:20], None if y is None else y[:20])
    assert model.n_epochs_ == 2
    with pytest.raises(ValueError, match="X: expected an array of shape"):
        model.partial_fit(X[:, 1:], y)


@pytest.mark.parametrize("name", ["classifier", "cgan"])
def test_partial_fit_is_told_of_classes_to_come(name: str) -> None:
    few = LABELS < 2
    model = new(name).partial_fit(X[few], LABELS[few], classes=[0, 1, 2])
    assert model.classes_.tolist() == [0, 1, 2]
    model.partial_fit(X, LABELS)
    with pytest.raises(ValueError, match=r"y: expected labels among \[0, 1, 2\], got 3"):
        model.partial_fit(X, LABELS + 1)
    with pytest.raises(ValueError, match="classes: expected those learned"):
        model.partial_fit(X, LABELS, classes=[0, 1])


@every
def test_an_error_leaves_the_estimator_as_it_was(name: str) -> None:
    def fail(progress: lso.TrainProgress) -> None:
        raise RuntimeError(f"no more after {progress.epoch}")

    model = new(name)
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="no more after 1"):
        fit(model, callback=fail)
    assert vars(model) == before
    fit(model)
    before = dict(vars(model))
    for warm in (False, True):
        with pytest.raises(RuntimeError, match=f"no more after {4 if warm else 1}"):
            fit(model.set_params(warm_start=warm), callback=fail)
        model.warm_start = False
        assert all(vars(model)[key] is value for key, value in before.items())


@pytest.mark.parametrize("name", ["VAE", "Autoencoder"])
def test_after_ctrl_c_a_fit_looks_back_at_a_part_of_many_samples(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(_: lso.TrainProgress) -> None:
        raise KeyboardInterrupt

    looked_at: list[int] = []
    kind = getattr(lso, name)
    take = kind._take

    def counted(self: Any, training: Any, data: Any) -> None:
        looked_at.append(len(data))
        take(self, training, data)

    monkeypatch.setattr(kind, "_take", counted)
    monkeypatch.setattr("lso_native.models.fitting._MOST_LOOKED_AT", 12 * 8 + 8)
    X = np.random.default_rng(0).random((50, 12))
    model = kind(latent=2, hidden=(8,), epochs=3, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, callback=press)
    model.fit(X)
    assert looked_at == [1, 50]


@every
def test_ctrl_c_keeps_what_was_learned(name: str) -> None:
    def press(progress: lso.TrainProgress) -> None:
        if progress.epoch == 2:
            raise KeyboardInterrupt

    model = new(name, epochs=9)
    with pytest.raises(KeyboardInterrupt):
        fit(model, callback=press)
    assert (model.status_, model.n_epochs_) == ("interrupted", 2)
    network = getattr(model, "decoder_" if name in DECODERS else "network_")
    assert np.isfinite(network(np.ones((2, network.n_inputs)))).all()
    seen: list[lso.TrainProgress] = []
    fit(model.set_params(warm_start=True), callback=seen.append)
    assert [progress.epoch for progress in seen] == list(range(3, 12))
    assert seen[0].epochs == 11
    assert model.history_.keys() == {"epoch", *seen[0].scores}


@every
def test_a_callback_ends_training(name: str) -> None:
    model = fit(new(name, epochs=9), callback=lambda progress: progress.epoch == 2)
    assert (model.status_, model.n_epochs_) == ("stopped", 2)
    assert len(model.history_["epoch"]) == 2


@pytest.mark.parametrize(
    "name", ["regressor", "noisy", "vae", "gan", "cgan"]
)  # sigmoids bound the others
def test_a_loss_that_is_not_finite_is_reported(name: str) -> None:
    model = new(name, optimizer=lso.Adam(learning_rate=1e30))
    wanted = rf"^{type(model).__name__} diverged .* Lower the learning rate"
    with pytest.warns(RuntimeWarning, match=wanted):
        assert fit(model).status_ == "diverged"


@every
def test_threads_change_no_bit_and_another_seed_does(name: str) -> None:
    one, two = (fit(new(name, threads=threads)) for threads in (1, 2))
    assert_same(one, two)
    network = "decoder_" if name in DECODERS else "network_"
    assert getattr(one, network) != getattr(fit(new(name, random_state=1)), network)


@pytest.mark.parametrize("name", DECODERS)
def test_features_are_any_numbers_where_the_output_is_linear(name: str) -> None:
    real = 8 * X - 3
    settings = {"output_activation": "linear", "optimizer": lso.Adam(0.01), "epochs": 200}
    y = CASES[name][1]
    model = new(name, **settings, dtype="float64").fit(real, y)
    made = model.sample(LABELS if name == "cgan" else 200, random_state=0)
    assert made.min() < 0
    assert made.max() > 1
    if hasattr(model, "reconstruct"):
        assert model.mse_ < 0.5 * real.var(axis=0).mean()
    with pytest.raises(ValueError, match=r"X: expected values in 0\.\.1, what output_activation="):
        new(name).fit(real, y)
    with pytest.raises(ValueError, match=r"X: expected values in -1\.\.1, what output_activation="):
        new(name, output_activation="tanh").fit(real, y)


@pytest.mark.parametrize("name", DECODERS)
def test_latents_come_from_their_range(name: str) -> None:
    model = fit(new(name))
    low, high = model.latent_range_
    assert low.shape == high.shape == (3,)
    latents = model.sample_latent(500, random_state=0)
    assert latents.shape == (500, 3)
    assert ((latents >= low) & (latents <= high)).mean() > 0.99
    assert latents.std() > 0.2 * (high - low).mean() / 2


def test_a_bernoulli_likelihood_needs_probabilities() -> None:
    model = new("vae", likelihood="bernoulli", output_activation="linear")
    with pytest.raises(ValueError, match="output_activation: expected one of sigmoid"):
        fit(model)


@pytest.mark.parametrize(
    ("name", "setting"),
    [("vae", "kl_weight"), ("noisy", "latent_noise"), ("gan", "gradient_penalty")],
)
@pytest.mark.parametrize("value", [1e38, 1e39, 1e300])
def test_a_setting_beyond_float32_is_named_or_diverges(
    name: str, setting: str, value: float
) -> None:
    model = new(name, **{setting: value})
    if value > 3.4e38:
        with pytest.raises(ValueError, match=f"{setting}: expected a number of at most 3.4"):
            fit(model)
        model.dtype = "float64"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* diverged", RuntimeWarning)
        fit(model)
    assert model.status_ in ("diverged", "max_epochs")
    assert all(np.isfinite(getattr(model, part).parameters).all() for part in model._parts)


def test_the_held_out_part_keeps_its_weights() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((300, 4))
    true = (x[:, 0] > 0.5).astype(int)
    wrong = np.arange(300) % 2 == 0
    labels, weight = np.where(wrong, 1 - true, true), np.where(wrong, 0.0, 1.0)
    settings: dict[str, Any] = {"epochs": 300, "patience": 30, "validation_fraction": 0.3}
    model = lso.Classifier(hidden=(8,), optimizer=lso.Adam(0.02), random_state=1, **settings)
    told = copy.deepcopy(model).fit(x, labels, sample_weight=weight)
    clean = copy.deepcopy(model).fit(x, np.where(wrong, true, labels), sample_weight=weight)
    assert_same(told, clean)
    assert told.score(x, true) > 0.9


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.6, 0.95])
def test_no_class_vanishes_when_samples_are_held_out(fraction: float) -> None:
    numbers = np.repeat([0, 1, 2, 3], [50, 30, 2, 1])
    data = Dataset(np.arange(83.0)[:, None], numbers, classes=np.arange(4))
    kept, held_out = data.hold_out(fraction, 0)
    assert held_out is not None
    assert sorted([*kept.x.ravel(), *held_out.x.ravel()]) == list(range(83))
    counts = [np.bincount(np.asarray(part.y), minlength=4) for part in (kept, held_out)]
    assert (counts[0] > 0).all()
    assert (counts[1][:3] > 0).all()
    assert counts[1][2:].tolist() == [1, 0]
    np.testing.assert_allclose(counts[1][:2], [50 * fraction, 30 * fraction], atol=1)
    assert (np.diff(kept.x.ravel()) < 0).any()  # in random order


def test_a_share_of_which_nothing_can_be_held_out() -> None:
    for y in (None, np.arange(3)):
        classes = None if y is None else np.arange(3)
        data = Dataset(np.zeros((3, 1)), y, classes=classes)
        with pytest.raises(ValueError, match="validation_fraction: expected a sample to train on"):
            data.hold_out(0.9, 0)


@every
def test_help_tells_of_each_setting_and_of_all_that_is_learned(name: str) -> None:
    model = fit(new(name))
    told = inspect.getdoc(type(model)) or ""
    for said in (*model.get_params(deep=False), *learned(model)):
        assert f"\n  {said}: " in told, said


@every
@pytest.mark.parametrize(
    "params",
    [
        {"hidden": ()},
        {"hidden": np.array([4, 3])},
        {"hidden": range(3, 5), "epochs": np.int32(2), "batch_size": np.uint8(9)},
        {"batch_size": 10**9},
        {"batch_size": 1},
        {"activation": "leaky_relu(0.2)"},
        {"dtype": np.float64, "random_state": np.int64(3)},
        {"validation_fraction": 1e-9},
        {"patience": 10**6, "validation_fraction": np.float32(0.5)},
    ],
    ids=lambda params: ", ".join(params),
)
def test_settings_at_the_edge(name: str, params: dict[str, Any]) -> None:
    model = fit(new(name, warm_start=True, **params))
    assert fit(model).n_epochs_ == 2 * model.epochs
    assert repr(model).startswith(f"{type(model).__name__}(")


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("output", ["softmax(4)", "elu", "relu"])
def test_any_output_activation(name: str, output: str) -> None:
    model = fit(new(name, output_activation=output))
    assert model.decoder_.activations[-1] == output
    if output == "softmax(4)":
        made = model.sample(LABELS if name == "cgan" else 5, random_state=0)
        np.testing.assert_allclose(made.reshape(-1, 3, 4).sum(axis=2), 1, rtol=1e-5)


@every
def test_groups_of_outputs_that_do_not_divide_them(name: str) -> None:
    model = new(name, output_activation="softmax(5)")
    y = None if CASES[name][1] is None else LABELS / 2 if name == "regressor" else LABELS
    with pytest.raises(ValueError, match="output_activation: expected groups of a size that div"):
        model.fit(X, y)


@pytest.mark.parametrize("name", [name for name in DECODERS if name != "cgan"])
def test_one_sample_is_enough(name: str) -> None:
    model = fit(new(name), slice(1))
    assert model.status_ in ("max_epochs", "collapsed")
    assert model.sample(2, random_state=0).shape == (2, 12)
