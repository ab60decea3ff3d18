"""Threads: how many, where the system refuses them, in a forked child, in a program that ends, and on one learner."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import lso_native as lso
import numpy as np
import pytest

limited = pytest.mark.skipif(
    not sys.platform.startswith("linux") or "ASAN_OPTIONS" in os.environ,
    reason="a limit on memory, which AddressSanitizer's own allocator waits for ever at",
)
PREPARE = """
import os, sys, threading, time
import numpy as np
import lso_native as lso
X = np.random.default_rng(0).random((3000, 40)).astype(np.float32)
y = (X[:, 0] > 0.5).astype(int)
network = lso.Network([40, 256, 10], random_state=0)
"""


def run(script: str) -> str:
    """What the script, after PREPARE, writes; it is to end, with status 0."""
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + script], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])
    assert "terminate" not in done.stderr
    assert "FATAL" not in done.stderr
    return done.stdout


LIMITED = """
import resource
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {megabytes} * 2**20,) * 2)
try:
    {call}
except (RuntimeError, OSError, MemoryError) as error:
    print("refused:", error)
else:
    print("done")
"""
CALLS = {
    "Learner": "lso.Learner(network, threads=64)",
    "train": "lso.train(network, X, np.zeros((3000, 10)), epochs=1, batch_size=3000, threads=64)",
    "VAE": "lso.VAE(2, hidden=(8,), epochs=1, threads=64).fit(X)",
    "call": "network(X, threads=64)",
    "optimize": "lso.optimize(network, np.ones(10), starts=X, max_iterations=3, threads=64)",
}


@limited
@pytest.mark.parametrize("megabytes", [40, 120])  # of which a thread's stack takes 8
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_ends_where_threads_cannot_be_started(call: str, megabytes: int) -> None:
    written = run(LIMITED.format(call=call, megabytes=megabytes))
    assert written.startswith(("refused:", "done"))


@limited
def test_fewer_threads_do_all_the_work() -> None:
    assert (
        run(
            LIMITED.format(call="few = network(X, threads=64)", megabytes=120)
            + ("print((few == network(X, threads=1)).all())")
        )
        == "done\nTrue\n"
    )


WORK = {
    "fit": "lso.Classifier(hidden=(256,), epochs=10**6).fit(X, y)",
    "fit watched": "lso.Classifier(hidden=(256,), epochs=10**6).fit(X, y, callback=lambda p: None)",
    "fit watched by a slow one": "lso.Classifier(hidden=(8,), epochs=10**6).fit(X[:50], y[:50],"
    " callback=lambda p: sum(range(10**5)) < 0)",
    "vae": "lso.VAE(2, hidden=(256,), epochs=10**6, threads=1).fit(X)",
    "learner": "learner = lso.Learner(network, threads=2)\n    while True: learner.forward(X)",
    "optimize": "lso.optimize(network, np.ones(10), starts=X[:500], mse=1e-30, max_iterations=10**9,"
    " optimizer=lso.NormalizedGradientDescent(-1e-6), threads=THREADS)",
    "optimize watched": "lso.optimize(network, np.ones(10), starts=X[:500], mse=1e-30,"
    " max_iterations=10**9, optimizer=lso.NormalizedGradientDescent(-1e-6), threads=THREADS,"
    " callback=lambda p: sum(range(10**6)))",
    "calls": "while True: network(X, threads=THREADS)",
    "numbers": "while True: lso.normal((1000, 1000), random_state=0)",
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_a_program_ends_quietly_while_a_daemon_thread_works(work: str, threads: int) -> None:
    script = f"""
THREADS = {threads}
def work():
    {work}
threading.Thread(target=work, daemon=True).start()
time.sleep(0.5)
print("main is done", flush=True)
"""
    assert run(script) == "main is done\n"


SHARED = """
learner = lso.Learner(network, threads={threads})
def work(k):
    try:
        for i in range(20):
            n = (2000, 10, 500, 1500)[(i + k) % 4]
            learner.forward(X[:n])
            learner.learn(np.full((n, 10), 1e-3, np.float32))
            learner.step()
            assert learner.gradient.shape == (network.n_parameters,)
            learner.network, learner.averaged
    except ValueError as error:
        assert str(error).startswith("output_gradient: expected an array of shape"), error
workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
for worker in workers: worker.start()
for worker in workers: worker.join()
assert np.isfinite(learner.network.parameters).all()
print("alive")
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_that_share_a_learner_take_turns(threads: int) -> None:
    assert run(SHARED.format(threads=threads)) == "alive\n"


def test_turns_lose_no_gradient() -> None:
    x = lso.uniform((700, 40), random_state=0)
    network = lso.Network([40, 256, 10], dtype="float64", random_state=0)
    direction = np.full((700, 10), 1.0)
    one, shared = (lso.Learner(network, threads=threads) for threads in (1, 2))
    for learner in (one, shared):
        learner.forward(x)
    for _ in range(16):
        one.learn(direction)

    def learn_on() -> None:
        for _ in range(4):
            shared.learn(direction)

    workers = [threading.Thread(target=learn_on) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    np.testing.assert_array_equal(shared.gradient, one.gradient)


FORKED = """
learner = lso.Learner(network, threads=3)
expected = learner.forward(X)
{before}
child = os.fork()
if child == 0:
    assert (learner.forward(X) == expected).all()
    learner.learn(np.ones((3000, 10), np.float32))
    del learner
    assert (network(X, threads=3) == expected).all()
    lso.train(network, X, np.zeros((3000, 10)), epochs=1, batch_size=3000, threads=3)
    lso.VAE(2, hidden=(256,), epochs=1, batch_size=500, threads=3).fit(X)
    sys.exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert (learner.forward(X) == expected).all()
"""
TRAINING = """
threading.Thread(target=lambda: lso.train(
    network, X, np.zeros((3000, 10)), epochs=10**6, batch_size=3000, threads=3), daemon=True).start()
time.sleep(0.3)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
@pytest.mark.parametrize("before", ["", TRAINING], ids=["idle", "training"])
def test_a_forked_child_works_and_ends(before: str) -> None:
    assert run(FORKED.format(before=before)) == "0\n"


@pytest.mark.parametrize("threads", [10**6, 2**70])
def test_an_absurd_number_of_threads_is_as_good_as_any(threads: int) -> None:
    network = lso.Network([4, 30, 3], random_state=0)
    x = lso.uniform((500, 4), random_state=1)
    np.testing.assert_array_equal(network(x, threads=threads), network(x))
    found = [
        lso.optimize(network, np.zeros(3), starts=x, threads=count, max_iterations=5)
        for count in (1, threads)
    ]
    np.testing.assert_array_equal(found[0].latents, found[1].latents)
    learner = lso.Learner(network, threads=threads)
    np.testing.assert_array_equal(learner.forward(x), network(x))
