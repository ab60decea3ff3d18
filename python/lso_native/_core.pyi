"""
The C++ engine of lso_native. Use it through lso_native, which checks and documents its arguments.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "Activation",
    "Adam",
    "Asked32",
    "Asked64",
    "Ball32",
    "Ball64",
    "BinaryCrossEntropy32",
    "BinaryCrossEntropy64",
    "Branch32",
    "Branch64",
    "CategoricalCrossEntropy32",
    "CategoricalCrossEntropy64",
    "Chain32",
    "Chain64",
    "Density32",
    "Density64",
    "EpochReport",
    "Evaluation32",
    "Evaluation64",
    "Function32",
    "Function64",
    "Interval32",
    "Interval64",
    "Learner32",
    "Learner64",
    "LearnerSettings",
    "LevenbergMarquardt",
    "Network32",
    "Network64",
    "NormalizedGradientDescent",
    "OptimizeResult32",
    "OptimizeResult64",
    "OptimizeSettings",
    "Problem32",
    "Problem64",
    "Samples32",
    "Samples64",
    "Score",
    "SquaredError32",
    "SquaredError64",
    "Term32",
    "Term64",
    "TermResult",
    "Tolerance",
    "TrainResult32",
    "TrainResult64",
    "TrainSettings",
    "activations",
    "evaluate",
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
    @staticmethod
    def of_function(
        function: collections.abc.Callable,
        n_inputs: typing.SupportsInt | typing.SupportsIndex,
        n_outputs: typing.SupportsInt | typing.SupportsIndex,
        lanes_per_call: typing.SupportsInt | typing.SupportsIndex,
    ) -> Network32: ...
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
    @staticmethod
    def of_function(
        function: collections.abc.Callable,
        n_inputs: typing.SupportsInt | typing.SupportsIndex,
        n_outputs: typing.SupportsInt | typing.SupportsIndex,
        lanes_per_call: typing.SupportsInt | typing.SupportsIndex,
    ) -> Network64: ...
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

class Tolerance:
    def __init__(
        self, value: typing.SupportsFloat | typing.SupportsIndex = 0.001, mean: bool = True
    ) -> None: ...
    @property
    def mean(self) -> bool: ...
    @property
    def value(self) -> float: ...

class Term32:
    pass

class SquaredError32(Term32):
    def __init__(
        self,
        target: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        tolerance: Tolerance,
        name: str,
    ) -> None: ...

class Interval32(Term32):
    def __init__(
        self,
        low: typing.Any,
        high: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        margin: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class BinaryCrossEntropy32(Term32):
    def __init__(
        self,
        target: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        tolerance: typing.SupportsFloat | typing.SupportsIndex,
        name: str,
    ) -> None: ...

class CategoricalCrossEntropy32(Term32):
    def __init__(
        self,
        target: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        tolerance: typing.SupportsFloat | typing.SupportsIndex,
        name: str,
    ) -> None: ...

class Ball32(Term32):
    def __init__(
        self,
        center: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        radius: typing.SupportsFloat | typing.SupportsIndex,
        margin: typing.SupportsFloat | typing.SupportsIndex,
        inner: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class Density32(Term32):
    def __init__(
        self,
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        means: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        covariances: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        least: typing.SupportsFloat | typing.SupportsIndex,
        margin: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class Function32(Term32):
    def __init__(
        self,
        function: collections.abc.Callable,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        tolerance: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class Term64:
    pass

class SquaredError64(Term64):
    def __init__(
        self,
        target: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        tolerance: Tolerance,
        name: str,
    ) -> None: ...

class Interval64(Term64):
    def __init__(
        self,
        low: typing.Any,
        high: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        margin: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class BinaryCrossEntropy64(Term64):
    def __init__(
        self,
        target: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        tolerance: typing.SupportsFloat | typing.SupportsIndex,
        name: str,
    ) -> None: ...

class CategoricalCrossEntropy64(Term64):
    def __init__(
        self,
        target: typing.Any,
        weights: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        tolerance: typing.SupportsFloat | typing.SupportsIndex,
        name: str,
    ) -> None: ...

class Ball64(Term64):
    def __init__(
        self,
        center: typing.Any,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        n_samples: typing.SupportsInt | typing.SupportsIndex,
        radius: typing.SupportsFloat | typing.SupportsIndex,
        margin: typing.SupportsFloat | typing.SupportsIndex,
        inner: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class Density64(Term64):
    def __init__(
        self,
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        means: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        covariances: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        least: typing.SupportsFloat | typing.SupportsIndex,
        margin: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class Function64(Term64):
    def __init__(
        self,
        function: collections.abc.Callable,
        n_values: typing.SupportsInt | typing.SupportsIndex,
        tolerance: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class Asked32:
    def __init__(
        self, term: Term32, weight: typing.SupportsFloat | typing.SupportsIndex, hard: bool
    ) -> None: ...

class Branch32:
    def __init__(self, head: Chain32 | None, terms: collections.abc.Sequence[Asked32]) -> None: ...

class Problem32:
    def __init__(
        self,
        trunk: Chain32,
        branches: collections.abc.Sequence[Branch32],
        latent: collections.abc.Sequence[Asked32],
    ) -> None: ...
    def residuals(self) -> list[int]: ...

class Asked64:
    def __init__(
        self, term: Term64, weight: typing.SupportsFloat | typing.SupportsIndex, hard: bool
    ) -> None: ...

class Branch64:
    def __init__(self, head: Chain64 | None, terms: collections.abc.Sequence[Asked64]) -> None: ...

class Problem64:
    def __init__(
        self,
        trunk: Chain64,
        branches: collections.abc.Sequence[Branch64],
        latent: collections.abc.Sequence[Asked64],
    ) -> None: ...
    def residuals(self) -> list[int]: ...

class NormalizedGradientDescent:
    proportional: bool
    def __init__(
        self,
        *,
        desired_change: typing.SupportsFloat | typing.SupportsIndex = -1.0,
        proportional: bool = True,
        max_step: typing.SupportsFloat | typing.SupportsIndex | None = ...,
    ) -> None: ...
    @property
    def desired_change(self) -> float: ...
    @desired_change.setter
    def desired_change(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def max_step(self) -> float | None: ...
    @max_step.setter
    def max_step(self, arg0: typing.SupportsFloat | typing.SupportsIndex | None) -> None: ...

class LevenbergMarquardt:
    def __init__(
        self,
        *,
        damping: typing.SupportsFloat | typing.SupportsIndex = 0.001,
        max_step: typing.SupportsFloat | typing.SupportsIndex | None = ...,
    ) -> None: ...
    @property
    def damping(self) -> float: ...
    @damping.setter
    def damping(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def max_step(self) -> float | None: ...
    @max_step.setter
    def max_step(self, arg0: typing.SupportsFloat | typing.SupportsIndex | None) -> None: ...

class Adam:
    def __init__(
        self,
        *,
        learning_rate: typing.SupportsFloat | typing.SupportsIndex = 0.001,
        beta1: typing.SupportsFloat | typing.SupportsIndex = 0.9,
        beta2: typing.SupportsFloat | typing.SupportsIndex = 0.999,
        epsilon: typing.SupportsFloat | typing.SupportsIndex = 1e-08,
    ) -> None: ...
    @property
    def beta1(self) -> float: ...
    @beta1.setter
    def beta1(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def beta2(self) -> float: ...
    @beta2.setter
    def beta2(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def epsilon(self) -> float: ...
    @epsilon.setter
    def epsilon(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def learning_rate(self) -> float: ...
    @learning_rate.setter
    def learning_rate(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...

class OptimizeSettings:
    optimizer: NormalizedGradientDescent | LevenbergMarquardt
    trajectory: bool
    def __init__(
        self,
        *,
        optimizer: NormalizedGradientDescent | LevenbergMarquardt = ...,
        max_iterations: typing.SupportsInt | typing.SupportsIndex = 1000,
        trajectory: bool = False,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None: ...
    @property
    def max_iterations(self) -> int: ...
    @max_iterations.setter
    def max_iterations(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def threads(self) -> int: ...
    @threads.setter
    def threads(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...

class TermResult:
    @property
    def loss(self) -> numpy.ndarray: ...
    @property
    def met(self) -> numpy.ndarray: ...
    @property
    def mse(self) -> numpy.ndarray: ...

class OptimizeResult32:
    @property
    def interrupted(self) -> bool: ...
    @property
    def iterations(self) -> numpy.ndarray: ...
    @property
    def latents(self) -> numpy.ndarray: ...
    @property
    def loss(self) -> numpy.ndarray: ...
    @property
    def outputs(self) -> list[numpy.ndarray | None]: ...
    @property
    def samples(self) -> numpy.ndarray: ...
    @property
    def status(self) -> numpy.typing.NDArray[numpy.uint8]: ...
    @property
    def terms(self) -> list[TermResult]: ...
    @property
    def trajectory(self) -> list[numpy.ndarray]: ...
    @property
    def trajectory_loss(self) -> list[numpy.ndarray]: ...

class OptimizeResult64:
    @property
    def interrupted(self) -> bool: ...
    @property
    def iterations(self) -> numpy.ndarray: ...
    @property
    def latents(self) -> numpy.ndarray: ...
    @property
    def loss(self) -> numpy.ndarray: ...
    @property
    def outputs(self) -> list[numpy.ndarray | None]: ...
    @property
    def samples(self) -> numpy.ndarray: ...
    @property
    def status(self) -> numpy.typing.NDArray[numpy.uint8]: ...
    @property
    def terms(self) -> list[TermResult]: ...
    @property
    def trajectory(self) -> list[numpy.ndarray]: ...
    @property
    def trajectory_loss(self) -> list[numpy.ndarray]: ...

class Evaluation32:
    @property
    def gradient(self) -> numpy.ndarray: ...
    @property
    def loss(self) -> numpy.ndarray: ...
    @property
    def met(self) -> numpy.ndarray: ...
    @property
    def samples(self) -> numpy.ndarray: ...

class Evaluation64:
    @property
    def gradient(self) -> numpy.ndarray: ...
    @property
    def loss(self) -> numpy.ndarray: ...
    @property
    def met(self) -> numpy.ndarray: ...
    @property
    def samples(self) -> numpy.ndarray: ...

class Score:
    @property
    def loss(self) -> float: ...
    @property
    def mse(self) -> float: ...

class EpochReport:
    @property
    def epoch(self) -> int: ...
    @property
    def train(self) -> Score: ...
    @property
    def validation(self) -> Score: ...

class TrainSettings:
    optimizer: Adam | NormalizedGradientDescent
    shuffle: bool
    def __init__(
        self,
        *,
        optimizer: Adam | NormalizedGradientDescent = ...,
        batch_size: typing.SupportsInt | typing.SupportsIndex = 50,
        epochs: typing.SupportsInt | typing.SupportsIndex = 100,
        score_every: typing.SupportsInt | typing.SupportsIndex = 1,
        stop_at_mse: typing.SupportsFloat | typing.SupportsIndex = ...,
        patience: typing.SupportsInt | typing.SupportsIndex = 0,
        shuffle: bool = True,
        seed: typing.SupportsInt | typing.SupportsIndex = 0,
        trainable: collections.abc.Sequence[bool] = ...,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
        average: typing.SupportsFloat | typing.SupportsIndex = 0.0,
    ) -> None: ...
    @property
    def average(self) -> float: ...
    @average.setter
    def average(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def batch_size(self) -> int: ...
    @batch_size.setter
    def batch_size(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def epochs(self) -> int: ...
    @epochs.setter
    def epochs(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def patience(self) -> int: ...
    @patience.setter
    def patience(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def score_every(self) -> int: ...
    @score_every.setter
    def score_every(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def seed(self) -> int: ...
    @seed.setter
    def seed(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def stop_at_mse(self) -> float: ...
    @stop_at_mse.setter
    def stop_at_mse(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def threads(self) -> int: ...
    @threads.setter
    def threads(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def trainable(self) -> list[bool]: ...
    @trainable.setter
    def trainable(self, arg0: collections.abc.Sequence[bool]) -> None: ...

class Samples32:
    def __init__(
        self, chain: Chain32, x: typing.Any, term: Term32, weights: typing.Any, prefix: str = ""
    ) -> None: ...

class TrainResult32:
    @property
    def epochs(self) -> int: ...
    @property
    def history(self) -> list[EpochReport]: ...
    @property
    def parts(self) -> list[Network32]: ...
    @property
    def status(self) -> str: ...

class Samples64:
    def __init__(
        self, chain: Chain64, x: typing.Any, term: Term64, weights: typing.Any, prefix: str = ""
    ) -> None: ...

class TrainResult64:
    @property
    def epochs(self) -> int: ...
    @property
    def history(self) -> list[EpochReport]: ...
    @property
    def parts(self) -> list[Network64]: ...
    @property
    def status(self) -> str: ...

class LearnerSettings:
    optimizer: Adam
    def __init__(
        self,
        *,
        optimizer: Adam = ...,
        average: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        threads: typing.SupportsInt | typing.SupportsIndex = 1,
    ) -> None: ...
    @property
    def average(self) -> float: ...
    @average.setter
    def average(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def threads(self) -> int: ...
    @threads.setter
    def threads(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...

class Learner32:
    def __init__(self, network: Network32, settings: LearnerSettings) -> None: ...
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
    def __init__(self, network: Network64, settings: LearnerSettings) -> None: ...
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
@typing.overload
def evaluate(
    problem: Problem32, x: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex
) -> Evaluation32: ...
@typing.overload
def evaluate(
    problem: Problem64, x: typing.Any, threads: typing.SupportsInt | typing.SupportsIndex
) -> Evaluation64: ...
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
    problem: Problem32,
    starts: typing.Any,
    settings: OptimizeSettings,
    *,
    lower: typing.Any,
    upper: typing.Any,
    progress: collections.abc.Callable | None,
) -> OptimizeResult32: ...
@typing.overload
def optimize(
    problem: Problem64,
    starts: typing.Any,
    settings: OptimizeSettings,
    *,
    lower: typing.Any,
    upper: typing.Any,
    progress: collections.abc.Callable | None,
) -> OptimizeResult64: ...
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
    data: Samples32,
    validation: Samples32 | None,
    settings: TrainSettings,
    on_epoch: collections.abc.Callable | None,
) -> TrainResult32: ...
@typing.overload
def train(
    chain: Chain64,
    data: Samples64,
    validation: Samples64 | None,
    settings: TrainSettings,
    on_epoch: collections.abc.Callable | None,
) -> TrainResult64: ...
def uniform32(
    seed: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.float32]: ...
def uniform64(
    seed: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.float64]: ...

statuses: tuple = ("converged", "max_iterations", "stationary", "diverged", "interrupted")
