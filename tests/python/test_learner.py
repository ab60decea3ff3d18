"""A network that learns from derivatives worked out in Python."""

import lso_native as lso
import numpy as np
import pytest

X = lso.uniform((30, 6), random_state=1, dtype="float64")
Y = lso.uniform((30, 3), random_state=2, dtype="float64")
NETWORK = lso.Network([6, 9, 3], activation=["tanh", "sigmoid"], dtype="float64", random_state=0)


def squared_error_gradient(outputs: np.ndarray) -> np.ndarray:
    return 2 * (outputs - Y) / len(Y)


def test_forward_and_backward_are_the_networks_own() -> None:
    learner = lso.Learner(NETWORK)
    outputs = learner.forward(X)
    np.testing.assert_array_equal(outputs, NETWORK(X))
    gradient = squared_error_gradient(outputs)
    inputs = learner.backward(gradient)
    expected = NETWORK.backprop(X, gradient)
    np.testing.assert_allclose(inputs, expected.nodes[0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(learner.gradient, expected.parameters, rtol=1e-12, atol=1e-15)


def test_steps_are_those_of_train() -> None:
    adam = lso.Adam(learning_rate=0.01)
    learner = lso.Learner(NETWORK, optimizer=adam)
    for _ in range(5):
        learner.learn(squared_error_gradient(learner.forward(X)))
        assert learner.step()
    trained = lso.train(NETWORK, X, Y, optimizer=adam, batch_size=30, epochs=5, shuffle=False).model
    assert isinstance(trained, lso.Network)
    np.testing.assert_allclose(
        learner.network.parameters, trained.parameters, rtol=1e-10, atol=1e-12
    )
    assert not np.allclose(learner.network.parameters, NETWORK.parameters)


def test_a_frozen_pass_gathers_nothing() -> None:
    learner = lso.Learner(NETWORK)
    learner.backward(squared_error_gradient(learner.forward(X)), learn=False)
    assert learner.step()
    assert learner.network == NETWORK


def test_a_linear_gradient_skips_the_output_activation() -> None:
    learner = lso.Learner(NETWORK)
    outputs = learner.forward(X)
    gradient = squared_error_gradient(outputs)
    through = learner.backward(gradient, learn=False)
    past = learner.backward(gradient * outputs * (1 - outputs), learn=False, linear=True)
    np.testing.assert_allclose(past, through, rtol=1e-12, atol=1e-16)


def test_averages_follow_the_formula() -> None:
    learner = lso.Learner(NETWORK, average=0.5)
    assert learner.averaged == NETWORK
    total = np.zeros_like(NETWORK.parameters)
    for _ in range(3):
        learner.learn(squared_error_gradient(learner.forward(X)))
        learner.step()
        total = 0.5 * total + 0.5 * learner.network.parameters
    np.testing.assert_allclose(learner.averaged.parameters, total / (1 - 0.5**3), rtol=1e-12)


@pytest.mark.parametrize("average", [0.9, 0.999, 0.99999, 1 - 1e-9])
def test_the_average_of_what_stays_is_what_stays(average: float) -> None:
    network = lso.Network([2, 4, 2], random_state=0)
    learner = lso.Learner(network, optimizer=lso.Adam(1e-12), average=average)
    for _ in range(30):
        learner.learn(learner.forward([[0.5, 1.0]]))
        assert learner.step()
    np.testing.assert_allclose(
        learner.averaged.parameters, network.parameters, rtol=1e-6, atol=1e-9
    )


def test_a_derivative_too_large_moves_nothing() -> None:
    learner = lso.Learner(lso.Network([2, 2], random_state=0))
    before = learner.network
    learner.forward([[1.0, 1.0]])
    learner.learn([[3e38, 3e38]], linear=True)
    assert not learner.step()
    assert learner.network == before


def test_misuse_is_named() -> None:
    with pytest.raises(TypeError, match="network: expected a Network, got int"):
        lso.Learner(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="average: expected a number below 1, got 1"):
        lso.Learner(NETWORK, average=1.0)
    with pytest.raises(TypeError, match="optimizer: expected Adam, got Normalized"):
        lso.Learner(NETWORK, optimizer=lso.NormalizedGradientDescent())  # type: ignore[arg-type]
    learner = lso.Learner(NETWORK)
    with pytest.raises(ValueError, match="backward: expected a forward before it"):
        learner.backward(Y)
    learner.forward(X)
    with pytest.raises(
        ValueError, match=r"output_gradient: expected .* \(30, 3\), got shape \(4, 3\)"
    ):
        learner.backward(Y[:4])
    with pytest.raises(ValueError, match=r"x: expected an array of shape \(n_samples, 6\)"):
        learner.forward(Y)


def test_a_derivative_whose_square_has_no_room_moves_nothing() -> None:
    network = lso.Network([1, 1], activation="linear", bias="standard", random_state=0)
    learner = lso.Learner(network)
    for _ in range(2):
        learner.forward([[1.0]])
        learner.learn([[1e25]], linear=True)
        assert not learner.step()
    assert learner.network == network
