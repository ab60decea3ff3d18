"""Measures of what was generated."""

from .intervals import wilson_interval

__all__ = ["wilson_interval"]
