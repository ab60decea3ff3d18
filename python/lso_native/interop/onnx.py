"""ONNX files of dense graphs, read and written."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from lso_native._atomic import atomic_write_bytes
from lso_native._checks import check_path
from lso_native._typing import Array
from lso_native.errors import ArgumentError
from lso_native.interop.layers import Chain, Reading, parameter_of, rounded
from lso_native.interop.onnx_walk import Walk
from lso_native.interop.place import needed
from lso_native.interop.probe import check_probe

_ARGUMENT = "model"
_OLDEST = 13  # the first version whose Softmax goes over one axis
_OPSET, _IR = 20, 9  # the first with Gelu, and the layout that came with it
_OPERATORS = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "softplus": "Softplus",
    "elu": "Elu",
    "gelu": "Gelu",
}


def read(model: Any) -> Reading:
    """The network of a graph in which one layer follows the other: a path, the bytes of a file, or a ModelProto.

    Tensors outside the file are not opened.
    """
    onnx = needed("onnx", "lso_native[interop]", "from_onnx")
    proto = _parsed(onnx, model)
    _check_kind(onnx, proto)
    walk = Walk(onnx, proto.graph)
    reading = walk.along().reading()
    check_probe(_ARGUMENT, reading, lambda x: _outputs(proto, x, walk))
    return reading


def _parsed(onnx: Any, model: Any) -> Any:
    if isinstance(model, onnx.ModelProto):
        return model
    if isinstance(model, (bytes, bytearray, memoryview)):
        data, name = bytes(model), "bytes"
    else:
        path = check_path(_ARGUMENT, model)
        if path.exists() and not path.is_file():
            raise ArgumentError(_ARGUMENT, "a regular file", str(path))
        data, name = path.read_bytes(), str(path)
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
    except Exception as error:  # protobuf's DecodeError, whichever of its implementations raises it
        got = f"{name}, {len(data)} bytes that are none ({type(error).__name__})"
        raise ArgumentError(_ARGUMENT, "an ONNX model", got) from error
    return proto


def _check_kind(onnx: Any, proto: Any) -> None:
    """Refuse what is no plain model of a version that is known."""
    graph = proto.graph
    if not graph.node:
        raise ArgumentError(_ARGUMENT, "an ONNX model of some nodes", "none")
    known = ("", "ai.onnx")
    versions = [each.version for each in proto.opset_import if each.domain in known]
    newest = onnx.defs.onnx_opset_version()
    if len(versions) != 1 or not _OLDEST <= versions[0] <= newest:
        got = f"{versions[0]}" if len(versions) == 1 else f"{len(versions)} versions"
        raise ArgumentError(_ARGUMENT, f"operators of version {_OLDEST} to {newest}", got)
    for what in ("functions", "training_info"):
        if getattr(proto, what):
            raise ArgumentError(
                _ARGUMENT, f"a model without {what}", f"{len(getattr(proto, what))}"
            )
    if graph.sparse_initializer:
        raise ArgumentError(_ARGUMENT, "a model without sparse tensors", "some")


def _outputs(proto: Any, x: Array, walk: Walk) -> Array:
    """What onnx's own evaluator says of rows, as many at a time as the graph is made for."""
    rows = x.reshape(len(x), *walk.input_rows) if walk.input_rows else x
    onnx = needed("onnx.reference", "lso_native[interop]", "from_onnx")
    at_once = walk.batch or len(rows)
    padding = -len(rows) % at_once
    rows = np.concatenate([rows, np.repeat(rows[:1], padding, axis=0)])
    try:
        evaluator = onnx.ReferenceEvaluator(proto)
        with np.errstate(all="ignore"):  # its sigmoid overflows on the way to 0
            told = [
                np.asarray(evaluator.run(None, {walk.input_name: rows[i : i + at_once]})[0])
                for i in range(0, len(rows), at_once)
            ]
        return np.concatenate([each.reshape(at_once, -1) for each in told])[: len(x)]
    except Exception as error:
        got = f"one that fails: {type(error).__name__}: {error}".splitlines()[0][:200]
        raise ArgumentError(_ARGUMENT, "a graph that onnx's evaluator runs", got) from error


def write(chain: Chain, path: str | bytes | os.PathLike[str] | None) -> Any:
    """The ModelProto of ``chain``, checked, or the file of it at ``path``."""
    onnx = needed("onnx", "lso_native[interop]", "to_onnx")
    place = None if path is None else check_path("path", path)
    made = _Graph(onnx, chain).model()
    onnx.checker.check_model(made, full_check=True)
    if place is None:
        return made
    atomic_write_bytes(place, made.SerializeToString(deterministic=True))
    return None  # a notebook would print all its weights


class _Graph:
    """A graph in the making: one value "x" goes in, "y" comes out."""

    def __init__(self, onnx: Any, chain: Chain) -> None:
        self._onnx, self._chain = onnx, chain
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []
        self._here = "x"

    def model(self) -> Any:
        """The model of all layers."""
        chain, helper = self._chain, self._onnx.helper
        chain.finish()
        if chain.first is not None and chain.first.center is not None:
            bias = self._tensor("input.bias", -chain.first.center)
            self._add("Add", bias, name="input")
        for number, layer in enumerate(chain.layers, 1):
            name = f"layer{number}"
            tensors = [self._tensor(f"{name}.weight", layer.weight)]
            if layer.bias is not None:
                tensors.append(self._tensor(f"{name}.bias", layer.bias))
            self._add("Gemm", *tensors, name=name, transB=1)
            self._activation(name, layer.activation or "linear", len(layer.weight))
        self._nodes[-1].output[0] = "y"
        widths = chain.layers[0].weight.shape[1], len(chain.layers[-1].weight)
        kind = helper.np_dtype_to_tensor_dtype(chain.dtype)
        x, y = (
            helper.make_tensor_value_info(name, kind, ["n", width])
            for name, width in zip("xy", widths, strict=True)
        )
        graph = helper.make_graph(self._nodes, "network", [x], [y], self._tensors)
        opsets = [helper.make_opsetid("", _OPSET)]
        return helper.make_model(
            graph, producer_name="lso_native", opset_imports=opsets, ir_version=_IR
        )

    def _tensor(self, name: str, array: Any, dtype: Any = None) -> str:
        made = self._onnx.numpy_helper.from_array(rounded(array, dtype or self._chain.dtype), name)
        self._tensors.append(made)
        return name

    def _add(self, operator: str, *tensors: str, name: str, **attributes: Any) -> None:
        output = f"{name}.{operator.lower()}"
        node = self._onnx.helper.make_node(
            operator, [self._here, *tensors], [output], name=f"{name}.{operator}", **attributes
        )
        self._nodes.append(node)
        self._here = output

    def _activation(self, layer: str, name: str, width: int) -> None:
        base, parameter = parameter_of(name)
        if base == "linear":
            return
        if base in ("softmax", "log_softmax"):
            self._softmax(layer, "Softmax" if base == "softmax" else "LogSoftmax", parameter, width)
        elif base == "leaky_relu":
            slope = 0.01 if parameter is None else parameter
            if self._chain.dtype == np.float32:
                self._add("LeakyRelu", name=layer, alpha=slope)
            else:  # whose attribute is in float32
                self._add("PRelu", self._tensor(f"{layer}.slope", [slope]), name=layer)
        elif base == "silu":
            before = self._here
            self._add("Sigmoid", name=layer)
            self._add("Mul", before, name=layer)
        elif base in _OPERATORS:
            self._add(_OPERATORS[base], name=layer)
        else:
            raise ArgumentError("network", "activations that ONNX has", repr(name))

    def _softmax(self, layer: str, operator: str, size: float | None, width: int) -> None:
        if size is None:
            self._add(operator, name=layer, axis=-1)
            return
        groups = [0, width // int(size), int(size)]
        self._add("Reshape", self._tensor(f"{layer}.groups", groups, np.int64), name=layer)
        self._add(operator, name=layer, axis=-1)
        self._add("Flatten", name=layer, axis=1)
