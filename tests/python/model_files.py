"""Files of quickly trained models of 4x4 images, and files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
from PIL import Image

SIDE = 4
GENERATORS: dict[str, Any] = {
    "VAE": lso.VAE(2),
    "NoisyAutoencoder": lso.NoisyAutoencoder(2),
    "GAN": lso.GAN(2, discriminator_hidden=(4,)),
}


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """A spot here and there, (200, 16) in 0..1, and whether it is at the left, in the middle or at the right."""
    x, y = np.random.default_rng(0).uniform(0.5, SIDE - 1.5, (2, 200, 1))
    rows, columns = np.indices((SIDE, SIDE)).reshape(2, 1, -1)
    images = np.exp(-((columns - x) ** 2) - (rows - y) ** 2)
    return images, np.searchsorted([1.1, 1.9], x[:, 0])


def write_models(folder: Path) -> Path:
    """All of them, in ``folder``."""
    X, y = pictures()
    autoencoder = lso.Autoencoder(2, hidden=(16,), epochs=100, random_state=0).fit(X)
    classifier = lso.Classifier(hidden=(16,), epochs=100, random_state=0).fit(X, y)
    regressor = lso.Regressor(hidden=(16,), epochs=100, random_state=0)
    seen = np.concatenate([X, autoencoder.sample(200, random_state=0)])
    models: dict[str, Any] = {
        "autoencoder": autoencoder,
        "decoder": autoencoder.decoder_,
        "classifier": classifier,
        "regressor": regressor.fit(seen, lso.data.attributes(seen)),
        "other": lso.Network([9, 3], random_state=0),
        "oblong": lso.Network([2, 10], random_state=0),
    }
    for name, model in models.items():
        lso.save(model, folder / f"{name}.safetensors")
    (folder / "text.safetensors").write_text("no model")
    (folder / "taken").mkdir()
    for name, values in (("image", X[0]), ("dark", 0 * X[0]), ("mask", np.eye(4).ravel())):
        write_image(folder / f"{name}.png", values, SIDE)
    write_image(folder / "large.png", np.zeros(25), 5)
    return folder


def write_image(path: Path, values: np.ndarray, side: int) -> None:
    levels = np.round(values.reshape(side, side) * 255).astype(np.uint8)
    Image.fromarray(levels).save(path)


def write_generator(name: str, path: Path) -> None:
    model = GENERATORS[name].set_params(hidden=(4,), epochs=1, random_state=0)
    lso.save(model.fit(pictures()[0]), path)
