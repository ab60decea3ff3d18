"""JAX functions as models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lso_native._checks import shown
from lso_native._typing import FloatArray
from lso_native.differentiable import DEFAULT_BATCH, Differentiable, Pullback
from lso_native.errors import ArgumentTypeError
from lso_native.foreign._shapes import imported, outputs_of, sample_shape


def jax_model(
    function: Callable[[Any], Any],
    *,
    n_inputs: int | None = None,
    n_outputs: int | None = None,
    input_shape: Sequence[int] | None = None,
    dtype: str | type | np.dtype[Any] = "float32",
    batch: int = DEFAULT_BATCH,
) -> Differentiable:
    """A function of JAX arrays as a model, compiled, optimized through by ``jax.vjp``.

    Parameters
    ----------
    function : of an array (n, *input_shape) returns one of n samples, of any shape; both stand here as rows. It is
        traced: what it closes over, parameters too, is that of its first call.
    n_inputs : width of a row, where ``input_shape`` does not say it.
    n_outputs : width of a row of outputs; None asks the function's shapes.
    input_shape : of one sample; None for (n_inputs,).
    dtype : of the model. JAX computes in float32 unless its ``jax_enable_x64`` is set; what it says is cast.
    batch : rows of one call, at most.

    Compiled for batches of 1, 2, 4, 8 ... rows, to which others are filled up with copies of their last row, so that
    starts which are done before others compile nothing anew.

    Needs JAX; raises ImportError without, ValueError or TypeError naming a bad argument.
    """
    jax = imported("jax", "jax_model", "JAX: pip install jax")
    if not callable(function):
        raise ArgumentTypeError("function", "a function of a JAX array", shown(function))
    shape = sample_shape(n_inputs, input_shape)
    if n_outputs is None:
        traced = jax.eval_shape(function, jax.ShapeDtypeStruct((1, *shape), np.float32))
        n_outputs = outputs_of(traced.shape, 1)
    return Differentiable(
        _JaxFunction(function, shape),
        n_inputs=math.prod(shape),
        n_outputs=n_outputs,
        dtype=dtype,
        batch=batch,
        name=str(getattr(function, "__name__", type(function).__name__)),
    )


@dataclass(frozen=True)
class _JaxFunction:
    """A function of arrays as one of rows that returns rows and a pullback."""

    function: Callable[[Any], Any]
    shape: tuple[int, ...]

    @cached_property
    def _compiled(self) -> tuple[Any, Any]:
        """Rows to outputs and what their pullback needs; and that pullback."""
        import jax

        def rows(x: Any) -> Any:
            said = self.function(x.reshape(len(x), *self.shape))
            return said.reshape(len(x), outputs_of(said.shape, len(x)))

        return jax.jit(lambda x: jax.vjp(rows, x)), jax.jit(lambda pull, g: pull(g)[0])

    def __call__(self, x: FloatArray) -> tuple[FloatArray, Pullback]:
        n, (forward, backward) = len(x), self._compiled
        outputs, pull = forward(_filled(x))

        def pullback(g: FloatArray) -> FloatArray:
            gradient: FloatArray = np.asarray(backward(pull, _filled(g).astype(outputs.dtype)))[:n]
            return gradient

        return np.asarray(outputs)[:n], pullback

    def __reduce__(self) -> tuple[Any, ...]:
        return _JaxFunction, (self.function, self.shape)


def _filled(rows: FloatArray) -> FloatArray:
    """With copies of the last row, up to a power of two."""
    missing = (1 << (len(rows) - 1).bit_length()) - len(rows)
    return np.pad(rows, ((0, missing), (0, 0)), mode="edge") if missing else rows
