"""What the figures were measured on, and the peak that it could reach."""

from __future__ import annotations

import os
import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lso_native as lso
import numpy as np
from lso_native import _core

PEAK_SECONDS = 0.3


def describe() -> dict[str, Any]:
    """Processor and versions, no names of hosts."""
    return {
        "processor": _processor(),
        "cores": _core.processors(),
        "simd": lso.simd,
        "platform": f"{platform.system()} {platform.machine()}",
        "versions": {
            "lso_native": lso.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
    }


def fma_peak(threads: int, seconds: float = PEAK_SECONDS) -> float:
    """FLOP/s of so many threads at the same time."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(_core.fma_peak, [seconds] * threads))


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


# How the peers are held to the instruction set that the engine is held to.
AVX2_PEERS = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}


def environment(threads: str, simd: str | None = None) -> dict[str, str]:
    """Variables of a process whose every side runs on "1" or "all" threads."""
    count = "1" if threads == "1" else str(_core.processors())
    variables = dict(os.environ)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    variables |= dict.fromkeys(names, count)
    variables["JAX_PLATFORMS"] = "cpu"
    if threads == "1":
        flags = (variables.get("XLA_FLAGS", ""), "--xla_cpu_multi_thread_eigen=false")
        variables["XLA_FLAGS"] = " ".join(flags).strip()
    if simd is not None:
        variables["LSO_SIMD"] = simd
    if simd == "avx2":
        variables |= AVX2_PEERS
        variables["XLA_FLAGS"] = f"{variables.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX2".strip()
    return variables
