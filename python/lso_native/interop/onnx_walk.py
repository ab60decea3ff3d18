"""A walk along an ONNX graph: names, tensors, and what order its nodes are in, whoever wrote it."""

from __future__ import annotations

import itertools
from collections import deque
from typing import Any

import numpy as np

from lso_native._checks import shown
from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.interop.layers import Chain
from lso_native.interop.onnx_steps import STEPS, WHY, Node
from lso_native.interop.place import NO_STEP, Place

_ARGUMENT = "model"
_ROOM = 2**22  # weights that any graph may have
_BATCH = 2**16  # samples at a time: so many have to be tried
_CHAIN = "one input that goes through layers, one after the other, to one output"


class _Values:
    """What a node gives, told apart from what others give."""


class Walk:
    """A walk along a graph.

    input_name, input_rows, batch : the input's name, its shape without the samples (empty where it does not say), and
        how many samples it takes, None for any number.
    """

    def __init__(self, onnx: Any, graph: Any) -> None:
        self._onnx, self._graph = onnx, graph
        self._known: dict[str, Any] = {}  # what each name stands for: _Values or an array
        self._unused: dict[str, Place] = {}
        self._here: object = _Values()
        for tensor in graph.initializer:
            self._give(Place(_ARGUMENT, tensor.name, "initializer"), tensor.name, tensor)
        self.input_name, self.batch, self.input_rows = self._input()
        room = _ROOM + 2 * graph.ByteSize()  # tensors may come twice, but no number of times
        self.chain = Chain(_ARGUMENT, self.input_rows or None, room=room)

    def along(self) -> Chain:
        """The layers that it goes past."""
        nodes = deque(sorted(self._graph.node, key=lambda node: node.op_type != "Constant"))
        while nodes:
            node = nodes.popleft()
            place = Place(_ARGUMENT, node.name or next(iter(node.output), ""), node.op_type)
            if node.domain not in ("", "ai.onnx"):
                raise place.refused(f"an operator of {shown(node.domain)}")
            if len(node.output) != 1:
                raise place.refused(f"{len(node.output)} outputs")
            if not self._constant(place, node) and not self._pieces(place, node, nodes):
                self._step(place, node)
        outputs = [each.name for each in self._graph.output]
        if len(outputs) != 1 or self._known.get(outputs[0]) is not self._here:
            raise ArgumentError(_ARGUMENT, _CHAIN, f"outputs {shown(outputs)}")
        for place in self._unused.values():
            raise place.refused("no layer makes use of it")
        return self.chain

    def _input(self) -> tuple[str, int | None, tuple[int, ...]]:
        inputs = [each for each in self._graph.input if each.name not in self._known]
        if len(inputs) != 1:
            names = shown([each.name for each in inputs])
            raise ArgumentError(_ARGUMENT, _CHAIN, f"inputs {names}")
        (given,) = inputs
        place = Place(_ARGUMENT, given.name, "input")
        kind = given.type.tensor_type
        if kind.elem_type not in (self._onnx.TensorProto.FLOAT, self._onnx.TensorProto.DOUBLE):
            raise place.refused("it is neither of float32 nor of float64")
        sizes = [each.dim_value if each.HasField("dim_value") else None for each in kind.shape.dim]
        if len(sizes) < 2 or any(size is not None and size < 1 for size in sizes):
            raise place.refused(f"it is of shape {sizes}, not of samples and values")
        if (sizes[0] or 0) > _BATCH:
            raise place.refused(f"it is of {sizes[0]:,} samples at a time, more than {_BATCH:,}")
        rows = [size for size in sizes[1:] if size is not None]
        if len(rows) < len(sizes) - 1 and len(sizes) > 2:
            raise place.refused(f"it is of shape {sizes}, and does not say of how many values")
        self._name(place, given.name, self._here)
        return given.name, sizes[0], tuple(rows) if len(rows) == len(sizes) - 1 else ()

    def _name(self, place: Place, name: str, value: Any) -> None:
        """Let ``name`` stand for a value, once."""
        if name in self._known:
            raise place.refused(f"the name {shown(name)} is given twice")
        self._known[name] = value

    def _give(self, place: Place, name: str, tensor: Any) -> None:
        """A tensor of the file."""
        self._name(place, name, self._array(place, tensor))
        self._unused[name] = place

    def _array(self, place: Place, tensor: Any) -> Array:
        """The numbers of a tensor, whose size is not more than that of the file."""
        if tensor.data_location == self._onnx.TensorProto.EXTERNAL:
            raise place.refused("its numbers lie outside the file, where nothing is opened")
        n = int(np.prod(list(tensor.dims) or [1], dtype=object))
        if any(size < 0 for size in tensor.dims) or n > tensor.ByteSize():
            raise place.refused(f"it is of shape {shown(list(tensor.dims))}, and has less numbers")
        try:
            array = np.asarray(self._onnx.numpy_helper.to_array(tensor))
        except Exception as error:
            raise place.refused(f"it cannot be read ({shown(error)})") from error
        if array.dtype.name not in ("float32", "float64", "int64"):
            raise place.refused(f"it is of {array.dtype}")
        return array

    def _value(self, place: Place, name: str) -> Any:
        if name not in self._known:
            raise place.refused(f"its input {shown(name)} comes later, or from nowhere")
        self._unused.pop(name, None)
        return self._known[name]

    def _attributes(self, place: Place, node: Any) -> dict[str, Any]:
        value_of = self._onnx.helper.get_attribute_value
        try:
            return {each.name: value_of(each) for each in node.attribute}
        except ValueError:
            names = shown([each.name for each in node.attribute])
            raise place.refused(f"attributes {names} cannot be read") from None

    def _constant(self, place: Place, node: Any) -> bool:
        """Take a node that makes a tensor of tensors alone."""
        name = node.output[0]
        if node.op_type == "Constant":
            attributes = self._attributes(place, node)
            if node.input or list(attributes) != ["value"]:
                raise place.refused(f"of {shown(list(attributes))}, where it is of a value")
            self._give(place, name, attributes["value"])
            return True
        array = self._known.get(node.input[0]) if len(node.input) == 1 else None
        if node.op_type not in ("Identity", "Transpose") or not isinstance(array, np.ndarray):
            return False
        array = self._value(place, node.input[0])
        axes = self._attributes(place, node).get("perm")
        if node.op_type == "Transpose":
            if sorted(axes or range(array.ndim)) != list(range(array.ndim)):
                raise place.refused(f"axes {axes} of a tensor of shape {array.shape}")
            array = array.transpose(axes)
        self._name(place, name, array)
        self._unused[name] = place
        return True

    def _pieces(self, place: Place, node: Any, nodes: deque[Any]) -> bool:
        """Take an activation that is several nodes: z * sigmoid(z), or z * (erf(z / sqrt(2)) + 1) * 0.5."""
        for name, operators in (("silu", ["Mul"]), ("gelu", ["Erf", "Add", "Mul", "Mul"])):
            rest = list(itertools.islice(nodes, len(operators)))
            if [each.op_type for each in rest] != operators or not node.input:
                continue
            z = node.input[0]
            constants = _of_silu(z, node, *rest) if name == "silu" else _of_gelu(z, node, *rest)
            if constants is None or not all(self._is(*each) for each in constants):
                continue
            self._enter(place, [self._value(place, z)])
            self.chain.activate(place, name)
            for constant, _ in constants:
                self._value(place, constant)
            for each in (node, *rest[:-1]):
                self._name(place, each.output[0], _Values())
            self._name(place, rest[-1].output[0], self._here)
            for _ in rest:
                nodes.popleft()
            return True
        return False

    def _is(self, name: str, number: float) -> bool:
        """Whether the tensor of that name is this number."""
        tensor = self._known.get(name)
        return (
            isinstance(tensor, np.ndarray) and tensor.size == 1 and bool(np.isclose(tensor, number))
        )

    def _step(self, place: Place, node: Any) -> None:
        step = STEPS.get(node.op_type)
        if step is None:
            raise place.refused(WHY.get(node.op_type, NO_STEP))
        inputs = [self._value(place, name) if name else None for name in node.input]
        self._enter(place, inputs)
        given = [None if isinstance(each, _Values) else each for each in inputs]
        first = next(i for i, each in enumerate(inputs) if isinstance(each, _Values))
        attributes = self._attributes(place, node)
        try:
            step(Node(self.chain, self.batch, place, given, first), **attributes)
        except TypeError:
            raise place.refused(f"attributes {sorted(attributes)}, not all known") from None
        self._name(place, node.output[0], self._here)

    def _enter(self, place: Place, inputs: list[Any]) -> None:
        """Go on, if the values of the node before are the only ones that this one takes."""
        values = [each for each in inputs if isinstance(each, _Values)]
        if len(values) != 1 or values[0] is not self._here:
            raise place.refused("values of other layers come in beside those of the one before")
        self._here = _Values()


def _beside(node: Any, name: str) -> str:
    """The other of a node's two inputs, or no name where ``name`` is none of them."""
    others = [each for each in node.input if each != name]
    return others[0] if len(node.input) == 2 and len(others) == 1 else ""


def _of_silu(z: str, sigmoid: Any, product: Any) -> list[tuple[str, float]] | None:
    """The constants of z * sigmoid(z), if these nodes are that."""
    fits = sigmoid.op_type == "Sigmoid" and _beside(product, sigmoid.output[0]) == z
    return [] if fits else None


def _of_gelu(
    z: str, divided: Any, erf: Any, raised: Any, product: Any, halved: Any
) -> list[tuple[str, float]] | None:
    """The constants of z * (erf(z / sqrt(2)) + 1) * 0.5, if these nodes are that."""
    fits = (
        divided.op_type == "Div"
        and list(erf.input) == list(divided.output)
        and _beside(product, raised.output[0]) == z
    )
    names = [
        _beside(divided, z),
        _beside(raised, erf.output[0]),
        _beside(halved, product.output[0]),
    ]
    return list(zip(names, (2**0.5, 1.0, 0.5), strict=True)) if fits else None
