// Structs of settings, bound as they are: each field by its name, with its default.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <tuple>
#include <type_traits>

#include "lso/optimizers.hpp"

namespace lso::bindings {

// The argument of a field; a struct among the defaults has no text that Python could read.
template <class Struct, class Value>
pybind11::arg_v default_of(const Setting<Struct, Value>& setting) {
  pybind11::arg_v argument(setting.name, Struct{}.*setting.value);
  if (!std::is_arithmetic_v<Value>) argument.descr = "...";
  return argument;
}

// Struct(field=..., ...), all keyword-only, and each field to read and to write.
template <class Struct>
void bind_settings(pybind11::module_& module, const std::string& name) {
  namespace py = pybind11;
  py::class_<Struct> bound(module, name.c_str());
  std::apply(
      [&]<class... Values>(const Setting<Struct, Values>&... settings) {
        bound.def(py::init([settings...](const Values&... values) {
                    Struct made;
                    ((made.*settings.value = values), ...);
                    return made;
                  }),
                  py::kw_only(), default_of(settings)...);
        (bound.def_readwrite(settings.name, settings.value), ...);
      },
      Struct::settings());
}

}  // namespace lso::bindings
