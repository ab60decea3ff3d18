"""A file that anybody wrote gives a ValueError that names it, whatever is in it, and takes memory as its size does."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
import safetensors.numpy
from estimator_data import patterns
from lso_native.files import container, state

resource = pytest.importorskip("resource") if sys.platform != "win32" else None
X, LABELS = patterns()
DATA = Path(__file__).parent / "data"
ENTRY = "import sys; from lso_native.cli import main; sys.exit(main())"


def file(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + body


def tensors(dtype: str, size: int) -> bytes:
    header = {"weight": {"dtype": dtype, "shape": [4], "data_offsets": [0, 4 * size]}}
    return file(json.dumps(header).encode(), bytes(4 * size))


def metadata(value: Any) -> bytes:
    return file(json.dumps({"__metadata__": value}).encode())


def signed(**entries: str) -> bytes:
    """Metadata of ours that only its content can make a network of."""
    given = {"format": "lso_native", "version": "1", "kind": "network", **entries}
    return safetensors.numpy.save({}, {**given, "sha256": container.digest({}, given)})


FILES = {
    "bfloat16": tensors("BF16", 2),
    "float8_e4m3": tensors("F8_E4M3", 1),
    "float8_e5m2": tensors("F8_E5M2", 1),
    "float16": tensors("F16", 2),
    "complex64": tensors("C64", 8),
    "no dtype": file(b'{"weight": {}}'),
    "an entry that is a list": file(b'{"weight": [1, 2]}'),
    "a dtype that is a list": file(b'{"weight": {"dtype": []}}'),
    "no metadata": tensors("F32", 4),
    "metadata null": metadata(None),
    "metadata empty": metadata({}),
    "metadata a list": metadata(["format"]),
    "metadata of numbers": metadata({"format": 1}),
    "metadata of objects": metadata({"format": {"lso_native": "1"}}),
    "header nested too deeply": file(b"[" * 100_000),
    "header a list": file(b"[]"),
    "header an endless number": file(b'{"weight": ' + b"9" * 5000 + b"}"),
    "header no unicode": file(b"\xff\xfe{}"),
    "header in UTF-16": file("{}".encode("utf-16")),
    "a name that is told twice": file(b'{"__metadata__": {}, "__metadata__": {"format": "pt"}}'),
    "architecture nested too deeply": signed(architecture="[" * 100_000),
    "architecture with an endless number": signed(architecture='[{"sizes": [' + "9" * 5000 + "]}]"),
    "architecture of numbers": signed(architecture="[1, 2]"),
    "architecture null": signed(architecture="null"),
    "layers of no machine": signed(
        architecture=json.dumps(
            [
                {
                    "sizes": [2**70, 2**70],
                    "activations": ["linear"],
                    "bias": [False, True],
                    "dtype": "float32",
                }
            ]
        )
    ),
    "empty": b"",
    "header longer than the file": struct.pack("<Q", 2**40) + b"{}",
}


@pytest.mark.parametrize("name", FILES)
def test_other_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(FILES[name])
    with pytest.raises(ValueError, match=rf"^{path}: (sizes: )?expected ") as caught:
        lso.load(path)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3", "metadata null"])
def test_the_command_line_tells_it_in_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(FILES[name])
    arguments = ["walk", "--decoder", str(path), "--out", str(tmp_path / "o")]
    done = subprocess.run(
        [sys.executable, "-c", ENTRY, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "other.safetensors" in line
    assert not (tmp_path / "o").exists()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs devices")
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/urandom"])
def test_a_device_is_not_read(path: str) -> None:
    with pytest.raises(ValueError, match=f"^{path}: expected a regular file"):
        lso.load(path)


def changed(name: str, path: Path, change: Callable[[dict[str, Any], dict[str, Any]], Any]) -> None:
    """The saved file ``name`` with its state and tensors changed, and signed as if they were so."""
    held, told = container.decode((DATA / f"{name}.safetensors").read_bytes())
    state = json.loads(told["estimator"])
    change(state, held)
    told["estimator"] = json.dumps(state)
    told["sha256"] = container.digest(held, told)
    path.write_bytes(container.encode(held, told))


def setting(name: str, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], Any]:
    return lambda state, _: state["params"].update({name: value})


def learned(name: str, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], Any]:
    return lambda state, _: state.update({name: value})


ENDLESS = {"dtype": "<U50000000", "values": ["apple", "fig", "pear"]}
WIDE = np.array([[-3e38] * 2, [3e38] * 2], np.float32)  # whose difference is infinite
REST = {"mse_": 0.1, "variance_": 0.1}
RATE = {"name": "Adam", "learning_rate": 10**400}
STATES = [
    ("classifier", learned("classes", ENDLESS), "classes of a dtype"),
    ("classifier", learned("classes", {**ENDLESS, "dtype": "<U2"}), "classes of a dtype"),
    ("classifier", learned("classes", {**ENDLESS, "dtype": ["<U9"]}), "classes of a dtype"),
    ("classifier", learned("classes", {"dtype": "<U1", "values": [["a"], ["b"]]}), "sorted"),
    ("classifier", learned("classes", {**ENDLESS, "values": None}), "classes of a dtype"),
    ("classifier_uint8", learned("classes", {"dtype": "|u1", "values": [0, 1, 256]}), "classes of"),
    ("classifier_uint8", learned("classes", {"dtype": "<i8", "values": [0, 1, 1.5]}), "classes of"),
    ("classifier", learned("classes", [1, 2, 3]), "expected"),
    ("classifier", setting("optimizer", RATE), "optimizer"),
    ("classifier", setting("optimizer", {"name": ["Adam"]}), "optimizer"),
    ("classifier", setting("optimizer", {}), "optimizer"),
    ("classifier", setting("pickle", "gASV"), "parameters"),
    ("classifier", learned("params", []), "params"),
    ("classifier", learned("status", "finished"), "status"),
    ("classifier", learned("status", None), "status"),
    ("classifier", learned("n_epochs", -1), "n_epochs"),
    ("classifier", learned("n_epochs", True), "n_epochs"),
    ("classifier", learned("n_epochs", 1.5), "n_epochs"),
    ("classifier", learned("mse", "low"), "mse"),
    ("classifier", learned("history", {"train_mse": 10**12}), "history"),
    ("classifier", learned("history", {"train_mse": 2.0}), "history"),
    ("classifier", learned("history", None), "history"),
    ("classifier", learned("network", {}), "network"),
    ("classifier", learned("classes", {"values": [0, 1, 2]}), "classes of a dtype"),
    ("classifier", lambda _, t: t.update(mse=np.zeros(1)), "tensors"),
    ("classifier", learned("__class__", "object"), "__class__"),
    ("autoencoder", lambda _, t: t.update(latent_range=t["latent_range"][::-1]), "latent_range"),
    ("autoencoder", lambda _, t: t["latent_range"].fill(np.nan), "latent_range"),
    ("autoencoder", lambda _, t: t.update(latent_range=np.zeros((2, 3), "f")), "latent_range"),
    ("autoencoder", lambda _, t: t.update(latent_range=np.zeros((2, 2))), "latent_range"),
    ("classifier", setting("epochs", 2.5), "epochs"),
    ("classifier", setting("hidden", [5]), "hidden: expected the layers that were learned, .4,."),
    ("classifier", setting("hidden", "4"), "hidden"),
    ("classifier", setting("warm_start", 1), "warm_start"),
    ("classifier", setting("dtype", "int8"), "dtype"),
    ("classifier", setting("bias", [True]), "bias"),
    ("classifier", setting("mse", float("nan")), "mse"),
    ("classifier", setting("objective", "hinge"), "objective"),
    ("classifier", setting("none_label", 0.5), "none_label"),
    ("classifier", setting("random_state", -1), "random_state"),
    ("classifier", setting("validation_fraction", 1.0), "validation_fraction"),
    ("classifier", setting("optimizer", {"name": "LevenbergMarquardt"}), "optimizer"),
    ("classifier", setting("activation", "\ud800"), "activation"),
    ("classifier", learned("mse", 10**400), "mse"),
    ("classifier", learned("mse", -1.0), "mse"),
    ("classifier", learned("n_epochs", 3), "history"),
    ("classifier", lambda _, t: t.update(data_range=np.array([1.0, 0.0])), "data_range"),
    ("autoencoder", setting("latent", 3), "latent: expected the 2 that were learned"),
    ("autoencoder", setting("latent_activation", "softmax"), "latent_activation"),
    ("autoencoder", lambda _, t: t.update(latent_range=WIDE), "latent_range"),
    ("vae", learned("figures", {"active_latents_": 1000, **REST}), "active_latents"),
    ("gan", setting("discriminator_hidden", [6, 6]), "discriminator_hidden: expected the layers"),
    ("gan", setting("discriminator_optimizer", {"name": "LevenbergMarquardt"}), "optimizer"),
    ("gan", setting("guide", 1), "guide"),
    ("vae", setting("threads", 0), "threads"),
    ("vae", setting("threads", -1), "threads"),
    ("vae", setting("threads", "all"), "threads"),
    ("vae", learned("figures", {"mse_": 0.1}), "missing"),
    ("vae", learned("figures", [0.1]), "figures by name"),
    ("vae", learned("figures", {"decoder_": 1}), "decoder"),
    ("conditional_gan", learned("classes", {"dtype": "<i8", "values": [1, 2]}), "sorted classes"),
    ("gan", learned("classes", {"dtype": "<i8", "values": [1, 2]}), "classes"),
]


@pytest.mark.parametrize(("name", "change", "told"), STATES)
def test_states_that_are_none(name: str, change: Any, told: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    changed(name, path, lambda *_: None)
    lso.load(path)  # it is the change that fails
    changed(name, path, change)
    with pytest.raises(ValueError, match=rf"^{path}: .*{told}") as caught:
        lso.load(path)
    assert len(str(caught.value)) < 1000


def test_many_long_labels_are_no_attack(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    names = np.array([f"{i:0100}" for i in range(60_000)])  # 24 MB
    model = lso.Classifier(hidden=(), epochs=1, random_state=0).fit(np.eye(3, len(names)), range(3))
    model.feature_names_in_ = names
    lso.save(model, path)
    loaded: Any = lso.load(path)
    np.testing.assert_array_equal(loaded.feature_names_in_, names)


def test_parts_of_two_dtypes(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model = lso.NoisyAutoencoder(3, hidden=(8,), epochs=1, random_state=0).fit(X)
    network = model.encoder_
    double = lso.Network(network.sizes, activation=network.activations, dtype="float64")
    model.encoder_ = double
    lso.save(model, path)
    with pytest.raises(ValueError, match="expected the networks of a NoisyAutoencoder"):
        lso.load(path)


def test_settings_that_a_file_does_not_have_are_at_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    changed("vae", path, lambda state, _: state["params"].pop("kl_weight"))
    loaded: Any = lso.load(path)
    assert loaded.kl_weight == lso.VAE().kl_weight != 0.5


@pytest.mark.skipif(resource is None, reason="needs a limit on memory")
def test_memory_is_bounded_by_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    changed("classifier", path, STATES[0][1])
    script = (
        "import resource, sys, lso_native as lso\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    lso.load(sys.argv[1])\nexcept ValueError:\n    pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 50_000  # KiB; three labels of that dtype would take 600,000


@pytest.mark.parametrize("size", [10**3, 10**12])
def test_a_file_that_is_longer_than_it_says_is_not_read(size: int, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with path.open("wb") as other:
        other.write((DATA / "network.safetensors").read_bytes())
        other.truncate(size)  # the rest takes no place
    with pytest.raises(ValueError, match=rf"^{path}: expected a whole .* got {size}"):
        lso.load(path)


def test_a_table_of_many_columns_takes_memory_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    lso.save(lso.Table().fit({f"{i}": [0.0, 1.0] for i in range(3000)}), path)
    tracemalloc.start()
    loaded: Any = lso.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert loaded.n_features_in_ == 3000
    assert peak < 2**25 + 64 * path.stat().st_size < 8 * 3000**2


STRANGE: list[Any] = [
    *(None, True, -1, 0, 3, 2**70, 10**400, 0.5, 1e308, float("nan"), "", "x" * 50, [], [[1]], {}),
    *({"a": 1}, {"name": "Adam"}, {"dtype": "<U5", "values": ["a"]}, {"dtype": "<i8", "values": 1}),
]


def leaves(value: Any, *place: Any) -> list[tuple[Any, ...]]:
    """The places of all values within JSON, itself included."""
    inner: Iterable[tuple[Any, Any]] = enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict):
        inner = value.items()
    return [place, *(leaf for key, each in inner for leaf in leaves(each, *place, key))]


def put(value: Any, place: tuple[Any, ...], strange: Any) -> Any:
    if not place:
        return strange
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = put(copy[place[0]], place[1:], strange)
    return copy


def loads_or_is_told(path: Path) -> None:
    try:
        loaded: Any = lso.load(path)
    except ValueError as error:
        told = str(error)
    else:
        told = f"{path}: {loaded!r}"
        if not isinstance(loaded, lso.Model):
            state.pack(loaded)  # it can be saved again
    assert told.startswith(f"{path}: ")
    assert len(told) < 1000


@pytest.mark.parametrize("key", ["architecture", "estimator"])
@pytest.mark.parametrize(
    "name", ["composition", "autoencoder", "classifier", "vae", "conditional_gan"]
)
def test_any_value_in_place_of_any_other_loads_or_is_told(
    name: str, key: str, tmp_path: Path
) -> None:
    held, told = container.decode((DATA / f"{name}.safetensors").read_bytes())
    path = tmp_path / "model.safetensors"
    value = json.loads(told.get(key, "null"))
    for place in leaves(value):
        for strange in STRANGE:
            changed = told | {key: json.dumps(put(value, place, strange))}
            changed["sha256"] = container.digest(held, changed)
            path.write_bytes(container.encode(held, changed))
            loads_or_is_told(path)


@pytest.mark.parametrize("name", ["autoencoder", "classifier", "gan", "vae"])
def test_any_tensor_in_place_of_any_other_loads_or_is_told(name: str, tmp_path: Path) -> None:
    held, told = container.decode((DATA / f"{name}.safetensors").read_bytes())
    path = tmp_path / "model.safetensors"
    strange = [np.zeros(shape, dtype) for shape in [(), (0,), (1,), (2, 2)] for dtype in "fd"]
    for tensor in held:
        for other in [*strange, np.full_like(held[tensor], np.nan)]:
            tensors = held | {tensor: other}
            changed = told | {"sha256": container.digest(tensors, told)}
            path.write_bytes(container.encode(tensors, changed))
            loads_or_is_told(path)


@pytest.mark.parametrize("strange", STRANGE, ids=lambda value: type(value).__name__)
def test_any_value_in_a_header_is_told(strange: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    entry = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
    header = {"__metadata__": {"format": "lso_native", "version": "1"}, "weight": entry}
    for place in [*leaves(header), ("weight", "shape"), ("weight", "data_offsets")]:
        for value in (strange, [strange, strange]):
            text = json.dumps(put(header, place, value))
            path.write_bytes(file(text.encode(), bytes(16)))
            loads_or_is_told(path)
