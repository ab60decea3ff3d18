"""The checks of the project, one session each: `nox -s SESSION`, or `nox` for the usual ones."""

import os
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["lint", "types", "cpp", "tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
CPP_FOLDERS = ("cpp", "bindings", "tests/cpp")


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
        for folder in CPP_FOLDERS
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix in {".cpp", ".hpp"}
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
    session.run("python", "-m", "mypy.stubtest", "lso_native._core", *STUBTEST_OPTIONS)
    session.run("python", "tools/stubs.py", "--check")


STUBTEST_OPTIONS = ("--allowlist", "tools/stubtest-allowlist.txt", "--mypy-config-file", "pyproject.toml")


@nox.session
def stubs(session: nox.Session) -> None:
    """Regenerate _core.pyi. `nox -s stubs -- --check` only compares."""
    session.install(".")
    install_group(session, "types")
    session.run("python", "tools/stubs.py", *session.posargs)


@nox.session
def cpp(session: nox.Session) -> None:
    """The engine's own tests, without Python."""
    install_group(session, "cpp")
    session.run("cmake", "--workflow", "--preset", "dev")


@nox.session
def tidy(session: nox.Session) -> None:
    """clang-tidy over the engine and its tests."""
    install_group(session, "cpp")
    session.run("cmake", "--workflow", "--preset", "tidy")


@nox.session
def asan(session: nox.Session) -> None:
    """Both suites under AddressSanitizer and UndefinedBehaviorSanitizer (needs GCC on Linux)."""
    install_group(session, "cpp")
    # One build for both suites: the preset turns on the engine's tests, pip adds the module.
    session.install(
        "-v",
        ".[test]",
        "-Cbuild-dir=build/asan",
        "-Ccmake.args=--preset=asan",
        "-Ccmake.build-type=RelWithDebInfo",
        "-Cinstall.strip=false",
    )
    session.run("ctest", "--test-dir", "build/asan", "--output-on-failure", "--no-tests=error")
    session.run("pytest", *session.posargs, env=sanitizer_environment())


def sanitizer_environment() -> dict[str, str]:
    """What an uninstrumented Python needs to load the sanitized module."""

    # libstdc++ goes along, or its exceptions are bound before the sanitizer can wrap them.
    names = ("libasan.so", "libstdc++.so")
    compiler = os.environ.get("CXX", "g++")
    paths = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], check=True, capture_output=True, text=True
        ).stdout.strip()
        for name in names
    ]
    return {
        "LD_PRELOAD": " ".join(paths),
        # The interpreter keeps memory until it exits, which is no leak of ours.
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
