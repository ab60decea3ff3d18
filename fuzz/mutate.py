"""Other inputs, made of those that there are."""

from __future__ import annotations

import random
from typing import Any

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF)
Place = tuple[Any, ...]
STRANGE: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 3, 255, 2**31, 2**63, 2**70, 10**400, 10**6, 0.5, -0.0),
    *(1e-320, 1e38, 1e39, 1e308, float("nan"), float("inf"), -float("inf")),
    *("", "x", "x" * 300, "\0", "\ud800", "sigmoid", "softmax(2)", "leaky_relu(nan)", "float64"),
    *([], [[1]], [[], []], [1, 2, 3], [None], ["a", 1], [0.5] * 7, {}, {"a": 1}, {"name": "Adam"}),
    *({"dtype": "<U50000000", "values": ["a", "b", "c"]}, {"dtype": "(1,i4", "values": [1]}),
    *({"dtype": "<i8", "values": [1, 0]}, {"dtype": "|b1", "values": [False, True]}),
    *({"dtype": "O", "values": []}, {"name": "LevenbergMarquardt"}, {"params": {}}),
)
"""Values of JSON that stand where others should."""


def mutated(data: bytes, draw: random.Random) -> bytes:
    """``data`` with some of its bytes changed, put in, left out or repeated."""
    made = bytearray(data)
    for _ in range(1 + int(draw.expovariate(0.5))):
        at, n = draw.randrange(len(made) + 1), 1 + int(draw.expovariate(0.3))
        kind = draw.randrange(6)
        if kind == 0:
            made[at : at + n] = draw.randbytes(n)
        elif kind == 1:
            made[at:at] = draw.randbytes(n)
        elif kind == 2:
            del made[at : at + n]
        elif kind == 3:
            made[at : at + n] = bytes([draw.choice(_NUMBERS)]) * n
        elif kind == 4:
            begin = draw.randrange(len(made) + 1)
            made[at:at] = made[begin : begin + n]
        else:
            made[at : at + 1] = bytes(byte ^ (1 << draw.randrange(8)) for byte in made[at : at + 1])
    return bytes(made)


def somewhere(value: Any, draw: random.Random) -> Place:
    """Where some value within JSON is, itself perhaps, as the keys and numbers on the way there."""
    place: Place = ()
    while isinstance(value, dict | list) and value and draw.random() < 0.85:
        key = draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
        place, value = (*place, key), value[key]
    return place


def changed(value: Any, draw: random.Random, strange: tuple[Any, ...] = STRANGE) -> Any:
    """JSON with one of its values changed: for a strange one, for one from elsewhere in it, left out or twice."""
    place = somewhere(value, draw)
    kind = draw.randrange(6)
    if kind == 0 and place:
        return _put(value, place, None, gone=True)
    if kind == 1:
        return _put(value, place, _at(value, somewhere(value, draw)))
    there = _at(value, place)
    if kind == 2 and isinstance(there, list):
        return _put(value, place, there + there[: draw.randrange(3)])
    if kind == 3 and isinstance(there, int | float):
        return _put(
            value, place, draw.choice((there + 1, there - 1, -there, 2 * there, there // 2))
        )
    if kind == 4 and isinstance(there, dict):
        return _put(value, place, there | {draw.choice(("x", "params", "", *there)): 1})
    return _put(value, place, draw.choice(strange))


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def _put(value: Any, place: Place, new: Any, *, gone: bool = False) -> Any:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if gone and len(place) == 1:
        del copy[place[0]]
    else:
        copy[place[0]] = _put(copy[place[0]], place[1:], new, gone=gone)
    return copy
