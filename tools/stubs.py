"""Write python/lso_native/_core.pyi from the compiled module, or check that it is up to date.

Run `python tools/stubs.py` after a change to bindings/, and `python tools/stubs.py --check` to fail
when the committed stub differs. The package must be installed, with the tools of the dependency
group `types`.
"""

import argparse
import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = "lso_native._core"
STUB = Path(__file__).resolve().parents[1] / "python" / "lso_native" / "_core.pyi"


def generate() -> str:
    """Return the stub of the installed module, formatted."""
    with tempfile.TemporaryDirectory() as folder:
        stubgen = [sys.executable, "-m", "pybind11_stubgen", MODULE, "-o", folder, "--exit-code"]
        subprocess.run(stubgen, check=True)
        raw = Path(folder, *MODULE.split(".")).with_suffix(".pyi").read_text(encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "format", "--line-length=100", "--stdin-filename=_.pyi"]
    done = subprocess.run(
        [*ruff, "-"], input=raw, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return done.stdout


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    new = generate()
    old = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
    if new == old:
        return 0
    if not check:
        STUB.write_text(new, encoding="utf-8")
        return 0
    lines = difflib.unified_diff(
        old.splitlines(True), new.splitlines(True), "committed", "generated"
    )
    sys.stderr.writelines(lines)
    print(f"{STUB.name} is out of date: run python tools/stubs.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
