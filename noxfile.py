"""The checks of the project, one session each: `nox -s SESSION`, or `nox` for the usual ones."""

import os
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.sessions = ["lint", "types", "cpp", "tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
STUBTEST = (
    *("python", "-m", "mypy.stubtest", "lso_native._core"),
    *("--mypy-config-file", "pyproject.toml", "--allowlist", "tools/stubtest-allowlist.txt"),
)


def install_group(session: nox.Session, name: str) -> None:
    session.install(*nox.project.dependency_groups(PYPROJECT, name))


@nox.session
def tests(session: nox.Session) -> None:
    """The Python suite on the release build."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style of the Python and C++ sources. `nox -s lint -- --fix` repairs what it can."""
    install_group(session, "lint")
    fix = "--fix" in session.posargs
    sources = [
        str(path)
        for folder in ("cpp", "bindings", "tests/cpp", "examples")
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix in {".cpp", ".hpp", ".inl"}
    ]
    session.run("ruff", "check", *(["--fix"] if fix else []))
    session.run("ruff", "format", *([] if fix else ["--check"]))
    session.run("clang-format", *(["-i"] if fix else ["--dry-run", "--Werror"]), *sources)


@nox.session
def types(session: nox.Session) -> None:
    """Types of the package, and its stub against the compiled module."""
    session.install(".[test]")
    install_group(session, "types")
    session.run("mypy")
    session.run(*STUBTEST)
    session.run("python", "tools/stubs.py", "--check")


@nox.session
def stubs(session: nox.Session) -> None:
    """Generate _core.pyi anew. `nox -s stubs -- --check` only compares."""
    session.install(".")
    install_group(session, "types")
    session.run("python", "tools/stubs.py", *session.posargs)


@nox.session
def extras(session: nox.Session) -> None:
    """The tests of what other extras bring."""
    session.install(".[airfoils,explore,interop,test]")
    install_group(session, "extras")
    session.run("pytest", "-m", "extra", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The site, in build/docs: its examples run, a warning or a dead link is an error."""
    session.install(".[airfoils,experiments]")
    install_group(session, "docs")
    session.run("sphinx-build", "-W", "--keep-going", "docs", "build/docs")
    session.run("python", "tools/check_links.py", "build/docs")


@nox.session
def cpp(session: nox.Session) -> None:
    """The engine's own tests, without Python."""
    install_group(session, "cpp")
    session.run("cmake", "--workflow", "--preset", "dev")


@nox.session
def tidy(session: nox.Session) -> None:
    """clang-tidy over the engine and its tests, from how they are compiled, without compiling them."""
    install_group(session, "tidy")
    session.run("cmake", "--preset", "tidy")
    session.run("run-clang-tidy.py", "-p", "build/tidy", "-quiet", "-warnings-as-errors=*")


@nox.session
def tsan(session: nox.Session) -> None:
    """What threads share, under ThreadSanitizer: the engine's tests, and sixteen Python threads (GCC on Linux)."""
    install_sanitized(session, ".", "tsan")
    install_group(session, "quick")
    # Another instruction set shares nothing else.
    session.run("ctest", "--preset", "tsan", "--exclude-regex", "baseline")
    environment = sanitizer_environment("libtsan.so", TSAN_OPTIONS="halt_on_error=1")
    session.run("pytest", "tests/python/test_sharing.py", *session.posargs, env=environment)


def install_sanitized(session: nox.Session, what: str, preset: str) -> None:
    """One build serves both suites: the preset turns on the engine's tests, pip adds the module."""
    install_group(session, "cpp")
    session.install(
        what,
        f"-Cbuild-dir=build/{preset}",
        f"-Ccmake.args=--preset={preset}",
        "-Ccmake.build-type=RelWithDebInfo",
        "-Cinstall.strip=false",
    )


@nox.session
def asan(session: nox.Session) -> None:
    """The engine's tests, and Python's that speak with it, under the other sanitizers (needs GCC on Linux)."""
    install_sanitized(session, ".[test]", "asan")
    session.run("ctest", "--preset", "asan")
    # The interpreter keeps memory until it exits: no leak of ours.
    options = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    environment = sanitizer_environment("libasan.so", **options)
    # What says something to the engine in a way of its own: the other tests run the same lines of it.
    session.run("pytest", "@tests/sanitized.txt", *session.posargs, env=environment)
    # A minute of inputs of strangers, from the kept corpus.
    targets = sorted(path.name for path in Path("fuzz/corpus").iterdir())
    seconds = str(60 // len(targets))
    for target in targets:
        session.run("python", "-m", "fuzz", target, "--seconds", seconds, env=environment)


def sanitizer_environment(runtime: str, **options: str) -> dict[str, str]:
    """What an uninstrumented Python needs to load a sanitized module."""

    def library(name: str) -> str:
        command = [os.environ.get("CXX", "g++"), f"-print-file-name={name}"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    # Without libstdc++, its exceptions are bound before the sanitizer can wrap them.
    return {"LD_PRELOAD": f"{library(runtime)} {library('libstdc++.so')}", **options}
