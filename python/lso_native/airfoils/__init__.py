"""Airfoils: shapes of which lift, lift over drag, moment and thickness are all prescribed (docs/airfoils.md)."""

from lso_native.airfoils.data import Airfoils, real, varied
from lso_native.airfoils.designer import Designer, DesignSettings, sought
from lso_native.airfoils.kept import kept_models
from lso_native.airfoils.learning import DecoderSettings, SurrogateSettings
from lso_native.airfoils.pictures import designs_picture
from lso_native.airfoils.simulator import NAMES, NeuralFoil
from lso_native.airfoils.target import TARGETS, Target, Tolerance

__all__ = [
    "NAMES",
    "TARGETS",
    "Airfoils",
    "DecoderSettings",
    "DesignSettings",
    "Designer",
    "NeuralFoil",
    "SurrogateSettings",
    "Target",
    "Tolerance",
    "designs_picture",
    "kept_models",
    "real",
    "sought",
    "varied",
]
