"""Sevens from a decoder of one's own, the principal components of the digits, in own_decoder.png.

It is an object with the two members of lso.Decoder: it inherits nothing, and the package does not know it. It is
linear, and makes no digits as sharp as the networks do.
"""

from typing import Any

import lso_native as lso
import numpy as np
from numpy.typing import NDArray


class PrincipalComponents:
    """Latents of N(0, 1) are samples of the mean and the variances of those it was made from."""

    def __init__(self, samples: NDArray[np.float32], latent: int) -> None:
        mean = samples.mean(axis=0)
        _, scale, axes = np.linalg.svd(samples - mean, full_matrices=False)
        weight = (axes[:latent].T * scale[:latent]) / np.sqrt(len(samples))
        linear = lso.Network([latent, samples.shape[1]], activation="linear", bias="standard")
        self.decoder_ = linear.replace(np.concatenate([weight.ravel(), mean]))

    def sample_latent(self, n: int, *, random_state: Any = None) -> NDArray[np.float32]:
        """``n`` latents (n, latent) to start from."""
        return np.asarray(lso.normal((n, self.decoder_.n_inputs), random_state=random_state))


digits = lso.data.load("mnist5k", random_state=0)
decoder: lso.Decoder = PrincipalComponents(digits.train.images, latent=40)
classifier = lso.Classifier(random_state=0).fit(digits.train.images, digits.train.labels)

problem = lso.Problem(
    decoder.decoder_,
    lso.Branch(lso.SquaredError(lso.one_hot(7, 10)), head=classifier.network_),
    lso.Branch(lso.prefer(lso.Interval(0, 1), 0.1)),  # what pixels are; the decoder is linear
)
starts, gently = decoder.sample_latent(50, random_state=0), lso.NormalizedGradientDescent(-0.1)
result = lso.optimize(problem, starts=starts, bounds=(-3, 3), optimizer=gently)
print(result)
lso.show(result).save("own_decoder.png")
