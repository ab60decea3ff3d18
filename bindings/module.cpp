// The native module: a table of contents. Nothing in it is shared but what is constant or locked, so that it needs no
// GIL.
#include <pybind11/pybind11.h>

#include "bindings.hpp"
#include "errors.hpp"

PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used()) {
  using namespace lso::bindings;
  module.doc() = "The C++ engine of lso_native. Use it through lso_native, which checks and documents its arguments.";
  translate_errors();
  bind_network(module);
  bind_term(module);
  bind_problem(module);
  bind_optimizers(module);
  bind_optimize(module);
  bind_train(module);
  bind_learner(module);
  bind_random(module);
  bind_machine(module);
}
