"""The right half of a three completed as threes and as eights, in given.png."""

import lso_native as lso
import numpy as np

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)

three = digits.test.images[digits.test.labels == 3][3].reshape(14, 14)
half = np.where(np.arange(14) >= 7, three, np.nan)
keep = lso.Given(half.ravel(), within=0.25, label="right half")
threes = lso.generate(decoder, digit.requires(3) & keep, 4, prior=codes.of(3), random_state=0)
eights = lso.generate(decoder, digit.requires(8) & keep, 4, prior=codes.of(8), random_state=0)
print(threes, eights, sep="\n\n")
seen = np.nan_to_num(half, nan=0.3)
lso.show(np.vstack([three.ravel(), seen.ravel(), threes.samples, eights.samples])).save("given.png")
