"""Labels come in many dtypes: NumPy 2's variable-width strings, what pandas has, objects."""

from typing import Any

import lso_native as lso
import numpy as np
import pytest

if not hasattr(np.dtypes, "StringDType"):
    pytest.skip("NumPy 1 has no such dtype", allow_module_level=True)
StringDType: Any = np.dtypes.StringDType
RNG = np.random.default_rng(0)
X = RNG.random((40, 4))
FIXED = np.where(X[:, 0] > 0.5, "dog", "catfish")


def _variable(labels: Any) -> Any:
    return np.array(labels, dtype=StringDType())


def test_classifier_fit_predict_score() -> None:
    fixed = lso.Classifier(hidden=(8,), epochs=20, random_state=0).fit(X, FIXED)
    variable = lso.Classifier(hidden=(8,), epochs=20, random_state=0).fit(X, _variable(FIXED))
    assert variable.classes_.tolist() == ["catfish", "dog"]
    assert variable.predict(X).tolist() == fixed.predict(X).tolist()
    assert fixed.score(X, _variable(FIXED)) == fixed.score(X, FIXED)


def test_conditional_gan_fit_and_sample() -> None:
    settings: dict[str, Any] = {
        "hidden": (4,),
        "discriminator_hidden": (4,),
        "epochs": 1,
        "random_state": 0,
    }
    gan = lso.ConditionalGAN(2, **settings).fit(X, _variable(FIXED))
    asked = ["dog", "catfish"]
    np.testing.assert_array_equal(
        gan.sample(_variable(asked), random_state=0), gan.sample(asked, random_state=0)
    )


def test_save_and_load(tmp_path: Any) -> None:
    fitted = lso.Classifier(hidden=(4,), epochs=1, random_state=0).fit(X, _variable(FIXED))
    lso.save(fitted, tmp_path / "model.safetensors")
    loaded: Any = lso.load(tmp_path / "model.safetensors")
    assert loaded.predict(X).tolist() == fitted.predict(X).tolist()


def test_a_number_among_them_is_no_string() -> None:
    with pytest.raises(TypeError):
        lso.Classifier(epochs=1).fit(
            X, np.where(X[:, 0] > 0.5, np.array("a", object), np.array(None))
        )


SIDE = (X[:, 0] > 0.5).astype(int)


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (SIDE.astype(object), "i"),
        (SIDE.astype(np.float32), "i"),
        (SIDE.astype(np.uint8), "u"),
        ((SIDE == 1).astype(object), "b"),
        (FIXED.astype(object), "U"),
        (tuple(FIXED), "U"),
        ([np.str_(label) for label in FIXED], "U"),
    ],
)
def test_dtypes_of_numpy(labels: Any, kind: str) -> None:
    model = lso.Classifier(hidden=(4,), epochs=1, random_state=0).fit(X, labels)
    assert model.classes_.dtype.kind == kind
    assert set(model.predict(X).tolist()) <= set(np.asarray(labels).tolist())
    assert 0 <= model.score(X, labels) <= 1


@pytest.mark.parametrize(
    ("dtype", "kind"), [("Int64", "i"), ("boolean", "b"), ("string", "U"), ("category", "U")]
)
def test_dtypes_of_pandas(dtype: str, kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    labels = pandas.Series(FIXED if kind == "U" else SIDE, index=range(7, 47)).astype(dtype)
    model = lso.Classifier(hidden=(4,), epochs=60, random_state=0).fit(X, labels)
    assert model.classes_.dtype.kind == kind
    assert model.score(X, labels) == np.mean(model.predict(X) == np.asarray(labels))
    with pytest.raises((ValueError, TypeError), match=r"^y: expected integer or string labels"):
        model.fit(X, labels.where(labels.index > 20))  # the others are missing


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        (X[:, 0], ValueError),
        (np.where(SIDE, np.inf, 0.0), ValueError),
        (2.0**60 * SIDE, ValueError),
        (SIDE + 1j, TypeError),
        (SIDE.astype("datetime64[D]"), TypeError),
        (FIXED.astype(bytes), TypeError),
    ],
)
def test_what_is_no_label(labels: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^y: expected integer or string labels, got .*Unknown label"):
        lso.Classifier(epochs=1).fit(X, labels)
