"""Threes with at least as much ink in the upper half as below, in own_term.png: a term of one's own beside a head."""

import lso_native as lso
import numpy as np
from numpy.typing import ArrayLike, NDArray

digits = lso.data.load("mnist5k", random_state=0)
decoder = lso.NoisyAutoencoder(latent=20, random_state=0).fit(digits.train.images)
classifier = lso.Classifier(random_state=0).fit(digits.train.images, digits.train.labels)

upper = np.repeat([1, -1], 98) / 98  # of 14x14 pixels: the mean ink above, less that below


def top_heavy(images: NDArray[np.float32]) -> tuple[ArrayLike, ...]:
    """E, dE/dy and whether it is met; the margin of .01, since descent comes from outside, gets it in."""
    difference = images @ upper
    miss = np.maximum(0, 0.01 - difference)
    return 10 * miss**2, -20 * miss[:, None] * upper, difference >= 0


problem = lso.Problem(
    decoder.decoder_,
    lso.Branch(lso.SquaredError(lso.one_hot(3, 10)), head=classifier.network_),
    lso.Branch(lso.Function(top_heavy)),
)
result = lso.optimize(problem, starts=decoder.sample_latent(50, random_state=0), bounds=(-3, 3))
print(result)
lso.show(result).save("own_term.png")
