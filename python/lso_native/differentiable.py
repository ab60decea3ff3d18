"""Models of any kind: a function of samples that can go backward, where a network is expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native._architecture import check_dtype, native_classes
from lso_native._checks import check_int, shown
from lso_native._typing import FloatArray
from lso_native.errors import ArgumentTypeError
from lso_native.network import Part

Pullback = Callable[[FloatArray], ArrayLike]
DEFAULT_BATCH = 256
"""Rows of a call, at most: what convolutions make of more does not stay in a processor's caches."""


class Differentiable(Part):
    """A model that a function computes: a decoder or a predictor from elsewhere, beside networks or in place of them.

    Parameters
    ----------
    function : of samples x (n, n_inputs), with ``vjp`` its outputs y (n, n_outputs). Without ``vjp`` a pair (y,
        pullback), pullback a function of dE/dy (n, n_outputs) that returns dE/dx (n, n_inputs), as ``jax.vjp`` gives:
        what the forward pass has found out need not be found again.
    vjp : of x and dE/dy, the vector-Jacobian product dE/dx (n, n_inputs).
    n_inputs, n_outputs : widths of a row.
    dtype : "float32" or "float64", of the arrays that the functions get. What they return in another is cast.
    batch : rows of one call at most, up to a multiple of 8: more on a GPU, fewer where memory is short.
    name : what it is called where it is shown; None for the function's own.

    Each row must have its own result, whatever its neighbours. A pullback may be called any number of times, until the
    function is called again. Calls come from one thread. What is not finite ends its start as diverged; what the
    functions raise ends the run and goes up, Ctrl-C with what was reached.

    It runs in ``optimize`` and ``generate``, in a Problem and in requirements, and composes by ``>>``. It has no
    parameters that can be seen: ``train`` and ``save`` refuse it. It can be pickled where its functions can.
    Raises ValueError or TypeError naming the argument; what does not fit of what a function returns names it as
    ``function: outputs`` or ``function: gradient``.

    >>> square = Differentiable(lambda x: x**2, lambda x, g: 2 * x * g, n_inputs=3, n_outputs=3)
    >>> square([[1.0, 2.0, 3.0]])
    array([[1., 4., 9.]], dtype=float32)
    >>> square.input_gradient([[1.0, 2.0, 3.0]], [[1.0, 0.0, 1.0]])
    array([[2., 0., 6.]], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        vjp: Callable[[FloatArray, FloatArray], ArrayLike] | None = None,
        *,
        n_inputs: int,
        n_outputs: int,
        dtype: str | type | np.dtype[Any] = "float32",
        batch: int = DEFAULT_BATCH,
        name: str | None = None,
    ) -> None:
        for argument, value in (("function", function), ("vjp", function if vjp is None else vjp)):
            if not callable(value):
                raise ArgumentTypeError(argument, "a function of samples", shown(value))
        self._function, self._vjp = function, vjp
        self._sizes = check_int("n_inputs", n_inputs), check_int("n_outputs", n_outputs)
        self._dtype, self._batch = check_dtype(dtype), check_int("batch", batch)
        self._name = name or _name(function)
        native, chain = native_classes(self._dtype)
        told = function if vjp is None else _Pair(function, vjp)
        self._native = native.of_function(told, *self._sizes, self._batch)
        self._chain = chain([self._native])

    @property
    def sizes(self) -> tuple[int, ...]:
        """(n_inputs, n_outputs)"""
        return self._sizes

    @property
    def parameters(self) -> FloatArray:
        """None that can be seen, (0,)."""
        return np.zeros(0, self._dtype)

    @property
    def activations(self) -> tuple[str, ...]:
        """Of its outputs, which may be anything."""
        return ("linear",)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self._dtype

    def astype(self, dtype: str | type | np.dtype[Any]) -> Differentiable:
        """The same functions, with arrays in "float32" or "float64"; how exactly they compute is theirs."""
        wanted = check_dtype(dtype)
        return (
            self
            if wanted == self._dtype
            else Differentiable(*self._key[:2], **self._options(wanted))
        )

    def _options(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        n_inputs, n_outputs = self._sizes
        options = {"n_inputs": n_inputs, "n_outputs": n_outputs, "dtype": dtype}
        return options | {"batch": self._batch, "name": self._name}

    def _layers(self) -> list[list[str]]:
        n_inputs, n_outputs = self._sizes
        return [
            ["0", f"{n_inputs:,}", "input", "0"],
            ["1", f"{n_outputs:,}", self._name, "not known"],
        ]

    @property
    def _key(self) -> tuple[Any, ...]:
        return self._function, self._vjp, self._sizes, self._dtype, self._batch, self._name

    def __eq__(self, other: object) -> bool:
        """The same functions, sizes and dtype."""
        if not isinstance(other, Differentiable):
            return NotImplemented
        return self._key == other._key

    def __hash__(self) -> int:
        return hash((self._sizes, self._dtype, self._name))

    def __reduce__(self) -> tuple[Any, ...]:
        return _remake, (self._function, self._vjp, self._options(self._dtype))

    def __repr__(self) -> str:
        n_inputs, n_outputs = self._sizes
        return f"Differentiable({n_inputs} -> {n_outputs}, {self._name}, {self._dtype.name})"


class _Pair:
    """A function and its vjp as one that returns (outputs, pullback)."""

    def __init__(self, function: Callable[..., Any], vjp: Callable[..., Any]) -> None:
        self.function, self.vjp = function, vjp

    def __call__(self, x: FloatArray) -> tuple[Any, Pullback]:
        return self.function(x), lambda g: self.vjp(x, g)


def _remake(function: Any, vjp: Any, options: dict[str, Any]) -> Differentiable:
    return Differentiable(function, vjp, **options)


def _name(function: Any) -> str:
    """What to call it."""
    name = str(getattr(function, "__name__", type(function).__name__))
    return "function" if name == "<lambda>" else name
