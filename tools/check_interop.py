"""How far apart outputs are where random networks go to PyTorch, ONNX and scikit-learn and come back.

    python tools/check_interop.py

The networks are those of tests/python/test_interop_trips.py. Apart: the largest difference between two outputs of a
network, relative to its largest output; the largest of all networks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
import onnxruntime
import torch
from lso_native._typing import Array

sys.path.append(str(Path(__file__).parents[1] / "tests" / "python"))

from foreign import networks, perceptrons, rows

Trip = tuple[
    Callable[[lso.Network], Any], Callable[[Any, Array], Any], Callable[[Any], lso.Network]
]


def of_torch(module: Any, x: Array) -> Array:
    """What PyTorch says of rows."""
    with torch.no_grad():
        return np.asarray(module(torch.from_numpy(x)).numpy())


def of_onnx(model: Any, x: Array) -> Array:
    """What onnxruntime says of rows."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.asarray(session.run(None, {"x": x})[0])


def of_sklearn(estimator: Any, x: Array) -> Array:
    """What scikit-learn says of rows, of two classes the probability of the second."""
    told = getattr(estimator, "predict_proba", estimator.predict)(x)
    one = estimator.n_outputs_ == 1 and told.shape[1:] == (2,)
    return np.asarray(told[:, 1:] if one else told).reshape(len(x), -1)


def apart(a: Array, b: Array) -> float:
    """The largest difference, relative to the largest of ``b``."""
    return float(np.abs(a.astype(np.float64) - b).max() / np.abs(b).max())


def told(given: Iterator[lso.Network], trip: Trip) -> str:
    """A row of the table."""
    leave, run, read = trip
    there, back, same, n = [], [], 0, 0
    for network in given:
        x = rows(network.n_inputs)
        model = leave(network)
        again = read(model)
        there.append(apart(run(model, x), network(x)))
        back.append(apart(again(x), network(x)))
        same, n = same + (again == network), n + 1
    return f"{n} | {max(there):.1e} | {max(back):.1e} | {same}"


TRIPS: dict[str, tuple[Callable[[], Iterator[lso.Network]], Trip]] = {
    "PyTorch": (networks, (lso.Network.to_torch, of_torch, lso.Network.from_torch)),
    "ONNX, by onnxruntime": (networks, (lso.Network.to_onnx, of_onnx, lso.Network.from_onnx)),
    "scikit-learn": (perceptrons, (lso.Network.to_sklearn, of_sklearn, lso.Network.from_sklearn)),
}

if __name__ == "__main__":
    print("| library | networks | apart there | apart when back | back bit for bit |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (given, trip) in TRIPS.items():
        print(f"| {name} | {told(given(), trip)} |")
