"""The steps of a PyTorch module's forward pass, as modules, functions and methods of tensors, by their names there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.interop.layers import Chain
from lso_native.interop.place import NO_STEP, Place

_BATCH = object()  # the number of samples, where a forward asks for it


class _Values:
    """What a step gives, told apart from what others give."""


class Walk:
    """A walk along a graph of torch.fx; ``taken`` are the ids of the tensors that it came by."""

    def __init__(self, module: Any) -> None:
        self.taken: set[int] = set()
        self._module = module
        self._chain = Chain("module")
        self._here = _Values()
        self._known: dict[Any, Any] = {}  # what each node stands for: _Values, numbers, arrays

    def along(self, graph: Any, expected: str) -> Chain:
        """The layers that it goes past, of a graph with ``expected``."""
        for node in graph.nodes:
            if node.op == "placeholder":
                self._known[node] = self._here
            elif node.op == "get_attr":
                self._known[node] = self._tensor(_path(node.target))
            elif node.op == "call_module":
                self._step_of_module(node)
            elif node.op == "output":
                if self._value(node.args[0]) is not self._here:
                    raise ArgumentError("module", expected, "a forward that returns something else")
            elif not self._asks_for_the_shape(node):
                self._step_of_function(node)
        return self._chain

    def _value(self, arg: Any) -> Any:
        """``arg`` with what is known in place of nodes."""
        if isinstance(arg, (tuple, list)):
            return tuple(self._value(each) for each in arg)
        return self._known.get(arg, arg) if type(arg).__name__ == "Node" else arg

    def _tensor(self, path: str) -> Array:
        owner, _, name = path.rpartition(".")
        tensor = getattr(self._module.get_submodule(owner), name)
        self.taken.add(id(tensor))
        return _array(tensor)

    def _step_of_module(self, node: Any) -> None:
        path = _path(node.target)
        module = self._module.get_submodule(path)
        place = Place("module", path or "the module itself", type(module).__name__)
        names = [
            base.__name__ for base in type(module).__mro__ if base.__module__[:8] == "torch.nn"
        ]
        step = next((_MODULES[name] for name in names if name in _MODULES), None)
        if step is None:
            raise place.refused(_why(type(module).__name__))
        self._enter(place, [self._value(arg) for arg in (*node.args, *node.kwargs.values())])
        step(self._chain, place, module)
        self.taken |= {id(tensor) for tensor in (*module.parameters(), *module.buffers())}
        self._known[node] = self._here

    def _step_of_function(self, node: Any) -> None:
        name = node.target if node.op == "call_method" else node.target.__name__
        place = Place("module", node.name, name)
        step = _FUNCTIONS.get(name)
        if step is None:
            raise place.refused(_why(name))
        args = [self._value(arg) for arg in node.args]
        options = {key: self._value(arg) for key, arg in node.kwargs.items() if key != "input"}
        if "input" in node.kwargs:
            args.insert(0, self._value(node.kwargs["input"]))
        self._enter(place, [*args, *options.values()])
        try:
            step(self._chain, place, *args, **options)
        except TypeError:
            raise place.refused("called in a way that is not known") from None
        self._known[node] = self._here

    def _enter(self, place: Place, given: list[Any]) -> None:
        """Go on, if the values of the step before are the only ones that this one is given."""
        values = [each for each in given if isinstance(each, _Values)]
        if len(values) != 1 or values[0] is not self._here:
            raise place.refused("values of other layers come in beside those of the one before")
        self._here = _Values()

    def _asks_for_the_shape(self, node: Any) -> bool:
        """Whether it does, as views do; then its answer is known."""
        args = [self._value(arg) for arg in node.args]
        name = node.target if node.op == "call_method" else node.target.__name__
        shape = (_BATCH, *(self._chain.shape or ()))
        if name == "size" or (name == "getattr" and args[1] == "shape"):
            self._known[node] = shape[args[1]] if name == "size" and len(args) > 1 else shape
            return True
        if name == "getitem" and isinstance(args[0], tuple):
            self._known[node] = args[0][args[1]]
            return True
        return False


def _path(target: str) -> str:
    """Where something is in the module that was wrapped."""
    return target.removeprefix("0").removeprefix(".")


def _array(tensor: Any) -> Array:
    tensor = tensor.detach().cpu()
    if not tensor.is_floating_point() or tensor.element_size() < 4:  # NumPy has no bfloat16
        return np.zeros(0, np.float16) if tensor.is_floating_point() else np.asarray(tensor)
    return np.asarray(tensor.numpy())


def _why(name: str) -> str:
    """Why there is no step of that name."""
    if name.startswith(("Conv", "conv")):
        return "a convolution: torch_model takes the module as it is"
    if name.startswith(("RNN", "LSTM", "GRU")):
        return "it is recurrent: torch_model takes the module as it is"
    return NO_STEP


# Modules.


def _linear(chain: Chain, place: Place, module: Any) -> None:
    bias = None if module.bias is None else _array(module.bias)
    chain.dense(place, _array(module.weight), bias)


def _batch_norm(chain: Chain, place: Place, module: Any) -> None:
    if module.running_mean is None:
        raise place.refused("it has no running statistics, so that samples depend on each other")
    mean, variance = _array(module.running_mean), _array(module.running_var)
    learned = [None if each is None else _array(each) for each in (module.weight, module.bias)]
    chain.normalize(place, mean, variance, module.eps, *learned)


def _prelu(chain: Chain, place: Place, module: Any) -> None:
    chain.leak(place, _array(module.weight))


_MODULES: dict[str, Callable[[Chain, Place, Any], None]] = {
    "Linear": _linear,
    "BatchNorm1d": _batch_norm,
    "Identity": lambda chain, place, module: None,
    "Dropout": lambda chain, place, module: None,
    "AlphaDropout": lambda chain, place, module: None,
    "Flatten": lambda c, place, m: c.flatten(place, m.start_dim, m.end_dim),
    "Unflatten": lambda c, place, m: _unflatten(c, place, None, m.dim, m.unflattened_size),
    "Sigmoid": lambda c, place, m: c.activate(place, "sigmoid"),
    "Tanh": lambda c, place, m: c.activate(place, "tanh"),
    "ReLU": lambda c, place, m: c.activate(place, "relu"),
    "LeakyReLU": lambda c, place, m: _leaky_relu(c, place, None, m.negative_slope),
    "PReLU": _prelu,
    "Softplus": lambda c, place, m: _softplus(c, place, None, m.beta, m.threshold),
    "ELU": lambda c, place, m: _elu(c, place, None, m.alpha),
    "SiLU": lambda c, place, m: c.activate(place, "silu"),
    "GELU": lambda c, place, m: _gelu(c, place, None, m.approximate),
    "Softmax": lambda c, place, m: c.softmax(place, m.dim),
    "LogSoftmax": lambda c, place, m: c.softmax(place, m.dim, "log_softmax"),
}


# Functions and methods of tensors: x is the values, of which the chain knows; other names are PyTorch's.


def _same(chain: Chain, place: Place, x: Any) -> None:
    pass


def _dropout(
    chain: Chain, place: Place, x: Any, p: float = 0.5, training: bool = True, inplace: bool = False
) -> None:
    if training:
        raise place.refused("it is on in eval mode too: pass training=self.training")


def _plain(name: str) -> Callable[..., None]:
    return lambda chain, place, x, inplace=False: chain.activate(place, name)


def _leaky_relu(
    chain: Chain, place: Place, x: Any, negative_slope: float = 0.01, inplace: bool = False
) -> None:
    chain.leak(place, negative_slope)


def _softplus(chain: Chain, place: Place, x: Any, beta: float = 1, threshold: float = 20) -> None:
    if beta != 1 or threshold < 15:  # above 15 log(1 + e^z) is z to float32's last digit or so
        raise place.refused(f"beta {beta} and threshold {threshold}, where there are 1 and 20")
    chain.activate(place, "softplus")


def _elu(chain: Chain, place: Place, x: Any, alpha: float = 1.0, inplace: bool = False) -> None:
    if alpha != 1:
        raise place.refused(f"alpha {alpha}, where there is 1")
    chain.activate(place, "elu")


def _gelu(chain: Chain, place: Place, x: Any, approximate: str = "none") -> None:
    if approximate != "none":
        raise place.refused(f"approximated by {approximate}, where there is the exact one")
    chain.activate(place, "gelu")


def _softmax(name: str) -> Callable[..., None]:
    def step(
        chain: Chain, place: Place, x: Any, dim: Any = None, _stacklevel: int = 3, dtype: Any = None
    ) -> None:
        if dtype is not None:
            raise place.refused(f"in {dtype}")
        chain.softmax(place, dim, name)

    return step


def _function_linear(chain: Chain, place: Place, x: Any, weight: Any, bias: Any = None) -> None:
    chain.dense(place, weight, bias)


def _flatten(chain: Chain, place: Place, x: Any, start_dim: int = 0, end_dim: int = -1) -> None:
    chain.flatten(place, start_dim, end_dim)


def _unflatten(chain: Chain, place: Place, x: Any, dim: int, sizes: Any) -> None:
    if dim not in (1, -1) or len(chain.shape or (0,)) != 1:
        raise place.refused(f"axis {dim}, where only a whole row can be given a shape")
    chain.reshape(place, sizes)


def _reshape(chain: Chain, place: Place, x: Any, *shape: Any) -> None:
    if len(shape) == 1 and isinstance(shape[0], tuple):
        shape = shape[0]
    first, *sizes = shape
    if (first is not _BATCH and first != -1) or not all(isinstance(size, int) for size in sizes):
        raise place.refused("a shape that does not begin with the number of samples")
    if first == -1 and -1 in sizes:
        raise place.refused("a shape with more than one -1")
    chain.reshape(place, sizes)


def _squeeze(chain: Chain, place: Place, x: Any, dim: Any = None) -> None:
    if dim not in (1, -1) or chain.shape != (1,):
        raise place.refused("it takes another axis away than that of a single output")


def _operator(apply: Callable[[Chain, Place, Any, bool], None]) -> Callable[..., None]:
    """A step of ``x o c`` or ``c o x``; ``apply`` is told c and whether it stands first."""

    def step(chain: Chain, place: Place, a: Any, b: Any) -> None:
        first = isinstance(b, _Values)
        c = a if first else b
        plain = isinstance(c, (int, float))
        apply(chain, place, np.float64(c) if plain else chain.numbers(place, "operand", c), first)

    return step


def _subtract(chain: Chain, place: Place, c: Any, first: bool) -> None:
    if first:
        chain.affine(place, scale=np.full_like(c, -1.0), offset=c)
    else:
        chain.affine(place, center=c)


def _divide(chain: Chain, place: Place, c: Any, first: bool) -> None:
    if first or not np.all(c):
        raise place.refused("it divides by values" if first else "it divides by zero")
    chain.affine(place, scale=1 / c)


_FUNCTIONS: dict[str, Callable[..., None]] = {
    **{name: _plain(name) for name in ("sigmoid", "tanh", "relu", "silu")},
    **{f"{name}_": _plain(name) for name in ("sigmoid", "tanh", "relu")},
    **{name: _softmax(name) for name in ("softmax", "log_softmax")},
    "contiguous": _same,
    "dropout": _dropout,
    "leaky_relu": _leaky_relu,
    "softplus": _softplus,
    "elu": _elu,
    "gelu": _gelu,
    "linear": _function_linear,
    "flatten": _flatten,
    "unflatten": _unflatten,
    "view": _reshape,
    "reshape": _reshape,
    "squeeze": _squeeze,
    "add": _operator(lambda chain, place, c, first: chain.affine(place, center=-c)),
    "mul": _operator(lambda chain, place, c, first: chain.affine(place, scale=c)),
    "sub": _operator(_subtract),
    "truediv": _operator(_divide),
}
