"""The paper's experiments, one module each: a frozen dataclass of settings and ``run``."""
