"""How a decoder bends and squeezes its latent space: Jacobians, and the images of straight lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lso_native._checks import check_int
from lso_native._typing import Float64Array
from lso_native.errors import ArgumentError
from lso_native.irregularity._common import (
    EPSILON,
    blocks,
    check_latents,
    check_model,
    check_values,
    quiet,
    ratio,
    spread,
    widest,
)
from lso_native.network import Activation, Model, Network, networks_of

__all__ = ["LatentGeometry", "PathCurvature", "jacobian", "latent_geometry", "path_curvature"]

DEFAULT_STEPS = 32


@dataclass(frozen=True, eq=False)
class LatentGeometry:
    """The decoder's Jacobian at each of n points.

    Attributes
    ----------
    singular_values : (n, min(n_outputs, n_latents)), the largest first.
    condition : (n,) the largest over the smallest singular value, which is taken as at least max(n_outputs, n_latents)
        times 2**-52 of the largest, below which it is rounding. A latent that moves nothing is there, and so is a
        Jacobian of zeros.
    effective_rank : (n,) participation ratio (sum s**2)**2 / sum s**4 of the singular values s: how many directions
        move the sample, from 1 to their number; 0 for a Jacobian of zeros.
    """

    singular_values: Float64Array
    condition: Float64Array
    effective_rank: Float64Array

    def summary(self) -> dict[str, float]:
        """Medians, quantiles and maxima of condition, effective rank and gain, the largest singular value."""
        return {
            **spread("condition", self.condition),
            **spread("effective_rank", self.effective_rank),
            **spread("gain", self.singular_values[:, 0]),
        }


@dataclass(frozen=True, eq=False)
class PathCurvature:
    """The images of n straight latent lines in sample space.

    Attributes
    ----------
    path : (n,) length of the image, as a polygon: never above the true length.
    chord : (n,) distance of its ends.
    ratio : (n,) path / chord, at least 1, and 1 for a straight image or one of no length; at most 2**52, for an image
        that ends where it began.
    """

    path: Float64Array
    chord: Float64Array
    ratio: Float64Array

    def summary(self) -> dict[str, float]:
        """Median, quantiles and maximum of the ratio."""
        return spread("ratio", self.ratio)


@quiet()
def jacobian(decoder: Model, latents: ArrayLike) -> Float64Array:
    """d(outputs)/d(latents), float64 (n, n_outputs, n_latents), at ``latents`` (n, n_latents), all of it in memory.

    Exact, by the chain rule from the input on, the slopes of the activations taken from the engine.
    Raises ValueError naming ``latents`` when these are empty, of another shape, not finite, or overflow the decoder.
    """
    points = check_latents("latents", latents, check_model("decoder", decoder))
    return np.concatenate(list(_jacobians(decoder, points)))


@quiet()
def latent_geometry(decoder: Model, latents: ArrayLike) -> LatentGeometry:
    """Singular values, condition number and effective rank of the decoder's Jacobian at ``latents`` (n, n_latents).

    Raises ValueError naming ``latents`` when these are empty, of another shape, not finite, or overflow the decoder.
    """
    points = check_latents("latents", latents, check_model("decoder", decoder))
    s = np.concatenate([np.linalg.svd(J, compute_uv=False) for J in _jacobians(decoder, points)])
    largest = s[:, :1]
    rounding = EPSILON * max(decoder.n_outputs, decoder.n_inputs)
    # Relative to the largest, so that no power of a tiny singular value underflows.
    relative = np.divide(s, largest, out=np.zeros_like(s), where=largest > 0)
    squares = np.square(relative)
    fourth = np.square(squares).sum(axis=1)
    rank = np.divide(
        np.square(squares.sum(axis=1)), fourth, out=np.zeros_like(fourth), where=fourth > 0
    )
    return LatentGeometry(s, 1.0 / np.maximum(relative[:, -1], rounding), rank)


@quiet()
def path_curvature(
    decoder: Model, starts: ArrayLike, ends: ArrayLike, *, steps: int = DEFAULT_STEPS
) -> PathCurvature:
    """How much longer the images of the straight lines from ``starts`` to ``ends``, both (n, n_latents), are than the
    distance of their ends; each line is decoded at ``steps`` + 1 points.

    Raises ValueError naming an argument that is empty, of another shape, not finite, or overflows the decoder.
    """
    first = check_latents("starts", starts, check_model("decoder", decoder))
    last = check_latents("ends", ends, decoder)
    if len(last) != len(first):
        raise ArgumentError("ends", f"an array of shape {first.shape}", f"shape {last.shape}")
    exact = decoder.astype("float64")
    share = np.linspace(0.0, 1.0, check_int("steps", steps) + 1)[:, None]
    path, chord = np.empty(len(first)), np.empty(len(first))
    for rows in blocks(len(first), len(share) * widest(decoder)):
        ends = first[rows, None], last[rows, None]
        # Rounding leaves no line, so that one of no length stands still and has the ratio 1.
        lines = np.clip(
            (1.0 - share) * ends[0] + share * ends[1], np.minimum(*ends), np.maximum(*ends)
        )
        flat = lines.reshape(-1, decoder.n_inputs)
        images = exact(flat).reshape(len(lines), len(share), -1)
        path[rows] = np.linalg.norm(np.diff(images, axis=1), axis=2).sum(axis=1)
        chord[rows] = np.linalg.norm(images[:, -1] - images[:, 0], axis=1)
    path = np.maximum(check_values("starts, ends", path), chord)  # which rounding alone can upset
    return PathCurvature(path, chord, ratio(path, chord))


def _jacobians(decoder: Model, points: Float64Array) -> Iterator[Float64Array]:
    """The Jacobians at ``points``, block by block.

    From the inputs on, since there are fewer of them than outputs: backwards, by ``input_gradient``, it takes a pass an
    output, 5 to 40 times as long.
    """
    networks = networks_of("decoder", decoder.astype("float64"))
    layers = [layer for network in networks for layer in _layers(network)]
    for rows in blocks(len(points), widest(decoder) * decoder.n_inputs):
        x = points[rows]
        so_far = np.broadcast_to(np.eye(decoder.n_inputs), (len(x), *[decoder.n_inputs] * 2))
        for layer in layers:
            y = check_values("latents", layer(x))
            so_far = _through(layer, x, y, layer.weights[0] @ so_far)
            x = y
        yield check_values("latents", so_far)


def _layers(network: Network) -> Iterator[Network]:
    """``network`` as networks of one layer each."""
    while len(network.sizes) > 2:
        layer, network = network.split(1)
        yield layer
    yield network


def _through(
    layer: Network, x: Float64Array, y: Float64Array, before: Float64Array
) -> Float64Array:
    """d(outputs) from d(pre-activations) ``before`` (n, n_outputs, n_latents)."""
    activation = Activation(layer.activations[0])
    group = activation.group(layer.n_outputs)
    if group > 1:  # nodes that depend on each other: a softmax, or its logarithm
        logarithm = activation.name.startswith("log")
        values = y.reshape(len(y), -1, group, 1)
        shares = np.exp(values) if logarithm else values
        grouped = before.reshape(*shares.shape[:3], -1)
        centered = grouped - (shares * grouped).sum(axis=2, keepdims=True)
        return np.asarray(centered if logarithm else shares * centered).reshape(before.shape)
    # The derivative of the outputs' sum by each pre-activation is the activation's slope.
    slope = layer.backprop(x, np.ones_like(y)).nodes[-1]
    return np.asarray(slope[:, :, None] * before)
