#include "gil.hpp"

#include <chrono>
#include <thread>

namespace lso::bindings {

void wait_for_the_end() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

pybind11::object call_python(const pybind11::object& function, const pybind11::tuple& arguments) {
  PyObject* result = call_python([&] { return PyObject_CallObject(function.ptr(), arguments.ptr()); });
  if (result == nullptr) throw pybind11::error_already_set();
  return pybind11::reinterpret_steal<pybind11::object>(result);
}

}  // namespace lso::bindings
