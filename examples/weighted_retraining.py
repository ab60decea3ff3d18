"""Sevens with ever thicker strokes, beyond any that the decoder began with, in weighted_retraining.png.

A formula without a gradient says how thick they are, and is asked 100 times; regressors that learn its answers tell
where to look next. The first row is the thickest of the 3,000 images.
"""

import lso_native as lso
import numpy as np
from numpy.typing import NDArray

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=10, random_state=0).fit(images)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)


def thickness(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of a seven's strokes, in pixels; of what is none there is nothing to be said."""
    thick = np.asarray(lso.data.attributes(samples)["thickness"], np.float64)
    return np.where(digit.predict(samples) == 7, thick, np.nan)


sevens = images[labels == 7]
search = lso.Believed(also=digit.requires(7, certainty=0.9), keep=0.001)
result = lso.weighted_retraining(
    decoder, thickness, sevens, queries=100, every=20, search=search, random_state=0
)
print(result)
rows = [sevens[np.argsort(-thickness(sevens))[:10]]]
rows += [result.samples[result.rounds == number][:10] for number in (1, 3, 5)]
lso.show(np.concatenate(rows)).save("weighted_retraining.png")
