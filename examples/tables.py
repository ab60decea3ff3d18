"""Twenty made-up patients of 30 features, a row each below the one that they are near, in tables.png."""

import lso_native as lso
import numpy as np
from sklearn.datasets import load_breast_cancer

data = load_breast_cancer()
top = data.data.max(axis=0)
X = data.data / top
patient = X[43]  # whose risk is .73
decoder = lso.VAE(latent=12, output_activation="linear", epochs=400, random_state=0).fit(X)
risk = lso.Regressor(epochs=100, random_state=0).fit(X, 1.0 - data.target)  # 1: malignant

given, above, wider = np.full(30, np.nan), np.full(30, -np.inf), np.zeros(30)
given[[0, 1, 4]] = patient[[0, 1, 4]]  # mean radius, texture and smoothness, as they are
above[[21, 24]] = X[:, [21, 24]].mean(axis=0)  # worst texture and smoothness, above the average
wider[[20, 0]] = top[20], -top[0]  # the worst radius less the mean radius, in their own unit
asked = (
    risk.between((0.4, 0.6))
    & lso.Given(given, within=0.02, label="three given")
    & lso.InRange(low=above, label="two above average")
    & lso.Near(patient, within=0.5)
    & lso.Linear(wider, low=1.0, label="worst radius 1 above the mean")
)
result = lso.generate(decoder, asked, 20, random_state=0)
print(result)
lso.show(np.vstack([patient, result.samples])[None], scale=16).save("tables.png")
