#include "interrupt.hpp"

#include <pybind11/pybind11.h>

#include "gil.hpp"

namespace lso::bindings {

bool keyboard_interrupt() {
  if (call_python([] { return PyErr_CheckSignals(); }) == 0) return false;
  if (!PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) throw pybind11::error_already_set();
  PyErr_Clear();
  return true;
}

}  // namespace lso::bindings
