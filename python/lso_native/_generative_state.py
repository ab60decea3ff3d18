"""A generative estimator's parameters and what it learned, as JSON and tensors for a file, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._estimator_state import HISTORY, class_labels, from_json, pack_classes, to_json
from lso_native.models.gan import GAN, ConditionalGAN
from lso_native.models.generative import GenerativeEstimator
from lso_native.models.noisy_autoencoder import NoisyAutoencoder
from lso_native.models.vae import VAE
from lso_native.network import Network

Tensors = dict[str, npt.NDArray[Any]]

KINDS: dict[str, type[GenerativeEstimator]] = {
    "vae": VAE,
    "noisy_autoencoder": NoisyAutoencoder,
    "gan": GAN,
    "conditional_gan": ConditionalGAN,
}
_FIELDS = {"params": dict, "status": str, "n_epochs": int, "figures": dict, "history": dict}


def networks(estimator: GenerativeEstimator) -> list[Network]:
    """What is learned, in the order of the class.

    Raises NotFittedError where it is not fitted.
    """
    estimator._check_fitted()
    return [getattr(estimator, name) for name in estimator._networks]


def pack(estimator: GenerativeEstimator) -> tuple[str, Tensors]:
    """The JSON text and the tensors that, beside its networks, make up ``estimator``, but for a guide."""
    params = estimator.get_params()
    if "guide" in params:
        params["guide"] = None
    state: dict[str, Any] = {
        "params": {name: to_json(name, value) for name, value in params.items()},
        "status": estimator.status_,
        "n_epochs": int(estimator.n_epochs_),
        "figures": {name: getattr(estimator, name) for name in estimator._figures},
        "history": {name: len(values) for name, values in estimator.history_.items()},
    }
    if isinstance(estimator, ConditionalGAN):
        state["classes"] = pack_classes(estimator.classes_)
    tensors = {HISTORY + name: values for name, values in estimator.history_.items()}
    return json.dumps(state), tensors


def tensor_shapes(text: str) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and dtype, by name, of the tensors that belong to the state ``text``.

    Raises ValueError where ``text`` is none.
    """
    history = _state(text)["history"]
    return {HISTORY + name: ((n,), np.dtype(np.float64)) for name, n in history.items()}


def unpack(
    cls: type[GenerativeEstimator], text: str, parts: Sequence[Network], tensors: Tensors
) -> GenerativeEstimator:
    """The estimator of class ``cls`` that ``pack`` took apart."""
    state = _state(text)
    names = set(cls().get_params())
    if set(state["params"]) != names:
        raise ValueError(f"expected parameters {sorted(names)}, got {sorted(state['params'])}")
    if set(state["figures"]) != set(cls._figures) or ("classes" in state) != (
        cls is ConditionalGAN
    ):
        raise ValueError(f"expected the state of a {cls.__name__}, got {sorted(state)}")
    if len(parts) != len(cls._networks):
        raise ValueError(f"expected {len(cls._networks)} parts, got {len(parts)}")
    estimator = cls(**{name: from_json(name, v) for name, v in state["params"].items()})
    for name, part in zip(cls._networks, parts, strict=True):
        setattr(estimator, name, part)
    for name, value in state["figures"].items():
        setattr(estimator, name, value)
    estimator.n_features_in_ = estimator.decoder_.n_outputs
    estimator.history_ = {name: tensors[HISTORY + name] for name in state["history"]}
    estimator.status_, estimator.n_epochs_ = state["status"], state["n_epochs"]
    told = _check_networks(estimator)
    if isinstance(estimator, ConditionalGAN):
        estimator.classes_ = class_labels(state, told)
    return estimator


def _check_networks(estimator: GenerativeEstimator) -> int:
    """How many classes the networks are told of; ValueError where they do not fit each other."""
    named = dict(zip(estimator._networks, networks(estimator), strict=True))
    decoder, judge = named.pop("decoder_"), named.pop("discriminator_", None)
    fits = all(
        (encoder.n_inputs, encoder.n_outputs) == (decoder.n_outputs, decoder.n_inputs)
        for encoder in named.values()
    )
    told = 0
    if judge is not None:
        told = judge.n_inputs - decoder.n_outputs
        conditional = isinstance(estimator, ConditionalGAN)
        fits = judge.n_outputs == 1 and 0 <= told < decoder.n_inputs and (told > 0) == conditional
    if not fits:
        sizes = [part.sizes for part in networks(estimator)]
        raise ValueError(f"expected the networks of a {type(estimator).__name__}, got {sizes}")
    return told


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
        and all(type(value) in (int, float) for value in state["figures"].values())
    )
    if not well_formed:
        raise ValueError(f"expected an estimator's {', '.join(_FIELDS)} in JSON, got {text}")
    assert isinstance(state, dict)
    return state
