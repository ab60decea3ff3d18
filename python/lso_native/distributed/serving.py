"""What a worker process does."""

from __future__ import annotations

import pickle
import traceback
from multiprocessing.connection import Connection


def serve(pipe: Connection) -> None:
    """Run the tasks that come through ``pipe``, until nobody is at its other end."""
    pipe.send_bytes(b"ready")
    value = None
    while True:
        try:
            data, task, shared = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            if data is not None:
                value = pickle.loads(data)
            function, arguments, named = pickle.loads(task)
            result = function(*((value,) if shared else ()), *arguments, **named)
            answer = pickle.dumps((None, result), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - what a task raises is the caller's
            answer = _packed(error)
        try:
            pipe.send_bytes(answer)
        except OSError:
            return


def _packed(error: Exception) -> bytes:
    """``error`` with where it was raised, as something that can be read at the other end."""
    told = "".join(traceback.format_exception(error))
    error.add_note(f"in a worker process:\n{told}")
    try:
        answer = pickle.dumps((error, None))
        pickle.loads(answer)
    except Exception:  # noqa: BLE001 - an exception of its own making may not survive it
        answer = pickle.dumps((RuntimeError(told), None))
    return answer
