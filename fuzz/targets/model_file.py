"""A model file of a stranger: the model, which works and can be saved again, or one ValueError."""

from __future__ import annotations

import functools
import json
import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

import lso_native as lso
import numpy as np
from lso_native.errors import ArgumentError
from lso_native.files import container, native

from fuzz.judge import told
from fuzz.mutate import STRANGE, changed, mutated
from fuzz.target import Target

_JSON = ("architecture", "estimator")
_N = 3  # samples to try a model on


def check(data: bytes) -> str:
    """Load, use, and save again."""
    try:
        model: Any = native.decoded(data)
    except ValueError as error:
        return told(error)
    _use(model)
    again = native.encoded(model)
    assert native.encoded(native.decoded(again)) == again
    repr(model)
    return ""


def mutate(data: bytes, draw: random.Random) -> bytes:
    """Often what the file says is changed and signed again; else its header, or any bytes."""
    kind = draw.random()
    try:
        if kind < 0.8:
            return _signed(data, draw)
        if kind < 0.9:
            (length,) = struct.unpack_from("<Q", data)
            header = json.loads(data[8 : 8 + length])
            text = json.dumps(changed(header, draw)).encode()
            return struct.pack("<Q", len(text)) + text + data[8 + length :]
    except (ValueError, LookupError, TypeError, struct.error, RecursionError):
        pass  # no file of ours any more
    return mutated(data, draw)


def _signed(data: bytes, draw: random.Random) -> bytes:
    """The same file with something else in it, and the digest of that."""
    before = _opened(data)
    tensors, metadata = dict(before[0]), dict(before[1])
    for _ in range(1 + int(draw.expovariate(1.0))):
        kind = draw.randrange(8)
        if kind == 0 and tensors:
            _change_tensor(tensors, draw)
        elif kind == 1:
            metadata[draw.choice((*metadata, "x"))] = draw.choice(("", "x", *metadata.values()))
        else:
            key = draw.choice([key for key in _JSON if key in metadata])
            metadata[key] = _other_text(metadata[key], draw)
    metadata["sha256"] = container.digest(tensors, metadata)
    return _file(tensors, metadata)


_opened = functools.lru_cache(4096)(container.decode)
_parsed = functools.lru_cache(4096)(json.loads)  # what is made of it is changed in copies


def _file(tensors: container.Tensors, metadata: container.Metadata) -> bytes:
    """As ``container.encode``, of anything."""
    header: dict[str, Any] = {"__metadata__": metadata}
    body = b""
    for name, tensor in tensors.items():
        begin, dtype = len(body), "F32" if tensor.dtype == np.float32 else "F64"
        body += tensor.tobytes()
        offsets = [begin, len(body)]
        header[name] = {"dtype": dtype, "shape": tensor.shape, "data_offsets": offsets}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _other_text(text: str, draw: random.Random) -> str:
    kind = draw.randrange(20)
    if kind == 0:
        return draw.choice(("[", '{"a":', "[[],", "9")) * draw.randrange(20_000)
    if kind == 1:
        return mutated(text.encode(), draw).decode(errors="ignore")
    return json.dumps(changed(_parsed(text), draw))


@np.errstate(over="ignore")
def _change_tensor(tensors: container.Tensors, draw: random.Random) -> None:
    name = draw.choice(list(tensors))
    tensor, kind = tensors[name], draw.randrange(7)
    if kind == 0:
        tensors[name + draw.choice(("x", ".x", "0"))] = tensors.pop(name)
    elif kind == 1:
        del tensors[name]
    elif kind == 2:
        tensors[name] = tensors[draw.choice(list(tensors))]
    elif kind == 3:
        shape = draw.choice(((), (0,), (1,), (2, 2), (0, 2**40), (1, 1, 1, 1), (len(name),)))
        tensors[name] = np.ones([n for n in shape if n < 2**40], draw.choice("fd"))
    elif kind == 4:
        tensors[name] = tensor.astype(draw.choice("fd"))
    elif kind == 5:
        tensors[name] = tensor[::-1] if tensor.ndim else -tensor
    else:
        numbers = tensor.astype(tensor.dtype).reshape(-1)
        if numbers.size:
            strange = [each for each in STRANGE if isinstance(each, float)]
            numbers[draw.randrange(numbers.size)] = draw.choice(strange)
        tensors[name] = numbers.reshape(tensor.shape)


def _use(model: Any) -> None:
    """What a model is for: whatever comes out of its numbers is an answer, and what is no number is told."""
    for use in _uses(model):
        try:
            use()
        except ArgumentError as error:
            if "finite" not in error.expected:
                raise


def _uses(model: Any) -> Iterator[Callable[[], Any]]:
    if isinstance(model, lso.Committee):
        model = model.members_[-1]
    if isinstance(model, lso.Model):
        yield lambda: model(np.zeros((_N, model.n_inputs)))
    elif isinstance(model, lso.Table):
        yield lambda: model.entries(np.zeros((_N, model.n_features_in_)))
    else:
        samples = np.zeros((_N, model.n_features_in_))
        for name in ("predict", "predict_proba", "transform", "reconstruct", "log_density"):
            yield functools.partial(getattr(model, name, len), samples)
        yield from _draws(model)


def _draws(model: Any) -> Iterator[Callable[[], Any]]:
    conditional = isinstance(model, lso.ConditionalGAN)
    if hasattr(model, "sample"):
        yield lambda: model.sample(model.classes_ if conditional else _N, random_state=0)
    if hasattr(model, "prior_"):
        yield from _draws(model.prior_)
    if isinstance(model, lso.Mixture) and hasattr(model, "classes_"):
        yield from _draws(model.of(model.classes_[0]))


TARGET = Target(check, mutate)
