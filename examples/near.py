"""A four of the test set and nines near it, then fours unlike it and any four of the training set, in near.png."""

import lso_native as lso
import numpy as np

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)

four = digits.test.images[digits.test.labels == 4][0]
near = digit.requires(9) & lso.Near(four, within=3)
nines = lso.generate(decoder, near, 9, prior=codes.of(9), random_state=0)
far = digit.requires(4) & lso.Far(np.vstack([four, images[labels == 4]]), distance=2.2)
fours = lso.generate(decoder, far, 10, prior=codes.of(4), keep=0.1, random_state=0)
print(nines, fours, sep="\n\n")
samples = np.vstack([four, nines.samples, fours.samples])
away = np.linalg.norm(samples - four, axis=1)
lso.show(samples, captions={"away": away}).save("near.png")
