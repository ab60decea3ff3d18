// optimizers.hpp
#include <pybind11/pybind11.h>

#include <string>
#include <variant>

#include "bindings.hpp"
#include "lso/optimizers.hpp"
#include "settings.hpp"

namespace lso::bindings {

namespace {
template <class Kind>
void bind_once(pybind11::module_& module) {
  const std::string name(Kind::name);
  if (!pybind11::hasattr(module, name.c_str())) bind_settings<Kind>(module, name);
}

template <class... Kinds>
void bind_all(pybind11::module_& module, const std::variant<Kinds...>& /*of*/) {
  (bind_once<Kinds>(module), ...);
}
}  // namespace

void bind_optimizers(pybind11::module_& module) {
  bind_all(module, Optimizer{});
  bind_all(module, TrainOptimizer{});
}

}  // namespace lso::bindings
