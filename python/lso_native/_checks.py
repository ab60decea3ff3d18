"""What an argument must be, said once: a check returns a clean value or raises the error that names the argument."""

from __future__ import annotations

import contextlib
import math
import numbers
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lso_native._typing import Array, RandomState
from lso_native.errors import ArgumentError, ArgumentTypeError

__all__ = [
    "as_array",
    "as_numbers",
    "check_callback",
    "check_choice",
    "check_flag",
    "check_int",
    "check_labels",
    "check_number",
    "check_path",
    "check_sample_weight",
    "check_samples",
    "check_threads",
    "resolve_seed",
    "shown",
    "stranger",
    "unsaid_threads",
]

_NO_NUMBERS = (bool, np.timedelta64)  # but Python counts them among the integers
_LONGEST = 100  # characters of a stranger's repr in a message


def shown(value: object) -> str:
    """``value`` in one short line, whatever its own repr does."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a repr that fails, of an integer of 5,000 digits say
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def stranger(value: object, otherwise: str = "") -> str:
    """What stands where a model should, and what makes a model of it; of what nothing does, ``otherwise``."""
    if any(each.__module__.startswith("torch.nn.") for each in type(value).__mro__):
        makes = "lso.Network.from_torch, or lso.torch_model, makes a model of it"
    elif hasattr(value, "predict") and type(value).__module__.startswith("sklearn."):
        makes = (
            "lso.Network.from_sklearn makes a model of a dense or linear one, lso.BlackBox asks any"
        )
    else:
        return shown(value) + otherwise
    return f"a {type(value).__name__}: {makes}"


def check_int(name: str, value: Any, *, minimum: int = 1, maximum: float = sys.maxsize) -> int:
    """``value`` as an int from ``minimum`` to ``maximum``, by default the largest that a machine counts to."""
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, numbers.Integral):
        raise ArgumentTypeError(name, "an integer", shown(value))
    integer = int(value)
    if integer < minimum:
        raise ArgumentError(name, f"an integer of at least {minimum}", shown(integer))
    if integer > maximum:
        raise ArgumentError(name, f"an integer of at most {maximum}", shown(integer))
    return integer


def check_number(
    name: str,
    value: Any,
    *,
    minimum: float = -math.inf,
    above: float = -math.inf,
    maximum: float = math.inf,
    below: float = math.inf,
) -> float:
    """``value`` as a finite float, from ``minimum`` to ``maximum``, ``above`` and ``below`` excluded."""
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, numbers.Real):
        raise ArgumentTypeError(name, "a number", shown(value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ArgumentError(name, "a finite number", shown(value))
    if minimum <= number <= maximum and above < number < below:
        return number
    if number <= above or number < minimum:
        limit = f"above {above:g}" if number <= above else f"of at least {minimum:g}"
    else:
        limit = f"below {below:g}" if number >= below else f"of at most {maximum:g}"
    raise ArgumentError(name, f"a number {limit}", f"{number:g}")


def check_flag(name: str, value: Any) -> bool:
    """``value`` as a bool, which it must be."""
    if not isinstance(value, bool | np.bool_):
        raise ArgumentTypeError(name, "True or False", shown(value))
    return bool(value)


def check_callback(name: str, value: Any, argument: str) -> None:
    """Raise unless ``value`` is None or a function, of what ``argument`` says."""
    if value is not None and not callable(value):
        raise ArgumentTypeError(name, f"a function of {argument}", shown(value))


def check_path(name: str, value: Any) -> Path:
    """``value``, a text, bytes or any path, as a path."""
    try:
        text = os.fsdecode(value)
    except TypeError:
        raise ArgumentTypeError(name, "a path", shown(value)) from None
    if "\0" in text:
        raise ArgumentError(name, "a path without null bytes", shown(text))
    return Path(text)


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """``value`` if it is one of ``choices``."""
    known = list(choices)
    if not isinstance(value, str) or value not in known:
        raise ArgumentError(name, f"one of {', '.join(known)}", shown(value))
    return value


_UNSAID: ContextVar[int] = ContextVar("threads", default=0)


@contextlib.contextmanager
def unsaid_threads(threads: int | None) -> Iterator[None]:
    """In the body, ``threads=None`` stands for ``threads``, and if that is None for all processors."""
    token = _UNSAID.set(0 if threads is None else check_threads(threads))
    try:
        yield
    finally:
        _UNSAID.reset(token)


def check_threads(threads: int | None) -> int:
    """The native thread count: 0 stands for all processors. The engine starts no absurd number, so any is one."""
    if threads is None:
        return _UNSAID.get()
    return min(check_int("threads", threads, maximum=math.inf), sys.maxsize)


def resolve_seed(random_state: RandomState) -> int:
    """The 64-bit seed that ``random_state`` stands for: None draws a fresh one from the system, a generator of NumPy
    one from itself."""
    if random_state is None:
        return secrets.randbits(64)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**63, dtype=np.int64))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    return check_int("random_state", random_state, minimum=0, maximum=2**64 - 1)


def as_array(name: str, value: Any, expected: str = "an array of real numbers") -> Array:
    """``value`` as a plain array of whatever dtype.

    Raises ArgumentError for masked entries, which are no data, and for ragged rows; ArgumentTypeError for a sparse
    matrix and for what makes no array.
    """
    if type(value) is np.ndarray:
        return value
    rows = value if isinstance(value, list | tuple) else (value,)
    if any(isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row) for row in rows):
        raise ArgumentError(name, f"{expected} without masked entries", "masked ones")
    if hasattr(value, "toarray"):
        raise ArgumentTypeError(name, f"{expected}, dense", f"a sparse {type(value).__name__}")
    try:
        return np.asarray(value)
    except MemoryError:
        raise
    except Exception as error:  # a stranger's __array__ may raise anything
        if isinstance(error, ValueError) and isinstance(value, list | tuple):
            raise ArgumentError(name, expected, "a ragged sequence") from None
        reason = shown(error) if str(error) else type(error).__name__
        got = f"a {type(value).__name__} that makes no array ({reason})"
        raise ArgumentTypeError(name, expected, got) from error


_NO_REALS = (type(None), str, bytes, complex, np.complexfloating)


def as_numbers(name: str, value: Any) -> Array:
    """``value`` as a plain array of bool, integers or floats.

    Objects that are real numbers (Decimal, Fraction, a column of pandas that allows missing values) become float64.
    Raises ArgumentTypeError for everything else.
    """
    array = as_array(name, value)
    if array.dtype.kind in "biuf":
        return array
    got = f"dtype {array.dtype}"
    if array.dtype.kind == "O":
        # NumPy would read "1.5" and None as numbers, and drop an imaginary part.
        strangers = [x for x in array.flat if isinstance(x, _NO_REALS)]
        try:
            if not strangers:
                return array.astype(np.float64)
            got += f" with {shown(strangers[0])}"
        except (TypeError, ValueError, OverflowError) as error:
            got += f" ({error})" if array.ndim else f" of a {type(value).__name__}"
    raise ArgumentTypeError(name, "an array of real numbers", got)


def check_samples(
    name: str, value: npt.ArrayLike, *, dtype: npt.DTypeLike, n_features: int | None = None
) -> Array:
    """Return ``value`` as a C-contiguous array (n_samples, n_features) of ``dtype``.

    Raises ValueError naming it unless it is a finite, non-empty 2-D array of ``n_features`` columns
    (any number of them where None), TypeError when it is not numbers.
    """
    given = as_numbers(name, value)
    if given.ndim != 2:
        raise ArgumentError(
            name, "an array of shape (n_samples, n_features)", f"shape {given.shape}"
        )
    if 0 in given.shape:
        raise ArgumentError(name, "at least one sample and one feature", f"shape {given.shape}")
    if n_features is not None and given.shape[1] != n_features:
        raise ArgumentError(
            name, f"an array of shape (n_samples, {n_features})", f"shape {given.shape}"
        )
    with np.errstate(over="ignore"):  # a value too large for dtype turns infinite: reported below
        samples = np.ascontiguousarray(given, dtype=dtype)
    finite = np.isfinite(samples)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ArgumentError(name, f"finite {samples.dtype} numbers", f"{given[where]} at {where}")
    return samples


def check_labels(name: str, value: npt.ArrayLike, n_samples: int) -> Array:
    """Return ``value`` as an array (n_samples,) of bool, integer or str.

    Floats that are whole numbers are taken as integers. Raises ValueError naming it for another
    shape and for other floats, TypeError for another dtype.
    """
    labels = as_array(name, value, "one label a sample")
    if labels.shape != (n_samples,):
        raise ArgumentError(name, f"labels of shape ({n_samples},)", f"shape {labels.shape}")
    # From the elements and not from the array, where ["a", 1] has already become ["a", "1"].
    elements = list(value) if isinstance(value, list | tuple) else labels.tolist()
    if labels.dtype.kind in "UTO" and all(isinstance(element, str) for element in elements):
        return np.array(elements, dtype=np.str_)  # a StringDType does not cast to it
    if labels.dtype.kind == "O" and all(isinstance(x, numbers.Integral) for x in elements):
        labels = np.array(elements)
    if labels.dtype.kind in "biu":
        return labels
    if labels.dtype.kind != "f":
        got = f"dtype {labels.dtype} (Unknown label type: unknown)"
        raise ArgumentTypeError(name, "integer or string labels", got)
    whole = np.isfinite(labels) & (labels == np.floor(labels))
    if not whole.all() or (np.abs(labels) >= 2**53).any():  # above it floats skip integers
        got = f"dtype {labels.dtype} (Unknown label type: continuous)"
        raise ArgumentError(name, "integer or string labels", got)
    return labels.astype(np.int64)


def check_sample_weight(
    value: npt.ArrayLike | None, n_samples: int, prefix: str = ""
) -> Array | None:
    """Return ``value`` as float64 (n_samples,), or None where it is None.

    Raises ValueError unless the weights are finite, not negative, not all zero, and one a sample,
    TypeError when they are not numbers.
    """
    if value is None:
        return None
    name = prefix + "sample_weight"
    weight = as_numbers(name, value)
    if weight.shape != (n_samples,):
        raise ArgumentError(name, f"an array of shape ({n_samples},)", f"shape {weight.shape}")
    weight = weight.astype(np.float64)
    if not np.isfinite(weight).all() or weight.min() < 0 or not weight.any():
        raise ArgumentError(
            name,
            "finite numbers of at least 0, one of them above zero",
            f"values from {weight.min()} to {weight.max()}",
        )
    return weight
