"""The probe: rows on which a model elsewhere and what was read from it must say the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from lso_native._architecture import native_classes
from lso_native._checks import check_samples
from lso_native._typing import Array, Float64Array
from lso_native.errors import ArgumentError
from lso_native.interop.layers import Reading

_EACH = 16  # rows of each reach
_REACHES = (0.1, 1.0, 10.0)  # of the width that the model expects: slopes show far out
_TOLERANCE = {"float32": 1e-5, "float64": 1e-9}  # relative to the largest value of an output
_ROUNDING = 8.0  # how many times what rounding does is granted beside
_SHARP = 1e-3  # where rounding does more than this, rows tell nothing


def check_probe(argument: str, reading: Reading, run: Callable[[Array], ArrayLike]) -> None:
    """Raise ArgumentError unless ``run`` gives for some rows (n, n_inputs) what the network in ``reading`` gives.

    Rows are normal draws of three reaches, one row all zeros among them, about where the model expects its inputs.
    Within a reach each output is compared relative to its largest value: 1e-5 in float32, 1e-9 in float64. Eight times
    what the last digit of inputs, of our sums or of those before the last activation makes of it is granted besides:
    more than that only where outputs differ by rounding alone, as a softmax between logits of thousands.
    """
    n = len(reading.center)
    draws = np.random.default_rng(0).standard_normal((len(_REACHES), _EACH, n))
    draws[0, 0] = 0.0
    reached = np.array(_REACHES)[:, None, None] * draws
    rows = (reading.center + reached / reading.scale).reshape(-1, n)
    said = _Said(reading)
    told = [said.compared(each, run) for each in np.split(rows, len(_REACHES))]
    worst = max(told, key=lambda each: each[0])
    if worst[0] > 1:
        raise ArgumentError(
            argument,
            "a model whose outputs are those of the network that was read from it",
            f"outputs that differ, {worst[1]}",
        )
    if not any(each[2] for each in told):
        got = "one where rounding changes more than a thousandth of an output"
        raise ArgumentError(argument, f"a model that can be probed in {said.dtype}", got)


def check_pairs(argument: str, reading: Reading, x: ArrayLike, y: ArrayLike) -> None:
    """Raise ArgumentError unless the network in ``reading`` gives ``y`` (n, n_outputs) for ``x`` (n, n_inputs)."""
    n_inputs = reading.architecture["sizes"][0]
    rows = check_samples(
        f"{argument}[0]", x, dtype=reading.architecture["dtype"], n_features=n_inputs
    )
    apart, where, _ = _Said(reading).compared(rows, lambda _: y)
    if apart > 1:
        got = f"outputs that differ, {where}"
        raise ArgumentError(argument, "rows and outputs of the network that was read", got)


class _Said:
    """What the network in ``reading`` says: in its dtype, exactly, and before its last activation."""

    def __init__(self, reading: Reading) -> None:
        self.dtype = str(reading.architecture["dtype"])
        self.ours = self._function(reading, self.dtype)
        self.exact = self._function(reading, "float64")
        self.sums = self._function(reading, "float64", last="linear")

    @staticmethod
    def _function(
        reading: Reading, dtype: str, *, last: str | None = None
    ) -> Callable[[Array], Float64Array]:
        """The network in ``dtype``, with another activation at its end if ``last`` is given."""
        network, chain = native_classes(dtype)
        sizes, names, bias = (reading.architecture[n] for n in ("sizes", "activations", "bias"))
        native = network(sizes, names if last is None else [*names[:-1], last], bias, None)
        whole = chain([native.replace(reading.parameters)])
        return lambda rows: np.asarray(whole.forward(rows, 1), dtype=np.float64)

    def compared(self, rows: Array, run: Callable[[Array], ArrayLike]) -> tuple[float, str, bool]:
        """How far apart outputs are, in tolerances; where, in words; whether rounding leaves something to compare."""
        rows = rows.astype(self.dtype)
        ours, exact = self.ours(rows), self.exact(rows)
        theirs = np.asarray(run(rows), dtype=np.float64).reshape(len(rows), -1)
        if theirs.shape != ours.shape:
            return np.inf, f"of shape {theirs.shape}, not {ours.shape}", True
        if not np.isfinite(ours).all():
            return 0.0, "", False
        if not np.isfinite(theirs).all():
            return np.inf, "some of them not finite there", True
        largest = np.abs(theirs).max(axis=0)
        rounding = self._rounding(rows, ours, exact)
        allowed = _TOLERANCE[self.dtype] * largest + _ROUNDING * rounding
        ratio = np.abs(ours - theirs) / np.maximum(allowed, np.finfo(np.float32).tiny)
        row, column = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
        said = (
            f"{theirs[row, column]:.7g} there and {ours[row, column]:.7g} here at output {column}"
        )
        return float(ratio.max()), said, bool((rounding <= _SHARP * largest).any())

    def _rounding(self, rows: Array, ours: Float64Array, exact: Float64Array) -> Float64Array:
        """How much the last digit of a number may change each output, whoever computes it."""
        digit = float(np.finfo(self.dtype).eps)
        signs = np.random.default_rng(1).choice([-digit, digit], rows.shape)
        changes = (ours - exact, self.exact(rows * (1 + signs)) - exact, digit * self.sums(rows))
        return np.asarray(np.max([np.abs(each).max(axis=0) for each in changes], axis=0))
