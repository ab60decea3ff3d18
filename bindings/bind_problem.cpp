// problem.hpp
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "lso/problem.hpp"

namespace lso::bindings {

namespace {
template <class T>
void bind_problem_classes(py::module_& module) {
  const auto name = [](const char* kind) { return std::string(kind) + precision<T>; };
  py::class_<Asked<T>>(module, name("Asked").c_str())
      .def(py::init([](const std::shared_ptr<Term<T>>& term, double weight, bool hard) {
             return Asked<T>{term, weight, hard};
           }),
           py::arg("term"), py::arg("weight"), py::arg("hard"));
  py::class_<Branch<T>>(module, name("Branch").c_str())
      .def(py::init([](const std::optional<Chain<T>>& head, const std::vector<Asked<T>>& terms) {
             return Branch<T>{head, terms};
           }),
           py::arg("head"), py::arg("terms"));
  py::class_<Problem<T>>(module, name("Problem").c_str())
      .def(py::init([](const Chain<T>& trunk, const std::vector<Branch<T>>& branches,
                       const std::vector<Asked<T>>& latent) { return Problem<T>{trunk, branches, latent}; }),
           py::arg("trunk"), py::arg("branches"), py::arg("latent"))
      .def("residuals", [](const Problem<T>& problem) {
        std::vector<std::size_t> counts;
        problem.for_each_term([&](const Asked<T>& asked) { counts.push_back(asked.term->n_residuals()); });
        return counts;
      });
}
}  // namespace

void bind_problem(py::module_& module) {
  bind_problem_classes<float>(module);
  bind_problem_classes<double>(module);
}

}  // namespace lso::bindings
