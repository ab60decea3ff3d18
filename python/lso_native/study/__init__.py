"""Studies: systems on one data set, measured by the same rules, as steps in a store.

    study = study_on(data, systems, measures=..., samples=100, random_state=0)
    run(study, "folder")

A data set, a system and a measure are objects that are handed in (``DataSet``, ``System``, ``Measure``); the paper's
come with the package (``DigitsData``, ``SYSTEMS``, ``quality_measures``). docs/studies.md says how to bring others.
"""

from lso_native.study.attempts import Attempts, Generated, Way, asked_labels, held_to_target
from lso_native.study.data import DataSet, DigitsData, Split, first
from lso_native.study.descent import Codes, Descent, DescentSettings, Normal, Prior, Start, Uniform
from lso_native.study.fit import Fit, Trained
from lso_native.study.frame import Frame
from lso_native.study.measures import Measure
from lso_native.study.quality import quality_measures
from lso_native.study.run import run
from lso_native.study.runner import run_steps
from lso_native.study.step import Facts, FactsStep, Step, Work
from lso_native.study.store import Store
from lso_native.study.study import Study, study_on
from lso_native.study.systems import SYSTEMS, System

__all__ = [
    "SYSTEMS",
    "Attempts",
    "Codes",
    "DataSet",
    "Descent",
    "DescentSettings",
    "DigitsData",
    "Facts",
    "FactsStep",
    "Fit",
    "Frame",
    "Generated",
    "Measure",
    "Normal",
    "Prior",
    "Split",
    "Start",
    "Step",
    "Store",
    "Study",
    "System",
    "Trained",
    "Uniform",
    "Way",
    "Work",
    "asked_labels",
    "first",
    "held_to_target",
    "quality_measures",
    "run",
    "run_steps",
    "study_on",
]
