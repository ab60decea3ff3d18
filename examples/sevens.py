"""A hundred sevens by latent space optimization, in sevens.png: those that missed the target are framed in red."""

import lso_native as lso

digits = lso.data.load("mnist5k", random_state=0)
autoencoder = lso.Autoencoder(latent=20, random_state=0).fit(digits.train.images)
classifier = lso.Classifier(random_state=0).fit(digits.train.images, digits.train.labels)

model = autoencoder >> classifier
starts = autoencoder.sample_latent(100, random_state=0)
result = lso.optimize(model, lso.one_hot(7, 10), starts=starts)
print(result)

lso.show(result).save("sevens.png")
