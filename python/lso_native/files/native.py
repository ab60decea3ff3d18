"""Save and load networks, compositions and estimators as safetensors: docs/format.md has the format byte by byte."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lso_native._architecture import check_activations, check_bias, check_sizes
from lso_native._atomic import atomic_write_bytes
from lso_native._checks import check_choice, check_path, shown
from lso_native.errors import ArgumentTypeError
from lso_native.files.container import (
    ELSEWHERE,
    Metadata,
    Tensors,
    check_names,
    decode,
    digest,
    encode,
    read,
    read_json,
)
from lso_native.files.foreign import open_regular
from lso_native.files.state import pack, pack_several, unpack, unpack_several
from lso_native.models import ESTIMATORS
from lso_native.models.base import Fittable
from lso_native.models.classifier import Classifier
from lso_native.models.committee import Committee
from lso_native.network import Composition, Model, Network, compose, networks_of

__all__ = ["load", "save"]

_FORMAT = "lso_native"
_VERSION = "1"
_MODELS: dict[str, type] = {"network": Network, "composition": Composition, "committee": Committee}
_KEYS = {"format", "version", "kind", "architecture", "sha256"}


def save(model: Model | Fittable | Committee, path: str | bytes | os.PathLike[str]) -> None:
    """Write ``model`` (Network, Composition, fitted estimator or Committee) to ``path``.

    The file is complete or not there: it is written beside ``path`` and renamed; one that is replaced passes its
    permissions on. A GAN's guide is not saved.
    Raises TypeError where ``model`` is none of these, NotFittedError where it is not fitted, ValueError for a setting
    that JSON cannot hold, OSError where ``path`` cannot be written.
    """
    place = check_path("path", path)
    atomic_write_bytes(place, encoded(model))


def encoded(model: Model | Fittable | Committee) -> bytes:
    """The file of ``model``. Raises as ``save``."""
    kinds = _MODELS | ESTIMATORS
    kind = next((name for name, cls in kinds.items() if type(model) is cls), None)
    if kind is None:
        known = ", ".join(cls.__name__ for cls in kinds.values())
        raise ArgumentTypeError("model", f"a {known}", type(model).__name__)
    metadata: Metadata = {"format": _FORMAT, "version": _VERSION, "kind": kind}
    parts: Sequence[Network]
    if isinstance(model, Fittable):
        metadata["estimator"], parts, tensors = pack(model)
    elif isinstance(model, Committee):
        metadata["estimator"], parts, tensors = pack_several(model.fitted())
    else:
        parts, tensors = networks_of("model", model), {}
    metadata["architecture"] = json.dumps([part.architecture() for part in parts])
    for i, part in enumerate(parts):
        tensors |= _network_tensors(i, part)
    metadata["sha256"] = digest(tensors, metadata)
    return encode(tensors, metadata)


def load(path: str | bytes | os.PathLike[str]) -> Model | Fittable | Committee:
    """Return the model that ``save`` wrote to ``path``, equal to it bit for bit: an object of its class.

    The file may be anybody's: no code in it runs, and it takes memory in proportion to its size.
    Raises ValueError, naming ``path``, where the file is truncated, altered, of another format or version, or holds
    what is no model; OSError where it cannot be read.
    """
    file = check_path("path", path)
    with open_regular(file) as opened:
        try:
            return decoded(read(opened))
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error


def decoded(data: bytes) -> Model | Fittable | Committee:
    """The model of the file ``data``. Raises ValueError where it holds none."""
    try:
        return _decoded(data)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _decoded(data: bytes) -> Model | Fittable | Committee:
    tensors, metadata = decode(data)
    kind = _kind(metadata)
    cls = ESTIMATORS.get(kind)
    several = _MODELS.get(kind) is Committee
    check_names("metadata", metadata, _KEYS | {"estimator"} if cls or several else _KEYS)
    if metadata["sha256"] != digest(tensors, metadata):
        raise ValueError(
            "expected content of the SHA-256 in its metadata, got other content: altered"
        )
    architectures = read_json("an architecture", metadata["architecture"])
    if not isinstance(architectures, list) or not (architectures or cls):
        raise ValueError(f"expected an architecture of parts, got {shown(architectures)}")
    parts = [_network(i, item, tensors) for i, item in enumerate(architectures)]
    if cls is not None:
        return unpack(cls, metadata["estimator"], parts, tensors)
    if several:
        members: list[Any] = unpack_several(Classifier, metadata["estimator"], parts, tensors)
        return Committee.of(members)
    check_names("tensors", tensors, set())
    if kind == "composition":
        return compose(*parts)
    if len(parts) > 1:
        raise ValueError(f"expected an architecture of one part, got {len(parts)}")
    return parts[0]


def _kind(metadata: Metadata) -> str:
    """What a file of this layout holds; ValueError where it is of another format or version, or of no known kind."""
    if metadata.get("format") != _FORMAT:
        got = shown(metadata.get("format"))
        raise ValueError(f"expected a file of format {_FORMAT!r}, got {got}, which {ELSEWHERE}")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"expected version {_VERSION}, got {shown(metadata.get('version'))}")
    kind = metadata.get("kind")
    if kind is None or kind not in _MODELS | ESTIMATORS:
        known = ", ".join(_MODELS | ESTIMATORS)
        raise ValueError(f"expected kind {known}, got {shown(kind)}")
    return kind


def _network_tensors(part: int, network: Network) -> Tensors:
    tensors: Tensors = {}
    for layer, weight in enumerate(network.weights, start=1):
        tensors[f"part{part}.layer{layer}.weight"] = weight
    for layer, bias in enumerate(network.biases):
        if bias is not None:
            tensors[f"part{part}.layer{layer}.bias"] = bias
    return tensors


def _network(part: int, architecture: Any, tensors: Tensors) -> Network:
    """Part number ``part``; its tensors are taken out of ``tensors``."""
    _check_architecture(architecture)
    shapes = _shapes(part, architecture)
    check_names("tensors", tensors, shapes.keys() | tensors.keys())
    dtype = np.dtype(architecture["dtype"])
    flat = [np.empty(0, dtype)]
    for name, shape in shapes.items():
        tensor = tensors.pop(name)
        if tensor.shape != shape or tensor.dtype != dtype:
            raise ValueError(
                f"expected tensor {name} of shape {shape} and {dtype}, "
                f"got shape {tensor.shape} and {tensor.dtype}"
            )
        flat.append(tensor.ravel())
    return Network.from_architecture(architecture, np.concatenate(flat))


def _shapes(part: int, architecture: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor by its name, in the order of ``Network.parameters``."""
    sizes = architecture["sizes"]
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, has_bias in enumerate(architecture["bias"]):
        if layer:
            shapes[f"part{part}.layer{layer}.weight"] = sizes[layer], sizes[layer - 1]
        if has_bias:
            shapes[f"part{part}.layer{layer}.bias"] = (sizes[layer],)
    return shapes


def _check_architecture(architecture: Any) -> None:
    """Raise ValueError unless ``architecture`` is of the form of ``Network.architecture``."""
    names = {"sizes", "activations", "bias", "dtype"}
    if not isinstance(architecture, dict) or architecture.keys() != names:
        expected = "an architecture of sizes, activations, bias and dtype"
        raise ValueError(f"expected {expected}, got {shown(architecture)}")
    for name in ("activations", "bias"):
        if not isinstance(architecture[name], list):  # a name would stand for all layers
            raise ValueError(f"expected a list of {name}, got {shown(architecture[name])}")
    n_layers = len(check_sizes(architecture["sizes"]))
    check_activations(architecture["activations"], n_layers)
    check_bias(architecture["bias"], n_layers)
    check_choice("dtype", architecture["dtype"], ("float32", "float64"))
