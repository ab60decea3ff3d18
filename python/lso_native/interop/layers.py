"""What the readers and the writers share: the steps of a model elsewhere, one after the other, as dense layers.

A step that multiplies and shifts each node by itself (batch norm, a scaler, a lone bias) goes into the dense layer
beside it: into the one before where no activation stands between, else into the next; at the input its centre becomes
the bias of the input nodes, x - centre, which loses nothing where x is far from zero. Only where it has no such
neighbour does it become a layer of its own, with a diagonal matrix. Sums are made in float64 and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from lso_native import _core
from lso_native._typing import Array, Float64Array, FloatArray
from lso_native.errors import ArgumentError, BadArgument
from lso_native.interop.affine import Affine
from lso_native.interop.place import Place

_LARGEST_DIAGONAL = 4_096  # nodes: a layer of its own for a scale takes their square in weights


class Part(Protocol):
    """What a writer asks of a network."""

    @property
    def weights(self) -> tuple[FloatArray, ...]: ...  # noqa: D102
    @property
    def biases(self) -> tuple[FloatArray | None, ...]: ...  # noqa: D102
    @property
    def activations(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102


@dataclass
class Layer:
    """weight (n_out, n_in), bias (n_out,) or None, and the name of an activation, None before one has come."""

    place: Place
    weight: Float64Array
    bias: Float64Array | None
    activation: str | None = None


@dataclass(frozen=True)
class Reading:
    """A network as ``Network.from_architecture`` takes it, its parameters in float64, not yet rounded.

    center, scale : (n_inputs,), where the model expects its inputs to be, and the inverse of how wide.
    """

    architecture: dict[str, Any]
    parameters: Float64Array
    center: Float64Array
    scale: Float64Array


@dataclass
class Chain:
    """The layers so far. Each method takes the next step, and raises ArgumentError that names its place.

    shape : of a row of values at this point; None while no layer has told the width.
    room : how many weights all layers may have, None for any number.
    """

    argument: str
    shape: tuple[int, ...] | None = None
    dtype: np.dtype[Any] | None = None
    room: int | None = None
    layers: list[Layer] = field(default_factory=list)
    first: Affine | None = None
    """What stands before the first layer."""
    _pending: Affine | None = None

    @property
    def width(self) -> int | None:
        """The number of values of a row."""
        return None if self.shape is None else int(np.prod(self.shape, dtype=object))

    def numbers(self, place: Place, name: str, tensor: ArrayLike) -> Float64Array:
        """``tensor`` in float64, which must be of finite numbers and of one dtype with those before."""
        array = np.asarray(tensor)
        if array.dtype.name not in ("float32", "float64"):
            raise place.refused(f"its {name} is of {array.dtype}, neither float32 nor float64")
        if self.dtype is None:
            self.dtype = np.dtype(array.dtype.name)
        if array.dtype.name != self.dtype.name:
            raise place.refused(f"its {name} is of {array.dtype} where others are of {self.dtype}")
        if not np.isfinite(array).all():
            raise place.refused(f"its {name} has values that are not finite")
        return array.astype(np.float64)

    def dense(self, place: Place, weight: ArrayLike, bias: ArrayLike | None) -> None:
        """``weight`` (n_out, n_in), as PyTorch has it, and ``bias`` (n_out,)."""
        matrix = self.numbers(place, "weight", weight)
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise place.refused(f"its weight is of shape {matrix.shape}, not (n_out, n_in)")
        n_out, n_in = matrix.shape
        self._check_room(place, matrix.size)
        self._check_flat(place, n_in)
        vector = None if bias is None else self.numbers(place, "bias", bias)
        if vector is not None and vector.shape != (n_out,):
            raise place.refused(f"its bias is of shape {vector.shape}, not ({n_out},)")
        self._push(place, matrix, vector)

    def affine(
        self,
        place: Place,
        *,
        center: Float64Array | None = None,
        scale: Float64Array | None = None,
        offset: Float64Array | None = None,
    ) -> None:
        """(x - center) * scale + offset of each node, in float64, each of the row's shape or of one value."""
        step = Affine(*(self._per_node(place, each) for each in (center, scale, offset)))
        if self.layers and self.layers[-1].activation is None:
            last = self.layers[-1]
            last.weight, last.bias = step.rows(last.weight), step.after(last.bias)
        else:
            self._pending = step if self._pending is None else self._pending.then(step)

    def normalize(
        self,
        place: Place,
        mean: ArrayLike,
        variance: ArrayLike,
        epsilon: float,
        weight: ArrayLike | None,
        bias: ArrayLike | None,
    ) -> None:
        """Batch norm by what it remembers: (x - mean) / sqrt(variance + epsilon) * weight + bias."""
        center = self.numbers(place, "mean", mean)
        square = self.numbers(place, "variance", variance) + epsilon
        gain = np.float64(1) if weight is None else self.numbers(place, "weight", weight)
        offset = None if bias is None else self.numbers(place, "bias", bias)
        if not (square > 0).all():
            raise place.refused("its variance is not above zero")
        self.affine(place, center=center, scale=gain / np.sqrt(square), offset=offset)

    def leak(self, place: Place, slope: ArrayLike) -> None:
        """The leaky relu of a ``slope``, of one value or of equal ones."""
        slopes = np.unique(np.asarray(slope))
        if slopes.size != 1:
            raise place.refused("its slopes differ from node to node")
        # the shortest number that is the same in its dtype: 0.2, and not 0.20000000298
        self.activate(place, f"leaky_relu({float(str(slopes[0]))!r})")

    def activate(self, place: Place, name: str) -> None:
        """The activation of the engine that is called ``name``."""
        try:
            _core.Activation(name)
        except BadArgument as error:
            raise place.refused(f"no activation of lso_native ({error})") from None
        if name == "linear":
            return
        if self._pending is not None or not self.layers or self.layers[-1].activation is not None:
            self._diagonal(place)
        self.layers[-1].activation, self.layers[-1].place = name, place

    def softmax(self, place: Place, axis: Any, name: str = "softmax") -> None:
        """``name`` over the last axis of a row of values, ``axis`` counting the samples' as 0."""
        if self.shape is None:
            raise place.refused("no layer before it tells how many values a row has")
        if axis not in (-1, len(self.shape)):
            raise place.refused(f"over axis {axis}, which is not that of the values")
        grouped = len(self.shape) > 1
        self.activate(place, f"{name}({self.shape[-1]})" if grouped else name)

    def reshape(self, place: Place, shape: Sequence[Any]) -> None:
        """Rows of another shape, with as many values; one size may be -1."""
        sizes = [int(size) for size in shape]
        known = int(np.prod([size for size in sizes if size != -1], dtype=object))
        if sizes.count(-1) > 1 or any(size < 1 and size != -1 for size in sizes):
            raise place.refused(f"rows of shape {tuple(sizes)}")
        if self.width is None:
            if -1 not in sizes:
                self.shape = tuple(sizes)
            elif len(sizes) > 1:
                raise place.refused("no layer before it tells how many values a row has")
            return
        if self.width % known or (-1 not in sizes and self.width != known):
            raise place.refused(f"rows of {self.width} values as {tuple(sizes)} would mix samples")
        self.shape = tuple(self.width // known if size == -1 else size for size in sizes)

    def flatten(self, place: Place, start: Any = 1, end: Any = -1) -> None:
        """Rows without a shape."""
        if start != 1 or end not in (-1, len(self.shape or (0,))):
            raise place.refused(f"axes {start} to {end}, where only a whole row can be made flat")
        self.reshape(place, [-1])

    def reading(self) -> Reading:
        """The network that these are."""
        self.finish()
        if self.dtype is None or not self.layers:
            raise ArgumentError(self.argument, "a layer with weights", "none")
        for layer in self.layers[:-1]:
            name = layer.activation or "linear"
            if _core.Activation(name).output_only:
                raise layer.place.refused(f"{name} stands before other layers, not at the end")
        bias = None if self.first is None or self.first.center is None else -self.first.center
        flat = [] if bias is None else [bias]
        for layer in self.layers:
            flat += [layer.weight.ravel(), *([] if layer.bias is None else [layer.bias])]
            self._check_range(layer)
        n_inputs = self.layers[0].weight.shape[1]
        scale = None if self.first is None else self.first.scale
        return Reading(
            {
                "sizes": [n_inputs, *(layer.weight.shape[0] for layer in self.layers)],
                "activations": [layer.activation or "linear" for layer in self.layers],
                "bias": [bias is not None, *(layer.bias is not None for layer in self.layers)],
                "dtype": self.dtype.name,
            },
            np.concatenate(flat),
            np.zeros(n_inputs) if bias is None else -bias,
            np.ones(n_inputs) if scale is None else np.where(scale == 0, 1.0, np.abs(scale)),
        )

    def folded(self) -> list[Layer]:
        """The layers, what is added to the inputs in the bias of the first: for a writer."""
        self.finish()
        first, *others = self.layers
        if self.first is None or self.first.center is None:
            return self.layers
        moved = first.weight @ -self.first.center
        bias = moved if first.bias is None else first.bias + moved
        return [Layer(first.place, first.weight, bias, first.activation), *others]

    def waiting(self) -> Affine | None:
        """The scale and shift that no layer has taken yet."""
        return self._pending

    def finish(self) -> None:
        """Make a layer of what waits for one."""
        if self._pending is not None:
            self._diagonal(Place(self.argument, "the last", "a scale or shift of each node"))

    def _check_flat(self, place: Place, n_in: int) -> None:
        if self.shape is not None and self.shape != (n_in,):
            got = f"rows of shape {self.shape} come, where its weights take ({n_in},)"
            raise place.refused(got)

    def _check_room(self, place: Place, n_weights: int) -> None:
        there = sum(layer.weight.size for layer in self.layers)
        if self.room is not None and there + n_weights > self.room:
            got = f"with it there would be {there + n_weights} weights, far more than came"
            raise place.refused(got)

    def _check_range(self, layer: Layer) -> None:
        largest = max(np.abs(each).max() for each in (layer.weight, layer.bias) if each is not None)
        if not largest <= np.finfo(self.dtype or np.float64).max:
            raise layer.place.refused(f"scaled, its largest parameter is {largest:g}")

    def _per_node(self, place: Place, array: Float64Array | None) -> Float64Array | None:
        """``array`` for each node of a row; one value stays one while rows have no shape."""
        if array is None:
            return None
        if self.shape is None:
            if array.size > 1 and array.size == array.shape[-1]:
                self.shape = (array.size,)
            elif array.size != 1:
                raise place.refused("no layer before it tells how many values a row has")
            return array.reshape(-1)
        try:
            of_row = np.broadcast_to(array, (1, *self.shape))
        except ValueError:
            got = f"values of shape {array.shape} for rows of shape {self.shape}"
            raise place.refused(got) from None
        return of_row.reshape(-1)

    def _diagonal(self, place: Place) -> None:
        """A layer of its own for what has none."""
        width = self.width
        if width is None:
            raise place.refused("no layer before it tells how many values a row has")
        if width > _LARGEST_DIAGONAL:
            raise place.refused(f"it would take a layer of {width} times {width} weights")
        self._check_room(place, width**2)
        shape, self.shape = self.shape, (width,)
        self._push(place, np.eye(width), None)
        self.shape = shape

    def _push(self, place: Place, weight: Float64Array, bias: Float64Array | None) -> None:
        if self._pending is not None:
            before, self._pending = self._pending.of(weight.shape[1]), None
            if not self.layers:  # the centre stays by itself, as the bias of the inputs
                self.first, before = before, Affine(None, before.scale, before.offset)
            shift = before.after(None)
            weight, moved = before.columns(weight), None if shift is None else weight @ shift
            bias = moved if bias is None else bias if moved is None else bias + moved
        self.layers.append(Layer(place, weight, bias))
        self.shape = (weight.shape[0],)


def of_parts(argument: str, parts: Iterable[Part]) -> Chain:
    """The layers of networks that run one after the other, of one dtype: for a writer."""
    chain = Chain(argument)
    for number, part in enumerate(parts):
        place = Place(argument, f"{number}", "Network")
        chain.dtype = part.dtype
        if part.biases[0] is not None:
            chain.shape = part.biases[0].shape
            chain.affine(place, center=-np.asarray(part.biases[0], np.float64))
        for weight, bias, name in zip(part.weights, part.biases[1:], part.activations, strict=True):
            chain.dense(place, weight, bias)
            chain.activate(place, name)
    return chain


def parameter_of(name: str) -> tuple[str, float | None]:
    """An activation's name without its parameter, and that: "leaky_relu(0.2)" -> ("leaky_relu", 0.2)."""
    base, _, rest = name.partition("(")
    return base, float(rest.rstrip(")")) if rest else None


def rounded(array: Float64Array | None, dtype: np.dtype[Any] | None) -> Array:
    """A fresh array of ``dtype`` for a writer."""
    return np.array(array, dtype=dtype)
