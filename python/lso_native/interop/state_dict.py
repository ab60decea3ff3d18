"""A torch state dict in a safetensors file or a mapping: names and tensors, and no word of what is done with them."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import safetensors
from numpy.typing import ArrayLike

from lso_native._architecture import check_activations
from lso_native._checks import check_path, shown
from lso_native._typing import Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.interop.layers import Chain, Reading
from lso_native.interop.place import Place
from lso_native.interop.probe import check_pairs

_ARGUMENT = "source"
_NORM = {"running_mean", "running_var", "num_batches_tracked"}
_MOST_TO_ORDER = 8  # layers: there are factorially many orders
Source = str | bytes | os.PathLike[str] | Mapping[str, Any]


def read(
    source: Source,
    activation: str | Sequence[str] | None,
    layers: Sequence[str] | None,
    epsilon: float,
    probe: tuple[ArrayLike, ArrayLike] | None,
) -> Reading:
    """The network of the tensors in ``source``, in the order of ``layers`` or, without, in the one that fits."""
    groups = _grouped(_tensors(source))
    if layers is None:
        if activation is None:
            raise ArgumentError("activation", "it or layers: a state dict holds neither", None)
        order = _guessed(groups)
        names = check_activations(activation, len(order) + 1)
        layers = [each for pair in zip(order, names, strict=True) for each in pair]
    elif activation is not None:
        raise ArgumentError("activation", "None where layers has them", shown(activation))
    chain = Chain(_ARGUMENT)
    left = dict(groups)
    for name in _listed(layers):
        if name in groups:
            left.pop(name, None)
            _take(chain, name, groups[name], epsilon)
        else:
            chain.activate(Place("layers", name, "neither a name with tensors nor"), name)
    for name, tensors in left.items():
        place = Place(_ARGUMENT, f"{name}.{next(iter(tensors))}", "tensor")
        raise place.refused("layers does not name it")
    reading = chain.reading()
    if probe is not None:
        check_pairs("probe", reading, *probe)
    return reading


def _listed(layers: Any) -> list[str]:
    if isinstance(layers, str) or not all(isinstance(each, str) for each in layers):
        raise ArgumentTypeError("layers", "a list of names", shown(layers))
    return list(layers)


def _take(chain: Chain, name: str, tensors: dict[str, Array], epsilon: float) -> None:
    """The step that these tensors are of."""
    if "running_mean" in tensors:
        place = Place(_ARGUMENT, name, "batch norm")
        _check_names(place, tensors, {"running_mean", "running_var"}, {"weight", "bias", *_NORM})
        mean, variance = tensors["running_mean"], tensors["running_var"]
        learned = (tensors.get("weight"), tensors.get("bias"))
        chain.normalize(place, mean, variance, epsilon, *learned)
    else:
        place = Place(_ARGUMENT, name, "linear")
        _check_names(place, tensors, {"weight"}, {"weight", "bias"})
        chain.dense(place, tensors["weight"], tensors.get("bias"))


def _check_names(place: Place, tensors: dict[str, Array], least: set[str], most: set[str]) -> None:
    """Refuse tensors of other names, and those that are missing."""
    for each in sorted(tensors.keys() - most):
        raise place.refused(f"tensor {each!r} is none of {', '.join(sorted(most))}")
    for each in sorted(least - tensors.keys()):
        raise place.refused(f"tensor {each!r} is missing")


def _grouped(tensors: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Tensors by the module that has them, modules in the order of their names, 2 before 10."""
    groups: dict[str, dict[str, Array]] = {}
    for name in sorted(tensors, key=_natural):
        owner, _, last = name.rpartition(".")
        groups.setdefault(owner or last, {})[last] = tensors[name]
    return groups


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _guessed(groups: Mapping[str, dict[str, Array]]) -> list[str]:
    """The one order in which outputs fit the next inputs: that of the names, if it does."""
    shapes = {}
    for name, tensors in groups.items():
        if _NORM & tensors.keys():
            place = Place(_ARGUMENT, name, "batch norm")
            raise place.refused("where it stands is not to be guessed: give layers")
        weight = tensors.get("weight")
        if weight is None or weight.ndim != 2:
            got = "no matrix" if weight is None else f"a weight of shape {weight.shape}"
            raise Place(_ARGUMENT, name, "tensors").refused(f"{got}, where a linear layer has one")
        shapes[name] = weight.shape
    names = list(shapes)
    if all(shapes[a][0] == shapes[b][1] for a, b in itertools.pairwise(names)):
        return names
    found = _orders(shapes, names, []) if len(names) <= _MOST_TO_ORDER else []
    if len(found) != 1:
        got = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        expected = "weights that fit one after the other in one order, or layers"
        raise ArgumentError(_ARGUMENT, expected, got)
    return found[0]


def _orders(shapes: Mapping[str, Any], left: list[str], begun: list[str]) -> list[list[str]]:
    """Up to two orders in which the shapes fit."""
    if not left:
        return [begun]
    found: list[list[str]] = []
    for name in left:
        if not begun or shapes[begun[-1]][0] == shapes[name][1]:
            rest = [each for each in left if each != name]
            found += _orders(shapes, rest, [*begun, name])
        if len(found) > 1:
            break
    return found


def _tensors(source: Any) -> dict[str, Array]:
    """All tensors, as arrays."""
    if isinstance(source, Mapping):
        return {_text(name): _array(_text(name), tensor) for name, tensor in source.items()}
    path = check_path(_ARGUMENT, source)
    if not path.is_file():
        raise FileNotFoundError(f"{_ARGUMENT}: expected a file, got {path}")
    try:
        with safetensors.safe_open(path, framework="np") as file:
            if (file.metadata() or {}).get("format") == "lso_native":
                raise ArgumentError(_ARGUMENT, "a torch state dict", f"{path}, for lso.load")
            return {name: _read(file, name) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        got = f"{path} ({error})"
        expected = "a safetensors file, as safetensors.torch.save_file(module.state_dict(), path) "
        raise ArgumentError(_ARGUMENT, expected + "writes: no pickle is read", got) from error


def _read(file: Any, name: str) -> Array:
    dtype = file.get_slice(name).get_dtype()
    if dtype not in ("F32", "F64", "I64"):
        raise Place(_ARGUMENT, name, "tensor").refused(f"it is of {dtype}, not of F32 or F64")
    return np.asarray(file.get_tensor(name))


def _array(name: str, tensor: Any) -> Array:
    """A tensor of PyTorch or an array of any kind."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        if str(tensor.dtype) == "torch.bfloat16":
            raise Place(_ARGUMENT, name, "tensor").refused("it is of bfloat16")
    return np.asarray(tensor)


def _text(name: Any) -> str:
    if not isinstance(name, str):
        raise ArgumentTypeError(_ARGUMENT, "a mapping from names", f"one from {shown(name)}")
    return name
