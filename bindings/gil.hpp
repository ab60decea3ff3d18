// How native code lets other threads run Python, and comes back to it, also while the program ends.
#pragma once

#include <pybind11/pybind11.h>

namespace lso::bindings {

// For good: what this thread's frames hold stays alive.
[[noreturn]] void wait_for_the_end();

// Calls what may ask for the GIL: C functions, which throw nothing. A daemon thread that asks while the interpreter
// ends waits for ever, as it does from Python 3.14 on; earlier ones unwind its frames, which no destructor survives.
template <class Call>
auto call_python(Call call) {
  try {
    return call();
  } catch (...) {
    wait_for_the_end();
  }
}

// function(arguments), with the GIL; a Python exception is thrown.
pybind11::object call_python(const pybind11::object& function, const pybind11::tuple& arguments);

class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;
  ~WithoutGil() {
    call_python([this] { PyEval_RestoreThread(state_); });
  }

 private:
  PyThreadState* state_;
};

// Inside a WithoutGil.
class WithGil {
 public:
  WithGil() : state_(call_python([] { return PyGILState_Ensure(); })) {}
  WithGil(const WithGil&) = delete;
  WithGil& operator=(const WithGil&) = delete;
  ~WithGil() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace lso::bindings
