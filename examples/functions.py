"""Eights that are their own mirror images, and those of which nothing is asked, in functions.png."""

import lso_native as lso
import numpy as np
from numpy.typing import ArrayLike, NDArray

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)

mirrored = np.arange(196).reshape(14, 14)[:, ::-1].ravel()


def symmetry(values: NDArray[np.float32]) -> tuple[ArrayLike, ...]:
    """E, the mean squared difference from the mirror image, and dE/dy."""
    difference = values - values[:, mirrored]
    return np.square(difference).mean(axis=1), 4 * difference / 196


asked = digit.requires(8) & lso.Condition(symmetry, error=0.005)
prior = codes.of(8)
any_eights = lso.generate(decoder, digit.requires(8), 10, prior=prior, keep=0.1, random_state=0)
mirrors = lso.generate(decoder, asked, 10, prior=prior, keep=0.1, random_state=0)
print(mirrors)
samples = np.concatenate([any_eights.samples, mirrors.samples])
lso.show(samples, captions={"E": symmetry(samples)[0]}).save("functions.png")
