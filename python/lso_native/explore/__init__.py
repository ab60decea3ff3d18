"""A page on this machine to play with models: ``lso explore`` (docs/explore.md)."""

from lso_native.explore.digits import Digits
from lso_native.explore.recipe import Around, Question, Recipe, Usual
from lso_native.explore.server import Settings, check_free, serve
from lso_native.explore.world import World

__all__ = [
    "Around",
    "Digits",
    "Question",
    "Recipe",
    "Settings",
    "Usual",
    "World",
    "check_free",
    "serve",
]
