// objective.hpp
#include <pybind11/pybind11.h>

#include "bindings.hpp"
#include "objective.hpp"

namespace lso::bindings {

void bind_objective(py::module_& module) {
  py::class_<ObjectiveSpec>(module, "Objective")
      .def(py::init([](const std::string& loss, const py::object& target, const py::object& upper,
                       const py::object& weights) { return ObjectiveSpec{parse_loss(loss), target, upper, weights}; }),
           py::arg("loss"), py::arg("target"), py::arg("upper") = py::none(), py::arg("weights") = py::none());
}

}  // namespace lso::bindings
