"""Twenty sevens with what was read off each below it, in showing.png; the result as a table, and as columns."""

import lso_native as lso

digits = lso.data.load("mnist5k", random_state=0)
decoder = lso.GAN(latent=20, epochs=100, random_state=0).fit(digits.train.images)
classifier = lso.Classifier(random_state=0).fit(digits.train.images, digits.train.labels)

result = lso.generate(decoder, classifier.requires(7), 20, random_state=0)
print(result)
print(list(result.columns()))
readings = {"seven": result.requirements[0].values[:, 0], "ink": result.samples.mean(axis=1)}
lso.show(result, captions=readings).save("showing.png")
