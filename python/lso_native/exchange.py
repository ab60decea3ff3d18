"""Networks of other libraries, and networks for them: the methods ``from_...`` and ``to_...``."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

from numpy.typing import ArrayLike

from lso_native.errors import ArgumentError
from lso_native.interop import keras, onnx, sklearn, state_dict, torch
from lso_native.interop.layers import Part, Reading, of_parts


class Exports(ABC):
    """What a model can be elsewhere. ArgumentError, a ValueError, says what cannot be said there."""

    @abstractmethod
    def _networks(self) -> tuple[Part, ...]:
        """The networks that run one after the other. Raises TypeError where something else is among them."""

    def to_torch(self) -> Any:
        """A ``torch.nn.Sequential`` of linear layers and activations, in this model's dtype.

        PyTorch has no bias of inputs: that of the input layer, and that at a seam, goes into the bias of the linear
        layer that follows. Needs the extra ``torch``; raises ImportError without.
        """
        return torch.write(of_parts("network", self._networks()))

    def to_sklearn(self) -> Any:
        """A fitted ``MLPRegressor`` where the output is linear, else an ``MLPClassifier`` of the classes 0, 1, ....

        Raises ArgumentError for what these cannot be: hidden layers of different activations or of others than linear,
        sigmoid, tanh and relu; outputs that are not linear, sigmoid or a softmax of more than two. Needs scikit-learn
        (extra ``interop``); raises ImportError without.
        """
        return sklearn.write(of_parts("network", self._networks()))

    def to_onnx(self, path: str | bytes | os.PathLike[str] | None = None) -> Any:
        """An ``onnx.ModelProto`` from "x" (n, n_inputs) to "y" (n, n_outputs), checked; with a ``path`` it is written
        there, and None is returned.

        Its operators are of version 20. Needs the extra ``interop``; raises ImportError without, OSError where ``path``
        cannot be written.
        """
        return onnx.write(of_parts("network", self._networks()), path)


class Imports(ABC):
    """What is read from elsewhere, and held against it before it is returned.

    All raise ArgumentError, a ValueError, that names the layer and the reason where something cannot be read, is left
    over, or where the outputs of both are not the same: to 1e-5 in float32 and 1e-9 in float64, relative to an output's
    largest value, on random rows.
    """

    @classmethod
    @abstractmethod
    def from_architecture(cls, architecture: Mapping[str, Any], parameters: ArrayLike) -> Self:
        """The network of an ``architecture()`` and its flat ``parameters`` (n_parameters,)."""

    @classmethod
    def from_torch(cls, module: Any) -> Self:
        """The dense network that a ``torch.nn.Module`` is in eval mode; the module stays as it is.

        module : a ``Sequential``, or any module whose forward torch.fx can trace, in which one layer follows the other:
            linear, batch norm, activations, dropout, flatten and views, constants that are added or multiplied.

        Needs the extra ``torch``.
        """
        return cls._of(torch.read(module))

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """The network of a fitted ``MLPClassifier`` or ``MLPRegressor``, ``LogisticRegression`` or linear regression of
        any kind, also behind scalers in a ``Pipeline`` or in a ``TransformedTargetRegressor``.

        Its outputs are those of ``predict`` or ``predict_proba``; of two classes it has one, the probability of the
        second. A scaler's centre becomes the bias of the inputs and its scale goes into the first weights.

        estimator : the fitted one.
        """
        return cls._of(sklearn.read(estimator))

    @classmethod
    def from_keras(
        cls,
        model: Any,
        *,
        activation: str | Sequence[str] | None = None,
        probe: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """The network of a built Keras model whose layers stand one after the other.

        model : a ``Sequential``, a functional model, or the list that ``get_weights()`` gives: kernels (n_in, n_out)
        and biases.
        activation, probe : for a list, as in ``from_state_dict``.

        Raises ValueError naming the layer, or the argument, that cannot be taken.
        """
        if isinstance(model, (list, tuple)):
            if activation is None:
                raise ArgumentError("activation", "a name, or one a layer, for weights", None)
            return cls._of(keras.read_weights(model, activation, probe))
        for name, value in (("activation", activation), ("probe", probe)):
            if value is not None:
                raise ArgumentError(name, "None for a model, which tells it by itself", "a value")
        return cls._of(keras.read(model))

    @classmethod
    def from_onnx(cls, model: Any) -> Self:
        """The network of an ONNX graph in which one dense layer follows the other, of operators of version 13 or later.

        model : a path, the bytes of a file, or an ``onnx.ModelProto``. It may be anybody's: no code in it runs, and
            tensors outside the file are not opened.

        Needs the extra ``interop``. Raises OSError where the file cannot be read.
        """
        return cls._of(onnx.read(model))

    @classmethod
    def from_state_dict(
        cls,
        source: state_dict.Source,
        *,
        activation: str | Sequence[str] | None = None,
        layers: Sequence[str] | None = None,
        eps: float = 1e-5,
        probe: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """The network of a PyTorch state dict: weights (n_out, n_in), biases, and batch norms.

        source : a safetensors file, or a mapping from names to tensors. No pickle is read.
        activation : one name for every linear layer, or one a layer, as in ``Network``; their order is that of the
            names or, where outputs do not fit the next inputs, the only one in which they do.
        layers : instead, what comes after what: names of modules with tensors, and activations, as in ["0", "relu",
        "3"].
        eps : of batch norms; no state dict has it.
        probe : (x, y), rows (n, n_inputs) and what the model gives for them (n, n_outputs). Without it nothing is held
            against the model, and a wrong activation cannot be noticed.
        """
        return cls._of(state_dict.read(source, activation, layers, eps, probe))

    @classmethod
    def _of(cls, reading: Reading) -> Self:
        return cls.from_architecture(reading.architecture, reading.parameters)
