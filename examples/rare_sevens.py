"""Twenty sevens slanted 20 degrees and thick, as none of the training images is, in rare_sevens.png."""

import lso_native as lso

digits = lso.data.load("mnist5k", random_state=0)
images, labels = digits.train.images, digits.train.labels
decoder = lso.VAE(latent=20, random_state=0).fit(images)
codes = lso.Mixture(5, random_state=0).fit(decoder.sample_posterior(images, random_state=0), labels)
junk = lso.data.junk(images, labels, 3_000, decoder=decoder, random_state=0)
digit = lso.Committee(lso.Classifier(), 5, random_state=0).fit(images, labels, none=junk)
style = lso.BlackBox(lso.data.attributes).fit(images)  # formulas, which have the last word

seven = digit.requires(7) & style.near(slant=20, within=5) & style.at_least(thickness=2)
result = lso.generate(decoder, seven, n=20, prior=codes.of(7), random_state=0)
print(result)

read, real = lso.data.attributes(result.samples), lso.data.attributes(images[labels == 7])
alike = (abs(real["slant"] - 20) <= 5) & (real["thickness"] >= 2)
print(f"{alike.sum()} of {len(images):,} training images are as asked")
captions = {"slant": read["slant"].round().astype(int), "pen": read["thickness"].round(1)}
lso.show(result, captions=captions).save("rare_sevens.png")
