"""
The C++ engine of lso_native. Use it through lso_native, which checks and documents its arguments.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "ADAM_BETA1",
    "ADAM_BETA2",
    "ADAM_EPSILON",
    "ADAM_LEARNING_RATE",
    "Activation",
    "Chain32",
    "Chain64",
    "DEFAULT_BATCH_SIZE",
    "DEFAULT_DAMPING",
    "DEFAULT_DESIRED_CHANGE",
    "DEFAULT_EPOCHS",
    "DEFAULT_MAX_ITERATIONS",
    "DEFAULT_MSE",
    "Learner32",
    "Learner64",
    "Network32",
    "Network64",
    "Objective",
    "activations",
    "fma_peak",
    "normal32",
    "normal64",
    "optimize",
    "permutation",
    "processors",
    "simd",
    "simd_available",
    "statuses",
    "train",
    "uniform32",
    "uniform64",
]

class Activation:
    def __eq__(self, arg0: typing.Any) -> bool: ...
    def __hash__(self) -> int: ...
    def __init__(self, name: str, argument: str = "activation") -> None: ...
    def __repr__(self) -> str: ...
    def group(self, n_nodes: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    @property
    def gain(self) -> float: ...
    @property
    def name(self) -> str: ...
    @property
    def output_only(self) -> bool: ...
    @property
    def range(self) -> tuple[float, float]: ...

class Network32:
    def __init__(
        self,
        sizes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        activations: collections.abc.Sequence[str],
        bias: collections.abc.Sequence[bool],
        seed: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> None: ...
    def bias_of(self, layer: typing.SupportsInt | typing.SupportsIndex) -> numpy.ndarray | None: ...
    def equals(self, other: Network32) -> bool: ...
    def replace(self, parameters: typing.Any) -> Network32: ...
    def weight(self, layer: typing.SupportsInt | typing.SupportsIndex) -> numpy.ndarray: ...
    @property
    def activations(self) -> list[str]: ...
    @property
    def bias(self) -> list[bool]: ...
    @property
    def parameters(self) -> numpy.ndarray: ...
    @property
    def sizes(self) -> list[int]: ...

class Network64:
    def __init__(
        self,
        sizes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        activations: collections.abc.Sequence[str],
        bias: collections.abc.Sequence[bool],
        seed: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> None: ...
    def bias_of(self, layer: typing.SupportsInt | typing.SupportsIndex) -> numpy.ndarray | None: ...
    def equals(self, other: Network64) -> bool: ...
    def replace(self, parameters: typing.Any) -> Network64: ...
    def weight(self, layer: typing.SupportsInt | typing.SupportsIndex) -> numpy.ndarray: ...
    @property
    def activations(self) -> list[str]: ...
    @property
    def bias(self) -> list[bool]: ...
    @property
    def parameters(self) -> numpy.ndarray: ...
    @property
    def sizes(self) -> list[int]: ...

class Chain32:
    def __init__(self, parts: collections.abc.Sequence[Network32]) -> None: ...
    def backprop(
        self, x: typing.Any, output_gradient: typing.Any
    ) -> tuple[
        list[numpy.typing.NDArray[numpy.float32]], list[numpy.typing.NDArray[numpy.float32]]
    ]: ...
    def forward(
        self, x: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex = 1
    ) -> numpy.typing.NDArray[numpy.float32]: ...
    def input_gradient(
        self, x: typing.Any, output_gradient: typing.Any
    ) -> numpy.typing.NDArray[numpy.float32]: ...
    def nodes(self, x: typing.Any) -> list[numpy.typing.NDArray[numpy.float32]]: ...
    def seams(
        self, x: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex = 1
    ) -> tuple[numpy.typing.NDArray[numpy.float32], list[numpy.typing.NDArray[numpy.float32]]]: ...
    @property
    def n_inputs(self) -> int: ...
    @property
    def n_outputs(self) -> int: ...

class Chain64:
    def __init__(self, parts: collections.abc.Sequence[Network64]) -> None: ...
    def backprop(
        self, x: typing.Any, output_gradient: typing.Any
    ) -> tuple[
        list[numpy.typing.NDArray[numpy.float64]], list[numpy.typing.NDArray[numpy.float64]]
    ]: ...
    def forward(
        self, x: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex = 1
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def input_gradient(
        self, x: typing.Any, output_gradient: typing.Any
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def nodes(self, x: typing.Any) -> list[numpy.typing.NDArray[numpy.float64]]: ...
    def seams(
        self, x: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex = 1
    ) -> tuple[numpy.typing.NDArray[numpy.float64], list[numpy.typing.NDArray[numpy.float64]]]: ...
    @property
    def n_inputs(self) -> int: ...
    @property
    def n_outputs(self) -> int: ...

class Objective:
    def __init__(
        self, loss: str, target: typing.Any, upper: typing.Any = None, weights: typing.Any = None
    ) -> None: ...

class Learner32:
    def __init__(
        self,
        network: Network32,
        *,
        learning_rate: typing.SupportsFloat | typing.SupportsIndex,
        beta1: typing.SupportsFloat | typing.SupportsIndex,
        beta2: typing.SupportsFloat | typing.SupportsIndex,
        epsilon: typing.SupportsFloat | typing.SupportsIndex,
        average: typing.SupportsFloat | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def averaged(self) -> Network32: ...
    def backward(
        self, output_gradient: typing.Any, *, learn: bool, linear: bool, inputs: bool
    ) -> numpy.typing.NDArray[numpy.float32] | None: ...
    def forward(self, x: typing.Any) -> numpy.typing.NDArray[numpy.float32]: ...
    def gradient(self) -> numpy.typing.NDArray[numpy.float32]: ...
    def network(self) -> Network32: ...
    def step(self) -> bool:
        """
        False where a derivative is not finite: the network is as it was.
        """

class Learner64:
    def __init__(
        self,
        network: Network64,
        *,
        learning_rate: typing.SupportsFloat | typing.SupportsIndex,
        beta1: typing.SupportsFloat | typing.SupportsIndex,
        beta2: typing.SupportsFloat | typing.SupportsIndex,
        epsilon: typing.SupportsFloat | typing.SupportsIndex,
        average: typing.SupportsFloat | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def averaged(self) -> Network64: ...
    def backward(
        self, output_gradient: typing.Any, *, learn: bool, linear: bool, inputs: bool
    ) -> numpy.typing.NDArray[numpy.float64] | None: ...
    def forward(self, x: typing.Any) -> numpy.typing.NDArray[numpy.float64]: ...
    def gradient(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def network(self) -> Network64: ...
    def step(self) -> bool:
        """
        False where a derivative is not finite: the network is as it was.
        """

def activations() -> list[Activation]: ...
def fma_peak(seconds: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    Floating-point operations a second of this core, by multiplying and adding.
    """

def normal32(
    seed: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.float32]: ...
def normal64(
    seed: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def optimize(
    chain: Chain32,
    objective: Objective,
    starts: typing.Any,
    *,
    optimizer: str,
    options: dict,
    tolerance: typing.SupportsFloat | typing.SupportsIndex,
    mean: bool,
    max_iterations: typing.SupportsInt | typing.SupportsIndex,
    lower: typing.Any,
    upper: typing.Any,
    trajectory: bool,
    threads: typing.SupportsInt | typing.SupportsIndex,
    progress: collections.abc.Callable | None,
) -> dict: ...
@typing.overload
def optimize(
    chain: Chain64,
    objective: Objective,
    starts: typing.Any,
    *,
    optimizer: str,
    options: dict,
    tolerance: typing.SupportsFloat | typing.SupportsIndex,
    mean: bool,
    max_iterations: typing.SupportsInt | typing.SupportsIndex,
    lower: typing.Any,
    upper: typing.Any,
    trajectory: bool,
    threads: typing.SupportsInt | typing.SupportsIndex,
    progress: collections.abc.Callable | None,
) -> dict: ...
def permutation(
    seed: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]: ...
def processors() -> int:
    """
    How many this process may use.
    """

def simd() -> str:
    """
    The instruction set in use.
    """

def simd_available() -> list[str]:
    """
    The instruction sets that this build holds and this processor runs, the best last.
    """

@typing.overload
def train(
    chain: Chain32,
    x: typing.Any,
    objective: Objective,
    *,
    sample_weight: typing.Any,
    validation_x: typing.Any,
    validation_objective: Objective | None,
    optimizer: str,
    options: dict,
    batch_size: typing.SupportsInt | typing.SupportsIndex,
    epochs: typing.SupportsInt | typing.SupportsIndex,
    score_every: typing.SupportsInt | typing.SupportsIndex,
    stop_at_mse: typing.SupportsFloat | typing.SupportsIndex | None,
    patience: typing.SupportsInt | typing.SupportsIndex,
    shuffle: bool,
    seed: typing.SupportsInt | typing.SupportsIndex,
    trainable: collections.abc.Sequence[bool],
    threads: typing.SupportsInt | typing.SupportsIndex,
    on_epoch: collections.abc.Callable | None,
) -> tuple: ...
@typing.overload
def train(
    chain: Chain64,
    x: typing.Any,
    objective: Objective,
    *,
    sample_weight: typing.Any,
    validation_x: typing.Any,
    validation_objective: Objective | None,
    optimizer: str,
    options: dict,
    batch_size: typing.SupportsInt | typing.SupportsIndex,
    epochs: typing.SupportsInt | typing.SupportsIndex,
    score_every: typing.SupportsInt | typing.SupportsIndex,
    stop_at_mse: typing.SupportsFloat | typing.SupportsIndex | None,
    patience: typing.SupportsInt | typing.SupportsIndex,
    shuffle: bool,
    seed: typing.SupportsInt | typing.SupportsIndex,
    trainable: collections.abc.Sequence[bool],
    threads: typing.SupportsInt | typing.SupportsIndex,
    on_epoch: collections.abc.Callable | None,
) -> tuple: ...
def uniform32(
    seed: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.float32]: ...
def uniform64(
    seed: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.float64]: ...

ADAM_BETA1: float = 0.9
ADAM_BETA2: float = 0.999
ADAM_EPSILON: float = 1e-08
ADAM_LEARNING_RATE: float = 0.001
DEFAULT_BATCH_SIZE: int = 50
DEFAULT_DAMPING: float = 0.001
DEFAULT_DESIRED_CHANGE: float = -1.0
DEFAULT_EPOCHS: int = 100
DEFAULT_MAX_ITERATIONS: int = 1000
DEFAULT_MSE: float = 0.001
statuses: tuple = ("converged", "max_iterations", "stationary", "diverged", "interrupted")
