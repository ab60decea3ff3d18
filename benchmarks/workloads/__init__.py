"""What is measured, by the names of the command line."""

from __future__ import annotations

from benchmarks.rows import Workload
from benchmarks.workloads import answer, calls, epochs, optimize, reproduce, scaling, train

WORKLOADS: dict[str, Workload] = {
    "W1": optimize.one,
    "W2": optimize.hundred,
    "W3": optimize.ten_thousand,
    "W4": train.autoencoder,
    "W5": train.online,
    "W6": train.wide,
    "W7": answer.thousand,
    "W8": epochs.autoencoder,
    "W9": epochs.vae,
    "W10": epochs.gan,
    "W11": optimize.forked,
    "W12": optimize.molecules,
    "threads": optimize.default_threads,
    "scaling": scaling.starts,
    "calls": calls.overhead,
    "reproduce": reproduce.whole,
}
ONE_THREAD_ONLY = ("scaling", "calls", "reproduce")
