"""Save and load networks, compositions and estimators as safetensors.

A file holds one tensor a weight matrix ("part0.layer1.weight", shape (n_out, n_in)) and a bias
("part0.layer1.bias"; a lone network is part 0), and metadata: "format" and "version" of this
layout, "kind", "architecture" (JSON, one object a part), for an estimator "estimator" (JSON, its
parameters and what it learned), and "sha256" of all of these. The same model gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from lso_native import _generative_state
from lso_native._estimator_state import (
    estimator_tensors,
    pack_estimator,
    unpack_estimator,
)
from lso_native.files import atomic_write_bytes
from lso_native.models.autoencoder import Autoencoder
from lso_native.models.base import NetworkEstimator
from lso_native.models.classifier import Classifier
from lso_native.models.generative import GenerativeEstimator
from lso_native.network import Composition, Model, Network, compose

__all__ = ["load", "save"]

_FORMAT = "lso_native"
_VERSION = "1"
_KINDS: dict[str, type] = {
    "network": Network,
    "composition": Composition,
    "autoencoder": Autoencoder,
    "classifier": Classifier,
    **_generative_state.KINDS,
}
_LENGTH = struct.Struct("<Q")  # a safetensors file opens with the length of its JSON header

Saved: TypeAlias = Network | Composition | Autoencoder | Classifier | GenerativeEstimator
Tensors = dict[str, npt.NDArray[Any]]
Metadata = dict[str, str]


def save(
    model: Model | NetworkEstimator | GenerativeEstimator, path: str | os.PathLike[str]
) -> None:
    """Write ``model`` (Network, Composition or fitted estimator) to ``path``.

    The file is complete or not there: it is written beside ``path`` and renamed. A GAN's guide is not saved.
    Raises TypeError where ``model`` is none of these, NotFittedError where it is not fitted,
    OSError where ``path`` cannot be written.
    """
    kind = next((name for name, cls in _KINDS.items() if type(model) is cls), None)
    if kind is None:
        raise TypeError(
            "model: expected a Network, Composition, Autoencoder, Classifier, NoisyAutoencoder, VAE, GAN "
            f"or ConditionalGAN, got {type(model).__name__}"
        )
    metadata = {"format": _FORMAT, "version": _VERSION, "kind": kind}
    if isinstance(model, Autoencoder | Classifier):
        metadata["estimator"], tensors = pack_estimator(model)
        parts = model.network_.parts
    elif isinstance(model, GenerativeEstimator):
        parts = tuple(_generative_state.networks(model))
        metadata["estimator"], tensors = _generative_state.pack(model)
    else:
        assert isinstance(model, Model)  # the other kinds
        parts, tensors = model.parts, {}
    metadata["architecture"] = json.dumps([part.architecture() for part in parts])
    for i, part in enumerate(parts):
        tensors |= _network_tensors(i, part)
    metadata["sha256"] = _digest(metadata, tensors)
    atomic_write_bytes(path, _encode(tensors, metadata))


def load(path: str | os.PathLike[str]) -> Saved:
    """Return the model that ``save`` wrote to ``path``, equal to it bit for bit.

    Raises ValueError, naming ``path``, where the file is truncated, altered, of another format or
    version, or where a tensor is missing, unknown, or of the wrong shape or dtype; OSError where
    it cannot be read.
    """
    data = Path(path).read_bytes()
    try:
        return _decode(data)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from error


def _decode(data: bytes) -> Saved:
    tensors, metadata = _read(data)
    kind = _kind(metadata)
    generative = _generative_state.KINDS.get(kind)
    is_estimator = kind in ("autoencoder", "classifier") or generative is not None
    keys = {"format", "version", "kind", "architecture", "sha256"}
    _check_names("metadata", metadata, keys | {"estimator"} if is_estimator else keys)
    lone = kind != "composition" and generative is None
    architectures = _architectures(metadata["architecture"], lone=lone)
    expected: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
    for i, architecture in enumerate(architectures):
        expected |= _network_shapes(i, architecture)
    if generative is not None:
        expected |= _generative_state.tensor_shapes(metadata["estimator"])
    elif is_estimator:
        expected |= estimator_tensors(metadata["estimator"], architectures[0])
    _check_tensors(tensors, expected)
    if metadata["sha256"] != _digest(metadata, tensors):
        raise ValueError(
            "expected content of the SHA-256 in its metadata, got other content: altered"
        )
    parts = [_network(i, item, tensors) for i, item in enumerate(architectures)]
    if kind == "composition":
        return compose(*parts)
    if generative is not None:
        return _generative_state.unpack(generative, metadata["estimator"], parts, tensors)
    if is_estimator:
        return unpack_estimator(_KINDS[kind], metadata["estimator"], parts[0], tensors)
    return parts[0]


def _kind(metadata: Metadata) -> str:
    """What a file of this layout holds.

    Raises ValueError where it is of another format or version, or of no known kind.
    """
    if metadata.get("format") != _FORMAT:
        raise ValueError(
            f"expected a file of format {_FORMAT!r}, got {metadata.get('format')!r}, which "
            "another program wrote"
        )
    if metadata.get("version") != _VERSION:
        raise ValueError(f"expected version {_VERSION}, got {metadata.get('version')!r}")
    kind = metadata.get("kind")
    if kind not in _KINDS:
        raise ValueError(f"expected kind {', '.join(_KINDS)}, got {kind!r}")
    return kind


def _network_tensors(part: int, network: Network) -> Tensors:
    tensors: Tensors = {}
    for layer, weight in enumerate(network.weights, start=1):
        tensors[f"part{part}.layer{layer}.weight"] = weight
    for layer, bias in enumerate(network.biases):
        if bias is not None:
            tensors[f"part{part}.layer{layer}.bias"] = bias
    return tensors


def _network_shapes(
    part: int, architecture: Mapping[str, Any]
) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Return shape and dtype by tensor name, in the order of ``Network.parameters``."""
    sizes, dtype = architecture["sizes"], np.dtype(architecture["dtype"])
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
    for layer, has_bias in enumerate(architecture["bias"]):
        if layer:
            shapes[f"part{part}.layer{layer}.weight"] = (sizes[layer], sizes[layer - 1]), dtype
        if has_bias:
            shapes[f"part{part}.layer{layer}.bias"] = (sizes[layer],), dtype
    return shapes


def _network(part: int, architecture: Mapping[str, Any], tensors: Tensors) -> Network:
    flat = [tensors[name].ravel() for name in _network_shapes(part, architecture)]
    none = np.empty(0, architecture["dtype"])
    return Network.from_architecture(architecture, np.concatenate([none, *flat]))


def _architectures(text: str, *, lone: bool) -> list[dict[str, Any]]:
    try:
        architectures = json.loads(text)
    except json.JSONDecodeError:
        raise ValueError("expected an architecture in JSON, got other text") from None
    if (
        not isinstance(architectures, list)
        or not architectures
        or (lone and len(architectures) > 1)
    ):
        raise ValueError(
            f"expected an architecture of {'one part' if lone else 'parts'}, got {text}"
        )
    for architecture in architectures:
        _check_architecture(architecture)
    return architectures


def _check_architecture(architecture: Any) -> None:
    """Raise ValueError unless ``architecture`` is of the form of ``Network.architecture``."""
    message = f"expected an architecture of sizes, activations, bias and dtype, got {architecture}"
    if not isinstance(architecture, dict) or set(architecture) != {
        "sizes",
        "activations",
        "bias",
        "dtype",
    }:
        raise ValueError(message)
    sizes, activations, bias = (architecture[k] for k in ("sizes", "activations", "bias"))
    well_formed = (
        all(isinstance(value, list) for value in (sizes, activations, bias))
        and all(type(size) is int and size > 0 for size in sizes)
        and all(isinstance(activation, str) for activation in activations)
        and all(isinstance(has_bias, bool) for has_bias in bias)
        and len(sizes) == len(bias) == len(activations) + 1
        and architecture["dtype"] in ("float32", "float64")
    )
    if not well_formed:
        raise ValueError(message)


def _check_tensors(
    tensors: Tensors, expected: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
) -> None:
    _check_names("tensors", tensors, set(expected))
    for name, (shape, dtype) in expected.items():
        got = tensors[name]
        if got.shape != shape or got.dtype != dtype:
            raise ValueError(
                f"expected tensor {name} of shape {shape} and {dtype}, "
                f"got shape {got.shape} and {got.dtype}"
            )


def _check_names(what: str, found: Mapping[str, object], expected: set[str]) -> None:
    missing, unknown = sorted(expected - set(found)), sorted(set(found) - expected)
    if missing or unknown:
        raise ValueError(f"expected other {what}, got {missing} missing and {unknown} unknown")


def _digest(metadata: Mapping[str, str], tensors: Tensors) -> str:
    """Return the SHA-256 of the tensors, by name, and of the metadata but the digest itself."""
    signed = {key: value for key, value in metadata.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(signed, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, tensor.dtype.name, tensor.shape]).encode())
        digest.update(tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def _encode(tensors: Tensors, metadata: Metadata) -> bytes:
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    data = safetensors.numpy.save(contiguous, metadata)
    # safetensors orders the metadata at random; sorted, one model always gives the same bytes.
    (length,) = _LENGTH.unpack_from(data)
    body = _LENGTH.size + length
    header = json.dumps(json.loads(data[_LENGTH.size : body]), sort_keys=True).encode()
    header += b" " * (-len(header) % _LENGTH.size)
    return _LENGTH.pack(len(header)) + header + data[body:]


def _read(data: bytes) -> tuple[Tensors, Metadata]:
    try:
        tensors = safetensors.numpy.load(data)
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"expected a whole safetensors file, got one that fails: {error}"
        ) from error
    (length,) = _LENGTH.unpack_from(data)
    header = json.loads(data[_LENGTH.size : _LENGTH.size + length])
    return tensors, header.get("__metadata__", {})
