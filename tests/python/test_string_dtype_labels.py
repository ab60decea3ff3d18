"""Labels in NumPy 2's variable-width string dtype are strings like others."""

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


def test_whole_numbers_among_objects_are_integers() -> None:
    numbers = (X[:, 0] > 0.5).astype(int)
    fitted = lso.Classifier(hidden=(4,), epochs=1, random_state=0).fit(X, numbers.astype(object))
    assert fitted.classes_.dtype.kind == "i"
    with pytest.raises(ValueError, match="integer or string labels"):
        lso.Classifier(epochs=1).fit(X, X[:, 0])
