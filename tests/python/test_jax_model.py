"""JAX functions as decoders and predictors."""

from __future__ import annotations

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close
from strategies import uniform

jax: Any = pytest.importorskip("jax")
pytestmark = pytest.mark.extra

WEIGHTS = uniform((12, 5), seed=1).astype(np.float32)
STARTS = uniform((20, 5), seed=2).astype(np.float32)


def decode(x: Any) -> Any:
    return jax.numpy.tanh(x @ WEIGHTS.T).reshape(-1, 3, 4)


def test_outputs_and_gradients_are_those_of_the_network_of_these_weights() -> None:
    model = lso.jax_model(decode, n_inputs=5)
    network = lso.Network([5, 12], activation="tanh", bias=[False, False]).replace(WEIGHTS.ravel())
    assert (model.n_inputs, model.n_outputs, model.dtype.name) == (5, 12, "float32")
    gradient = uniform((20, 12), seed=3)
    assert_close(model(STARTS), network(STARTS), 1e-5)
    expected = network.input_gradient(STARTS, gradient)
    assert_close(model.input_gradient(STARTS, gradient), expected, 1e-5)
    head = lso.Network([12, 3], random_state=0)
    options: dict[str, Any] = {"starts": STARTS, "max_iterations": 5}
    options["optimizer"] = lso.NormalizedGradientDescent(-0.1)
    got = lso.optimize(model >> head, [0.9, 0.1, 0.1], **options)
    known = lso.optimize(network >> head, [0.9, 0.1, 0.1], **options)
    assert got.status.tolist() == known.status.tolist()
    assert_close(got.samples, known.samples, 1e-4)


def test_batches_of_all_sizes_compile_few_times() -> None:
    traced = []

    def counted(x: Any) -> Any:
        traced.append(x.shape)
        return x.sum(axis=(1, 2), keepdims=False)[:, None]

    model = lso.jax_model(counted, input_shape=(2, 3), n_outputs=1)
    for n in range(1, 34):
        assert_close(model(np.ones((n, 6))), np.full((n, 1), 6.0), 1e-6)
    assert {shape[0] for shape in traced} == {1, 2, 4, 8, 16, 32, 64}
    assert len(traced) == 7


def test_double_precision_is_cast() -> None:
    model = lso.jax_model(decode, n_inputs=5, dtype="float64")
    assert model(STARTS).dtype == np.float64
    assert_close(model(STARTS), np.tanh(STARTS.astype(np.float64) @ WEIGHTS.T), 1e-5)
    assert (
        lso.jax_model(decode, n_inputs=5) >> lso.Network([12, 2], dtype="float64")
    ).dtype == np.float64


def test_misuse() -> None:
    with pytest.raises(TypeError, match=r"^function: expected a function of a JAX array"):
        lso.jax_model(3, n_inputs=5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^function: outputs: expected outputs of 1 samples"):
        lso.jax_model(lambda x: x.sum(), n_inputs=5)
