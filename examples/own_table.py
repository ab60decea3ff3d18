"""Wines that no cellar has, from a chemist's own table of 178: Barolos with little alcohol, in own_table.csv.

Any table of numbers goes the same way: put yours in place of `wines`. Its columns have their own units, in which things
are asked; the networks see columns of mean 0 and variance 1.
"""

import csv
from pathlib import Path

import lso_native as lso
import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

wines = load_wine()
names, table, kind = list(wines.feature_names), wines.data, wines.target  # kind 0: Barolo
mean, unit = table.mean(axis=0), table.std(axis=0)
X = (table - mean) / unit


def between(name: str, low: float, high: float) -> lso.Linear:
    """A requirement on a column, in its own unit."""
    i = names.index(name)
    weights = np.where(np.arange(len(names)) == i, unit, 0.0)
    return lso.Linear(weights, low - mean[i], high - mean[i], label=f"{name} {low:g} to {high:g}")


decoder = lso.VAE(latent=6, output_activation="linear", epochs=400, random_state=0).fit(X)
mixed = np.stack([lso.permutation(len(X), random_state=i) for i in range(len(names))], axis=1)
no_wines = np.take_along_axis(X, mixed, axis=0)  # each column as it is, but of another wine
barolo = lso.Committee(lso.Classifier(), 5, random_state=0).fit(X, kind, none=no_wines)

asked = (
    barolo.requires(0)
    & between("alcohol", 12.2, 12.8)  # the least of a Barolo in the table is 12.85
    & between("proline", 1000, np.inf)
    & between("color_intensity", 4, 5)
    & lso.InRange(X.min(axis=0), X.max(axis=0))
)
result = lso.generate(decoder, asked, 10, random_state=0)
print(result)

found = result.samples * unit + mean
forest = RandomForestClassifier(random_state=0).fit(
    X, kind
)  # a judge that descent knows nothing of
print(f"a forest takes {(forest.predict(result.samples) == 0).sum()} of {len(found)} for Barolos")
for name, column, real in zip(names, found.T, table[kind == 0].T, strict=True):
    print(f"{name:30}{np.median(column):10.2f}, of the table's Barolos {np.median(real):10.2f}")
with Path("own_table.csv").open("w", newline="") as file:
    csv.writer(file).writerows([names, *found.round(3).tolist()])
