"""An estimator's parameters and what it learned, as JSON and tensors for a file, and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lso_native.models.autoencoder import Autoencoder
from lso_native.models.classifier import Classifier
from lso_native.network import Network
from lso_native.optimizers import Adam, NormalizedGradientDescent

Estimator: TypeAlias = Autoencoder | Classifier
Tensors = dict[str, npt.NDArray[Any]]

_OPTIMIZERS: dict[str, type[Adam] | type[NormalizedGradientDescent]] = {
    cls.__name__: cls for cls in (Adam, NormalizedGradientDescent)
}
HISTORY = "history."
_RANGE = "latent_range"


def pack_estimator(estimator: Estimator) -> tuple[str, Tensors]:
    """Return the JSON text and the tensors that, beside its network, make up ``estimator``.

    Raises NotFittedError where it is not fitted.
    """
    estimator._check_fitted()
    state: dict[str, Any] = {
        "params": {k: to_json(k, v) for k, v in estimator.get_params().items()},
        "status": estimator.status_,
        "n_epochs": int(estimator.n_epochs_),
        "mse": float(estimator.mse_),
        "history": {name: len(values) for name, values in estimator.history_.items()},
    }
    tensors = {
        HISTORY + name: np.asarray(values, np.float64)
        for name, values in estimator.history_.items()
    }
    if isinstance(estimator, Autoencoder):
        tensors[_RANGE] = estimator.latent_range_
    else:
        state["classes"] = pack_classes(estimator.classes_)
    return json.dumps(state), tensors


def estimator_tensors(
    text: str, architecture: Mapping[str, Any]
) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Return shape and dtype, by name, of the tensors that belong to the state ``text``.

    Raises ValueError where ``text`` is no state of an estimator with a network of ``architecture``.
    """
    state = _state(text)
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
        HISTORY + name: ((length,), np.dtype(np.float64))
        for name, length in state["history"].items()
    }
    sizes = architecture["sizes"]
    if "classes" in state:
        class_labels(state, sizes[-1])
    elif len(sizes) < 3 or sizes != sizes[::-1] or len(sizes) % 2 == 0:
        raise ValueError(f"expected layer sizes that mirror about a latent layer, got {sizes}")
    else:
        shapes[_RANGE] = (2, sizes[len(sizes) // 2]), np.dtype(architecture["dtype"])
    return shapes


def unpack_estimator(
    cls: type[Estimator], text: str, network: Network, tensors: Tensors
) -> Estimator:
    """Return the estimator of class ``cls`` that ``pack_estimator`` took apart."""
    state = _state(text)
    names = set(cls().get_params())
    if set(state["params"]) != names:
        raise ValueError(f"expected parameters {sorted(names)}, got {sorted(state['params'])}")
    if ("classes" in state) != (cls is Classifier):
        raise ValueError(f"expected the state of a {cls.__name__}, got {sorted(state)}")
    estimator = cls(**{name: from_json(name, v) for name, v in state["params"].items()})
    estimator.network_ = network
    estimator.n_features_in_ = network.n_inputs
    estimator.history_ = {name: tensors[HISTORY + name] for name in state["history"]}
    estimator.status_ = state["status"]
    estimator.n_epochs_ = state["n_epochs"]
    estimator.mse_ = state["mse"]
    if isinstance(estimator, Autoencoder):
        estimator.latent_range_ = tensors[_RANGE]
        estimator._split()
    else:
        estimator.classes_ = class_labels(state, network.n_outputs)
    return estimator


_FIELDS = {"params": dict, "status": str, "n_epochs": int, "mse": float, "history": dict}


def _state(text: str) -> dict[str, Any]:
    try:
        state = json.loads(text)
    except json.JSONDecodeError:
        state = None
    well_formed = (
        isinstance(state, dict)
        and set(state) - {"classes"} == set(_FIELDS)
        and all(isinstance(state[name], kind) for name, kind in _FIELDS.items())
        and all(type(length) is int and length >= 0 for length in state["history"].values())
    )
    if not well_formed:
        raise ValueError(f"expected an estimator's {', '.join(_FIELDS)} in JSON, got {text}")
    assert isinstance(state, dict)
    return state


def pack_classes(classes: npt.NDArray[Any]) -> dict[str, Any]:
    """What JSON holds of an estimator's classes."""
    return {"dtype": classes.dtype.str, "values": classes.tolist()}


def class_labels(state: Mapping[str, Any], n_outputs: int) -> npt.NDArray[Any]:
    described = state["classes"]
    try:
        dtype = np.dtype(described["dtype"])
        classes = np.array(described["values"], dtype=dtype)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ValueError(f"expected classes of a dtype and values, got {described}") from None
    sorted_and_different = np.array_equal(np.unique(classes), classes)
    if dtype.kind not in "biuU" or classes.shape != (n_outputs,) or not sorted_and_different:
        raise ValueError(f"expected {n_outputs} sorted classes, one an output, got {described}")
    return classes


def to_json(name: str, value: Any) -> Any:
    if isinstance(value, Adam | NormalizedGradientDescent):
        return {"name": type(value).__name__, **dataclasses.asdict(value)}
    if name == "dtype":
        return np.dtype(value).name
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray | range):
        return [to_json(name, item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"{name}: expected a parameter that JSON can hold, got {value!r}")


def from_json(name: str, value: Any) -> Any:
    if name == "optimizer" or (name == "discriminator_optimizer" and value is not None):
        try:
            settings = dict(value)
            return _OPTIMIZERS[settings.pop("name")](**settings)
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"expected optimizer {' or '.join(_OPTIMIZERS)}, got {value}"
            ) from None
    return tuple(value) if isinstance(value, list) else value
