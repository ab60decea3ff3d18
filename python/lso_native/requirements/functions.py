"""Requirements that are a function of your own, with its gradient: in NumPy, or in PyTorch, which finds it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import check_number
from lso_native._typing import BoolArray, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.network import Model
from lso_native.requirements.base import Requirement, Starts
from lso_native.terms import Function


@dataclass(frozen=True, eq=False, repr=False)
class Condition(Requirement):
    """What a function says: ``function(values)`` of (n, n_values) returns an error E (n,) of at least 0 and dE/dy
    (n, n_values) and, as a third, whether it is met (n,); without that it is met where E is at most ``error``.

    of : a network of the sample whose outputs are the values; None for the sample itself.

    Raises TypeError for anything but a function. What the function raises ends the run and goes up.

    label : what results call it; None for a name made of what is asked.
    """

    function: Callable[[FloatArray], tuple[ArrayLike, ...]]
    error: float = 0.0
    of: Model | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise ArgumentTypeError("function", "a function of values", repr(self.function))
        check_number("error", self.error, minimum=0.0)

    @property
    def name(self) -> str:
        """``label``, or the function's name."""
        return self.label or _name(self.function)

    def head(self, decoder: Model) -> Model | None:  # noqa: ARG002
        """``of``."""
        return self.of

    def term(self, starts: Starts) -> Function:  # noqa: ARG002
        """The function."""
        return Function(self.function, loss=self.error)


def convex_condition(
    project: Callable[[FloatArray], ArrayLike],
    *,
    within: float,
    of: Model | None = None,
    label: str | None = None,
) -> Condition:
    """A Condition that values lie in a convex set, or at most ``within`` from it, which is told by its projection:
    ``project(values)`` of (n, n_values) returns the nearest points that are inside (n, n_values).

    E is the squared distance from the set, whose gradient needs nothing but the projection (Bauschke and Combettes
    2011, corollary 12.31). Raises ValueError where ``within`` is not above 0.

    label : what results call it; None for a name made of what is asked.
    """
    if not callable(project):
        raise ArgumentTypeError("project", "a function of values", repr(project))
    reach = check_number("within", within, above=0.0)

    def evaluate(values: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
        inside = np.asarray(project(values.copy()))
        if inside.shape != values.shape:
            raise ArgumentError("project", f"points of shape {values.shape}", f"{inside.shape}")
        away = values - inside
        squared = np.square(away, dtype=np.float64).sum(axis=1)
        # descent comes from outside: it is asked for half of what is met
        length = np.sqrt(squared)
        excess = np.maximum(length - reach / 2, 0.0)
        slope = np.divide(2 * excess, length, out=np.zeros_like(length), where=length > 0)
        return excess**2, slope[:, None] * away, length <= reach

    return Condition(evaluate, 0.0, of, label or _name(project))


def torch_condition(
    function: Callable[[Any], Any],
    *,
    error: float = 0.0,
    of: Model | None = None,
    label: str | None = None,
) -> Condition:
    """A Condition whose function takes and returns PyTorch tensors: values (n, n_values) -> E (n,), at least 0.

    Its gradient is PyTorch's. Met where E is at most ``error``. Needs the extra ``torch``; raises ImportError without.

    of : a network of the sample whose outputs are the values; None for the sample itself.
    label : what results call it; None for a name made of what is asked.
    """
    if not callable(function):
        raise ArgumentTypeError("function", "a function of a tensor", repr(function))
    try:
        torch: Any = importlib.import_module("torch")
    except ImportError as missing:
        message = "torch_condition needs PyTorch: pip install 'lso_native[torch]'"
        raise ImportError(message) from missing

    def evaluate(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        with torch.enable_grad():
            given = torch.tensor(np.ascontiguousarray(values), requires_grad=True)
            errors = function(given)
            if not isinstance(errors, torch.Tensor) or tuple(errors.shape) != (len(values),):
                got = f"shape {tuple(getattr(errors, 'shape', ()))} from {type(errors).__name__}"
                raise ArgumentTypeError("function", f"a tensor of shape ({len(values)},)", got)
            (gradient,) = torch.autograd.grad(errors.sum(), given)
        return errors.detach().numpy(), gradient.numpy()

    return Condition(evaluate, error, of, label or _name(function))


def _name(function: Callable[..., Any]) -> str:
    """What to call what it asks for."""
    name = str(getattr(function, "__name__", "condition"))
    return "condition" if name == "<lambda>" else name
