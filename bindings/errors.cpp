#include "errors.hpp"

#include <pybind11/pybind11.h>

#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace py = pybind11;

namespace lso::bindings {

namespace {

void set_argument_error(const std::string& argument, const std::string& expected, const std::string& got) {
  const py::object type = py::module_::import("lso_native.errors").attr("ArgumentError");
  PyErr_SetObject(type.ptr(), type(argument, expected, got).ptr());
}

void translate(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::invalid_argument& error) {
    const std::string message = error.what();
    constexpr std::string_view expects = ": expected ", comes = ", got ";
    const auto expected = message.find(expects), got = message.rfind(comes);
    if (expected == std::string::npos || got == std::string::npos || got < expected) throw;
    const auto begin = expected + expects.size();
    set_argument_error(message.substr(0, expected), message.substr(begin, got - begin),
                       message.substr(got + comes.size()));
  }
}

}  // namespace

void refuse(const std::string& argument, const std::string& expected, const std::string& got) {
  set_argument_error(argument, expected, got);
  throw py::error_already_set();
}

void translate_errors() { py::register_local_exception_translator(translate); }

}  // namespace lso::bindings
