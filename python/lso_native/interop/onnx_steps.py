"""The nodes of an ONNX graph, by their operators: what each does to a chain of dense layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lso_native._checks import shown
from lso_native._typing import Array, Float64Array
from lso_native.interop.layers import Chain
from lso_native.interop.place import Place


class Node:
    """A node with its tensors.

    given, first : all its inputs, None for the values, which come at ``first``.
    batch : how many samples its graph takes, None for any number.
    """

    def __init__(
        self, chain: Chain, batch: int | None, place: Place, given: list[Any], first: int
    ) -> None:
        self.chain, self.batch, self.place = chain, batch, place
        self.given, self.first = given, first

    def tensors(self, least: int, most: int) -> list[Any]:
        """Its inputs after the values, None for those that are not there."""
        rest = self.given[1:]
        missing = any(each is None for each in rest[:least])
        if self.first or missing or not least <= len(rest) <= most:
            raise self.place.refused(f"{len(self.given)} inputs, the values at {self.first}")
        return rest + [None] * (most - len(rest))

    def numbers(self, name: str, tensor: Array) -> Float64Array:
        """A tensor in float64."""
        return self.chain.numbers(self.place, name, tensor)


def _gemm(
    node: Node, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0
) -> None:
    matrix, bias = node.tensors(1, 2)
    if transA:
        raise node.place.refused("transA: it takes samples as columns")
    if matrix.ndim != 2:
        raise node.place.refused(f"a matrix of shape {matrix.shape}")
    weight = matrix if transB else matrix.T
    if alpha != 1:
        weight = (node.numbers("matrix", weight) * alpha).astype(matrix.dtype)
    if bias is not None:
        whole = node.numbers("bias", bias) * beta
        n_out = len(weight)
        if whole.size != 1 and (whole.size != n_out or whole.shape[-1] != n_out):
            raise node.place.refused(f"a bias of shape {whole.shape} for {n_out} nodes")
        bias = np.broadcast_to(whole.reshape(-1), (n_out,)).astype(bias.dtype)
    node.chain.dense(node.place, weight, bias)


def _matmul(node: Node) -> None:
    (matrix,) = node.tensors(1, 1)
    node.chain.dense(node.place, matrix.T, None)


def _operand(node: Node) -> Float64Array:
    if len(node.given) != 2:
        raise node.place.refused(f"{len(node.given)} inputs")
    return node.numbers("operand", node.given[1 - node.first])


def _add(node: Node) -> None:
    node.chain.affine(node.place, center=-_operand(node))


def _sub(node: Node) -> None:
    operand = _operand(node)
    if node.first:
        node.chain.affine(node.place, scale=np.full_like(operand, -1.0), offset=operand)
    else:
        node.chain.affine(node.place, center=operand)


def _mul(node: Node) -> None:
    node.chain.affine(node.place, scale=_operand(node))


def _div(node: Node) -> None:
    operand = _operand(node)
    if node.first or not operand.all():
        raise node.place.refused("it divides by values" if node.first else "it divides by zero")
    node.chain.affine(node.place, scale=1 / operand)


def _batch_norm(
    node: Node, epsilon: float = 1e-5, momentum: float = 0.9, training_mode: int = 0
) -> None:
    weight, bias, mean, variance = node.tensors(4, 4)
    if training_mode:
        raise node.place.refused("in training mode, where samples depend on each other")
    node.chain.normalize(node.place, mean, variance, epsilon, weight, bias)


def _activation(name: str) -> Callable[[Node], None]:
    def step(node: Node) -> None:
        node.tensors(0, 0)
        node.chain.activate(node.place, name)

    return step


def _leaky_relu(node: Node, alpha: float = 0.01) -> None:
    node.tensors(0, 0)
    double = node.chain.dtype == np.float64
    node.chain.leak(
        node.place, np.float32(alpha).astype(np.float64) if double else np.float32(alpha)
    )


def _prelu(node: Node) -> None:
    node.chain.leak(node.place, node.tensors(1, 1)[0])


def _elu(node: Node, alpha: float = 1.0) -> None:
    node.tensors(0, 0)
    if alpha != 1:
        raise node.place.refused(f"alpha {alpha:g}, where there is 1")
    node.chain.activate(node.place, "elu")


def _gelu(node: Node, approximate: bytes = b"none") -> None:
    node.tensors(0, 0)
    if approximate != b"none":
        raise node.place.refused(f"approximated by {approximate!r}, where there is the exact one")
    node.chain.activate(node.place, "gelu")


def _softmax(name: str) -> Callable[..., None]:
    def step(node: Node, axis: int = -1) -> None:
        node.tensors(0, 0)
        node.chain.softmax(node.place, axis, name)

    return step


def _same(node: Node) -> None:
    node.tensors(0, 0)


def _dropout(node: Node, seed: int = 0) -> None:
    if any(each is not None for each in node.tensors(0, 2)[1:]):
        raise node.place.refused("it says whether it is on")


def _flatten(node: Node, axis: int = 1) -> None:
    node.tensors(0, 0)
    node.chain.flatten(node.place, axis)


def _reshape(node: Node, allowzero: int = 0) -> None:
    (shape,) = node.tensors(1, 1)
    sizes = [int(size) for size in shape.reshape(-1)] if shape.dtype == np.int64 else []
    if allowzero or len(sizes) < 2 or sizes.count(-1) > 1 or 0 in sizes[1:]:
        raise node.place.refused(f"to shape {shown(sizes)}")
    if sizes[0] not in (0, -1, node.batch):
        raise node.place.refused(f"to shape {shown(sizes)}, which mixes samples")
    node.chain.reshape(node.place, sizes[1:])


STEPS: dict[str, Callable[..., None]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "BatchNormalization": _batch_norm,
    "Sigmoid": _activation("sigmoid"),
    "Tanh": _activation("tanh"),
    "Relu": _activation("relu"),
    "Softplus": _activation("softplus"),
    "Swish": _activation("silu"),
    "LeakyRelu": _leaky_relu,
    "PRelu": _prelu,
    "Elu": _elu,
    "Gelu": _gelu,
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Identity": _same,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "Reshape": _reshape,
}

WHY = {
    "Conv": "a convolution, where every layer is dense",
    "Erf": "part of a gelu that is not known: export with operators of version 20, where it is one",
}
