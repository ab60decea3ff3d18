"""Whether the ruler orders known distortions of real images rightly, as a Markdown table.

    python tools/check_ruler.py --dataset mnist --data-dir DIR --samples 1000 [--run a-run-of-lso-reproduce]

Real images are changed in ways of which everybody knows that they make them worse: blurred, with noise, without some
styles, few of them many times over, copied from the training images. ``lso reproduce``'s panel of judges measures each
beside real images, and so does its first judge alone, by its features as they are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from lso_native.data import Digits, Part, attributes
from lso_native.files.native import load as load_model
from lso_native.metrics import (
    Figure,
    Panel,
    balanced_draws,
    copying,
    features,
    frechet_distance,
)
from lso_native.random import normal, permutation
from lso_native.study.data import DigitsData
from lso_native.study.judges import PANEL, FitJudge, JudgeSettings
from lso_native.study.quality import QualitySettings
from lso_native.study.store import Store

HEAD = ("recognised", "Fréchet", "above real", "precision", "recall", "density", "coverage")


class Samples(NamedTuple):
    """Images (n, side²) and what they are to show (n,)."""

    images: np.ndarray[Any, np.dtype[np.float32]]
    labels: np.ndarray[Any, np.dtype[np.int64]]


def blurred(images: Any, width: float) -> Any:
    """Under a Gaussian of standard deviation ``width`` pixels, with background around."""
    side = round(images.shape[1] ** 0.5)
    places = np.arange(side)
    weights = np.exp(-np.square(places[:, None] - places) / (2 * width**2))
    reach = np.arange(-side, side + 1)
    weights /= np.exp(-np.square(reach) / (2 * width**2)).sum()
    pixels = weights @ images.reshape(-1, side, side) @ weights.T
    return pixels.reshape(images.shape).astype(np.float32)


def noisy(images: Any, deviation: float, seed: int) -> Any:
    """With normal noise, cut to 0..1."""
    noise = normal(images.shape, std=deviation, random_state=seed)
    return np.clip(images + noise, 0.0, 1.0).astype(np.float32)


def half_of(part: Part, attribute: str) -> Part:
    """Of each label the half with the least of ``attribute``; of slant the half nearest to the median."""
    values = attributes(part.images)[attribute]
    kept = np.zeros(len(part), bool)
    for label in np.unique(part.labels):
        rows = np.flatnonzero(part.labels == label)
        each = values[rows]
        if attribute == "slant":
            each = np.abs(each - np.median(each))
        kept[rows] = each <= np.median(each)
    return Part(part.images[kept], part.labels[kept])


def drawn(part: Part, n: int, seed: int) -> Samples:
    """``n`` different images, as many of each digit."""
    (rows,) = balanced_draws(part.labels, np.arange(n) % 10, draws=1, random_state=seed)
    return Samples(part.images[rows], part.labels[rows])


def distortions(source: Part, training: Part, n: int, seed: int) -> Iterator[tuple[str, Samples]]:
    """Names and samples: images of ``source`` and what becomes of them; copies are of ``training``."""
    images, labels = drawn(source, n, seed)
    yield "real", Samples(images, labels)
    for width in (0.5, 0.8):
        yield f"blur {width:g}", Samples(blurred(images, width), labels)
    for deviation in (0.1, 0.2):
        yield f"noise {deviation:g}", Samples(noisy(images, deviation, seed), labels)
    yield "upright half", drawn(half_of(source, "slant"), n, seed)
    yield "thin half", drawn(half_of(source, "thickness"), n, seed)
    few = drawn(source, n // 5, seed)
    yield "a fifth, five times", Samples(np.tile(few.images, (5, 1)), np.tile(few.labels, 5))
    copies = drawn(training, n // 2, seed)
    yield (
        "half of them copies",
        Samples(
            np.concatenate([images[::2], copies.images]),
            np.concatenate([labels[::2], copies.labels]),
        ),
    )


def halves(part: Part) -> tuple[Part, Part]:
    """Images to be copied, and others that stand for what a system makes."""
    first, second = (Part(part.images[i::2], part.labels[i::2]) for i in (0, 1))
    return first, second


def trained(settings: Sequence[JudgeSettings], data: DigitsData, seed: int) -> list[Any]:
    """Classifiers, each from a seed of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        fits = [FitJudge(f"judge-{i}", data, seed + i, each) for i, each in enumerate(settings)]
        return [store.get(fit).estimator for fit in fits]


def table(digits: Digits, panel: Panel, n: int, seed: int) -> Iterator[str]:
    """The lines of the table."""
    training, source = halves(digits.train)
    chosen = permutation(len(digits.test), random_state=seed)[: QualitySettings.real]
    held_out = digits.test.images[chosen]
    one = panel.judges[0]
    real_features = features(one, held_out)
    heads = (f"{n:,} samples", *HEAD, "near", "one judge")
    yield f"| {' | '.join(heads)} |"
    yield "| --- |" + " ---: |" * (len(heads) - 1)
    real = None
    for name, samples in distortions(source, training, n, seed):
        found = panel.measure(*samples)
        real = real or found
        above = found.frechet_distance - real.frechet_distance
        near = copying(samples.images, training.images, held_out).near
        alone = frechet_distance(real_features, features(one, samples.images)).distance
        figures = (found.frechet_distance, above, found.precision, found.recall, found.density)
        cells = [
            _percent(found.recognised),
            *(_number(figure) for figure in (*figures, found.coverage)),
            f"{near.share:.1%}",
            f"{alone:.2f}",
        ]
        yield f"| {name} | " + " | ".join(cells) + " |"


def _number(figure: Figure) -> str:
    low, high = figure.interval
    return f"{figure.mean:.2f} [{low:.2f}, {high:.2f}]"


def _percent(figure: Figure) -> str:
    low, high = figure.interval
    return f"{100 * figure.mean:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"


def main(given: list[str]) -> int:
    """Train the judges, measure, and print the table."""
    parser = argparse.ArgumentParser(description="Check the ruler by known distortions.")
    parser.add_argument("--dataset", choices=("mnist5k", "mnist"), default="mnist5k")
    parser.add_argument("--data-dir", help="where the IDX files of mnist lie")
    parser.add_argument("--samples", type=int, default=500, help="a distortion")
    parser.add_argument("--run", type=Path, help="a folder of lso reproduce, whose judges to take")
    parser.add_argument("--directions", type=int, default=QualitySettings.directions)
    parser.add_argument("--random-state", type=int, default=0)
    arguments = parser.parse_args(given)
    data = DigitsData(arguments.dataset, data_dir=arguments.data_dir)
    digits, seed = data.load(), arguments.random_state
    if arguments.run is None:
        judges = trained(PANEL, data, seed)
    else:
        paths = (arguments.run / "models").glob("judge*.safetensors")
        judges = [load_model(path) for path in sorted(paths, key=lambda path: path.stem)]
    panel = Panel(
        judges,
        digits.test.images,
        digits.test.labels,
        directions=arguments.directions,
        random_state=seed,
    )
    for line in table(digits, panel, arguments.samples, seed):
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
