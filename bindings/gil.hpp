// How native code lets other threads run Python, and comes back to it, also while the program ends.
#pragma once

#include <pybind11/pybind11.h>

#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

namespace lso::bindings {

// For good: what this thread's frames hold stays alive.
[[noreturn]] void wait_for_the_end();

// Calls what may ask for the GIL; no object in `call` may need a destructor. A daemon thread that asks while the
// interpreter ends waits for ever, as from Python 3.14 on. Earlier ones unwind its frames, which no destructor
// survives.
template <class Call>
auto call_python(Call call) {
#ifdef __GLIBCXX__
  try {
    return call();
  } catch (const abi::__forced_unwind&) {
    wait_for_the_end();
  }
#else
  return call();
#endif
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
