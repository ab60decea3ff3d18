"""How values are moved by their derivatives."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from lso_native import _core
from lso_native._checks import check_flag, check_number


@dataclass(frozen=True)
class NormalizedGradientDescent:
    """The paper's Algorithm 3: add D * C / S to the values V, where S is the sum of the squared derivatives D.

    To first order the error E changes by exactly C, the desired change. With C = -E, the default, this is Polyak's
    step. Textbook normalized descent divides by the norm of D; this divides by its square, so steps grow without
    bound where the gradient vanishes.

    desired_change : C if not ``proportional``, else C / E. Below 0 to descend.
    """

    desired_change: float = _core.DEFAULT_DESIRED_CHANGE
    proportional: bool = True
    _name: ClassVar[str] = "algorithm3"

    def __post_init__(self) -> None:
        check_number("desired_change", self.desired_change, below=0.0)
        check_flag("proportional", self.proportional)


@dataclass(frozen=True)
class LevenbergMarquardt:
    """Levenberg-Marquardt (Marquardt 1963, with the damping rule of Nielsen 1999), for squared errors and intervals.

    Takes each output's excess as a residual r, linearizes them all, J = dr/dx, and steps by the h that solves
    (J^T J + mu I) h = -J^T r. A step that does not lower the error is taken back and mu raised. An iteration costs a
    pass of Algorithm 1 for each output, and there are few of them: see docs/optimizers/.

    damping : where mu begins, as a share of the mean squared length of a residual's gradient. Above 0.
    """

    damping: float = _core.DEFAULT_DAMPING
    _name: ClassVar[str] = "levenberg_marquardt"

    def __post_init__(self) -> None:
        check_number("damping", self.damping, above=0.0)


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015, Algorithm 1, with its defaults), for training."""

    learning_rate: float = _core.ADAM_LEARNING_RATE
    beta1: float = _core.ADAM_BETA1
    beta2: float = _core.ADAM_BETA2
    epsilon: float = _core.ADAM_EPSILON
    _name: ClassVar[str] = "adam"

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, above=0.0)
        check_number("epsilon", self.epsilon, above=0.0)
        for name in ("beta1", "beta2"):
            if check_number(name, getattr(self, name), minimum=0.0) >= 1:
                raise ValueError(f"{name}: expected a number below 1, got {getattr(self, name):g}")


Optimizer = NormalizedGradientDescent | LevenbergMarquardt | Adam


def native_optimizer(
    optimizer: Optimizer | None, default: Optimizer, allowed: tuple[type[Optimizer], ...]
) -> tuple[str, dict[str, Any]]:
    """The engine's name of an optimizer and its options; the default for None, a TypeError for one not allowed."""
    chosen = default if optimizer is None else optimizer
    if not isinstance(chosen, allowed):
        names = " or ".join(kind.__name__ for kind in allowed)
        raise TypeError(f"optimizer: expected {names}, got {type(chosen).__name__}")
    return chosen._name, asdict(chosen)
