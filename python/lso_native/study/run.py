"""Running a study: whatever its folder lacks is made."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from lso_native._checks import check_threads
from lso_native.errors import briefly
from lso_native.files import check_writable_dir
from lso_native.files.foreign import check_folders
from lso_native.study.progress import Progress, Silent
from lso_native.study.runner import missing, run_steps, whole_of
from lso_native.study.step import Facts
from lso_native.study.store import Store
from lso_native.study.study import Study
from lso_native.study.view import View

__all__ = ["run"]


@briefly
def run(
    study: Study,
    out: str | os.PathLike[str],
    *,
    systems: Iterable[str] | None = None,
    executor: Any = None,
    threads: int | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    after: float = 0.0,
) -> Facts:
    """Make whatever the folder ``out`` lacks of ``study``, and give what it then shows: results.json.

    out: the store in steps/, and what is to be looked at: results.json, samples/, models/, figures/. What an
      earlier run left there, of this study or another, is used where it is the same; what it was stopped at goes on.
      Other processes may run the same study there, with the same systems or others.
    systems: names of some; None for all.
    executor, threads, after: as ``runner.run_steps`` takes them; workers see ``out``.
    fresh: make everything again.
    progress: hears how far it is; ``lso.Progress()`` shows it in a terminal and in a notebook.

    Raises ValueError for unknown names, a folder of another format and one in it that is a link elsewhere, OSError
    where it cannot be written; Ctrl-C keeps whatever is finished.
    """
    names = study.names(systems)
    check_threads(threads)
    progress = progress or Silent()
    folder = check_writable_dir(out)
    check_folders(folder)
    store = Store(folder / "steps")
    view = View(study, store, folder, {"threads": threads})
    # What they need must be whole too: models are shown.
    asked = whole_of(study.asked(names))
    if fresh:
        for step in asked:
            store.forget(step)
    for note in study.notes(names):
        progress.note(note)
    total, lacking = len(asked), len(missing(store, asked))
    if lacking < total:
        progress.note(f"{total - lacking} of {total} steps are there from an earlier run")
    try:
        run_steps(
            store,
            asked,
            executor=executor,
            threads=threads,
            progress=progress,
            on_made=lambda _: view.publish_soon(),
            after=after,
        )
    except KeyboardInterrupt:
        kept = f"what is finished is in {folder}, where the next run goes on"
        raise KeyboardInterrupt(f"run: interrupted; {kept}") from None
    finally:
        results = view.publish()
    progress.over(folder)
    return results
