"""PyTorch's modules, read along their forward pass as torch.fx traces it, and networks as a ``Sequential``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lso_native._typing import Array
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.interop.layers import Chain, Reading, parameter_of, rounded
from lso_native.interop.place import Place, needed
from lso_native.interop.probe import check_probe
from lso_native.interop.torch_steps import Walk

_CHAIN = "one input that goes through layers, one after the other, to one output"


def read(module: Any) -> Reading:
    """The dense network that ``module`` is in eval mode; its modes stay as they are."""
    torch = needed("torch", "lso_native[torch]", "from_torch")
    if not isinstance(module, torch.nn.Module):
        expected = "a torch.nn.Module; for its state dict there is from_state_dict"
        raise ArgumentTypeError("module", expected, type(module).__name__)
    module = getattr(module, "_orig_mod", module)  # what torch.compile was given
    _check_numbers(torch, module)
    with _evaluating(torch, module):
        walk = Walk(module)
        reading = walk.along(_graph(torch, module), _CHAIN).reading()
        _check_taken(module, walk.taken)
        device = next(module.parameters()).device
        check_probe("module", reading, lambda x: _outputs(module, torch.from_numpy(x).to(device)))
    return reading


def write(chain: Chain) -> Any:
    """The ``torch.nn.Sequential`` of ``chain``; what is added to the inputs goes into the first layer's bias."""
    torch = needed("torch", "lso_native[torch]", "to_torch")
    modules: list[Any] = []
    for layer in chain.folded():
        n_out, n_in = layer.weight.shape
        linear = torch.nn.utils.skip_init(  # draws no random numbers of PyTorch's
            torch.nn.Linear,
            n_in,
            n_out,
            bias=layer.bias is not None,
            dtype=getattr(torch, str(chain.dtype)),
        )
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(rounded(layer.weight, chain.dtype)))
            if layer.bias is not None:
                linear.bias.copy_(torch.from_numpy(rounded(layer.bias, chain.dtype)))
        modules += [linear, *_activation(torch.nn, layer.activation or "linear", n_out)]
    return torch.nn.Sequential(*modules)


def _activation(nn: Any, name: str, width: int) -> list[Any]:
    """The modules of an activation."""
    base, parameter = parameter_of(name)
    if base in ("softmax", "log_softmax"):
        over = (nn.Softmax if base == "softmax" else nn.LogSoftmax)(dim=-1)
        if parameter is None:
            return [over]
        size = int(parameter)
        return [nn.Unflatten(1, (width // size, size)), over, nn.Flatten()]
    made: dict[str, Callable[[], list[Any]]] = {
        "linear": list,
        "sigmoid": lambda: [nn.Sigmoid()],
        "tanh": lambda: [nn.Tanh()],
        "relu": lambda: [nn.ReLU()],
        "leaky_relu": lambda: [nn.LeakyReLU(0.01 if parameter is None else parameter)],
        "softplus": lambda: [nn.Softplus()],
        "elu": lambda: [nn.ELU()],
        "silu": lambda: [nn.SiLU()],
        "gelu": lambda: [nn.GELU()],
    }
    if base not in made:
        raise ArgumentError("network", "activations that PyTorch has", repr(name))
    return made[base]()


@contextlib.contextmanager
def _evaluating(torch: Any, module: Any) -> Iterator[None]:
    """In eval mode, without gradients; afterwards each module is in the mode that it was in."""
    modes = {each: each.training for each in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for each, training in modes.items():
            each.training = training


def _tensors(module: Any) -> list[tuple[str, Any]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _check_numbers(torch: Any, module: Any) -> None:
    """Refuse tensors that are promises."""
    for name, tensor in _tensors(module):
        if torch.nn.parameter.is_lazy(tensor) or tensor.is_meta:
            raise Place("module", name, type(tensor).__name__).refused("it has no numbers yet")


def _check_taken(module: Any, taken: set[int]) -> None:
    """Refuse the first tensor that no step took."""
    for name, tensor in _tensors(module):
        if id(tensor) not in taken:
            place = Place("module", name, type(tensor).__name__)
            raise place.refused("forward, in eval mode, makes no use of it")


def _graph(torch: Any, module: Any) -> Any:
    """What torch.fx sees of the forward pass."""
    try:
        # wrapped, so that a lone layer is a layer of something
        return torch.fx.Tracer().trace(torch.nn.Sequential(module))
    except Exception as error:  # whatever a stranger's forward raises of a proxy
        got = f"{type(module).__name__}, whose forward torch.fx cannot trace ({_line(error)}): "
        raise ArgumentError("module", _CHAIN, got + "pass its layers as a Sequential") from error


def _outputs(module: Any, rows: Any) -> Array:
    """What the module says of rows."""
    try:
        return np.asarray(module(rows).detach().cpu().numpy())
    except Exception as error:
        got = f"{type(module).__name__}, which fails on rows of {rows.shape[1]} ({_line(error)})"
        raise ArgumentError("module", _CHAIN, got) from error


def _line(error: Exception) -> str:
    """The first line of what an error says."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
