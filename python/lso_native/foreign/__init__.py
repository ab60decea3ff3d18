"""Models of other frameworks, as they are: PyTorch modules and JAX functions where a network is expected."""

from lso_native.foreign.jax import jax_model
from lso_native.foreign.torch import torch_model

__all__ = ["jax_model", "torch_model"]
