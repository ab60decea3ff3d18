"""Measures of what was generated.

Beside real samples, in a space of ``features``: ``frechet_distance``, ``precision_recall``, ``density_coverage``,
``in_manifold``. Beside the samples trained on: ``nearest_distance``. By what a classifier makes of them:
``recognition`` and ``classification_accuracy_score``. A ``Rate`` is a share with its ``wilson_interval``.
"""

from .augmentation import ClassificationAccuracy, classification_accuracy_score
from .copying import Nearest, nearest_distance
from .frechet import FrechetDistance, frechet_distance
from .intervals import wilson_interval
from .manifold import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    in_manifold,
    precision_recall,
)
from .rates import Rate
from .recognition import Recognition, features, recognition

__all__ = [
    "classification_accuracy_score",
    "density_coverage",
    "features",
    "frechet_distance",
    "in_manifold",
    "nearest_distance",
    "precision_recall",
    "recognition",
    "wilson_interval",
    "ClassificationAccuracy",
    "DensityCoverage",
    "FrechetDistance",
    "Nearest",
    "PrecisionRecall",
    "Rate",
    "Recognition",
]
