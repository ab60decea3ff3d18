"""Measures of what was generated.

Beside real samples, in a space of ``features``: ``frechet_distance``, ``precision_recall``, ``density_coverage``,
``in_manifold``. Beside the samples trained on: ``nearest_distance``, ``copying``. By what a classifier makes of them:
``recognition`` and ``classification_accuracy_score``. A ``Rate`` is a share with its ``wilson_interval``.

A ``Panel`` of several judges takes most of them together and gives each as a ``Figure``, a mean with its interval;
``balanced_draws`` are what it holds samples against.
"""

from .augmentation import ClassificationAccuracy, classification_accuracy_score
from .copying import Copying, Nearest, copying, nearest_distance
from .draws import balanced_draws
from .figure import Figure, Share
from .frechet import FrechetDistance, frechet_distance
from .intervals import student_quantile, wilson_interval
from .manifold import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    in_manifold,
    precision_recall,
)
from .panel import Panel, PanelFigures
from .rates import Rate
from .recognition import Recognition, features, recognition

__all__ = [
    "balanced_draws",
    "classification_accuracy_score",
    "copying",
    "density_coverage",
    "features",
    "frechet_distance",
    "in_manifold",
    "nearest_distance",
    "precision_recall",
    "recognition",
    "student_quantile",
    "wilson_interval",
    "ClassificationAccuracy",
    "Copying",
    "DensityCoverage",
    "Figure",
    "FrechetDistance",
    "Nearest",
    "Panel",
    "PanelFigures",
    "PrecisionRecall",
    "Rate",
    "Recognition",
    "Share",
]
