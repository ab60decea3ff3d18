"""The paper's autoencoders, whose decoders a latent is optimized through."""

from __future__ import annotations

from dataclasses import dataclass

from lso_native.models.autoencoder import Autoencoder
from lso_native.optimizers import NormalizedGradientDescent, TrainOptimizer
from lso_native.study.data import first
from lso_native.study.fit import Fit, Trained, on_epoch
from lso_native.study.step import Work


@dataclass(frozen=True)
class AutoencoderSettings:
    """196-hidden-latent-hidden-196, sigmoid, trained until the paper's MSE."""

    latent: int
    images: int
    mse: float | None
    hidden: tuple[int, ...] = (64,)
    optimizer: TrainOptimizer = NormalizedGradientDescent(desired_change=-0.1)  # noqa: RUF009 - frozen
    batch_size: int = 50
    epochs: int = 1000


@dataclass(frozen=True)
class FitAutoencoder(Fit):
    """On the first ``settings.images`` of the training part."""

    settings: AutoencoderSettings

    @property
    def has_encoder(self) -> bool:
        """Every autoencoder."""
        return True

    @property
    def has_latent_space(self) -> bool:
        """Every autoencoder."""
        return True

    def cost(self, work: Work) -> float:  # noqa: ARG002
        """It ends at the paper's error, sooner or later."""
        return 0.4

    def make(self, work: Work) -> Trained:
        """Fitted, and tried on the test part."""
        data, settings = work.data(self.data), self.settings
        images = first(data.train, settings.images).images
        autoencoder = Autoencoder(
            settings.latent,
            hidden=settings.hidden,
            optimizer=settings.optimizer,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            mse=settings.mse,
            random_state=self.seed,
        )
        latents = f"{settings.latent} latents, {len(images):,} images"
        work.progress.start(f"autoencoder of {self.name}: {latents}", settings.epochs)
        with work.clock():
            autoencoder.fit(images, callback=on_epoch(work.progress, settings.mse))
        work.progress.finish(f"MSE {autoencoder.mse_:.4f} after {autoencoder.n_epochs_} epochs")
        return Trained(
            autoencoder,
            {
                "latent": settings.latent,
                "train_images": len(images),
                "train_mse": autoencoder.mse_,
                "test_mse": autoencoder.mean_squared_error(data.test.images),
                "train_epochs": autoencoder.n_epochs_,
                "train_status": autoencoder.status_,
            },
        )
