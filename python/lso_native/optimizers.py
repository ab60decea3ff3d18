"""How values are moved by their derivatives. The engine's structs of the same names have the defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, get_args

from lso_native import _core
from lso_native._checks import check_flag, check_number
from lso_native.errors import ArgumentTypeError

__all__ = ["Adam", "LevenbergMarquardt", "NormalizedGradientDescent"]


class _Settings:
    """Settings that the engine has as a struct of the same name."""

    def native(self) -> Any:
        """The engine's struct."""
        return getattr(_core, type(self).__name__)(**vars(self))

    @classmethod
    def option(cls) -> str:
        """Its name on the command line, as in ``normalized_gradient_descent``."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True)
class NormalizedGradientDescent(_Settings):
    """The paper's Algorithm 3: add D * C / S to the values V, where S is the sum of the squared derivatives D.

    To first order the error E changes by exactly C, the desired change. With C = -E, the default, this is Polyak's
    step. Textbook normalized descent divides by the norm of D; this divides by its square, so steps grow without
    bound where the gradient vanishes.

    desired_change : C if not ``proportional``, else C / E. Below 0 to descend.
    max_step : the length that no step exceeds, in the values' units; C is nearer to 0 where it would. None: any.
    """

    desired_change: float = _core.NormalizedGradientDescent().desired_change
    proportional: bool = _core.NormalizedGradientDescent().proportional
    max_step: float | None = _core.NormalizedGradientDescent().max_step

    def __post_init__(self) -> None:
        check_number("desired_change", self.desired_change, below=0.0)
        check_flag("proportional", self.proportional)
        _check_step(self.max_step)


@dataclass(frozen=True)
class LevenbergMarquardt(_Settings):
    """Levenberg-Marquardt (Marquardt 1963, with the damping rule of Nielsen 1999), for terms that are sums of squares.

    Linearizes all residuals r of the terms, J = dr/dx, and steps by the h that solves (J^T J + mu I) h = -J^T r. A step
    that does not lower the error is taken back and mu raised. An iteration costs a pass of Algorithm 1 for each
    residual, and there are few of them: see docs/optimizers/.

    damping : where mu begins, as a share of the mean squared length of a residual's gradient. Above 0.
    max_step : the length that no step exceeds; longer ones are cut to it. None: any.
    """

    damping: float = _core.LevenbergMarquardt().damping
    max_step: float | None = _core.LevenbergMarquardt().max_step

    def __post_init__(self) -> None:
        check_number("damping", self.damping, above=0.0)
        _check_step(self.max_step)


@dataclass(frozen=True)
class Adam(_Settings):
    """Adam (Kingma and Ba 2015, Algorithm 1, with its defaults), for training.

    learning_rate : the size of a step, above 0.
    beta1, beta2 : how much of the means of gradients and of their squares a step keeps, 0 to below 1.
    epsilon : what is added to the root of the latter, above 0.
    """

    learning_rate: float = _core.Adam().learning_rate
    beta1: float = _core.Adam().beta1
    beta2: float = _core.Adam().beta2
    epsilon: float = _core.Adam().epsilon

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, above=0.0)
        check_number("epsilon", self.epsilon, above=0.0)
        check_number("beta1", self.beta1, minimum=0.0, below=1.0)
        check_number("beta2", self.beta2, minimum=0.0, below=1.0)


def _check_step(max_step: float | None) -> None:
    if max_step is not None:
        check_number("max_step", max_step, above=0.0)


# What moves inputs, and what trains.
InputOptimizer = NormalizedGradientDescent | LevenbergMarquardt
TrainOptimizer = Adam | NormalizedGradientDescent
Optimizer = InputOptimizer | TrainOptimizer


def check_optimizer(optimizer: Optimizer | None, default: Optimizer, kinds: Any) -> Optimizer:
    """``optimizer``, ``default`` for None; a TypeError unless it is of ``kinds``, a class or a union of some."""
    chosen = default if optimizer is None else optimizer
    allowed: bool = isinstance(chosen, kinds)
    if not allowed:
        names = " or ".join(kind.__name__ for kind in get_args(kinds) or (kinds,))
        raise ArgumentTypeError("optimizer", names, type(chosen).__name__)
    return chosen
