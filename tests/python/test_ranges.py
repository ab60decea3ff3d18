"""An estimator knows the range of its samples, and says so once where it is given others of another unit."""

import copy
import pickle
import warnings
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import patterns
from lso_native.cli import main

X, LABELS = patterns()
BYTES = np.round(255 * X)
WARNING = r"Classifier was fitted on values in 0\.\.1, and is given values in 0\.\.255"


@pytest.fixture
def unit() -> lso.Classifier:
    return lso.Classifier(hidden=(8,), epochs=5, random_state=0).fit(stretched(X), LABELS)


@pytest.fixture
def bytes_() -> lso.Classifier:
    return lso.Classifier(hidden=(8,), epochs=5, random_state=0).fit(255 * stretched(X), LABELS)


def stretched(samples: Any) -> Any:
    """All of 0..1."""
    return (samples - samples.min()) / np.ptp(samples)


def calm(call: Any, *arguments: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return call(*arguments)


def test_values_beyond_the_range_are_told_once(unit: lso.Classifier) -> None:
    assert unit.data_range_.tolist() == [0, 1]
    with pytest.warns(UserWarning, match=WARNING):
        unit.predict(255 * stretched(X))
    calm(unit.predict, 255 * X)
    unit.fit(stretched(X), LABELS)
    with pytest.warns(UserWarning, match=WARNING):
        unit.decision_function(255 * stretched(X))


@pytest.mark.parametrize("kind", [lso.Autoencoder, lso.NoisyAutoencoder, lso.VAE])
def test_autoencoders_tell_too(kind: Any) -> None:
    model = kind(2, hidden=(4,), epochs=1, random_state=0).fit(X)
    with pytest.warns(UserWarning, match=f"{kind.__name__} was fitted on values in"):
        model.reconstruct(BYTES)


def test_all_in_a_small_part_of_the_range_is_another_unit(bytes_: lso.Classifier) -> None:
    with pytest.warns(UserWarning, match=r"fitted on values in 0\.\.255, and is given .*\.\.0\.9"):
        bytes_.predict(X)


def test_usual_values_are_no_news(unit: lso.Classifier, bytes_: lso.Classifier) -> None:
    calm(unit.predict, 1.2 * X)
    calm(unit.predict, X - 0.3)
    calm(bytes_.predict, np.zeros((3, 12)))  # a few blank ones
    calm(bytes_.predict, BYTES[:1])
    normal = np.random.default_rng(0).normal(size=(200, 12))
    model = lso.Autoencoder(2, output_activation="linear", epochs=1, random_state=0).fit(normal)
    calm(model.transform, np.random.default_rng(1).normal(size=(10**5, 12)))


def test_the_range_is_saved_and_copied(unit: lso.Classifier, tmp_path: Any) -> None:
    lso.save(unit, tmp_path / "model.safetensors")
    loaded: Any = lso.load(tmp_path / "model.safetensors")
    for model in (loaded, copy.deepcopy(unit), pickle.loads(pickle.dumps(unit))):
        with pytest.warns(UserWarning, match=WARNING):
            model.predict(255 * stretched(X))


def test_going_on_widens_the_range(unit: lso.Classifier) -> None:
    unit.partial_fit(3 * stretched(X) - 1, LABELS)
    assert unit.data_range_.tolist() == [-1, 2]


def test_a_decoder_before_a_classifier_of_another_unit(
    unit: lso.Classifier, bytes_: lso.Classifier
) -> None:
    decoder = lso.Autoencoder(2, hidden=(4,), epochs=1, random_state=0).fit(X)
    for before in (decoder, decoder.decoder_, Foreign(decoder.decoder_)):
        assert calm(lambda before=before: before >> unit) == decoder.decoder_ >> unit.network_
        copied = copy.deepcopy(bytes_)
        with pytest.warns(UserWarning, match=r"fitted on values in 0\.\.255, and is given values"):
            joint = before >> copied
        assert joint == decoder.decoder_ >> bytes_.network_
        calm(lambda before=before, copied=copied: before >> copied)
    assert decoder >> unit.network_ == decoder.decoder_ >> unit.network_


def test_what_is_no_decoder_does_not_compose(unit: lso.Classifier) -> None:
    decoder = lso.Autoencoder(2, hidden=(4,), epochs=1, random_state=0)
    with pytest.raises(TypeError, match="unsupported operand"):
        3 >> unit
    with pytest.raises(TypeError, match="unsupported operand"):
        decoder.fit(X) >> 3  # type: ignore[operator]
    with pytest.raises(lso.NotFittedError):
        lso.Autoencoder() >> unit.network_
    with pytest.raises(lso.NotFittedError):
        decoder >> lso.Classifier()


class Foreign:
    """Somebody's decoder."""

    def __init__(self, decoder: lso.Model) -> None:
        self.decoder_ = decoder

    def sample_latent(self, n: int, *, random_state: Any = None) -> Any:
        return lso.uniform((n, self.decoder_.n_inputs), random_state=random_state)


def test_any_object_with_the_members_is_a_decoder() -> None:
    fitted = lso.VAE(2, hidden=(4,), epochs=1, random_state=0).fit(X)
    foreign = Foreign(fitted.decoder_)
    gan = lso.GAN(2, hidden=(4,), discriminator_hidden=(4,), epochs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gan.fit(X)
    for decoder in (fitted, foreign, gan):
        assert isinstance(decoder, lso.Decoder)
    assert isinstance(fitted, lso.EncoderDecoder)
    for other in (foreign, gan, lso.VAE(), lso.Classifier(), fitted.decoder_):
        assert not isinstance(other, lso.EncoderDecoder)
    assert not isinstance(lso.VAE(), lso.Decoder)  # which is not fitted


def test_the_command_line_tells_too(tmp_path: Any) -> None:
    autoencoder = lso.Autoencoder(2, hidden=(4,), epochs=1, random_state=0).fit(X[:, :9])
    classifier = lso.Classifier(hidden=(4,), epochs=1, random_state=0).fit(BYTES[:, :9], LABELS)
    lso.save(autoencoder, tmp_path / "decoder.safetensors")
    lso.save(classifier, tmp_path / "classifier.safetensors")
    files = [f"--{name}={tmp_path / name}.safetensors" for name in ("decoder", "classifier")]
    with pytest.warns(UserWarning, match="are they in the same unit"):
        main(["generate", *files, "--digit", "1", "-n", "2", f"--out={tmp_path / 'new'}"])
    assert (tmp_path / "new" / "samples.npz").is_file()


MIXED = np.random.default_rng(2).normal(size=(50, 4)) * [1, 2, 3, 1000]
UNITS = r"the columns of X spread by .* to .*: lso\.Table, or scikit-learn's StandardScaler"


@pytest.mark.parametrize("kind", [lso.Classifier, lso.Regressor, lso.Autoencoder, lso.VAE])
def test_columns_of_several_units_are_told(kind: Any) -> None:
    linear = {} if kind is lso.Classifier else {"output_activation": "linear"}
    model = kind(hidden=(4,), epochs=1, random_state=0, **linear)
    with pytest.warns(UserWarning, match=f"^{kind.__name__}: {UNITS}") as told:
        model.fit(MIXED, np.arange(50) % 2)
    assert [each.filename for each in told] == [__file__]
    calm(model.fit, MIXED * [1, 1, 1, 1e-3], np.arange(50) % 2)


def test_images_and_few_samples_are_of_one_unit() -> None:
    model = lso.Autoencoder(2, hidden=(4,), epochs=1, random_state=0)
    faint = np.repeat(X[:, :1], 30, axis=1) * np.where(np.arange(30) < 6, 0.001, 1)
    calm(model.fit, faint)  # a fifth of the pixels have hardly any ink
    calm(model.set_params(output_activation="linear").fit, MIXED[:5])
