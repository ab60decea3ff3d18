"""What an optimization moves its inputs for: a decoder, and what is asked of its samples and of its latents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lso_native import _core
from lso_native._checks import check_samples, check_threads
from lso_native._typing import BoolArray, Float64Array, FloatArray
from lso_native.errors import ArgumentError, ArgumentTypeError
from lso_native.network import Composition, Model
from lso_native.terms import Asked, Place, Term


class Branch:
    """Terms on the outputs of ``head``, a model of the sample; without a head, on the sample itself.

    terms : each a Term, ``weight * term`` or ``prefer(term, weight)``.
    """

    def __init__(self, *terms: Term | Asked, head: Model | None = None) -> None:
        if head is not None and not isinstance(head, Model):
            raise ArgumentTypeError("head", "a Network or Composition", type(head).__name__)
        self.terms = _asked("terms", terms)
        self.head = head

    def __repr__(self) -> str:
        return f"Branch({', '.join(map(repr, self.terms))}, head={self.head!r})"


class Evaluation(NamedTuple):
    """What a problem says of inputs as they are; row i belongs to input i.

    Attributes
    ----------
    loss : (n,) E, the weighted sum over terms.
    gradient : (n, n_inputs) dE/d(input).
    samples : (n, n_outputs of the trunk)
    met : (n,) whether every term that must be is met.
    """

    loss: Float64Array
    gradient: FloatArray
    samples: FloatArray
    met: BoolArray


class Problem:
    """A trunk, the decoder, from the latent to the sample; branches, with terms on the sample or on what a head makes
    of it; and terms on the latent.

    E is the sum over all terms of weight times E of the term; a start is done when every term that is no preference is
    met. ``optimize(problem, starts=...)`` tells of each term whether it is.

    Raises ValueError where a head does not take the trunk's outputs, or precisions differ; TypeError for anything but
    models, branches and terms.

    >>> import lso_native as lso
    >>> decoder = lso.Network([5, 16, 30], random_state=0)
    >>> classifier, regressor = (lso.Network([30, 8, n], random_state=n) for n in (3, 1))
    >>> problem = lso.Problem(
    ...     decoder,
    ...     lso.Branch(lso.SquaredError([1, 0, 0], mse=0.1), head=classifier),
    ...     lso.Branch(lso.Interval(0.2, 0.8), head=regressor),
    ...     latent=[lso.prefer(lso.Ball(3.0), 0.1)],
    ... )
    >>> lso.optimize(problem, starts=lso.normal((100, 5), random_state=0)).samples.shape
    (100, 30)
    """

    trunk_makes = "sample"
    """What a branch without a head looks at."""

    def __init__(
        self, trunk: Model, *branches: Branch, latent: Sequence[Term | Asked] = ()
    ) -> None:
        if not isinstance(trunk, Model):
            raise ArgumentTypeError("trunk", "a Network or Composition", type(trunk).__name__)
        for branch in branches:
            if not isinstance(branch, Branch):
                raise ArgumentTypeError("branches", "Branch objects", type(branch).__name__)
            if branch.head is None:
                continue
            if branch.head.n_inputs != trunk.n_outputs:
                expected = f"a model of the trunk's {trunk.n_outputs} outputs"
                raise ArgumentError("head", expected, f"one of {branch.head.n_inputs} inputs")
            if branch.head.dtype != trunk.dtype:
                raise ArgumentError("head", f"a model in {trunk.dtype}", str(branch.head.dtype))
        self.trunk = trunk
        self.branches = branches
        self.latent = _asked("latent", latent)

    @classmethod
    def of(cls, model: Model, term: Term | Asked) -> Problem:
        """One term on the outputs of ``model``: a composition's last part is the head, the others the trunk."""
        *trunk, head = model.parts
        if not trunk:
            return cls(model, Branch(term))
        return cls(trunk[0] if len(trunk) == 1 else Composition(trunk), Branch(term, head=head))

    @property
    def asked(self) -> tuple[Asked, ...]:
        """All terms, the branches' in their order, then the latent's: the order of ``OptimizeResult.terms``."""
        return (*(asked for branch in self.branches for asked in branch.terms), *self.latent)

    def native(self, n_samples: int) -> Any:
        """The engine's problem for so many samples.

        n_samples : rows that will be asked about at once.
        """

        def terms(asked: Sequence[Asked], n_values: int) -> list[Any]:
            place = Place(n_values, n_samples, self.trunk.dtype)
            return [each.native(place) for each in asked]

        double = self.trunk.dtype == np.float64
        branch_class: Any = _core.Branch64 if double else _core.Branch32
        problem_class: Any = _core.Problem64 if double else _core.Problem32
        branches = []
        for branch in self.branches:
            model = self.trunk if branch.head is None else branch.head
            head = None if branch.head is None else branch.head._chain
            branches.append(branch_class(head, terms(branch.terms, model.n_outputs)))
        return problem_class(self.trunk._chain, branches, terms(self.latent, self.trunk.n_inputs))

    def evaluate(self, x: ArrayLike, *, threads: int | None = 1) -> Evaluation:
        """What is said of inputs ``x`` (n, n_inputs) as they are: E, its derivative, the samples, and what is met.

        Raises ValueError or TypeError naming an argument that does not fit.

        threads : None for all processors. No result depends on it.
        """
        given = check_samples("x", x, dtype=self.trunk.dtype, n_features=self.trunk.n_inputs)
        raw = _core.evaluate(self.native(len(given)), given, check_threads(threads))
        return Evaluation(raw.loss, raw.gradient, raw.samples, raw.met.view(np.bool_))

    def __repr__(self) -> str:
        inside = [repr(self.trunk), *map(repr, self.branches), f"latent={self.latent!r}"]
        return f"Problem({', '.join(inside)})"


def _asked(name: str, terms: Any) -> tuple[Asked, ...]:
    if not isinstance(terms, Sequence):
        raise ArgumentTypeError(name, "a sequence of terms", type(terms).__name__)
    for term in terms:
        if not isinstance(term, Term | Asked):
            raise ArgumentTypeError(name, "terms, such as SquaredError", type(term).__name__)
    return tuple(term if isinstance(term, Asked) else Asked(term) for term in terms)
