"""``lso reproduce``."""

from __future__ import annotations

import argparse

from lso_native.commands.options import workers_of
from lso_native.display import Progress, say, width_of
from lso_native.files import check_writable_dir
from lso_native.report import check_installed, text_report, write_report
from lso_native.study.reproduce import ReproduceSettings, reproduction
from lso_native.study.run import run

_PAGE = 5.0  # seconds that the page takes


def reproduce(arguments: argparse.Namespace) -> None:
    """Run the study, print its tables, and draw its page."""
    check_installed()  # before the long run, not after it
    check_writable_dir(arguments.out, create=False)  # before a download
    settings = ReproduceSettings(
        dataset=arguments.dataset,
        data_dir=arguments.data_dir,
        size=arguments.size,
        samples=arguments.samples,
        sensitivity=arguments.sensitivity,
        ablations=arguments.ablations,
        random_state=arguments.random_state,
    )
    study = reproduction(settings)
    systems = None if arguments.systems is None else arguments.systems.split(",")
    with Progress() as display, workers_of(arguments) as executor:
        results = run(
            study,
            arguments.out,
            systems=None if systems is None else [name.strip() for name in systems],
            executor=executor,
            threads=arguments.threads,
            fresh=arguments.fresh,
            progress=display,
            after=_PAGE,
        )
        display.start("drawing the page", 1)
        page = write_report(arguments.out)
        display.close()
    say(text_report(results, width_of("stdout")))
    say(f"\nwrote {arguments.out}: results.json, report.html, samples, figures, models")
    say(page.address)
