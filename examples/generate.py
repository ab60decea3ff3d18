"""Where ten descents start, the least wrong of 64 draws each, and where they end, in generate.png."""

import lso_native as lso
import numpy as np

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 3, random_state=0).fit(images, labels, none=junk)
style = lso.BlackBox(lso.data.attributes).fit(images)

asked = digit.requires(2) & style.near(slant=30, within=3) & style.at_least(thickness=2)
result = lso.generate(decoder, asked, 10, prior=codes.of(2), random_state=0)
print(result)
both = [*decoder.inverse_transform(result.starts), *result.samples]
read = lso.data.attributes(both)
captions = {
    "steps": np.append(np.zeros(10, int), result.iterations),
    "slant": read["slant"].round().astype(int),
    "pen": read["thickness"].round(1),
}
lso.show(both, captions=captions).save("generate.png")
