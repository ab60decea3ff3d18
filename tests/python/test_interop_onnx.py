"""What is read from ONNX: operators in all their forms, and files of strangers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close, assert_refused, assert_same_bits
from foreign import assert_layer_refused, rows
from lso_native._typing import Array
from lso_native.errors import ArgumentError
from strategies import random_network

onnx: Any = pytest.importorskip("onnx")
pytestmark = pytest.mark.extra
FLOAT, DOUBLE, INT64 = 1, 11, 7  # as TensorProto numbers them

_RNG = np.random.default_rng(0)
W = _RNG.normal(size=(4, 6)).astype("float32")  # (n_in, n_out)
B = _RNG.normal(size=6).astype("float32")
SQUARE = _RNG.normal(size=(4, 4)).astype("float32")
GAIN, SHIFT, MEAN = (_RNG.normal(size=6).astype("float32") for _ in range(3))
VARIANCE = _RNG.uniform(0.1, 2, 6).astype("float32")


def node(operator: str, *tensors: Any, first: bool = True, **attributes: Any) -> Any:
    """One node of a chain: an operator, and its tensors after the values (before, unless ``first``)."""
    return operator, tensors, first, attributes


def model(
    nodes: Sequence[Any],
    shape: Sequence[Any] = ("n", 4),
    *,
    kind: int = FLOAT,
    opset: int = 20,
    extra: Sequence[Any] = (),
    output: str | None = None,
) -> Any:
    """The model of a chain of nodes, with ``extra`` initializers."""
    helper, made, tensors, here = onnx.helper, [], [*extra], "x"
    for number, (operator, given, first, attributes) in enumerate(nodes):
        names = []
        for which, tensor in enumerate(given):
            if isinstance(tensor, str):
                names.append(tensor)
                continue
            name = f"t{number}_{which}"
            tensors.append(
                tensor
                if hasattr(tensor, "dims")
                else onnx.numpy_helper.from_array(np.asarray(tensor), name)
            )
            names.append(tensors[-1].name)
        inputs = [here, *names] if first else [*names, here]
        here = f"v{number}"
        made.append(helper.make_node(operator, inputs, [here], name=f"node{number}", **attributes))
    x = helper.make_tensor_value_info("x", kind, shape)
    y = helper.make_tensor_value_info(output or here, kind, None)
    graph = helper.make_graph(made, "graph", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def told(proto: Any, x: Array) -> Array:
    """What onnxruntime says."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(proto.SerializeToString())
    return np.asarray(session.run(None, {"x": x})[0]).reshape(len(x), -1)


GEMM = node("Gemm", W, B)


@pytest.mark.parametrize(
    ("nodes", "names"),
    [
        ([node("Gemm", W)], ("linear",)),
        ([node("Gemm", W, B, alpha=0.5, beta=2.0)], ("linear",)),
        ([node("Gemm", np.ascontiguousarray(W.T), B, transB=1)], ("linear",)),
        ([node("Gemm", W, B[None])], ("linear",)),
        ([node("Gemm", W, B[:1])], ("linear",)),
        ([node("Gemm", SQUARE), node("Gemm", SQUARE, transB=1)], ("linear", "linear")),
        ([node("MatMul", W), node("Add", B)], ("linear",)),
        ([node("MatMul", W), node("Add", B, first=False)], ("linear",)),
        ([node("Sub", np.float32(2)), node("Div", SQUARE[0]), GEMM], ("linear",)),
        ([GEMM, node("Sub", B, first=False), node("Mul", GAIN)], ("linear",)),
        ([GEMM, node("BatchNormalization", GAIN, SHIFT, MEAN, VARIANCE, epsilon=0.1)], ("linear",)),
        (
            [GEMM, node("Tanh"), node("BatchNormalization", GAIN, SHIFT, MEAN, VARIANCE), node("Relu")],
            ("tanh", "relu"),
        ),
        ([GEMM, node("LeakyRelu")], ("leaky_relu",)),
        ([GEMM, node("LeakyRelu", alpha=0.2)], ("leaky_relu(0.2)",)),
        ([GEMM, node("PRelu", np.full(6, 0.3, "float32"))], ("leaky_relu(0.3)",)),
        ([GEMM, node("Elu")], ("elu",)),
        ([GEMM, node("Gelu")], ("gelu",)),
        ([GEMM, node("Softplus")], ("softplus",)),
        ([GEMM, node("Softmax")], ("softmax",)),
        ([GEMM, node("LogSoftmax", axis=1)], ("log_softmax",)),
        ([GEMM, node("Reshape", np.array([-1, 2, 3])), node("Softmax")], ("softmax(3)",)),
        (
            [GEMM, node("Reshape", np.array([0, 2, 3])), node("LogSoftmax", axis=2), node("Flatten")],
            ("log_softmax(3)",),
        ),
        ([GEMM, node("Identity"), node("Dropout"), node("Relu"), node("Flatten")], ("relu",)),
    ],
)  # fmt: skip
def test_operators_in_their_forms(nodes: list[Any], names: tuple[str, ...]) -> None:
    proto = model(nodes)
    network = lso.Network.from_onnx(proto)
    assert network.activations == names
    assert_close(network(rows(4)), told(proto, rows(4)), 1e-5)


def test_a_square_matrix_is_not_turned() -> None:
    upright = lso.Network.from_onnx(model([node("Gemm", SQUARE)]))
    turned = lso.Network.from_onnx(model([node("Gemm", SQUARE, transB=1)]))
    assert_same_bits(upright.weights[0], np.ascontiguousarray(SQUARE.T))
    assert_same_bits(turned.weights[0], SQUARE)


def graph_of(nodes: Sequence[tuple[str, Sequence[str], str]], **tensors: Array) -> Any:
    """The model of nodes (operator, inputs, output) from x to y."""
    helper = onnx.helper
    made = [helper.make_node(operator, inputs, [out]) for operator, inputs, out in nodes]
    given = [onnx.numpy_helper.from_array(np.asarray(t, "float32"), n) for n, t in tensors.items()]
    x, y = (helper.make_tensor_value_info(name, FLOAT, ["n", None]) for name in "xy")
    graph = helper.make_graph(made, "graph", [x], [y], given)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("order", ["sz", "zs"])
def test_a_gate_is_silu(order: str) -> None:
    nodes = [("Gemm", "xw", "z"), ("Sigmoid", "z", "s"), ("Mul", order, "y")]
    assert lso.Network.from_onnx(graph_of(nodes, w=W)).activations == ("silu",)


def pieces_of_gelu(**numbers: float) -> Any:
    nodes = [
        ("Gemm", "xw", "z"),
        ("Div", "za", "d"),
        ("Erf", "d", "e"),
        ("Add", "eb", "f"),
        ("Mul", "zf", "g"),
        ("Mul", "gc", "y"),
    ]
    constants = {"a": 2**0.5, "b": 1.0, "c": 0.5} | numbers
    return graph_of(nodes, w=W, **{name: np.asarray(each) for name, each in constants.items()})


def test_a_gelu_in_pieces() -> None:
    proto = pieces_of_gelu()
    network = lso.Network.from_onnx(proto)
    assert network.activations == ("gelu",)
    assert_close(network(rows(4)), told(proto, rows(4)), 1e-5)
    for number in "abc":
        other = pieces_of_gelu(**{number: 0.9})
        assert_layer_refused(lambda other=other: lso.Network.from_onnx(other), "model", "(Erf)", "gelu")  # type: ignore[misc]  # fmt: skip


def test_pictures_flattened_and_a_batch_of_fixed_size() -> None:
    proto = model([node("Flatten"), GEMM, node("Reshape", np.array([2, 6]))], (2, 1, 2, 2))
    network = lso.Network.from_onnx(proto)
    assert network.sizes == (4, 6)
    assert_close(network(rows(4)[:2]), told(proto, rows(4)[:2].reshape(2, 1, 2, 2)), 1e-5)


def test_constants_in_nodes_and_turned_ones() -> None:
    proto = model([node("MatMul", "w"), node("Add", "b")])
    helper = onnx.helper
    transposed = onnx.numpy_helper.from_array(np.ascontiguousarray(W.T), "wt")
    made = [
        helper.make_node("Transpose", ["wt"], ["w"], perm=[1, 0]),
        helper.make_node("Constant", [], ["b"], value=onnx.numpy_helper.from_array(B, "value")),
    ]
    nodes = [*made, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    proto.graph.initializer.append(transposed)
    network = lso.Network.from_onnx(proto)
    assert_close(network(rows(4)), told(proto, rows(4)), 1e-5)


def wide(tensor: Array) -> Array:
    return tensor.astype("float64")


def test_a_slope_in_float64_is_what_the_attribute_holds() -> None:
    proto = model([node("Gemm", wide(W)), node("LeakyRelu", alpha=0.2)], kind=DOUBLE)
    network = lso.Network.from_onnx(proto)
    assert network.dtype == np.float64
    assert network.activations == ("leaky_relu(0.20000000298023224)",)


def outside(where: str) -> Any:
    """A tensor that lies in another file."""
    tensor = onnx.TensorProto(name="w", data_type=FLOAT, dims=[4, 6])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=where)
    return tensor


def claiming(*dims: int, kind: int = FLOAT) -> Any:
    """A tensor that says more than it has."""
    return onnx.TensorProto(name="w", data_type=kind, dims=dims, raw_data=b"\0" * 96)


def renamed(proto: Any, **names: str) -> Any:
    """The model with other names of its values."""
    for each in proto.graph.node:
        for side in (each.input, each.output):
            for number, name in enumerate(side):
                side[number] = names.get(name, name)
    return proto


def later() -> Any:
    proto = model([GEMM, node("Relu"), node("Tanh")])
    nodes = [proto.graph.node[0], proto.graph.node[2], proto.graph.node[1]]
    copies = [onnx.NodeProto.FromString(each.SerializeToString()) for each in nodes]
    del proto.graph.node[:]
    proto.graph.node.extend(copies)
    return proto


def cycle() -> Any:
    proto = model([GEMM, node("Relu"), node("Tanh")])
    proto.graph.node[1].input[0] = "v2"
    return proto


def skip() -> Any:
    return model([node("Gemm", SQUARE), node("Tanh"), node("Add", "x")])


def attribute_of_a_function() -> Any:
    proto = model([GEMM, node("LeakyRelu", alpha=0.2)])
    proto.graph.node[1].attribute[0].ref_attr_name = "slope"
    return proto


def in_domain(domain: str) -> Any:
    proto = model([GEMM, node("Relu")])
    proto.graph.node[1].domain = domain
    return proto


REFUSED: list[tuple[str, Callable[[], Any], str, str]] = [
    ("convolution", lambda: model([node("Conv", W[:, :, None])]), "'node0' (Conv)", "convolution"),
    ("batch", lambda: model([GEMM], (2**40, 4)), "'x' (input)", "1,099,511,627,776 samples at a time"),
    ("operator", lambda: model([GEMM, node("Sin")]), "'node1' (Sin)", "no activation"),
    ("pieces", lambda: model([GEMM, node("Erf")]), "'node1' (Erf)", "version 20"),
    ("clip", lambda: model([GEMM, node("Clip", np.float32(0), np.float32(6))]), "'node1' (Clip)", "no "),
    ("domain", lambda: in_domain("ai.onnx.ml"), "'node1' (Relu)", "ai.onnx.ml"),
    ("loop", lambda: model([GEMM, node("Loop")]), "'node1' (Loop)", "no dense layer"),
    ("fill", lambda: model([GEMM, node("ConstantOfShape")]), "(ConstantOfShape)", "no dense layer"),
    ("elu", lambda: model([GEMM, node("Elu", alpha=0.5)]), "'node1' (Elu)", "alpha 0.5"),
    ("gelu", lambda: model([GEMM, node("Gelu", approximate="tanh")]), "'node1' (Gelu)", "tanh"),
    ("slopes", lambda: model([GEMM, node("PRelu", GAIN)]), "'node1' (PRelu)", "differ"),
    ("slope", lambda: model([GEMM, node("LeakyRelu", alpha=-1.0)]), "(LeakyRelu)", "at least 0"),
    ("axis", lambda: model([GEMM, node("Softmax", axis=0)]), "'node1' (Softmax)", "axis 0"),
    ("hidden", lambda: model([node("Softmax"), GEMM], (2, 4)), "'node0' (Softmax)", "not at the end"),
    ("turned", lambda: model([node("Gemm", W, transA=1)]), "'node0' (Gemm)", "transA"),
    ("values as weights", lambda: model([node("MatMul", SQUARE, first=False)]), "(MatMul)", "at 1"),
    ("rank", lambda: model([node("MatMul", W[None])]), "'node0' (MatMul)", "shape"),
    ("widths", lambda: model([GEMM, GEMM]), "'node1' (Gemm)", "(6,)"),
    ("bias", lambda: model([node("Gemm", W, B[:5])]), "'node0' (Gemm)", "(5,)"),
    ("bias of samples", lambda: model([GEMM, node("Add", B[:2, None])]), "'node1' (Add)", "(2, 1)"),
    ("divisor", lambda: model([GEMM, node("Div", B, first=False)]), "'node1' (Div)", "by values"),
    ("zero", lambda: model([GEMM, node("Div", 0 * B)]), "'node1' (Div)", "by zero"),
    (
        "training",
        lambda: model([GEMM, node("BatchNormalization", GAIN, SHIFT, MEAN, VARIANCE, training_mode=1)]),
        "'node1' (BatchNormalization)",
        "training mode",
    ),
    (
        "variance",
        lambda: model([GEMM, node("BatchNormalization", GAIN, SHIFT, MEAN, -VARIANCE)]),
        "'node1' (BatchNormalization)",
        "variance",
    ),
    ("missing", lambda: model([GEMM, node("BatchNormalization", GAIN)]), "(BatchNormalization)", "2 in"),
    ("mixed", lambda: model([node("Gemm", W, wide(B))]), "'node0' (Gemm)", "where others"),
    ("half", lambda: model([node("Gemm", W.astype("float16"))]), "'t0_0' (initializer)", "float16"),
    ("infinite", lambda: model([node("Gemm", np.full_like(W, np.inf))]), "'node0' (Gemm)", "not finite"),
    ("reshape", lambda: model([GEMM, node("Reshape", np.array([-1, 3]))]), "(Reshape)", "mix samples"),
    ("reshape all", lambda: model([GEMM, node("Reshape", np.array([-1]))]), "(Reshape)", "to shape"),
    ("reshape by zero", lambda: model([GEMM, node("Reshape", np.array([0, 0]))]), "(Reshape)", "to shape"),
    ("flatten", lambda: model([GEMM, node("Flatten", axis=0)]), "'node1' (Flatten)", "axes 0"),
    ("unknown attribute", lambda: model([GEMM, node("Relu", slope=0.1)]), "'node1' (Relu)", "slope"),
    ("attribute of a function", attribute_of_a_function, "'node1' (LeakyRelu)", "cannot be read"),
    (
        "left over",
        lambda: model([GEMM], extra=[onnx.numpy_helper.from_array(B, "auxiliary")]),
        "'auxiliary' (initializer)",
        "no layer makes use",
    ),
    ("outside", lambda: model([node("Gemm", outside("../../secret"))]), "'w' (init", "outside the file"),
    ("outside, absolute", lambda: model([node("Gemm", outside("/etc/passwd"))]), "'w' (init", "outside"),
    ("huge", lambda: model([node("Gemm", claiming(2**40, 2**40))]), "'w' (initializer)", "less numbers"),
    ("negative", lambda: model([node("Gemm", claiming(-4, -6))]), "'w' (initializer)", "less numbers"),
    ("too few", lambda: model([node("Gemm", claiming(5, 6))]), "'w' (initializer)", "cannot be read"),
    ("kind", lambda: model([node("Gemm", claiming(4, 6, kind=99))]), "'w' (initializer)", "cannot be"),
    ("cycle", cycle, "'node1' (Relu)", "comes later, or from nowhere"),
    ("order", later, "'node2' (Tanh)", "comes later, or from nowhere"),
    ("name given twice", lambda: renamed(model([GEMM, node("Relu")]), v1="v0"), "(Relu)", "twice"),
    ("skip connection", skip, "'node2' (Add)", "values of other layers"),
    ("rows", lambda: model([GEMM], ("n",)), "'x' (input)", "not of samples and values"),
    ("integers", lambda: model([GEMM], kind=INT64), "'x' (input)", "neither of float32"),
    ("unknown size", lambda: model([node("Flatten"), GEMM], ("n", "c", 2, 2)), "'x' (input)", "how many"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "layer", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_a_refusal_names_node_and_reason(build: Callable[[], Any], layer: str, why: str) -> None:
    proto = build()
    assert_layer_refused(lambda: lso.Network.from_onnx(proto), "model", layer, why)
    data = proto.SerializeToString()
    assert_layer_refused(lambda: lso.Network.from_onnx(data), "model", layer, why)


def test_few_bytes_do_not_become_many_weights() -> None:
    column = np.ones((4096, 1), "float32")
    wide = [node("Gemm", column, transB=1), *[node("Relu")] * 50]
    refused = "far more than came"
    assert_layer_refused(
        lambda: lso.Network.from_onnx(model(wide, ("n", 1))), "model", "(Relu)", refused
    )
    square = onnx.numpy_helper.from_array(np.ones((1500, 1500), "float32"), "w")
    again = model([node("Gemm", "w")] * 100, ("n", 1500), extra=[square])
    assert_layer_refused(lambda: lso.Network.from_onnx(again), "model", "(Gemm)", refused)


@pytest.mark.parametrize("opset", [0, 12, 10_000])
def test_versions_that_are_not_known(opset: int) -> None:
    assert_refused(lambda: lso.Network.from_onnx(model([GEMM], opset=opset)), "model", f"{opset}")


def test_whole_models_that_are_refused() -> None:
    no_node = model([GEMM], output="x")
    del no_node.graph.node[:]
    assert_refused(lambda: lso.Network.from_onnx(no_node), "model", "none")
    assert_refused(lambda: lso.Network.from_onnx(model([GEMM], output="x")), "model", "x")
    assert_refused(lambda: lso.Network.from_onnx(model([node("Relu")])), "model", "none")
    two = model([GEMM])
    two.graph.input.append(onnx.helper.make_tensor_value_info("z", FLOAT, ["n", 4]))
    assert_refused(lambda: lso.Network.from_onnx(two), "model", "z")
    assert_refused(lambda: lso.Network.from_onnx(3), "model", "3")


def test_bytes_that_are_cut_or_changed_never_do_more_than_be_refused(tmp_path: Path) -> None:
    network = random_network((3, 4, 2), 1, activation=["silu", "softmax"], dtype="float32")
    data = network.to_onnx().SerializeToString()
    rng = np.random.default_rng(0)
    refused = 0
    for number in range(0, len(data), 7):
        changed = bytearray(data)
        changed[number] = int(rng.integers(256))
        for each in (data[:number], bytes(changed)):
            try:
                lso.Network.from_onnx(each)  # whatever it is, its outputs are the evaluator's
            except ArgumentError as error:
                assert str(error).startswith("model: expected ")  # noqa: PT017
                refused += 1
    assert refused > len(data) // 7
    (tmp_path / "cut.onnx").write_bytes(data[:-1])
    assert_refused(lambda: lso.Network.from_onnx(tmp_path / "cut.onnx"), "model")
    with pytest.raises(FileNotFoundError):
        lso.Network.from_onnx(tmp_path / "missing.onnx")


def test_a_sigmoid_far_out_warns_of_nothing() -> None:
    network = random_network((3, 4, 2), seed=1, dtype="float32", activation="sigmoid")
    steep = network.replace(100 * network.parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lso.Network.from_onnx(steep.to_onnx()) == steep
