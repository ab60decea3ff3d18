// How a long native loop asks Python whether to stop.
#pragma once

#include <pybind11/pybind11.h>

#include "gil.hpp"
#include "lso/threads.hpp"

namespace lso::bindings {

// With the GIL: true when a signal handler raised KeyboardInterrupt, which is then cleared, since the caller hands back
// what it has; any other exception is thrown. Outside the main thread Python runs no handlers, and this is false.
[[nodiscard]] bool keyboard_interrupt();

// A native call with no partial result: released from the GIL, it is given a stop signal, and Ctrl-C raises at its end.
template <class Call>
void interruptible(Call call) {
  StopSignal stop([] {
    const WithGil acquired;
    return keyboard_interrupt();
  });
  {
    const WithoutGil released;
    try {
      call(&stop);
    } catch (const Interruption&) {
      stop.stop();
    }
  }
  if (!stop.stopped()) return;
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  throw pybind11::error_already_set();
}

// Runs Python code and tells whether Ctrl-C ended it: a signal that waits is raised in whatever code comes next.
template <class Call>
bool interrupted_by(Call call) {
  try {
    call();
    return false;
  } catch (const pybind11::error_already_set& error) {
    if (!error.matches(PyExc_KeyboardInterrupt)) throw;
    return true;
  }
}

}  // namespace lso::bindings
