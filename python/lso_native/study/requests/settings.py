"""What the study may be told: sizes of models, and how descents are asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSettings:
    """Sizes, and how long each is trained, in samples shown."""

    latent: int = 20
    hidden: tuple[int, ...] = (512, 256)
    decoder_samples: int = 1_800_000
    components: int = 10
    classifiers: int = 3
    classifier_hidden: tuple[int, ...] = (256, 256)
    classifier_samples: int = 1_800_000
    regressor_hidden: tuple[int, ...] = (256, 256)
    regressor_samples: int = 4_000_000
    decoded: int = 60_000  # draws that the regressor learns from, and the black box
    rival_samples: int = 900_000
    judges: tuple[tuple[int, ...], ...] = ((512, 128), (256, 256), (768,))
    judge_samples: int = 2_000_000


@dataclass(frozen=True)
class DescentSettings:
    """How ``lso.generate`` is asked."""

    best_of: int = 32
    spread: float = (
        1.2  # of starts about their Gaussians: decoded, they are then as far apart as real images
    )
    aims: int = 3
    attempts: int = 1
    certainty: float = 0.97
    classifiers: int = 3
    max_step: float | None = 1.0
    keep: float | None = 0.001
    max_iterations: int = 60
