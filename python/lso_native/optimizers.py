"""How values are moved by their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

from lso_native import _core
from lso_native._validation import check_number


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

    def __post_init__(self) -> None:
        if check_number("desired_change", self.desired_change) >= 0:
            raise ValueError(
                f"desired_change: expected a number below 0, got {self.desired_change:g}"
            )


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015, Algorithm 1, with its defaults), for training."""

    learning_rate: float = _core.ADAM_LEARNING_RATE
    beta1: float = _core.ADAM_BETA1
    beta2: float = _core.ADAM_BETA2
    epsilon: float = _core.ADAM_EPSILON

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, above=0.0)
        check_number("epsilon", self.epsilon, above=0.0)
        for name in ("beta1", "beta2"):
            if check_number(name, getattr(self, name), minimum=0.0) >= 1:
                raise ValueError(f"{name}: expected a number below 1, got {getattr(self, name):g}")
