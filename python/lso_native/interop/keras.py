"""Keras models whose layers stand one after the other, and lists of their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._architecture import check_activations
from lso_native._typing import Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.interop.layers import Chain, Reading
from lso_native.interop.place import NO_STEP, Place, needed
from lso_native.interop.probe import check_pairs, check_probe

_ARGUMENT = "model"


def read(model: Any) -> Reading:
    """The network of a built ``Sequential``, or of a functional model whose layers make a chain."""
    keras = needed("keras", "keras", "from_keras")
    if not isinstance(model, keras.Model):
        expected = "a keras.Model, or the list of its weights"
        raise ArgumentTypeError(_ARGUMENT, expected, type(model).__name__)
    if not model.built or len(model.inputs or ()) != 1:
        expected = "a model that is built, with one input"
        raise ArgumentError(_ARGUMENT, expected, f"{type(model).__name__} {model.name!r}")
    rows = tuple(model.inputs[0].shape[1:])
    if not rows or None in rows:
        raise ArgumentError(_ARGUMENT, "inputs of known size", f"rows of shape {rows}")
    chain = Chain(_ARGUMENT, rows)
    _take_model(chain, keras, "", model)
    reading = chain.reading()
    check_probe(_ARGUMENT, reading, lambda x: _outputs(model, x.reshape(len(x), *rows)))
    return reading


def read_weights(
    weights: Sequence[ArrayLike],
    activation: str | Sequence[str],
    probe: tuple[ArrayLike, ArrayLike] | None,
) -> Reading:
    """The network of ``model.get_weights()``: kernels (n_in, n_out), each with its bias (n_out,) or without."""
    chain = Chain(_ARGUMENT)
    arrays = [np.asarray(each) for each in weights]
    kernels = [number for number, each in enumerate(arrays) if each.ndim == 2]
    names = check_activations(activation, len(kernels) + 1)
    ends = [*kernels[1:], len(arrays)]
    for number in range(kernels[0] if kernels else len(arrays)):
        raise _of_list(number).refused(f"an array of shape {arrays[number].shape} before a kernel")
    for number, end, name in zip(kernels, ends, names, strict=True):
        if end > number + 2:
            got = (
                f"an array of shape {arrays[number + 2].shape}, which of batch norm tells no layer"
            )
            raise _of_list(number + 2).refused(got + ": pass the model")
        bias = arrays[number + 1] if end == number + 2 else None
        chain.dense(_of_list(number), arrays[number].T, bias)
        chain.activate(_of_list(number), name)
    reading = chain.reading()
    if probe is not None:
        check_pairs("probe", reading, *probe)
    return reading


def _of_list(number: int) -> Place:
    return Place(_ARGUMENT, f"weights[{number}]", "array")


def _take_model(chain: Chain, keras: Any, path: str, model: Any) -> None:
    """The layers of a model, which may be in another."""
    if type(model).__name__ not in ("Sequential", "Functional"):
        place = Place(_ARGUMENT, path.rstrip("/") or model.name, type(model).__name__)
        raise place.refused("its call cannot be read: pass its layers as a Sequential")
    for layer in model.layers:
        inner = f"{path}{layer.name}"
        place = Place(_ARGUMENT, inner, type(layer).__name__)
        if isinstance(layer, keras.Model):
            _take_model(chain, keras, f"{inner}/", layer)
            continue
        step = _STEPS.get(type(layer).__name__)
        if step is None:
            raise place.refused(NO_STEP)
        if layer.compute_dtype not in ("float32", "float64"):
            raise place.refused(f"it computes in {layer.compute_dtype}")
        taken = step(chain, place, layer)
        for variable in layer.weights:
            if not any(variable is each for each in (taken or ())):
                got = f"its tensor {variable.path!r} is none that a layer of its class has"
                raise place.refused(got)


# Steps return the variables that they took.


def _array(variable: Any) -> Array:
    value = getattr(variable, "value", variable)
    if hasattr(value, "detach"):  # of PyTorch, whose parameters NumPy warns of
        return np.asarray(value.detach().cpu().numpy())
    return np.asarray(value)


def _dense(chain: Chain, place: Place, layer: Any) -> list[Any]:
    bias = None if layer.bias is None else _array(layer.bias)
    chain.dense(place, _array(layer.kernel).T, bias)
    _function(chain, place, layer)
    return [layer.kernel, *([] if layer.bias is None else [layer.bias])]


def _batch_norm(chain: Chain, place: Place, layer: Any) -> list[Any]:
    _check_last_axis(chain, place, layer.axis)
    learned = [layer.gamma if layer.scale else None, layer.beta if layer.center else None]
    gain, offset = (None if each is None else _array(each) for each in learned)
    mean, variance = layer.moving_mean, layer.moving_variance
    chain.normalize(place, _array(mean), _array(variance), layer.epsilon, gain, offset)
    return [mean, variance, *(each for each in learned if each is not None)]


def _normalization(chain: Chain, place: Place, layer: Any) -> list[Any]:
    if layer.invert:
        raise place.refused("invert=True")
    mean = np.asarray(_array(layer.mean), np.float64)
    deviation = np.maximum(np.sqrt(np.asarray(_array(layer.variance), np.float64)), 1e-7)
    chain.affine(place, center=mean, scale=1 / deviation)
    return list(layer.weights)  # those two, and the count of what they were made of


def _rescaling(chain: Chain, place: Place, layer: Any) -> None:
    scale, offset = (np.asarray(each, np.float64) for each in (layer.scale, layer.offset))
    chain.affine(place, scale=scale, offset=offset if np.any(offset) else None)


def _check_last_axis(chain: Chain, place: Place, axis: Any) -> None:
    axes = [axis] if isinstance(axis, int) else list(axis or ())
    last = len(chain.shape or (0,))
    if any(each not in (-1, last) for each in axes):
        raise place.refused(f"along axis {axis}, which is not that of the values")


def _function(chain: Chain, place: Place, layer: Any) -> None:
    """The activation of a layer: a function of Keras, by its name, with its defaults, or a layer."""
    function = layer.activation
    name = getattr(function, "__name__", type(function).__name__)
    if type(function).__name__ in _STEPS:
        _STEPS[type(function).__name__](chain, place, function)
    elif not getattr(function, "__module__", "").startswith("keras."):
        raise place.refused(f"its activation {name!r} is a function of your own")
    elif name in ("softmax", "log_softmax"):
        chain.softmax(place, -1, name)
    elif name == "leaky_relu":
        chain.leak(place, 0.2)  # as keras.activations.leaky_relu is by itself; PyTorch's is .01
    elif name in _FUNCTIONS:
        chain.activate(place, name)
    else:
        raise place.refused(f"its activation {name!r} is none of lso_native's")


_FUNCTIONS = ("linear", "sigmoid", "tanh", "relu", "softplus", "elu", "silu", "gelu")


def _relu(chain: Chain, place: Place, layer: Any) -> None:
    if layer.max_value is not None or layer.threshold:
        got = f"max_value={layer.max_value}, threshold={layer.threshold}"
        raise place.refused(f"{got}, where there are none")
    if layer.negative_slope:
        chain.leak(place, layer.negative_slope)
    else:
        chain.activate(place, "relu")


def _elu(chain: Chain, place: Place, layer: Any) -> None:
    if layer.alpha != 1:
        raise place.refused(f"alpha {layer.alpha}, where there is 1")
    chain.activate(place, "elu")


def _prelu(chain: Chain, place: Place, layer: Any) -> list[Any]:
    chain.leak(place, _array(layer.alpha))
    return [layer.alpha]


def _nothing(chain: Chain, place: Place, layer: Any) -> list[Any]:
    return [each for each in layer.weights if "seed_generator" in each.path]


_STEPS: dict[str, Callable[[Chain, Place, Any], list[Any] | None]] = {
    "InputLayer": _nothing,
    "Dense": _dense,
    "BatchNormalization": _batch_norm,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    "Flatten": lambda chain, place, layer: chain.flatten(place),
    "Reshape": lambda chain, place, layer: chain.reshape(place, layer.target_shape),
    "Activation": lambda chain, place, layer: _function(chain, place, layer),
    "ReLU": _relu,
    "LeakyReLU": lambda chain, place, layer: chain.leak(place, layer.negative_slope),
    "PReLU": _prelu,
    "ELU": _elu,
    "Softmax": lambda chain, place, layer: chain.softmax(place, layer.axis),
    **dict.fromkeys(("Identity", "Dropout", "GaussianDropout", "GaussianNoise"), _nothing),
    **dict.fromkeys(("AlphaDropout", "ActivityRegularization"), _nothing),
}


def _outputs(model: Any, x: Array) -> Array:
    """What the model says of rows."""
    return _array(model(x, training=False))
