"""Fours by their numbers, in attributes.png: leaning left, upright in a fine pen, and leaning as far as can be."""

import lso_native as lso
import numpy as np

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)
known = np.concatenate([images, lso.data.varied(images, random_state=0)])
style = lso.Regressor(epochs=20, random_state=0)
style.fit(known, lso.data.attributes(known)[["slant", "thickness"]])

left = digit.requires(4) & style.between(slant=(-20, -10))
fine = digit.requires(4) & style.near(slant=0, within=3) & style.at_most(thickness=1.4)
farthest = digit.requires(4) + style.least("slant")
asked = [left, fine, farthest]
found = [lso.generate(decoder, each, 10, prior=codes.of(4), random_state=0) for each in asked]
print(*found, sep="\n\n")
samples = np.concatenate([each.samples for each in found])
slant, pen = style.predict(samples).T
lso.show(samples, captions={"slant": slant.round(1), "pen": pen.round(2)}).save("attributes.png")
