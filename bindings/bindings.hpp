// One function for each file of bindings.
#pragma once

#include <pybind11/pybind11.h>

namespace lso::bindings {

void bind_learner(pybind11::module_& module);
void bind_machine(pybind11::module_& module);
void bind_network(pybind11::module_& module);
void bind_optimize(pybind11::module_& module);
void bind_optimizers(pybind11::module_& module);
void bind_problem(pybind11::module_& module);
void bind_random(pybind11::module_& module);
void bind_term(pybind11::module_& module);
void bind_train(pybind11::module_& module);

}  // namespace lso::bindings
