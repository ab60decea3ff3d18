"""PyTorch modules as decoders and predictors."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close
from lso_native._typing import Array
from strategies import uniform

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.extra
nn: Any = torch.nn


def convolutional(dtype: Any = None) -> Any:
    """5 latents to images of 2 x 8 x 8."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(5, 3 * 4 * 4),
        nn.Unflatten(1, (3, 4, 4)),
        nn.BatchNorm2d(3),
        nn.Tanh(),
        nn.Dropout(0.5),
        nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1),
        nn.Sigmoid(),
    ).to(dtype)


def classifier() -> Any:
    torch.manual_seed(1)
    sharp = nn.Linear(4 * 36, 3)
    sharp.weight.data *= 40
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.SiLU(), nn.Flatten(), sharp)


LATENTS = uniform((20, 5), seed=1).astype(np.float32)


def test_outputs_and_gradients_are_those_of_the_module() -> None:
    module = convolutional()
    model = lso.torch_model(module, n_inputs=5)
    assert (model.n_inputs, model.n_outputs, model.dtype.name) == (5, 128, "float32")
    gradient = uniform((20, 128), seed=2).astype(np.float32)
    module.eval()
    x = torch.tensor(LATENTS, requires_grad=True)
    y = module(x).flatten(1)
    (expected,) = torch.autograd.grad(y, x, torch.tensor(gradient))
    module.train()
    assert_close(model(LATENTS), y.detach().numpy(), 1e-6)
    assert_close(model.input_gradient(LATENTS, gradient), expected.numpy(), 1e-5)


def test_the_module_stays_as_it_was() -> None:
    module = convolutional()
    module[4].eval()
    module[0].weight.requires_grad_(requires_grad=False)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    modes = [part.training for part in module.modules()]
    model = lso.torch_model(module, n_inputs=5)
    with torch.no_grad(), torch.inference_mode():
        lso.optimize(model, np.full(128, 0.5), starts=LATENTS, max_iterations=3)
    assert [part.training for part in module.modules()] == modes
    assert all((value == before[name]).all() for name, value in module.state_dict().items())
    assert all(each.grad is None for each in module.parameters())
    assert [each.requires_grad for each in module.parameters()][:2] == [False, True]
    with pytest.raises(RuntimeError):
        lso.torch_model(module, n_inputs=4)
    assert [part.training for part in module.modules()] == modes


@pytest.mark.parametrize(
    "optimizer", [lso.NormalizedGradientDescent(-0.1), lso.LevenbergMarquardt()]
)
def test_optimize_is_that_of_the_same_dense_network(optimizer: Any) -> None:
    network = lso.Network(
        [5, 7, 12], activation="tanh", bias="standard", dtype="float64", random_state=0
    )
    head = lso.Network([12, 3], activation="tanh", bias="standard", dtype="float64", random_state=1)

    def dense(*networks: lso.Network) -> Any:
        layers: list[Any] = []
        for each in networks:
            for weight, bias in zip(each.weights, each.biases[1:], strict=True):
                layer = nn.Linear(*weight.shape[::-1], dtype=torch.float64)
                layer.weight.data, layer.bias.data = torch.tensor(weight), torch.tensor(bias)
                layers += [layer, nn.Tanh()]
        return nn.Sequential(*layers)

    options: dict[str, Any] = {"starts": uniform((30, 5), seed=3), "optimizer": optimizer}
    options |= {"max_iterations": 10, "bounds": (-1, 1)}
    expected = lso.optimize(network >> head, [0.5, 0, -0.5], **options)
    model = lso.torch_model(dense(network), n_inputs=5) >> lso.torch_model(dense(head), n_inputs=12)
    assert model.dtype == np.float64
    got = lso.optimize(model, [0.5, 0, -0.5], **options)
    assert got.status.tolist() == expected.status.tolist()
    assert_close(got.latents, expected.latents, 1e-9)
    assert_close(got.samples, expected.samples, 1e-9)


def test_generate_with_requirements_of_foreign_models() -> None:
    class Prior:
        def sample(self, n: int, random_state: Any = None) -> Array:
            return lso.normal((n, 5), random_state=random_state)

    decoder = lso.torch_model(convolutional(), n_inputs=5)
    ink = lso.Values(lso.torch_model(lambda x: x.mean(dim=1, keepdim=True), n_inputs=128), "ink")
    model = lso.torch_model(classifier(), input_shape=(2, 8, 8))
    shape = lso.Classes(model, ["a", "b", "c"], logits=True)
    probabilities = shape.model(decoder(LATENTS))
    label = "abc"[probabilities.mean(axis=0).argmax()]
    typical = float(ink.quantities.network(decoder(LATENTS)).mean())
    asked = shape.requires(label, certainty=0.51) & ink.near(typical, within=0.01)
    result = lso.generate(decoder, asked, 5, prior=Prior(), bounds=(-4, 4), random_state=0)
    assert result.success.all()
    told = torch.softmax(classifier()(torch.tensor(result.samples).reshape(-1, 2, 8, 8)), dim=1)
    assert (told[:, "abc".index(label)] >= 0.51 - 1e-6).all()
    assert (np.abs(result.samples.mean(axis=1) - typical) <= 0.01 + 1e-6).all()


def test_dtypes_and_shapes() -> None:
    assert lso.torch_model(convolutional(torch.float64), n_inputs=5).dtype == np.float64
    half = lso.torch_model(convolutional(torch.bfloat16), n_inputs=5)
    assert half.dtype == np.float32
    assert (
        np.abs(half(LATENTS) - lso.torch_model(convolutional(), n_inputs=5)(LATENTS)).max() < 0.05
    )
    assert half.input_gradient(LATENTS, np.ones((20, 128))).dtype == np.float32
    square = lso.torch_model(lambda x: x**2, input_shape=(2, 3), n_outputs=6)
    assert square(np.full((4, 6), 3.0)).tolist() == [[9.0] * 6] * 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lso.torch_model(3, n_inputs=5), "module: expected a torch.nn.Module"),
        (lambda: lso.torch_model(convolutional()), "n_inputs: expected the width of a row"),
        (
            lambda: lso.torch_model(classifier(), n_inputs=5, input_shape=(2, 8, 8)),
            "n_inputs: expected 128",
        ),
        (
            lambda: lso.torch_model(lambda x: (x, x), n_inputs=5),
            "function: outputs: expected a tensor from the module, got tuple",
        ),
        (
            lambda: lso.torch_model(lambda x: x.sum(), n_inputs=5),
            "function: outputs: expected outputs of 1 samples",
        ),
        (
            lambda: lso.torch_model(lambda x: x.detach(), n_inputs=5).input_gradient(
                LATENTS, LATENTS
            ),
            "function: outputs: expected outputs that PyTorch can differentiate",
        ),
    ],
)
def test_misuse(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        make()


def test_it_is_not_written_as_a_dense_network() -> None:
    with pytest.raises(TypeError, match=r"^network: expected a model of networks alone"):
        lso.torch_model(convolutional(), n_inputs=5).to_torch()


def test_it_can_be_pickled() -> None:
    model = lso.torch_model(convolutional(), n_inputs=5)
    assert_close(pickle.loads(pickle.dumps(model))(LATENTS), model(LATENTS), 1e-7)


def test_a_module_where_a_model_should_be_is_told_what_makes_one() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Softmax(dim=1))
    requirement = lso.Classes(lso.torch_model(module, n_inputs=3)).requires(1)
    for attempt in (lambda: lso.Classes(module), lambda: lso.generate(module, requirement)):
        with pytest.raises(TypeError, match=r"Sequential: lso\.Network\.from_torch, or lso\.torch"):
            attempt()


def test_what_the_module_says_of_a_wrong_shape_comes_with_the_shape() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
        lso.torch_model(torch.nn.Linear(3, 2), n_inputs=4)
    assert caught.value.__notes__ == [
        "torch_model called it with zeros of shape (1, 4): n_inputs or input_shape"
    ]


def test_a_method_is_in_the_mode_and_the_dtype_of_its_module() -> None:
    class Half(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.out = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Dropout(0.5)).double()

        def decode(self, z: Any) -> Any:
            return self.out(z)

    half = Half()
    model = lso.torch_model(half.decode, n_inputs=3)
    assert model.dtype == np.float64
    z = uniform((20, 3), seed=1)
    assert_close(model(z), half.out[0](torch.from_numpy(z)).detach().numpy(), 1e-12)
    assert half.out[1].training
