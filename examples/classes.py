"""Sevens, then threes or fives, then what is half a three and half an eight, in classes.png."""

import lso_native as lso
import numpy as np

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)

asked = [digit.requires(7), digit.requires(3, 5), digit.between(3, 8)]
found = [lso.generate(decoder, each, 10, random_state=0) for each in asked]
print(*found, sep="\n\n")
lso.show(np.concatenate([each.samples for each in found])).save("classes.png")
