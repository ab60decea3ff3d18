"""The engine's numbers on every instruction set at hand, against each other: how far apart they are, and may be.

    python tools/check_bits.py                            # builds what it needs
    python tools/check_bits.py build/dev/tests/cpp/bits   # on what is built

NEON is among them, under QEMU, where Debian's cross compiler (g++-aarch64-linux-gnu) and qemu-user are there.

The jobs are those of tests/cpp/work.hpp: passes, optimization, training, random numbers, in float32 and float64. The
bounds are stated in docs/performance.md.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
QEMU = "qemu-aarch64 -L /usr/aarch64-linux-gnu"
BOUNDS = {  # the largest difference in a job, over its largest magnitude: float32, float64
    "forward": (4e-6, 8e-15),
    "backward": (4e-6, 8e-15),
    "optimize": (1e-3, 1e-11),
    "train": (4e-6, 8e-15),
    "train, Adam": (1e-5, 1e-13),  # its steps do not shrink with a gradient that is rounding alone
    "learn": (4e-6, 8e-15),
    "random": (0.0, 0.0),
}
Numbers = dict[str, list[float]]


def built(preset: str) -> Path:
    """The program that prints the numbers, made by a preset of CMake."""
    subprocess.run(["cmake", "--preset", preset], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    make = ["cmake", "--build", "--preset", preset, "--target", "bits"]
    subprocess.run(make, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return ROOT / "build" / preset / "tests" / "cpp" / "bits"


def programs() -> list[str]:
    """How to call what can be built and run here."""
    found = [str(built("dev"))]
    if shutil.which("aarch64-linux-gnu-g++") and shutil.which("qemu-aarch64"):
        found.append(f"{QEMU} {built('arm64')}")
    return found


def lines(command: str, simd: str | None = None) -> dict[str, list[str]]:
    """What a program writes on one instruction set, or on the one that it chooses: words by what stands before them."""
    environment = {k: v for k, v in os.environ.items() if k != "LSO_SIMD"}
    if simd is not None:
        environment["LSO_SIMD"] = simd
    call = shlex.split(command)
    done = subprocess.run(call, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    split = (line.partition(":") for line in done.stdout.splitlines())
    return {name: words.split() for name, _, words in split}


def numbers(command: str, simd: str) -> Numbers:
    """Each job's numbers."""
    written = lines(command, simd)
    del written["sets"]
    return {job: [float.fromhex(word) for word in words] for job, words in written.items()}


def deviation(one: list[float], other: list[float]) -> float:
    """The largest difference over the largest magnitude; infinite where a number is not one."""
    if len(one) != len(other):
        return float("inf")
    differences = [abs(a - b) for a, b in zip(one, other, strict=True)]
    if any(difference != difference for difference in differences):
        return float("inf")
    return max(differences) / max(abs(value) for value in (*one, *other))


def bound(job: str) -> float:
    """What a job such as "float32 train, Adam" may deviate by."""
    precision, _, kind = job.partition(" ")
    return BOUNDS.get(kind, BOUNDS[kind.partition(",")[0]])[precision == "float64"]


def compared(found: dict[str, Numbers]) -> dict[str, tuple[float, str]]:
    """Of each job the largest deviation of all pairs, and of which."""
    worst: dict[str, tuple[float, str]] = {}
    for (one, ours), (other, theirs) in itertools.combinations(found.items(), 2):
        for job in {*ours, *theirs}:
            apart = deviation(ours.get(job, []), theirs.get(job, []))
            worst[job] = max(worst.get(job, (-1.0, "")), (apart, f"{one}, {other}"))
    return worst


def main() -> None:
    """A line a job, and status 1 where one is beyond its bound."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("programs", nargs="*", help="how to call what prints the numbers")
    commands = parser.parse_args().programs or programs()
    sets = [(command, simd) for command in commands for simd in lines(command)["sets"]]
    found = {
        f"{simd}{' (QEMU)' if 'qemu' in command else ''}": numbers(command, simd)
        for command, simd in sets
    }
    print("instruction sets:", *found, sep="\n  ")
    worst = compared(found)
    for job, (apart, pair) in sorted(worst.items()):
        told = f"{apart:.1e} of {bound(job):.0e}"
        print(f"{job:45} {told:20} {pair if apart else ''}".rstrip())
    beyond = [job for job, (apart, _) in worst.items() if apart > bound(job)]
    print(
        f"{len(worst)} jobs, {len(found)} sets: {len(beyond)} beyond their bound",
        *beyond,
        sep="\n  ",
    )
    raise SystemExit(bool(beyond))


if __name__ == "__main__":
    main()
