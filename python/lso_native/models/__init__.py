"""Estimators in scikit-learn's manner: autoencoders, generators and classifiers that are fitted to samples."""

from lso_native.models.autoencoder import Autoencoder
from lso_native.models.base import Estimator
from lso_native.models.classifier import Classifier
from lso_native.models.gan import GAN, ConditionalGAN
from lso_native.models.mixture import Mixture
from lso_native.models.noisy_autoencoder import NoisyAutoencoder
from lso_native.models.regressor import Regressor
from lso_native.models.settings import ESTIMATORS, estimator, learned, setting
from lso_native.models.table import Table
from lso_native.models.vae import VAE

__all__ = [
    "ESTIMATORS",
    "GAN",
    "VAE",
    "Autoencoder",
    "Classifier",
    "ConditionalGAN",
    "Estimator",
    "Mixture",
    "NoisyAutoencoder",
    "Regressor",
    "Table",
    "estimator",
    "learned",
    "setting",
]
