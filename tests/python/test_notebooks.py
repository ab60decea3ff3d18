"""In a real Jupyter kernel: what results show, how progress is seen, and what the stop button does."""

from __future__ import annotations

import base64
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import lso_native
import pytest
from elements import Elements
from kernels import Kernel
from PIL import Image

pytest.importorskip("ipykernel")
pytest.importorskip("jupyter_client")
pytestmark = [
    pytest.mark.extra,
    # of the kernel's own, when it is asked to be quiet and when its sockets close
    pytest.mark.filterwarnings("ignore:.*:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
]

HERE = Path(__file__).parent
MOST = 200_000  # characters of HTML, beyond which a notebook's file would grow
BEGIN = f"""
import sys
sys.path[:0] = {[str(HERE), str(Path(lso_native.__file__).parents[1])]!r}
import lso_native as lso
import numpy as np
from lso_native.data import Digits, Part

rng = np.random.default_rng(0)
X = rng.random((60, 64), np.float32)
y = np.arange(60) % 3
decoder = lso.Network([3, 8, 64], random_state=0)
classifier = lso.Network([64, 8, 3], random_state=1)
vae = lso.VAE(latent=3, hidden=(8,), epochs=3, random_state=0).fit(X)
endless = dict(
    starts=lso.normal((1000, 3), random_state=0),
    optimizer=lso.NormalizedGradientDescent(-1e-12),
    max_iterations=2**31 - 1,
)
digit = lso.Classifier(hidden=(8,), epochs=3, random_state=0).fit(X, y)
part = Part(X, y)
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    made = Kernel(tmp_path_factory.mktemp("notebook"))
    try:
        assert made.run(BEGIN).error == ""
        yield made
    finally:
        made.close()


SHOWN = {
    "a result": "lso.optimize(decoder >> classifier, [1, 0, 0], starts=lso.normal((9, 3), random_state=0))",
    "samples": "lso.generate(vae, digit.requires(1), 3, attempts=1, random_state=0)",
    "digits": "Digits('<b>', 8, part, part, part)",
    "a part": "part",
    "a picture": "lso.show(X[:4])",
    "a training": "lso.train(decoder, lso.normal((20, 3), random_state=0), X[:20], epochs=3)",
    "a network": "decoder",
    "a composition": "decoder >> classifier",
    "an estimator": "vae",
    "a classifier": "digit",
    "an unfitted one": "lso.GAN(latent=3)",
}
DRAWN = {"a result", "samples", "digits", "a part", "a picture"}


@pytest.mark.parametrize("what", SHOWN)
def test_what_is_shown(what: str, kernel: Kernel) -> None:
    data = kernel.run(SHOWN[what]).result
    assert data["text/plain"]
    if what != "a picture":
        page = data["text/html"]
        elements = Elements(page)
        assert len(page) < MOST
        assert not {"script", "iframe", "object", "link"} & set(elements.seen)
        assert not re.search(r"\bon\w+=|javascript:|https?://", page)
        # goes with any page: no colour of its own for paper or ink
        assert not re.search(r"background(-color)?:\s*(#|white|rgb)|[^-]color:\s*(#|black)", page)
    if what in DRAWN:
        with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as drawn:
            assert drawn.format == "PNG"
            assert drawn.width > 64


WATCHED = {
    "fit": "vae.fit(X, callback=lso.Progress('mine'))",
    "optimize": "lso.optimize(decoder >> classifier, [1, 0, 0], starts=lso.normal((200, 3), random_state=0), "
    "callback=lso.Progress('mine'))",
    "generate": "lso.generate(vae, digit.requires(1), 3, attempts=2, random_state=0, callback=lso.Progress('mine'))",
}


@pytest.mark.parametrize("what", WATCHED)
def test_a_bar_is_one_output_that_ends_as_a_line(what: str, kernel: Kernel) -> None:
    cell = kernel.run(f"_made = {WATCHED[what]}")
    assert cell.error == ""
    assert cell.printed == ""
    page = cell.result["text/html"]
    Elements(page)
    assert "mine: " in page
    assert "progress" not in page
    assert cell.result["text/plain"].startswith("mine: ")


def test_a_bar_moves(kernel: Kernel) -> None:
    cell = kernel.run(
        "import time\nfrom lso_native.optimize import OptimizeProgress\n"
        "progress = lso.Progress()\n"
        "for i in range(4):\n    progress(OptimizeProgress(i, 10)); time.sleep(0.25)"
    )
    assert cell.updates == 3
    page = cell.result["text/html"]
    assert '<progress value="0.3000"' in page
    assert "30% · about " in page
    # another cell has an output of its own
    again = kernel.run("progress(OptimizeProgress(10, 10)); progress(OptimizeProgress(2, 10))")
    assert [output["text/plain"][-11:] for output in again.outputs] == ["starts done"]


STUDY = """
from small_run import small_study
from lso_native.report import write_report
from lso_native.study import run
results = run(small_study(), "a run", systems=["input-optimization"], threads=1, progress=lso.Progress())
"""


def test_a_study_ends_with_a_link(kernel: Kernel) -> None:
    pytest.importorskip("mlxtend")
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    cell = kernel.run(STUDY)
    assert cell.updates > 3
    page = cell.result["text/html"]
    assert 'results are in <a href="a%20run" target="_blank">a run</a>' in page
    assert re.search(r"(\d+) of \1 steps in", page)
    shown = kernel.run('write_report("a run")').result["text/html"]
    assert '<a href="a%20run/report.html" target="_blank">a run/report.html</a> in ' in shown


LONG = {
    "fit": (
        "lso.Autoencoder(epochs=10**7, random_state=0).fit(X, callback=lso.Progress())",
        "n_epochs_",
    ),
    "fit of two": (
        "lso.VAE(epochs=10**7, random_state=0).fit(X, callback=lso.Progress())",
        "n_epochs_",
    ),
    "fit of rivals": (
        "lso.GAN(epochs=10**7, random_state=0).fit(X, callback=lso.Progress())",
        "n_epochs_",
    ),
    "train": (
        "lso.train(decoder, X[:, :3], X, epochs=10**7, random_state=0, callback=lso.Progress())",
        "epochs",
    ),
    "optimize": (
        "lso.optimize(decoder >> classifier, [1, 0, 0], **endless, threads=1, callback=say)",
        "status[0]",
    ),
    "generate": (
        "lso.generate(vae, digit.requires(1) & lso.Far(X[:1], distance=1e6), 20, attempts=10**6, "
        "random_state=0, callback=lso.Progress())",
        "interrupted",
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="another way to interrupt")
@pytest.mark.parametrize("what", LONG)
def test_the_stop_button(what: str, kernel: Kernel) -> None:
    code, reached = LONG[what]
    quiet = "from threading import Timer\nTimer(0.5, print, ['begun']).start()\nsay = print\n"
    cell = kernel.run(f"{quiet}_made = {code}", interrupt="begun")
    assert cell.message.endswith("its result has what was reached: sys.last_value.result")
    assert "interrupted" in cell.message
    assert len(cell.error.splitlines()) < 20
    assert cell.error.count("lso_native/") == 1  # where it was let go
    kept = kernel.run(f"str(sys.last_value.result.{reached})").result["text/plain"]
    assert kept not in ("'0'", "''")
    assert kernel.run("1 + 1").result["text/plain"] == "2"


@pytest.mark.skipif(sys.platform == "win32", reason="another way to interrupt")
def test_the_stop_button_ends_workers_with_their_tasks(kernel: Kernel) -> None:
    cell = kernel.run(
        "from lso_native.distributed import open_executor\n"
        "import os, remote_tasks\n"
        "with open_executor(workers=2) as workers:\n"
        "    lso.optimize(decoder >> classifier, [1, 0, 0], starts=lso.normal((1000, 3)), executor=workers)\n"
        "    first = workers.submit(remote_tasks.leaves_interrupts).result()\n"
        "    pids = [workers.submit(os.getpid).result() for _ in range(4)]\n"
        "    print('begun')\n"
        "    workers.submit(remote_tasks.stay).result()",
        interrupt="begun",
    )
    assert "KeyboardInterrupt" in cell.error
    assert kernel.run("first").result["text/plain"] == "True"  # it tells nothing when it is struck
    kernel.run(
        "import time\n"
        "for _ in range(100):\n"
        "    if any(map(remote_tasks.runs, pids)): time.sleep(0.1)"
    )
    assert kernel.run("any(map(remote_tasks.runs, pids))").result["text/plain"] == "False"


@pytest.mark.skipif(sys.platform == "win32", reason="another way to interrupt")
def test_a_study_that_is_stopped_says_where_it_goes_on(kernel: Kernel) -> None:
    pytest.importorskip("mlxtend")
    kernel.run(STUDY.partition("results")[0])
    cell = kernel.run(
        "run(small_study(judges=(__import__('lso_native.study.judges').study.judges.JudgeSettings(),)), "
        "'another', threads=1, progress=lso.Progress())",
        interrupt="judge",
    )
    assert cell.message == (
        "run: interrupted; what is finished is in another, where the next run goes on"
    )
    assert len(cell.error.splitlines()) < 20


def test_beside_the_main_thread(kernel: Kernel) -> None:
    cell = kernel.run(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1) as pool:\n"
        "    pool.submit(vae.fit, X, callback=lso.Progress()).result()\n"
        "    done = pool.submit(lso.optimize, decoder >> classifier, [1, 0, 0],\n"
        "                       starts=lso.normal((9, 3), random_state=0)).result()\n"
        "len(done.samples)"
    )
    assert cell.error == ""
    assert cell.outputs[-1]["text/plain"] == "9"
