"""What results.json of a run must be like, as far as tables and page draw it."""

from __future__ import annotations

from typing import Any

from lso_native.errors import ArgumentError
from lso_native.files.form import Form, Label, Maybe, Named, Number, Record, Rows, Scalar

__all__ = ["check_results"]

_NUMBER, _POSITIVE = Number(), Number(0)
_SHARE, _COUNT, _SOME = Number(0, 1), Number(0, 2**53, whole=True), Number(1, 2**53, whole=True)
_PAIR, _LABEL = Rows(_NUMBER, 2, 2), Label(200)
_SYSTEM_NAME = Label(64, r"[A-Za-z0-9][A-Za-z0-9._-]*")  # it names files
_MOST_SYSTEMS = 200


def _all(form: Form, *names: str) -> dict[str, Form]:
    return dict.fromkeys(names, form)


_INTERVALS = _all(Maybe(_PAIR), "recognised_interval")
_QUALITY_NAMES = (
    "mean_confidence",
    "frechet_distance",
    "precision",
    "recall",
    "density",
    "coverage",
)
_MEASURED = (
    _all(_NUMBER, *_QUALITY_NAMES, "nearest_training")
    | _all(Maybe(_PAIR), *(f"{name}_interval" for name in _QUALITY_NAMES))
    | _all(Maybe(_SHARE), "near_training_share", "accuracy_score", "accuracy_score_with_real")
)
_ALL_MEASURED = Record(
    _all(_NUMBER, *_QUALITY_NAMES, "nearest_training")
    | _all(Maybe(_SHARE), "accuracy_score", "accuracy_score_with_real")
)
_RATE = Record({"n": _SOME, "successes": _COUNT})
_ASKED = Record({"success_rate": _SHARE, "success_interval": _PAIR})
_PAPER = _RATE | Record({"train_images": _COUNT, "train_mse": Maybe(_POSITIVE)})
_MODEL = Record(
    {
        "test_accuracy": _SHARE,
        "test_mse": _NUMBER,
        "train_images": _COUNT,
        "train_seconds": _POSITIVE,
    }
)
_SYSTEM = _RATE | Record(
    {
        "success_rate": Maybe(_SHARE),
        "success_interval": Maybe(_PAIR),
        "recognised": _SHARE,
        "median_iterations": _NUMBER,
        "generate_seconds": _POSITIVE,
        "frechet_distance": _NUMBER,
    },
    {
        "desired_change": _NUMBER,
        "bounds": Maybe(_PAIR),
        "train_images": _COUNT,
        "train_mse": Maybe(_POSITIVE),
        "train_seconds": _POSITIVE,
        "model": Maybe(_LABEL),
        "says": Label(),
        "paper": _PAPER,
        **_INTERVALS,
        **{name: form for name, form in _MEASURED.items() if name != "frechet_distance"},
    },
)
_REAL = _ALL_MEASURED | Record(
    {"recognised": _SHARE, "n": _SOME, "test_images": _SOME},
    _MEASURED
    | _INTERVALS
    | {"success_rate": Maybe(_SHARE), "draws": _COUNT, "frechet_images": Rows(_COUNT, 2, 2)},
)
_IN_TABLE = _all(
    Maybe(_NUMBER),
    "condition",
    "effective_rank",
    "path_ratio",
    "feasible_share",
    "walk_success_rate",
    "walk_recognised",
)
_IRREGULARITY = _IN_TABLE | _all(
    Maybe(_NUMBER),
    "gain",
    "inside_share",
    "round_trip_error",
    "vanishing_share",
    "flat_share",
    "rise_share",
    "latent_jump_ratio",
    "sample_jump_ratio",
    "confident_share",
)
_BANDS = Record({"iterations": Rows(_POSITIVE, 1), "mse": Rows(Rows(_POSITIVE, 1, 99), 1)})
_SPACE = Record(_IN_TABLE, _IRREGULARITY | {"walk_mse": _BANDS})
_SWEPT = _RATE | _ASKED | Record({"recognised": _SHARE})
_SIZE = _SWEPT | Record(
    {"kind": _LABEL, "latent": _SOME},
    _IRREGULARITY | {"test_mse": Maybe(_POSITIVE), "train_images": _COUNT},
)
_CONFIDENT, _CHANGE = Record({"confident_share": _NUMBER}), Number(1e-12, 1e12)
_TRAINED = _CONFIDENT | Record({"test_mse": _POSITIVE, "train_images": _COUNT})
_CORRELATION = Record(
    {
        "figure": _LABEL,
        "with": Label(20, "walk_success_rate|walk_recognised"),
        "rho": Maybe(Number(-1, 1)),
        "interval": Maybe(_PAIR),
        "n": _SOME,
    }
)
_CHOICE = _SWEPT | Record(
    {
        "system": _LABEL,
        "decoder": _LABEL,
        "classifier_epochs": _COUNT,
        "classifier_accuracy": _SHARE,
        "train_mse": Maybe(_POSITIVE),
        "desired_change": Maybe(_NUMBER),
        "bounds": Maybe(_PAIR),
    }
)
_ABLATION = Record(
    {"system": _LABEL, "what": _LABEL, "frechet_distance": _NUMBER}
    | _all(_SHARE, "success_rate", "recognised", "unmoved")
    | _all(_NUMBER, "precision", "recall", "density", "coverage", "median_move", "longest_move")
)
_RESULTS = Record(
    {
        "settings": Record(
            {"dataset": _LABEL, "samples": _COUNT, "random_state": Number(0, 2**64, whole=True)},
            {
                "shape": Maybe(Rows(Number(1, 2**20, whole=True), 2, 9)),
                "words": Named(_LABEL),
            },
        ),
        "environment": Named(Scalar()),
        "notes": Rows(Label(), most=1_000),
        "models": Named(Record()),
        "systems": Named(_SYSTEM, _SYSTEM_NAME, _MOST_SYSTEMS),
        "latent_spaces": Named(_SPACE, most=_MOST_SYSTEMS),
        "histories": Named(Named(Rows(_NUMBER), most=20), most=_MOST_SYSTEMS),
        "sweeps": Record(
            {
                "desired_change": Rows(
                    _SWEPT | Record({"system": _SYSTEM_NAME, "desired_change": _NUMBER}),
                    most=10_000,
                ),
                "start": Rows(
                    _SWEPT | Record({"system": _SYSTEM_NAME, "start": _LABEL}), most=10_000
                ),
                "latent": Rows(_SIZE, most=10_000),
            }
        ),
    },
    {
        "real": _REAL,
        "correlations": Rows(_CORRELATION, most=10_000),
        "sensitivity": Rows(_CHOICE, most=10_000),
        "ablations": Rows(_ABLATION, most=10_000),
        "own_figures": Rows(_LABEL, most=1_000),
    },
)


def check_results(name: object, results: Any) -> dict[str, Any]:
    """``results``, if tables and page can be drawn of it.

    Raises ArgumentError of ``name``, the file or argument that it came by, telling what stands where.
    """
    try:
        _RESULTS("results", results)
        _check_together(results)
    except ArgumentError as error:
        expected = f"{error.expected} at {error.argument.removeprefix('results.')}"
        raise ArgumentError(name, expected, error.got) from None
    checked: dict[str, Any] = results
    return checked


def _check_together(results: dict[str, Any]) -> None:
    """What one part asks of another."""
    if "draws" in results.get("real", {}):
        Record({"frechet_images": Rows(_COUNT, 2, 2)})("real", results["real"])
    for name, facts in results["models"].items():
        if name == "classifier" or name.startswith("judge"):
            _MODEL(f"models.{name}", facts)
    for name, facts in results["systems"].items():
        _check_system(f"systems.{name}", name, facts, measured="real" in results)
    for name, space in results["latent_spaces"].items():
        _check_bands(f"latent_spaces.{name}.walk_mse", space.get("walk_mse"))
    if "lso-2" in results["latent_spaces"]:  # which a question is about
        _CONFIDENT("latent_spaces.lso-2", results["latent_spaces"]["lso-2"])
    _check_rows(results)


def _check_rows(results: dict[str, Any]) -> None:
    sweeps = results["sweeps"]
    for place, row in enumerate(sweeps["desired_change"]):  # on a logarithmic axis
        _CHANGE(f"sweeps.desired_change[{place}].desired_change", abs(row["desired_change"]))
    for place, row in enumerate(sweeps["latent"]):
        if row["kind"] == "plain":  # which a question is about
            _TRAINED(f"sweeps.latent[{place}]", row)
    for place, row in enumerate(results.get("correlations", [])):
        if row["interval"] is not None:
            _NUMBER(f"correlations[{place}].rho", row["rho"])


def _check_system(where: str, name: str, facts: dict[str, Any], *, measured: bool) -> None:
    for counts in (facts, facts.get("paper", {"n": 1, "successes": 0})):
        Number(0, counts["n"], whole=True)(f"{where}.successes", counts["successes"])
    if measured:
        _ALL_MEASURED(where, facts)
    if name in ("lso", "input-optimization") or name.startswith("lso-"):
        _ASKED(where, facts)  # which questions are about


def _check_bands(where: str, walk: dict[str, Any] | None) -> None:
    if walk is None:
        return
    rows, widths = walk["mse"], {len(row) for row in walk["mse"]}
    if len(rows) != len(walk["iterations"]) or len(widths) != 1:
        expected = f"{len(walk['iterations'])} rows of one length, one for each of its iterations"
        raise ArgumentError(f"{where}.mse", expected, f"{len(rows)} of {sorted(widths)}")
