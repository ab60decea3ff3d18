"""A network that learns from an error worked out outside the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lso_native import _core
from lso_native._checks import check_flag, check_number, check_threads
from lso_native._typing import FloatArray
from lso_native.errors import ArgumentTypeError
from lso_native.network import Network
from lso_native.optimizers import Adam, check_optimizer


class Learner:
    """Forward, backward, step: for models whose parts train each other, such as a generator and its discriminator.

    Parameters
    ----------
    network : where it starts; never changed.
    optimizer : Adam().
    average : share of the averaged parameters that a step keeps, 0 for no averages (Polyak and Juditsky 1992, with
        the weights of an exponential moving average).
    threads : None for the processors that this process may use; at most 64, or 4 a processor. Used for passes large
        enough to gain by it. No result depends on it, bit for bit.

    Threads of Python that share a learner take turns, call by call.

    Raises ValueError or TypeError naming a bad argument.

    >>> learner = Learner(Network([2, 8, 1], random_state=0))
    >>> outputs = learner.forward([[0.0, 1.0]])
    >>> learner.backward(outputs - 1.0).shape, learner.step()
    ((1, 2), True)
    """

    def __init__(
        self,
        network: Network,
        *,
        optimizer: Adam | None = None,
        average: float = 0.0,
        threads: int | None = 1,
    ) -> None:
        if not isinstance(network, Network):
            raise ArgumentTypeError("network", "a Network", type(network).__name__)
        settings = _core.LearnerSettings(
            optimizer=check_optimizer(optimizer, Adam(), Adam).native(),
            average=check_number("average", average, minimum=0.0, below=1.0),
            threads=check_threads(threads),
        )
        native: Any = _core.Learner64 if network.dtype == np.float64 else _core.Learner32
        self._native = native(network._native, settings)

    def forward(self, x: ArrayLike) -> FloatArray:
        """Outputs (n, n_outputs) for ``x`` (n, n_inputs)."""
        outputs: FloatArray = self._native.forward(x)
        return outputs

    def backward(
        self, output_gradient: ArrayLike, *, learn: bool = True, linear: bool = False
    ) -> FloatArray:
        """dE/dx (n, n_inputs) of the rows last forwarded (the paper, Algorithm 1), given dE/d(outputs) (n, n_outputs).

        learn : add dE/d(parameters), summed over rows (Algorithm 2), to what the next step takes.
        linear : ``output_gradient`` holds the derivatives by the output nodes before their activation.
        """
        flags = {"learn": check_flag("learn", learn), "linear": check_flag("linear", linear)}
        gradient: FloatArray = self._native.backward(output_gradient, inputs=True, **flags)
        return gradient

    def learn(self, output_gradient: ArrayLike, *, linear: bool = False) -> None:
        """``backward`` where dE/dx is not wanted.

        output_gradient, linear : as of ``backward``.
        """
        self._native.backward(output_gradient, learn=True, linear=linear, inputs=False)

    def step(self) -> bool:
        """One step of the optimizer along the gathered gradient, which is then forgotten.

        Returns False, and leaves the network as it is, where a derivative is not finite.
        """
        return bool(self._native.step())

    @property
    def gradient(self) -> FloatArray:
        """The derivatives gathered last (n_parameters,), in the order of ``Network.parameters``."""
        gradient: FloatArray = self._native.gradient()
        return gradient

    @property
    def network(self) -> Network:
        """A copy of the network as it is now."""
        return Network._wrap(self._native.network())

    @property
    def averaged(self) -> Network:
        """The network with averaged parameters; the network itself where none are averaged."""
        return Network._wrap(self._native.averaged())
