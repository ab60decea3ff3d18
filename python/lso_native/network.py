"""Dense networks and their composition: the face of the engine's models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from lso_native import _core
from lso_native._architecture import (
    check_activations,
    check_bias,
    check_dtype,
    check_sizes,
    native_classes,
)
from lso_native._checks import check_int, check_threads, resolve_seed
from lso_native._typing import FloatArray
from lso_native.display import Shown, Table, View
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.exchange import Exports, Imports

ActivationName = str
Activation = _core.Activation
ACTIVATIONS: Mapping[str, Activation] = MappingProxyType({a.name: a for a in _core.activations()})
"""What the engine knows by name, with ``range`` (low, high) of the outputs, ``gain`` of the initial weights and
``output_only``; ``Activation("leaky_relu(0.2)")`` tells the same of a name with a parameter."""
BiasConvention = Literal["paper", "standard"]


class Gradients(NamedTuple):
    """Derivatives of an error E, by the paper's Algorithms 1 and 2.

    Attributes
    ----------
    nodes : one array (n_samples, size) a layer, the input layer first: dE/d(pre-activation), the paper's ND.
    parameters : dE/d(parameters), summed over samples: flat (n_parameters,), for a composition a tuple of one a part.
    """

    nodes: list[FloatArray]
    parameters: Any


class Model(Shown, Exports, ABC):
    """What networks and compositions have in common: a frozen function of rows."""

    _chain: _core.Chain32 | _core.Chain64

    @property
    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """What runs one after the other."""

    def _networks(self) -> tuple[Network, ...]:
        return networks_of("network", self)

    @property
    def n_inputs(self) -> int:
        """Width of a sample."""
        return self._chain.n_inputs

    @property
    def n_outputs(self) -> int:
        """Width of an output."""
        return self._chain.n_outputs

    @property
    def n_parameters(self) -> int:
        """How many weights and biases there are."""
        return sum(int(part.parameters.size) for part in self.parts)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.parts[0].dtype

    @abstractmethod
    def astype(self, dtype: str | type | np.dtype[Any]) -> Model:
        """The same model in "float32" or "float64".

        Raises ValueError where a parameter has no finite value in ``dtype``.
        """

    def __call__(self, x: ArrayLike, *, threads: int | None = 1) -> FloatArray:
        """Outputs (n_samples, n_outputs) for ``x`` (n_samples, n_inputs), finite numbers of any real dtype.

        A row's result does not depend on its neighbours nor on ``threads`` (None: as many as are worth it). Outputs
        that are not finite, where weights or inputs are too large for ``dtype``, are told by a RuntimeWarning, here, in
        the methods below, and in all of an estimator that asks its networks; not under ``np.errstate(over="ignore")``.
        Raises ValueError when ``x`` is empty, of another shape, or not finite; TypeError when it is not numbers.
        """
        return self._chain.forward(x, 1 if threads == 1 else check_threads(threads))

    def nodes(self, x: ArrayLike) -> list[FloatArray]:
        """Values (n_samples, size) of every layer's nodes, the input layer (x + bias) first."""
        return list(self._chain.nodes(x))

    def backprop(self, x: ArrayLike, output_gradient: ArrayLike) -> Gradients:
        """The paper's Algorithms 1 and 2 at ``x`` (n_samples, n_inputs) for an error whose derivative by the
        outputs is ``output_gradient`` (n_samples, n_outputs)."""
        nodes, parameters = self._chain.backprop(x, output_gradient)
        single = isinstance(self, Part)
        return Gradients(list(nodes), parameters[0] if single else tuple(parameters))

    def input_gradient(self, x: ArrayLike, output_gradient: ArrayLike) -> FloatArray:
        """dE/dx (n_samples, n_inputs), given dE/d(outputs) (n_samples, n_outputs).

        x, output_gradient : as of ``backprop``.
        """
        return self._chain.input_gradient(x, output_gradient)

    def __rshift__(self, other: Model) -> Composition:
        if not isinstance(other, Model):
            return NotImplemented
        return compose(self, other)

    def _view(self) -> View:
        """A table of the layers."""
        several = len(self.parts) > 1
        rows = [
            ([f"{number}"] if several else []) + row
            for number, part in enumerate(self.parts, 1)
            for row in part._layers()
        ]
        head = (["network"] if several else []) + ["layer", "nodes", "activation", "parameters"]
        line = (
            f"{self.n_inputs} -> {self.n_outputs}, {self.n_parameters:,} parameters, {self.dtype}"
        )
        return View(type(self).__name__, line, (Table(head, rows),))

    def __copy__(self) -> Model:
        return self  # immutable

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self


class Part(Model):
    """A model that is no composition: a Network, or a Differentiable, which a function computes."""

    _native: Any

    @property
    def parts(self) -> tuple[Part, ...]:
        """Itself alone."""
        return (self,)

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """Layer sizes, inputs first."""

    @property
    @abstractmethod
    def activations(self) -> tuple[ActivationName, ...]:
        """One name for each layer after the input."""

    @property
    @abstractmethod
    def parameters(self) -> FloatArray:
        """All parameters, flat (n_parameters,)."""

    @abstractmethod
    def astype(self, dtype: str | type | np.dtype[Any]) -> Part:
        """The same in "float32" or "float64"."""

    @abstractmethod
    def _layers(self) -> list[list[str]]:
        """Of each layer its number, nodes, activation and parameters."""


class Network(Part, Imports):
    """A dense feed-forward network. Immutable: training and ``replace`` give new ones.

    Parameters
    ----------
    sizes : layer sizes, inputs first, at least two.
    activation : one name for every layer after the input, or one a layer, of ``ACTIVATIONS``: linear, sigmoid, tanh,
        relu, leaky_relu (or another slope: "leaky_relu(0.2)"), softplus, elu, silu, gelu (the exact one, by erf), or,
        for the last layer only, softmax or log_softmax, of all outputs or of groups of neighbours: "softmax(10)".
    bias : "paper", every layer but the output's, the input's included, where a node's value is x + bias (the paper,
        section 3: "each node in all but the last layer has only one bias parameter"); "standard", every layer but the
        input's; or one bool a layer.
    dtype : "float32" or "float64".
    random_state : seeds the weights, uniform by Glorot and Bengio (2010); biases begin at zero.

    Raises ValueError or TypeError naming the argument.

    >>> decoder = Network([5, 64, 196], random_state=0)
    >>> decoder([[0.5, 0.1, 0.9, 0.3, 0.2]]).shape
    (1, 196)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: ActivationName | Sequence[ActivationName] = "sigmoid",
        bias: BiasConvention | Sequence[bool] = "paper",
        dtype: str | type | np.dtype[Any] = "float32",
        random_state: int | None = None,
    ) -> None:
        layer_sizes = check_sizes(sizes)
        native = native_classes(dtype)
        activations = check_activations(activation, len(layer_sizes))
        flags = check_bias(bias, len(layer_sizes))
        try:
            self._adopt(native[0](layer_sizes, activations, flags, resolve_seed(random_state)))
        except (MemoryError, OverflowError) as error:
            raise MemoryError(
                f"sizes: expected a network that fits in memory, got {layer_sizes}"
            ) from error

    def _adopt(self, native: Any) -> None:
        self._native = native
        double = isinstance(native, _core.Network64)
        self._dtype = np.dtype(np.float64 if double else np.float32)
        self._chain = (_core.Chain64 if double else _core.Chain32)([native])

    @classmethod
    def _wrap(cls, native: Any) -> Self:
        network = cls.__new__(cls)
        network._adopt(native)
        return network

    @property
    def sizes(self) -> tuple[int, ...]:
        """Layer sizes, inputs first."""
        return tuple(self._native.sizes)

    @property
    def activations(self) -> tuple[ActivationName, ...]:
        """One name for each layer after the input."""
        return tuple(self._native.activations)

    @property
    def bias(self) -> tuple[bool, ...]:
        """Whether a layer's nodes have a bias, the input layer first."""
        return tuple(self._native.bias)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self._dtype

    @property
    def parameters(self) -> FloatArray:
        """All parameters, flat (n_parameters,), a read-only view: each layer's weights (n_out, n_in), then its bias."""
        view: FloatArray = self._native.parameters
        return view

    @property
    def weights(self) -> tuple[FloatArray, ...]:
        """Read-only views (n_out, n_in), one for each layer after the input."""
        return tuple(self._native.weight(layer) for layer in range(1, len(self.sizes)))

    @property
    def biases(self) -> tuple[FloatArray | None, ...]:
        """Read-only views (size,), one a layer, None where the layer has none."""
        return tuple(self._native.bias_of(layer) for layer in range(len(self.sizes)))

    def astype(self, dtype: str | type | np.dtype[Any]) -> Network:
        """The same network in "float32" or "float64", itself if it is so already.

        Raises ValueError where a parameter has no finite value in ``dtype``.
        """
        wanted = check_dtype(dtype)
        if wanted == self.dtype:
            return self
        largest = np.abs(self.parameters).max(initial=0)
        if largest > np.finfo(wanted).max:
            raise ArgumentError("dtype", f"one that holds a parameter of {largest:g}", wanted.name)
        parameters = self.parameters.astype(wanted)
        return self.from_architecture({**self.architecture(), "dtype": wanted}, parameters)

    def replace(self, parameters: ArrayLike) -> Network:
        """The same architecture with other parameters, flat (n_parameters,) in the order of ``parameters``."""
        return self._wrap(self._native.replace(parameters))

    def split(self, layer: int) -> tuple[Network, Network]:
        """Cut at ``layer`` (0 is the input): ``front >> back`` equals this network bit for bit.

        The layer's nodes end the front and, with no bias of their own, begin the back: an autoencoder cut at its
        latent layer gives the encoder and the decoder. Raises ValueError where ``layer`` is no hidden layer.
        """
        last = len(self.sizes) - 1
        if not 0 < check_int("layer", layer) < last:
            raise ArgumentError("layer", f"a hidden layer, 1 to {last - 1}", layer)
        cut = int(self._native.weight(layer).size) + sum(
            p.size for p in (*self.weights[: layer - 1], *self.biases[: layer + 1]) if p is not None
        )
        whole = self.architecture()
        front = {name: whole[name][: layer + 1] for name in ("sizes", "bias")}
        front |= {"activations": whole["activations"][:layer], "dtype": whole["dtype"]}
        back = {name: whole[name][layer:] for name in ("sizes", "activations")}
        back |= {"bias": [False, *whole["bias"][layer + 1 :]], "dtype": whole["dtype"]}
        return (
            self.from_architecture(front, self.parameters[:cut]),
            self.from_architecture(back, self.parameters[cut:]),
        )

    def architecture(self) -> dict[str, Any]:
        """Everything but the parameters, ready for JSON."""
        return {
            "sizes": list(self.sizes),
            "activations": list(self.activations),
            "bias": list(self.bias),
            "dtype": self.dtype.name,
        }

    @classmethod
    def from_architecture(cls, architecture: Mapping[str, Any], parameters: ArrayLike) -> Self:
        """The network of an ``architecture()`` and its flat ``parameters`` (n_parameters,).

        Raises ValueError where these are not as many as the architecture has.
        """
        names = ("sizes", "activations", "bias")
        native = native_classes(architecture["dtype"])[0](*(architecture[n] for n in names), None)
        return cls._wrap(native.replace(parameters))

    def _layers(self) -> list[list[str]]:
        """Of each layer its number, nodes, activation and parameters."""
        kinds = ["input", *self.activations]
        weights = [0, *(weight.size for weight in self.weights)]
        biases = [0 if bias is None else bias.size for bias in self.biases]
        return [
            [f"{i}", f"{size:,}", kind, f"{weight + bias:,}"]
            for i, (size, kind, weight, bias) in enumerate(
                zip(self.sizes, kinds, weights, biases, strict=True)
            )
        ]

    def __eq__(self, other: object) -> bool:
        """Same architecture and same parameters."""
        if not isinstance(other, Network):
            return NotImplemented
        return self.dtype == other.dtype and self._native.equals(other._native)

    def __hash__(self) -> int:
        return hash((self.sizes, self.activations, self.bias, self.parameters.tobytes()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Network.from_architecture, (self.architecture(), np.array(self.parameters))

    def __repr__(self) -> str:
        layers = [f"{self.sizes[0]}{'+b' if self.bias[0] else ''}"]
        for size, activation, bias in zip(
            self.sizes[1:], self.activations, self.bias[1:], strict=True
        ):
            layers.append(f"{size} {activation}{'+b' if bias else ''}")
        return (
            f"Network({' -> '.join(layers)}, {self.n_parameters:,} parameters, {self.dtype.name})"
        )


class Composition(Model):
    """Networks, or other models, run one after the other, made by ``decoder >> classifier`` or ``compose``.

    It refers to its parts and copies nothing, unless they are of both dtypes: then those in float32 are widened, and
    all are float64. At a seam the output of one part is the value that the next part's input nodes take, to which they
    add their own bias, if they have one: ``compose(a, b)(x) == b(a(x))`` exactly, in one dtype.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        dtype = np.result_type(*(part.dtype for part in parts))
        self._parts = tuple(part.astype(dtype) for part in parts)
        self._chain = native_classes(dtype)[1]([p._native for p in self._parts])

    @property
    def parts(self) -> tuple[Part, ...]:
        """What runs one after the other."""
        return self._parts

    def astype(self, dtype: str | type | np.dtype[Any]) -> Composition:
        """The same composition with all parts in "float32" or "float64".

        Raises ValueError where a parameter has no finite value in ``dtype``.
        """
        return Composition([part.astype(dtype) for part in self.parts])

    def seams(self, x: ArrayLike) -> list[FloatArray]:
        """Values at each seam, (n_samples, outputs of part p) for every part but the last: the generated samples.

        x : (n_samples, n_inputs).
        """
        return list(self._chain.seams(x)[1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Composition):
            return NotImplemented
        return self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return Composition, (self._parts,)

    def __repr__(self) -> str:
        return "Composition(\n" + "".join(f"  {part!r},\n" for part in self._parts) + ")"


def compose(*models: Model) -> Composition:
    """``models`` one after the other; compositions among them are opened up.

    float32 and float64 together make float64, which loses nothing; ``astype`` narrows. Raises ValueError when an output
    does not fit the next input, TypeError for anything else than networks and compositions.
    """
    for i, model in enumerate(models):
        if not isinstance(model, Model):
            raise ArgumentTypeError(
                "compose", "models, such as networks", f"{type(model).__name__} at position {i}"
            )
    parts = [part for model in models for part in model.parts]
    if len(parts) < 2:
        raise ArgumentError("compose", "at least 2 models", len(models))
    return Composition(parts)


def networks_of(name: str, model: Model) -> tuple[Network, ...]:
    """The parts of ``model``, all networks. Raises TypeError naming ``name`` where one is a function."""
    networks = [part for part in model.parts if isinstance(part, Network)]
    for part in model.parts:
        if not isinstance(part, Network):
            expected = "a model of networks alone, whose weights are known"
            raise ArgumentTypeError(name, expected, f"one with {part!r}")
    return tuple(networks)
