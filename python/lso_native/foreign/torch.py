"""PyTorch modules as models."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lso_native._checks import shown
from lso_native._typing import FloatArray
from lso_native.differentiable import DEFAULT_BATCH, Differentiable, Pullback
from lso_native.errors import ArgumentTypeError
from lso_native.foreign._shapes import imported, outputs_of, sample_shape


def torch_model(
    module: Any,
    *,
    n_inputs: int | None = None,
    n_outputs: int | None = None,
    input_shape: Sequence[int] | None = None,
    batch: int = DEFAULT_BATCH,
) -> Differentiable:
    """A ``torch.nn.Module``, or any function of a tensor, as a model, optimized through by PyTorch's own derivatives.

    Parameters
    ----------
    module : of a tensor (n, *input_shape) returns one of n samples, of any shape; both stand here as rows. Its
        parameters are used as they are when it is called, on their device and in their dtype.
    n_inputs : width of a row, where ``input_shape`` does not say it.
    n_outputs : width of a row of outputs; None asks the module, of one sample of zeros.
    input_shape : of one sample, as (1, 28, 28); None for (n_inputs,).
    batch : rows of one call, at most.

    The model is float64 where the module's parameters are, else float32; of half precision the rows are cast. A module
    in training mode is in evaluation mode while it is called, and then each part is as it was: dropout drops nothing,
    batch normalization goes by its running statistics. No parameter's ``requires_grad`` or ``grad`` changes. So with a
    method, ``vae.decode``. Of a plain function nothing is known of the modules in it: put these in evaluation mode
    yourself.

    Needs PyTorch, the extra ``torch``; raises ImportError without, ValueError or TypeError naming a bad argument.
    """
    torch = imported("torch", "torch_model", "PyTorch: pip install 'lso_native[torch]'")
    if not callable(module):
        raise ArgumentTypeError(
            "module", "a torch.nn.Module or a function of a tensor", shown(module)
        )
    shape = sample_shape(n_inputs, input_shape)
    function = _TorchFunction(module, shape)
    dtype = "float64" if function.home(torch)[1] == torch.float64 else "float32"
    if n_outputs is None:
        n_outputs = _n_outputs(function, dtype)
    return Differentiable(
        function,
        n_inputs=math.prod(shape),
        n_outputs=n_outputs,
        dtype=dtype,
        batch=batch,
        name=str(getattr(module, "__name__", type(module).__name__)),
    )


def _n_outputs(function: _TorchFunction, dtype: str) -> int:
    """How many outputs a sample of zeros has."""
    try:
        return int(function(np.zeros((1, math.prod(function.shape)), dtype))[0].shape[1])
    except Exception as error:
        asked = (1, *function.shape)
        error.add_note(
            f"torch_model called it with zeros of shape {asked}: n_inputs or input_shape"
        )
        raise


@dataclass
class _TorchFunction:
    """A module as a function of rows that returns rows and a pullback."""

    module: Any
    shape: tuple[int, ...]
    _several: bool = field(default=False, init=False, compare=False)
    """Whether a pullback was ever asked twice: then graphs are kept. Else each is gone, and its memory, when asked."""

    @property
    def owner(self) -> Any:
        """The module, also of a method of one, as ``vae.decode`` is."""
        bound = getattr(self.module, "__self__", None)
        return bound if hasattr(bound, "named_modules") else self.module

    def home(self, torch: Any) -> tuple[Any, Any]:
        """Where its parameters are, and of which dtype."""
        parameters = getattr(self.owner, "parameters", tuple)
        first = next((each for each in parameters() if each.is_floating_point()), None)
        return (torch.device("cpu"), None) if first is None else (first.device, first.dtype)

    def __call__(self, x: FloatArray) -> tuple[FloatArray, Pullback]:
        import torch

        first = self._forward(torch, x)
        graph: tuple[Any, Any] | None = first
        said = _array(first[1].detach(), x.dtype)
        del first

        def pullback(g: FloatArray) -> FloatArray:
            nonlocal graph
            if graph is None:
                self._several = True
                graph = self._forward(torch, x)
            given, outputs = graph
            if not self._several:
                graph = None
            if not outputs.requires_grad:
                expected = "outputs that PyTorch can differentiate by the inputs"
                raise ArgumentTypeError(
                    "function: outputs", expected, "a tensor without a gradient"
                )
            with _recorded(torch):
                told = torch.from_numpy(g).to(outputs.device, outputs.dtype)
                kept = self._several
                (gradient,) = torch.autograd.grad(outputs, given, told, retain_graph=kept)
            return _array(gradient, x.dtype)

        return said, pullback

    def _forward(self, torch: Any, x: FloatArray) -> tuple[Any, Any]:
        """The inputs as a tensor, and the outputs of each as a row."""
        device, dtype = self.home(torch)
        with _recorded(torch), _evaluating(self.owner):
            given = torch.from_numpy(x).to(device, dtype).requires_grad_()
            said = self.module(given.reshape(len(x), *self.shape))
            if not isinstance(said, torch.Tensor):
                expected = "a tensor from the module"
                raise ArgumentTypeError("function: outputs", expected, type(said).__name__)
            return given, said.reshape(len(x), outputs_of(said.shape, len(x)))


def _recorded(torch: Any) -> AbstractContextManager[Any]:
    """Where PyTorch records what it will derive; mostly it does already, and asking for it again takes its time."""
    if torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
        return nullcontext()
    both = ExitStack()
    both.enter_context(torch.inference_mode(mode=False))
    both.enter_context(torch.enable_grad())
    return both


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """In evaluation mode, if it is a module; after it each part is as it was."""
    parts = module.modules() if hasattr(module, "modules") else ()
    training = [part for part in parts if part.training]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


def _array(tensor: Any, dtype: np.dtype[Any]) -> FloatArray:
    """Without a copy where it is on this machine's memory and of ``dtype`` already."""
    if tensor.dtype.itemsize < dtype.itemsize:  # NumPy has no bfloat16
        tensor = tensor.double() if dtype == np.float64 else tensor.float()
    array: FloatArray = tensor.cpu().numpy().astype(dtype, copy=False)
    return array
