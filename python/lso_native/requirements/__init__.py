"""What may be asked of a sample, in small objects that combine: ``a & b`` for both, ``a + 0.1 * b`` to prefer b."""

from lso_native.requirements.base import (
    All,
    Asks,
    Checked,
    Combination,
    Part,
    Reading,
    Requirement,
    Rising,
    Starts,
)
from lso_native.requirements.classes import BetweenClasses, Classes, IsClass
from lso_native.requirements.functions import Condition, convex_condition, torch_condition
from lso_native.requirements.latent import Likely, NearLatent
from lso_native.requirements.sample import Far, Given, InRange, Linear, Near
from lso_native.requirements.values import (
    CheckedWithin,
    Extreme,
    Quantities,
    Readable,
    Values,
    Within,
)

__all__ = [
    "All",
    "Asks",
    "BetweenClasses",
    "Checked",
    "CheckedWithin",
    "Classes",
    "Combination",
    "Condition",
    "Extreme",
    "Far",
    "Given",
    "InRange",
    "IsClass",
    "Likely",
    "Linear",
    "Near",
    "NearLatent",
    "Part",
    "Quantities",
    "Readable",
    "Reading",
    "Requirement",
    "Rising",
    "Starts",
    "Values",
    "Within",
    "convex_condition",
    "torch_condition",
]
