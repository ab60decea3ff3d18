"""How values are moved by their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

from lso_native._validation import check_number


@dataclass(frozen=True)
class NormalizedGradientDescent:
    """The paper's Algorithm 3: add D * C / S to the values V, where S is the sum of the squared derivatives D.

    To first order the error E changes by exactly C, the desired change. With C = -E, the default, this is Polyak's
    step. Textbook normalized descent divides by the norm of D; this divides by its square, so steps grow without
    bound where the gradient vanishes.

    desired_change : C if not ``proportional``, else C / E. Below 0 to descend.
    """

    desired_change: float = -1.0
    proportional: bool = True

    def __post_init__(self) -> None:
        if check_number("desired_change", self.desired_change) >= 0:
            raise ValueError(
                f"desired_change: expected a number below 0, got {self.desired_change:g}"
            )


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015, Algorithm 1), for training."""

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, above=0.0)
        check_number("epsilon", self.epsilon, above=0.0)
        for name in ("beta1", "beta2"):
            if check_number(name, getattr(self, name), minimum=0.0) >= 1:
                raise ValueError(f"{name}: expected a number below 1, got {getattr(self, name):g}")
