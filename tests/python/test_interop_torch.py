"""What is read from PyTorch: modules along their forward pass, and what of them is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lso_native as lso
import numpy as np
import pytest
from checks import assert_close, assert_refused, assert_same_bits
from foreign import assert_layer_refused, rows
from strategies import random_network

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.extra
nn: Any = torch.nn
functional: Any = torch.nn.functional


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def norm(width: int, **options: Any) -> Any:
    """A batch norm that has learned something."""
    made = nn.BatchNorm1d(width, **options)
    for tensor in (made.weight, made.bias, made.running_mean):
        if tensor is not None:
            nn.init.uniform_(tensor, -1, 1)
    nn.init.uniform_(made.running_var, 0.1, 2)
    return made


def module_of(forward: Callable[..., Any], **parts: Any) -> Any:
    """A module of these parts with this forward."""
    made = type("Made", (nn.Module,), {"forward": forward})()
    for name, part in parts.items():
        if isinstance(part, torch.Tensor):
            made.register_buffer(name, part)
        else:
            setattr(made, name, part)
    return made


def assert_read(module: Any, n_inputs: int) -> lso.Network:
    """What is read from the module, which must say the same."""
    network = lso.Network.from_torch(module)
    modes = [each.training for each in module.modules()]
    module.eval()
    x = rows(n_inputs, network.dtype)
    with torch.no_grad():
        told = module(torch.from_numpy(x)).reshape(len(x), -1).numpy()
    for each, training in zip(module.modules(), modes, strict=True):
        each.training = training
    assert_close(network(x), told, 1e-5)
    return network


def test_a_sequential_bit_for_bit() -> None:
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3, bias=False))
    network = assert_read(module, 4)
    assert network.activations == ("relu", "linear")
    assert network.bias == (False, True, False)
    for layer, weight in zip((module[0], module[2]), network.weights, strict=True):
        assert_same_bits(weight, layer.weight.detach().numpy())


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        (nn.Sigmoid(), "sigmoid"),
        (nn.Tanh(), "tanh"),
        (nn.ReLU(), "relu"),
        (nn.LeakyReLU(), "leaky_relu"),
        (nn.LeakyReLU(0.2), "leaky_relu(0.2)"),
        (nn.PReLU(), "leaky_relu(0.25)"),
        (nn.Softplus(), "softplus"),
        (nn.ELU(), "elu"),
        (nn.SiLU(), "silu"),
        (nn.GELU(), "gelu"),
        (nn.Softmax(dim=1), "softmax"),
        (nn.LogSoftmax(dim=-1), "log_softmax"),
        (nn.Sequential(nn.Unflatten(1, (2, 3)), nn.Softmax(2), nn.Flatten()), "softmax(3)"),
        (nn.Sequential(nn.Unflatten(1, (2, 3)), nn.LogSoftmax(-1)), "log_softmax(3)"),
    ],
    ids=str,
)
def test_every_activation_with_its_slope(activation: Any, name: str) -> None:
    assert assert_read(nn.Sequential(nn.Linear(4, 6), activation), 4).activations == (name,)


@pytest.mark.parametrize(
    ("modules", "sizes"),
    [
        ([nn.Linear(4, 6), norm(6), nn.Tanh(), nn.Linear(6, 2)], (4, 6, 2)),
        ([nn.Linear(4, 6, bias=False), norm(6), nn.ReLU(), nn.Linear(6, 2)], (4, 6, 2)),
        ([nn.Linear(4, 6), nn.Tanh(), norm(6), nn.Linear(6, 2)], (4, 6, 2)),
        ([norm(4), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)], (4, 6, 2)),
        ([nn.Linear(4, 6), nn.Tanh(), norm(6)], (4, 6, 6)),
        ([nn.Linear(4, 6), nn.Tanh(), norm(6), nn.ReLU()], (4, 6, 6)),
        ([nn.Linear(4, 6), norm(6, affine=False, eps=0.1), norm(6)], (4, 6)),
        ([norm(4), nn.Tanh(), nn.Linear(4, 2)], (4, 4, 2)),
    ],
)
def test_batch_norm_folds_into_its_neighbour(modules: list[Any], sizes: tuple[int, ...]) -> None:
    assert assert_read(nn.Sequential(*modules), 4).sizes == sizes


def test_what_is_nested_and_what_does_nothing() -> None:
    inner = nn.Sequential(nn.Linear(4, 5), nn.Dropout(0.9), nn.Identity(), nn.Tanh())
    module = nn.Sequential(nn.Flatten(), inner, nn.Sequential(nn.Linear(5, 3)))
    module.train()
    inner.eval()
    assert assert_read(module, 4).sizes == (4, 5, 3)
    assert module.training
    assert not inner.training


def test_a_latent_layer_in_the_middle() -> None:
    module = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2), nn.Linear(2, 4), nn.ELU())
    network = assert_read(module, 6)
    assert network.activations == ("tanh", "linear", "elu")
    _, decoder = network.split(2)
    assert decoder.sizes == (2, 4)


def test_a_forward_of_ones_own_is_followed() -> None:
    def forward(self: Any, x: Any) -> Any:
        x = functional.leaky_relu(self.first((x - self.mean) / 2), 0.2)
        x = functional.dropout(x, 0.5, self.training)
        x = self.second(x).view(x.size(0), -1, 3)
        return functional.log_softmax(x, dim=-1).view(x.shape[0], -1)

    parts = {"first": nn.Linear(4, 5), "second": nn.Linear(5, 6), "mean": torch.rand(4)}
    network = assert_read(module_of(forward, **parts), 4)
    assert network.activations == ("leaky_relu(0.2)", "log_softmax(3)")
    assert network.bias == (True, True, True)  # what is taken away from inputs is their bias


def test_a_lone_layer_and_a_weight_that_is_computed() -> None:
    assert assert_read(nn.Linear(3, 2), 3).sizes == (3, 2)
    assert_read(nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)), 3)


def test_float64_is_kept() -> None:
    assert assert_read(nn.Sequential(nn.Linear(3, 2), nn.Tanh()).double(), 3).dtype == np.float64


def test_a_bias_of_inputs_goes_into_the_first_layer() -> None:
    network = random_network((3, 4, 2), seed=1, bias="paper")
    module = network.to_torch()
    first, second = network.biases[:2]
    assert first is not None
    assert second is not None
    expected = second + network.weights[0] @ first
    np.testing.assert_allclose(module[0].bias.detach().numpy(), expected, rtol=1e-14)


def test_a_norm_far_from_zero_loses_nothing() -> None:
    centred = norm(3)
    centred.running_mean.fill_(2.0**12)
    network = lso.Network.from_torch(nn.Sequential(centred, nn.Linear(3, 2)))
    x = (2.0**12 + rows(3)).astype(np.float32)
    exact = network.astype("float64")(x)
    assert_close(network(x), exact, 1e-6)


def test_a_transposed_matrix_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe sees what shapes cannot show: here the layer tells another matrix than it uses."""

    class Transposing(nn.Linear):  # type: ignore[misc]
        pass

    Transposing.__module__ = "torch.nn.modules.linear"  # a leaf for torch.fx
    monkeypatch.setattr(
        Transposing, "forward", lambda self, x: functional.linear(x, self.weight.T, self.bias)
    )
    with pytest.raises(ValueError, match="outputs that differ"):
        lso.Network.from_torch(nn.Sequential(Transposing(3, 3), nn.Tanh()))


def test_a_hook_that_changes_a_slope_is_noticed() -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.LeakyReLU(0.01))
    module[1].register_forward_hook(
        lambda module, x, y: functional.leaky_relu(x[0], 0.2)  # noqa: ARG005
    )
    with pytest.raises(ValueError, match="outputs that differ"):
        lso.Network.from_torch(module)


def after(*modules: Any) -> Any:
    return nn.Sequential(nn.Linear(4, 6), *modules)


def spoiled(module: Any, value: float) -> Any:
    module[0].weight.data[0, 0] = value
    return module


REFUSED: list[tuple[str, Callable[[], Any], str, str]] = [
    ("convolution", lambda: nn.Sequential(nn.Conv2d(1, 2, 3)), "'0' (Conv2d)", "convolution"),
    ("nested", lambda: after(nn.Sequential(nn.Tanh(), nn.LSTM(6, 2))), "'1.1' (LSTM)", "recurrent"),
    ("relu6", lambda: after(nn.ReLU6()), "'1' (ReLU6)", "no activation"),
    ("hardtanh", lambda: after(nn.Hardtanh()), "'1' (Hardtanh)", "no activation"),
    ("selu", lambda: after(nn.SELU()), "'1' (SELU)", "no activation"),
    ("layer norm", lambda: after(nn.LayerNorm(6)), "'1' (LayerNorm)", "nothing that folds"),
    ("embedding", lambda: nn.Sequential(nn.Embedding(3, 4)), "'0' (Embedding)", "no dense"),
    ("bilinear", lambda: after(nn.Bilinear(6, 6, 2)), "'1' (Bilinear)", "no dense"),
    ("elu", lambda: after(nn.ELU(0.5)), "'1' (ELU)", "alpha 0.5"),
    ("gelu", lambda: after(nn.GELU("tanh")), "'1' (GELU)", "approximated by tanh"),
    ("softplus", lambda: after(nn.Softplus(beta=2)), "'1' (Softplus)", "beta 2"),
    ("threshold", lambda: after(nn.Softplus(threshold=1)), "'1' (Softplus)", "threshold 1"),
    ("negative slope", lambda: after(nn.LeakyReLU(-0.1)), "'1' (LeakyReLU)", "at least 0"),
    ("dim", lambda: after(nn.Softmax(dim=0)), "'1' (Softmax)", "over axis 0"),
    ("no dim", lambda: after(nn.Softmax()), "'1' (Softmax)", "over axis None"),
    ("first group", lambda: after(nn.Unflatten(1, (2, 3)), nn.Softmax(1)), "'2' (Softmax)", "axis 1"),
    ("hidden", lambda: after(nn.Softmax(1), nn.Linear(6, 2)), "'1' (Softmax)", "not at the end"),
    ("no statistics", lambda: after(nn.BatchNorm1d(6, track_running_stats=False)), "'1' (BatchNorm1d)", "statistics"),
    ("widths", lambda: after(nn.Linear(5, 2)), "'1' (Linear)", "(6,)"),
    ("positions", lambda: after(nn.Unflatten(1, (2, 3)), nn.Linear(3, 2)), "'2' (Linear)", "(2, 3)"),
    ("half", lambda: after().half(), "'0' (Linear)", "float16"),
    ("bfloat16", lambda: after().bfloat16(), "'0' (Linear)", "float16"),
    ("mixed", lambda: after(nn.Linear(6, 2).double()), "'1' (Linear)", "float64 where others"),
    ("nan", lambda: spoiled(after(), np.nan), "'0' (Linear)", "not finite"),
    ("infinite", lambda: spoiled(after(), np.inf), "'0' (Linear)", "not finite"),
    ("lazy", lambda: nn.Sequential(nn.LazyLinear(2)), "'0.weight'", "no numbers yet"),
    ("meta", lambda: nn.Sequential(nn.Linear(2, 2, device="meta")), "'0.weight'", "no numbers yet"),
    (
        "left over",
        lambda: module_of(lambda self, x: self.a(x), a=nn.Linear(2, 2), auxiliary=nn.Linear(2, 1)),
        "'auxiliary.weight'",
        "no use of it",
    ),
    (
        "skip connection",
        lambda: module_of(lambda self, x: x + self.a(x), a=nn.Linear(2, 2)),
        "(add)",
        "values of other layers",
    ),
    (
        "branch",
        lambda: module_of(lambda self, x: (self.a(x), self.b(x))[1], a=nn.Linear(2, 2), b=nn.Linear(2, 2)),
        "'b' (Linear)",
        "values of other layers",
    ),
    (
        "a function that is not known",
        lambda: module_of(lambda self, x: torch.sin(self.a(x)), a=nn.Linear(2, 2)),
        "(sin)",
        "no activation",
    ),
    (
        "mixed samples",
        lambda: module_of(lambda self, x: self.a(x).view(-1, 3), a=nn.Linear(2, 4)),
        "(view)",
        "mix samples",
    ),
    (
        "dropout that is always on",
        lambda: module_of(lambda self, x: functional.dropout(self.a(x)), a=nn.Linear(2, 4)),
        "(dropout)",
        "eval mode",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "layer", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_a_refusal_names_layer_and_reason(build: Callable[[], Any], layer: str, why: str) -> None:
    assert_layer_refused(lambda: lso.Network.from_torch(build()), "module", layer, why)


def test_what_is_no_chain_is_refused() -> None:
    several = module_of(lambda self, x: (self.a(x), x), a=nn.Linear(2, 2))
    assert_refused(lambda: lso.Network.from_torch(several), "module", "returns something else")
    depends = module_of(lambda self, x: self.a(x) if x.sum() > 0 else x, a=nn.Linear(2, 2))
    assert_refused(lambda: lso.Network.from_torch(depends), "module", "pass its layers as a Seq")
    assert_refused(lambda: lso.Network.from_torch("decoder.pt"), "module", "str")
    assert_refused(lambda: lso.Network.from_torch(nn.Sequential(nn.ReLU())), "module", "ReLU")
