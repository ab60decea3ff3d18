"""A function without a gradient, and a network that stands in for it where descent needs one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lso_native._checks import check_flag, shown
from lso_native._typing import Array, Float64Array, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError, briefly
from lso_native.models.base import not_fitted
from lso_native.models.regressor import Regressor
from lso_native.requirements.values import Quantities, Readable, box_numbers

__all__ = ["BlackBox"]


class BlackBox(Readable):
    """A simulator, formula or program that says numbers of samples: what is required of them is met when *it* says so.

    Descent goes through a surrogate, a network that has learned what the box says; where it ends the box is asked, and
    what the two differ by shifts the target, from where the descent goes on.

    function : of samples (n, n_features); returns (n,), (n, k), or a structured array or table of named columns.
    surrogate : the Regressor that is to learn it, for ``fit``; or one that already has, of the same numbers.
    names : of the k numbers; those of the structured array or table, else y0, y1 and so on.
    may_fail : whether the function may raise, or return what is not finite, on some samples. ``fit`` leaves these out,
        ``generate`` counts them as not met, and both say how many there were. Where it raises it is asked again about
        one sample after the other; what it raises goes up where it does so for each.
    called : what errors call the function, for who takes it as an argument of another name.

    ``calls_`` counts the samples that ``fit`` asked about, ``failures_`` those of them on which the function failed;
    of those that ``generate`` asks about its result tells.
    """

    def __init__(
        self,
        function: Callable[[FloatArray], Any],
        *,
        surrogate: Regressor | None = None,
        names: tuple[str, ...] | None = None,
        may_fail: bool = False,
        called: str = "function",
    ) -> None:
        if not callable(function):
            raise ArgumentTypeError(called, "a function of samples", shown(function))
        self.called = called
        if surrogate is not None and not isinstance(surrogate, Regressor):
            raise ArgumentTypeError("surrogate", "a Regressor", shown(surrogate))
        self.function = function
        self.surrogate = Regressor(random_state=0) if surrogate is None else surrogate
        self.names = names
        self.may_fail = check_flag("may_fail", may_fail)
        self.calls_ = self.failures_ = 0

    @briefly
    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:  # noqa: ARG002
        """Ask the box about ``X`` (n_samples, n_features), and train the surrogate on what it says.

        The X that serve best are like what will be generated: decoded draws rather than the data alone.
        Raises ValueError where the box returns another shape, or anything that is not finite, unless it ``may_fail``.

        y : ignored.
        """
        samples = np.asarray(X)
        said = self._asked(samples)
        failed = np.isnan(said).any(axis=1)
        self.calls_, self.failures_ = len(samples), int(failed.sum())
        if failed.all():
            raise ArgumentError(self.called, "numbers of some samples at least", "NaN for all")
        self.surrogate.fit(samples[~failed], said[~failed])
        return self

    @property
    def quantities(self) -> Quantities:
        """What the box says, by name."""
        if not self.surrogate.__sklearn_is_fitted__():
            raise not_fitted(
                "BlackBox has no surrogate yet: call fit first, or hand in one that is fitted"
            )
        learned = self.surrogate.quantities
        names = learned.names if self.names is None else self.names
        if len(names) != len(learned.names):
            expected = f"{len(learned.names)} names, one a number that the surrogate has learned"
            raise ArgumentError("names", expected, len(names))
        return Quantities(learned.network, names, learned.spread, self._ask, self.may_fail)

    def predict(self, X: npt.ArrayLike) -> Float64Array:
        """What the box itself says of ``X``: (n_samples, k); where it ``may_fail``, a row of NaN where it did."""
        return self._asked(np.asarray(X))

    def __repr__(self) -> str:
        fitted = self.surrogate.__sklearn_is_fitted__()
        says = ", ".join(self.quantities.names) if fitted else "not fitted"
        return f"BlackBox({getattr(self.function, '__name__', shown(self.function))}: {says})"

    def _ask(self, samples: FloatArray) -> Float64Array:
        return self._asked(samples.copy())  # one that works in place must not change what was found

    def _asked(self, samples: Array) -> Float64Array:
        """What the box says; of what it fails on, where it may, NaN."""
        try:
            return self._said(samples)
        except ArgumentError:
            raise
        except Exception as error:
            if not self.may_fail:
                raise
            said = [self._row(row[None]) for row in samples]
            widths = {each.shape[1] for each in said if each is not None}
            if self.surrogate.__sklearn_is_fitted__():
                widths.add(self.surrogate.network_.n_outputs)
            if not widths:
                raise error
            nothing = np.full((1, max(widths)), np.nan)
            return np.concatenate([nothing if each is None else each for each in said])

    def _row(self, sample: Array) -> Float64Array | None:
        """What the box says of one sample; None where it raises."""
        try:
            return self._said(sample)
        except ArgumentError:
            raise
        except Exception:  # noqa: BLE001 - of whatever kind, it is the function's
            return None

    def _said(self, samples: Array) -> Float64Array:
        said = self.function(samples)
        if self.names is None:
            self.names = _names(said)
        return self._numbers(said, len(samples))

    def _numbers(self, said: Any, n: int) -> Float64Array:
        """What the box said, as (n, k); ValueError for another shape or what is not finite."""
        names = _names(said)
        if names is not None:
            wanted = names if self.names is None else self.names
            missing = [name for name in wanted if name not in names]
            if missing:
                raise ArgumentError(
                    self.called, f"a column {missing[0]!r}", f"columns {', '.join(names)}"
                )
            said = np.stack([np.asarray(said[name]) for name in wanted], axis=1)
        return box_numbers(self.called, said, n, may_fail=self.may_fail)


def _names(said: Any) -> tuple[str, ...] | None:
    """Of a structured array's fields or a table's columns."""
    fields = getattr(getattr(said, "dtype", None), "names", None)
    if fields is not None:
        return tuple(fields)
    columns = getattr(said, "columns", None)
    return None if columns is None else tuple(map(str, columns))
