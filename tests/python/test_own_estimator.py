"""A kind of estimator from outside: one class, and no file of the package."""

from typing import Any

import lso_native as lso
import numpy as np
import pytest
from estimator_data import assert_same_estimator, patterns
from lso_native.models import estimator, setting
from lso_native.models.classes import LabelledEstimator
from lso_native.models.dataset import Dataset
from lso_native.models.fitting import Unsupervised
from lso_native.models.gan import AdversarialEstimator
from lso_native.models.single import NetworkEstimator
from lso_native.network import ActivationName

X, _ = patterns()


@estimator
class Negative(NetworkEstimator, Unsupervised):
    """A network that turns samples in 0..1 into their negatives."""

    _estimator_type = "transformer"

    brightness: float = setting(default=1.0, doc="what a black pixel becomes.")

    def transform(self, X: Any) -> Any:
        return self.network_(self._check_samples(X))

    def _check_settings(self) -> None:
        self._check_sizes("hidden")

    def _layers(self, data: Dataset) -> tuple[list[int], list[ActivationName]]:
        width, hidden = data.x.shape[1], self._check_sizes("hidden")
        return [width, *hidden, width], [*(self.activation for _ in hidden), "linear"]

    def _targets(self, data: Dataset) -> Any:
        return (self.brightness - data.x).astype(data.x.dtype)


def test_it_has_all_that_estimators_have(tmp_path: Any) -> None:
    model = Negative(hidden=(16,), epochs=300, validation_fraction=0.2, random_state=0)
    weight = np.ones(len(X))
    weight[0] = 0
    model.fit(X, sample_weight=weight)
    assert np.square(model.transform(X) - (1 - X)).mean() < 0.2 * X.var()
    assert model.get_params()["brightness"] == 1.0
    assert "brightness: what a black pixel becomes." in str(Negative.__doc__)
    model.set_params(warm_start=True, optimizer__learning_rate=1e-3).fit(X)
    assert model.n_epochs_ == 600
    lso.save(model, tmp_path / "negative.safetensors")
    assert_same_estimator(lso.load(tmp_path / "negative.safetensors"), model)


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(TypeError, match="Negative: expected a name of its own"):
        estimator(type("Negative", (Negative,), {"__doc__": "Another."}))
    with pytest.raises(TypeError, match="two bases disagree about its default"):

        @estimator
        class Both(LabelledEstimator, AdversarialEstimator):  # the other way round is well
            """What GANs set would be lost to what ``LabelledEstimator`` inherits."""
