"""Wines that no cellar has, from a chemist's own table of 178: Barolos with little alcohol, in own_table.csv.

Any table goes the same way: put yours in place of `wines`. Its columns have their own units, in which things are asked;
the networks see columns of mean 0 and variance 1.
"""

import lso_native as lso
import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

wines = load_wine(as_frame=True)
kind = wines.target.to_numpy()  # 0: Barolo
table = lso.Table().fit(wines.data)
X = table.transform(wines.data)

decoder = lso.VAE(latent=6, output_activation="linear", epochs=400, random_state=0).fit(X)
mixed = np.stack([lso.permutation(len(X), random_state=i) for i in range(X.shape[1])], axis=1)
no_wines = np.take_along_axis(X, mixed, axis=0)  # each column as it is, but of another wine
barolo = lso.Committee(lso.Classifier(), 5, random_state=0).fit(X, kind, none=no_wines)

asked = (
    barolo.requires(0)
    & table.between(alcohol=(12.2, 12.8), color_intensity=(4, 5))  # 12.85: the least of a Barolo
    & table.at_least(proline=1000)
    & lso.InRange(X.min(axis=0), X.max(axis=0))
)
result = lso.generate(decoder, asked, 10, random_state=0)
print(result)

found = table.inverse_transform(result.samples)
forest = RandomForestClassifier(random_state=0)  # a judge that descent knows nothing of
said = forest.fit(wines.data, kind).predict(found)
print(f"a forest takes {(said == 0).sum()} of {len(found)} for Barolos")
medians = {"found": found.median(), "the table's Barolos": wines.data[kind == 0].median()}
for name in wines.feature_names:
    print(f"{name:30}", *(f"{of}: {values[name]:9.2f}  " for of, values in medians.items()))
found.round(3).to_csv("own_table.csv", index=False)
