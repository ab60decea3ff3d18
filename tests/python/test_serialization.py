import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import lso_native as lso
import numpy as np
import pytest
import safetensors.numpy
from estimator_data import assert_same_estimator, patterns
from lso_native.files import container
from lso_native.files.native import load, save

X, LABELS = patterns()
NAMES = np.array(["pear", "fig", "apple"])


class File(NamedTuple):
    tensors: dict[str, Any]
    metadata: dict[str, str]


Change = Callable[[File], object]


def network(**options: Any) -> lso.Network:
    return lso.Network((4, 6, 3), **{"random_state": 0, **options})


def autoencoder(**params: Any) -> lso.Autoencoder:
    defaults = {"latent": 3, "hidden": (8,), "epochs": 3, "random_state": 0}
    return lso.Autoencoder(**{**defaults, **params}).fit(X)


def classifier(labels: Any, **params: Any) -> lso.Classifier:
    return lso.Classifier(**{"hidden": (8,), "epochs": 3, "random_state": 0, **params}).fit(
        X, labels
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bias", ["paper", "standard", (True, False, True)])
@pytest.mark.parametrize(
    "activation", [("tanh", "softmax"), ("leaky_relu(0.2)", "softmax(1)"), ("silu", "gelu")]
)
def test_a_network_comes_back_bit_for_bit(
    dtype: str, bias: Any, activation: Any, path: Path
) -> None:
    model = network(dtype=dtype, bias=bias, activation=activation)
    save(model, path)
    loaded = load(path)
    assert isinstance(loaded, lso.Network)
    assert loaded == model
    assert loaded.activations == activation
    assert loaded.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(loaded(X[:, :4]), model(X[:, :4]))


def test_unusual_bits_come_back(path: Path) -> None:
    model = network()
    parameters = np.array(model.parameters)
    parameters[:3] = [-0.0, 1e-45, 3.4e38]
    model = model.replace(parameters)
    save(model, path)
    loaded = load(path)
    assert isinstance(loaded, lso.Network)
    assert loaded.parameters.tobytes() == model.parameters.tobytes()


def test_a_composition_comes_back_in_its_parts(path: Path) -> None:
    model = lso.compose(network(), lso.Network((3, 5), random_state=1), lso.Network((5, 2, 2)))
    save(model, path)
    loaded = load(path)
    assert isinstance(loaded, lso.Composition)
    assert loaded == model
    assert [part.sizes for part in loaded.parts] == [(4, 6, 3), (3, 5), (5, 2, 2)]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"hidden": [9, 7], "latent_activation": "linear", "dtype": "float64"},
        {"hidden": (), "bias": "standard", "mse": 1e-3, "validation_fraction": 0.2, "patience": 2},
        {"optimizer": lso.NormalizedGradientDescent(-0.05), "latent": np.int64(2)},
    ],
)
def test_an_autoencoder_comes_back_whole(params: dict[str, Any], path: Path) -> None:
    model = autoencoder(**params)
    lso.save(model, path)
    loaded = load(path)
    assert isinstance(loaded, lso.Autoencoder)
    model.set_params(hidden=tuple(model.hidden))  # a list comes back as a tuple
    assert_same_estimator(loaded, model)
    np.testing.assert_array_equal(loaded.transform(X), model.transform(X))


@pytest.mark.parametrize(
    "labels",
    [LABELS, LABELS.astype(np.uint8) * 100, LABELS == 1, NAMES[LABELS]],
    ids=["int", "uint8", "bool", "str"],
)
def test_a_classifier_comes_back_whole(labels: Any, path: Path) -> None:
    model = classifier(labels, optimizer=lso.Adam(learning_rate=0.02, beta2=0.99))
    lso.save(model, path)
    loaded = load(path)
    assert isinstance(loaded, lso.Classifier)
    assert_same_estimator(loaded, model)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


GENERATIVE = [
    lso.VAE(3, hidden=[8, 6], likelihood="bernoulli"),
    lso.NoisyAutoencoder(3, hidden=(8,), dtype="float64"),
    lso.GAN(3, hidden=(8,), discriminator_optimizer=lso.Adam(1e-4)),
    lso.ConditionalGAN(3, hidden=(8,), discriminator_hidden=(6, 5)),
]


def fitted(model: Any) -> Any:
    model.set_params(epochs=2, batch_size=20, random_state=0)
    return model.fit(X, NAMES[LABELS]) if isinstance(model, lso.ConditionalGAN) else model.fit(X)


@pytest.mark.parametrize("model", GENERATIVE, ids=lambda model: type(model).__name__)
def test_a_generative_estimator_comes_back_whole(model: Any, path: Path) -> None:
    model = fitted(model)
    lso.save(model, path)
    loaded: Any = load(path)
    model.set_params(hidden=tuple(model.hidden))  # a list comes back as a tuple
    if isinstance(model, lso.VAE):  # NaN is not itself
        assert np.isnan([model.variance_, loaded.variance_]).all()
        model.variance_ = loaded.variance_ = 0.0
    if isinstance(model, lso.GAN | lso.ConditionalGAN):
        np.testing.assert_array_equal(model.history_["guide"], 0)
    assert_same_estimator(loaded, model)
    asked = NAMES if isinstance(model, lso.ConditionalGAN) else 4
    np.testing.assert_array_equal(
        loaded.sample(asked, random_state=1), model.sample(asked, random_state=1)
    )
    if isinstance(model, lso.VAE | lso.NoisyAutoencoder):
        np.testing.assert_array_equal(loaded.transform(X), model.transform(X))


def test_a_guide_is_not_saved(path: Path) -> None:
    guide = lso.ClassifierGuide(lso.Network([X.shape[1], 3], random_state=0), 0.1)
    model = fitted(lso.ConditionalGAN(3, hidden=(8,), guide=guide))
    lso.save(model, path)
    loaded: Any = load(path)
    assert loaded.guide is None
    assert loaded.decoder_ == model.decoder_


def test_networks_that_do_not_fit_each_other_are_named(path: Path) -> None:
    model = fitted(lso.VAE(3, hidden=(8,)))
    model.encoder_ = lso.Network((5, 8, 3), random_state=0)
    lso.save(model, path)
    with pytest.raises(ValueError, match="expected the networks of a VAE"):
        load(path)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("discriminator_", (15, 6, 2)),  # two outputs
        ("discriminator_", (12, 6, 1)),  # told of no class
        ("discriminator_", (18, 6, 1)),  # of as many as the decoder has inputs
        ("decoder_", (6, 8, 11)),  # other samples, and so four classes of three
    ],
)
def test_networks_of_a_gan_that_do_not_fit(name: str, sizes: Any, path: Path) -> None:
    model = fitted(lso.ConditionalGAN(3, hidden=(8,), discriminator_hidden=(6,)))
    setattr(model, name, lso.Network(sizes, random_state=0))
    model.set_params(latent=model._n_latents)
    lso.save(model, path)
    _fails(path, "expected the networks of a ConditionalGAN|expected 4 sorted classes|latent: ")


def test_labels_that_are_whole_numbers_come_back(path: Path) -> None:
    model = lso.ConditionalGAN(3, hidden=(8,), epochs=1, random_state=0).fit(X, LABELS * 2.0)
    lso.save(model, path)
    loaded: Any = load(path)
    np.testing.assert_array_equal(loaded.classes_, [0, 2, 4])
    np.testing.assert_array_equal(
        loaded.sample([4, 0], random_state=1), model.sample([4, 0], random_state=1)
    )


def test_an_unfitted_generative_estimator_is_refused(path: Path) -> None:
    with pytest.raises(lso.NotFittedError, match="GAN is not fitted"):
        lso.save(lso.GAN(), path)
    assert not path.exists()


def test_a_loaded_estimator_fits_again(path: Path) -> None:
    model = autoencoder()
    lso.save(model, path)
    loaded = load(path)
    assert isinstance(loaded, lso.Autoencoder)
    assert_same_estimator(loaded.fit(X), model)


def test_parameters_changed_after_fit_do_not_change_the_model(path: Path) -> None:
    model = autoencoder().set_params(epochs=9, dtype="float64", output_activation="tanh")
    lso.save(model, path)
    loaded = load(path)
    assert isinstance(loaded, lso.Autoencoder)
    assert loaded.encoder_ == model.encoder_
    assert loaded.epochs == 9


@pytest.mark.parametrize(("name", "value"), [("hidden", (5, 4)), ("latent", 9)])
def test_layers_changed_after_fit_are_no_longer_those_of_the_model(
    name: str, value: Any, path: Path
) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: expected the .* that were learned"):
        lso.save(autoencoder().set_params(**{name: value}), path)
    assert not path.exists()


def test_the_file_is_plain_safetensors_with_the_architecture(path: Path) -> None:
    model = network()
    save(model, path)
    tensors, metadata = _read(path)
    np.testing.assert_array_equal(tensors["part0.layer1.weight"], model.weights[0])
    np.testing.assert_array_equal(tensors["part0.layer0.bias"], model.biases[0])
    assert metadata["format"] == "lso_native"
    assert json.loads(metadata["architecture"]) == [model.architecture()]


def test_one_model_always_gives_the_same_bytes(path: Path) -> None:
    contents = set()
    for _ in range(5):
        save(classifier(LABELS), path)
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_saving_replaces_the_file_and_leaves_no_other(path: Path) -> None:
    save(network(), path)
    save(network(random_state=1), str(path))
    assert load(str(path)) == network(random_state=1)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-folder"):
        save(network(), tmp_path / "no-such-folder" / "model.safetensors")


@pytest.mark.parametrize("model", [None, "model", np.zeros(3), lso.Autoencoder])
def test_saving_something_else(model: Any, path: Path) -> None:
    with pytest.raises(TypeError, match=r"^model: expected a Network, Composition, .* got"):
        save(model, path)
    assert not path.exists()


def test_a_parameter_that_json_cannot_hold(path: Path) -> None:
    model = autoencoder()
    model.set_params(hidden=object())
    with pytest.raises(ValueError, match=r"^hidden: expected a parameter that JSON can hold"):
        lso.save(model, path)
    assert not path.exists()


def test_a_generator_to_draw_seeds_from_is_not_saved(path: Path) -> None:
    model = autoencoder().set_params(random_state=np.random.default_rng(0))
    lso.save(model, path)
    loaded: Any = lso.load(path)
    assert loaded.random_state is None
    assert loaded.network_ == model.network_


RATE: Any = np.float32(0.01)
SIZES: Any = np.array([3])


@pytest.mark.parametrize(
    "model",
    [
        lso.Classifier(optimizer=lso.Adam(RATE)),
        lso.Classifier(optimizer=lso.Adam(1)),
        lso.Classifier(optimizer=lso.NormalizedGradientDescent(-2 * RATE)),
        lso.Classifier(epochs=np.array([1])[0], hidden=SIZES, mse=RATE),
        lso.Autoencoder(2, optimizer=lso.Adam(0.01, 10 * RATE, 90 * RATE)),
        lso.VAE(2, optimizer=lso.Adam(RATE), kl_weight=RATE),
        lso.GAN(2, discriminator_optimizer=lso.Adam(RATE), gradient_penalty=RATE),
    ],
)
def test_settings_that_are_numpy_numbers(model: Any, path: Path) -> None:
    model.set_params(random_state=0)
    if model.epochs != 1:
        model.set_params(epochs=np.int64(1))
    lso.save(model.fit(X, LABELS), path)
    loaded: Any = lso.load(path)
    params = loaded.get_params()
    for name, value in model.get_params().items():
        got = list(params[name]) if name == "hidden" else params[name]
        assert got == (list(value) if name == "hidden" else value), name
        assert not isinstance(params[name], np.generic)


def test_a_missing_file(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=path.name):
        load(path)


def _fails(path: Path, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_every_truncation_is_found(path: Path) -> None:
    save(network(), path)
    data = path.read_bytes()
    for length in (0, 1, 7, 8, 100, len(data) // 2, len(data) - 4, len(data) - 1):
        path.write_bytes(data[:length])
        _fails(path, "expected a whole safetensors file")
    path.write_bytes(data + b"\0\0\0\0")
    _fails(path, "expected a whole safetensors file")


@pytest.mark.parametrize(
    "make",
    [
        network,
        autoencoder,
        lambda: classifier(NAMES[LABELS]),
        lambda: lso.Committee(lso.Classifier(hidden=(3,), epochs=1), 2, random_state=0).fit(
            X, LABELS
        ),
        lambda: fitted(lso.VAE(3, hidden=(8,))),
        lambda: fitted(lso.ConditionalGAN(3, hidden=(8,), discriminator_hidden=(6,))),
    ],
)
def test_every_altered_byte_is_found(make: Callable[[], Any], path: Path) -> None:
    save(make(), path)
    data = path.read_bytes()
    for place in range(0, len(data), max(1, len(data) // 500)):
        altered = bytearray(data)
        altered[place] ^= 1
        path.write_bytes(altered)
        _fails(path, "expected")


def test_files_of_other_programs(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    _fails(
        path, r"expected a whole safetensors file, got another kind, which begins with b'\\x89PNG'"
    )
    path.write_bytes(safetensors.numpy.save({"n": np.zeros((), np.int64)}, {"format": "pt"}))
    _fails(path, r"F64, got 'n' of 'I64', which another program wrote; .* Network\.from_state_dict")
    path.write_bytes(safetensors.numpy.save({"weight": np.zeros(3)}))
    _fails(path, "expected a file of format 'lso_native', got None, which another program wrote")
    path.write_bytes(safetensors.numpy.save({"weight": np.zeros(3)}, {"format": "pt"}))
    _fails(path, "expected a file of format 'lso_native', got 'pt'")


def _read(path: Path) -> File:
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    return File(safetensors.numpy.load(data), header["__metadata__"])


def _forge(path: Path, change: Change) -> None:
    """Change a saved file and sign it again, so that only the check of its content can fail."""
    tensors, metadata = file = _read(path)
    change(file)
    if "sha256" in metadata:
        metadata["sha256"] = container.digest(tensors, metadata)
    path.write_bytes(safetensors.numpy.save(tensors, metadata))


def _edit(key: str, *place: Any, value: Any) -> Change:
    """Return a change that puts `value` at `place` in the JSON of the metadata `key`."""

    def change(file: File) -> None:
        state = json.loads(file.metadata[key])
        inner = state
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        file.metadata[key] = json.dumps(state)

    return change


WEIGHT = "part0.layer1.weight"
FORGED_NETWORKS: list[tuple[Change, str]] = [
    (lambda f: f.metadata.update(version="2"), "expected version 1, got '2'"),
    (lambda f: f.metadata.pop("version"), "expected version 1, got None"),
    (lambda f: f.metadata.update(kind="tree"), "expected kind network, .* got 'tree'"),
    (lambda f: f.metadata.pop("architecture"), r"metadata, got \['architecture'\] missing"),
    (lambda f: f.metadata.pop("sha256"), r"metadata, got \['sha256'\] missing"),
    (lambda f: f.metadata.update(author="me"), r"metadata, got .* \['author'\] unknown"),
    (lambda f: f.tensors.pop(WEIGHT), rf"tensors, got \['{WEIGHT}'\] missing"),
    (lambda f: f.tensors.update(extra=np.zeros(1)), r"tensors, got .* \['extra'\] unknown"),
    (
        lambda f: f.tensors.update({WEIGHT: np.zeros((4, 6), "f")}),
        r"shape \(6, 4\) .* got shape \(4, 6\)",
    ),
    (
        lambda f: f.tensors.update({WEIGHT: np.zeros((6, 4))}),
        "and float32, got .* float64",
    ),
    (lambda f: f.metadata.update(architecture="{"), "expected an architecture in JSON"),
    (
        lambda f: f.metadata.update(architecture="[]"),
        r"expected an architecture of parts, got \[\]",
    ),
    (
        lambda f: f.metadata.update(architecture="[3]"),
        "expected an architecture of sizes, .* got 3",
    ),
    (_edit("architecture", 0, "sizes", value=[4, 10**9, 3]), r"shape \(1000000000, 4\)"),
    (_edit("architecture", 0, "sizes", value=[4, 10**12, 3]), r"layer sizes below 2\*\*31"),
    (_edit("architecture", 0, "sizes", value=[4, -6, 3]), "sizes: expected"),
    (_edit("architecture", 0, "sizes", value=[4]), "sizes: expected"),
    (_edit("architecture", 0, "sizes", value=4), "sizes: expected"),
    (_edit("architecture", 0, "bias", value="paper"), "a list of bias, got 'paper'"),
    (_edit("architecture", 0, "dtype", value="int8"), "dtype: expected"),
    (_edit("architecture", 0, "activations", value=["sigmoid", "sinh"]), "activation"),
]


@pytest.mark.parametrize(("change", "message"), FORGED_NETWORKS)
def test_forged_networks(change: Any, message: str, path: Path) -> None:
    save(network(), path)
    _forge(path, change)
    _fails(path, message)


def test_parts_that_do_not_fit(path: Path) -> None:
    save(network() >> lso.Network((3, 2), random_state=0), path)
    tensors, _ = _read(path)
    kept = {name: tensor for name, tensor in tensors.items() if name.startswith("part0")}
    twice = kept | {name.replace("part0", "part1"): tensor for name, tensor in kept.items()}

    def repeat(file: File) -> None:
        file.tensors.clear()
        file.tensors.update(twice)
        first = json.loads(file.metadata["architecture"])[0]
        file.metadata["architecture"] = json.dumps([first, first])

    _forge(path, repeat)
    _fails(path, r"3.*4|4.*3")


STATE = "estimator"
FORGED_CLASSIFIERS: list[tuple[Change, str]] = [
    (lambda f: f.metadata.pop(STATE), r"metadata, got \['estimator'\] missing"),
    (
        lambda f: f.metadata.update(estimator="{"),
        "expected an estimator's state in JSON",
    ),
    (lambda f: f.metadata.update(kind="network"), r"metadata, got .* \['estimator'\] unknown"),
    (lambda f: f.metadata.update(kind="autoencoder"), "expected parameters .* got"),
    (
        lambda f: f.tensors.pop("history.train_loss"),
        r"tensors, got \['history.train_loss'\] missing",
    ),
    (_edit(STATE, "mse", value="low"), "an estimator's mse, got 'low'"),
    (_edit(STATE, "params", "momentum", value=0.9), "expected parameters .* got .*momentum"),
    (
        _edit(STATE, "params", "optimizer", "name", value="SGD"),
        "expected optimizer .* or Adam, got",
    ),
    (_edit(STATE, "params", "optimizer", "decay", value=0.1), "expected optimizer .* or Adam, got"),
    (_edit(STATE, "classes", "values", value=[0, 1]), "expected 3 sorted classes"),
    (_edit(STATE, "classes", "values", value=[0, 2, 1]), "expected 3 sorted classes"),
    (_edit(STATE, "classes", "values", value=["a", 1, 2]), "classes of a dtype and values"),
    (_edit(STATE, "classes", "dtype", value="O"), "classes of a dtype and values"),
]


@pytest.mark.parametrize(("change", "message"), FORGED_CLASSIFIERS)
def test_forged_classifiers(change: Any, message: str, path: Path) -> None:
    save(classifier(LABELS), path)
    _forge(path, change)
    _fails(path, message)


def test_an_autoencoder_whose_layers_do_not_mirror(path: Path) -> None:
    save(autoencoder(), path)

    def widen(file: File) -> None:
        file.tensors["part0.layer3.weight"] = np.zeros((7, 3), "f")
        file.tensors["part0.layer3.bias"] = np.zeros(7, "f")
        file.tensors["part0.layer4.weight"] = np.zeros((12, 7), "f")
        _edit("architecture", 0, "sizes", value=[12, 8, 3, 7, 12])(file)

    _forge(path, widen)
    _fails(path, "expected layer sizes that mirror about a latent layer")


def test_an_autoencoder_without_its_latent_range(path: Path) -> None:
    save(autoencoder(), path)
    _forge(path, lambda f: f.tensors.pop("latent_range"))
    _fails(path, r"content, got \['latent_range'\] missing")
