"""Latent space optimization with a C++ engine: generate samples that meet stated requirements.

>>> import lso_native as lso
>>> decoder = lso.Network([5, 64, 196], random_state=0)
>>> classifier = lso.Network([196, 64, 10], random_state=1)
>>> result = lso.optimize(decoder >> classifier, lso.one_hot(7, 10), starts=lso.uniform((100, 5), random_state=2))
>>> result.samples.shape
(100, 196)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lso_native import optimizers, terms
from lso_native._core import simd as _simd
from lso_native.differentiable import Differentiable
from lso_native.display import Progress
from lso_native.files.native import load, save
from lso_native.foreign import jax_model, torch_model
from lso_native.generate import (
    Descended,
    GenerateProgress,
    GenerateResult,
    RequirementResult,
    generate,
)
from lso_native.learner import Learner
from lso_native.models.autoencoder import Autoencoder
from lso_native.models.base import NotFittedError
from lso_native.models.black_box import BlackBox
from lso_native.models.classifier import Classifier
from lso_native.models.committee import Committee
from lso_native.models.decoding import Decoder, EncoderDecoder
from lso_native.models.gan import GAN, ConditionalGAN
from lso_native.models.guide import ClassifierGuide
from lso_native.models.mixture import Mixture
from lso_native.models.noisy_autoencoder import NoisyAutoencoder
from lso_native.models.regressor import Regressor
from lso_native.models.table import Table
from lso_native.models.vae import VAE
from lso_native.network import Composition, Gradients, Model, Network, compose
from lso_native.optimize import OptimizeProgress, OptimizeResult, optimize
from lso_native.optimizers import *  # noqa: F403 - all that its __all__ lists, as below
from lso_native.outcome import TermResult
from lso_native.problem import Branch, Evaluation, Problem
from lso_native.random import normal, permutation, uniform
from lso_native.requirements import (
    Asks,
    Classes,
    Condition,
    Far,
    Given,
    InRange,
    Likely,
    Linear,
    Near,
    NearLatent,
    Requirement,
    Values,
    convex_condition,
    torch_condition,
)
from lso_native.retraining import (
    Believed,
    LookedUp,
    RetrainingProgress,
    RetrainingResult,
    rank_weights,
    weighted_retraining,
)
from lso_native.show import Picture, show
from lso_native.terms import *  # noqa: F403
from lso_native.training import TrainProgress, TrainResult, train

if TYPE_CHECKING:
    from lso_native import data, irregularity, metrics

__version__ = "0.1.0"

simd: str = _simd()
"""The instruction set that the engine runs on: baseline, avx2, avx512, or neon on arm64."""

_LAZY = ("data", "irregularity", "metrics")

__all__ = [
    *optimizers.__all__,
    *terms.__all__,
    "GAN",
    "VAE",
    "Asks",
    "Autoencoder",
    "Believed",
    "BlackBox",
    "Branch",
    "Classes",
    "Classifier",
    "ClassifierGuide",
    "Committee",
    "Composition",
    "Condition",
    "ConditionalGAN",
    "Decoder",
    "Differentiable",
    "EncoderDecoder",
    "Evaluation",
    "Far",
    "Descended",
    "GenerateProgress",
    "GenerateResult",
    "Given",
    "Gradients",
    "InRange",
    "Learner",
    "Likely",
    "Linear",
    "LookedUp",
    "Mixture",
    "Model",
    "Near",
    "NearLatent",
    "Network",
    "NoisyAutoencoder",
    "NotFittedError",
    "OptimizeProgress",
    "OptimizeResult",
    "Picture",
    "Problem",
    "Progress",
    "Regressor",
    "Requirement",
    "RequirementResult",
    "RetrainingProgress",
    "RetrainingResult",
    "Table",
    "TermResult",
    "TrainProgress",
    "TrainResult",
    "Values",
    "compose",
    "convex_condition",
    "data",
    "generate",
    "irregularity",
    "jax_model",
    "load",
    "metrics",
    "normal",
    "optimize",
    "permutation",
    "rank_weights",
    "save",
    "show",
    "simd",
    "torch_condition",
    "torch_model",
    "train",
    "uniform",
    "weighted_retraining",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"lso_native.{name}")
    raise AttributeError(f"module 'lso_native' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
