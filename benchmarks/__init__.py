"""Measures the engine against NumPy, PyTorch and JAX on the same weights and data: ``python -m benchmarks``."""
