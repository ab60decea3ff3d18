"""What a target is, and which there are."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz.mutate import mutated

FOLDER = Path(__file__).parent
LARGEST = 2**16  # bytes of an input


@dataclass(frozen=True)
class Target:
    """A promise about all bytes that there are.

    check : takes an input, and returns what became of it: "" for something valid that also works, else what the
        documented error says. Whatever it raises is a finding.
    mutate : another input, made of one: by default some bytes of it are others.
    memory : of how many bytes an input may take ``memory[0]``, and ``memory[1]`` more for each of its own.
    """

    check: Callable[[bytes], str]
    mutate: Callable[[bytes, random.Random], bytes] = mutated
    memory: tuple[int, int] = (2**25, 64)


def names() -> list[str]:
    """Of all targets."""
    return sorted(path.stem for path in (FOLDER / "targets").glob("[a-z]*.py"))


def target(name: str) -> Target:
    """The one of that name."""
    found: Target = importlib.import_module(f"fuzz.targets.{name}").TARGET
    return found


def corpus(name: str) -> list[bytes]:
    """The inputs that are kept for it, in the order of their names."""
    paths = sorted((FOLDER / "corpus" / name).iterdir())
    return [path.read_bytes() for path in paths]
