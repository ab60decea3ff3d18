// term.hpp and terms/
#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "function_term.hpp"
#include "lso/terms/ball.hpp"
#include "lso/terms/cross_entropy.hpp"
#include "lso/terms/density.hpp"
#include "lso/terms/squared_distance.hpp"

namespace lso::bindings {

namespace {
// A term and the arrays that it looks at.
template <class Kind>
struct Owner {
  template <class... Arguments>
  explicit Owner(std::vector<py::object> held, Arguments... arguments) : arrays(std::move(held)), term(arguments...) {}
  std::vector<py::object> arrays;
  Kind term;
};

template <class Kind, class... Arguments>
std::shared_ptr<Kind> own(std::vector<py::object> arrays, Arguments... arguments) {
  auto owner = std::make_shared<Owner<Kind>>(std::move(arrays), arguments...);
  return {owner, &owner->term};
}

// Rows for all samples or one each; none where the object is None.
template <class T>
Held<T> optional_rows(const py::object& object, const std::string& argument, std::size_t width, std::size_t n_rows) {
  return object.is_none() ? Held<T>{} : shared_rows<T>(object, argument, width, n_rows);
}

template <class T>
std::shared_ptr<SquaredError<T>> squared_error(const py::object& target, const py::object& weights,
                                               std::size_t n_values, std::size_t n_samples, Tolerance tolerance,
                                               const std::string& name) {
  const Held<T> to = shared_rows<T>(target, name, n_values, n_samples);
  const Held<T> by = optional_rows<T>(weights, "weights", n_values, n_samples);
  return own<SquaredError<T>>({to.array, by.array}, to.rows, by.rows, tolerance);
}

template <class T>
std::shared_ptr<Interval<T>> interval(const py::object& low, const py::object& high, const py::object& weights,
                                      std::size_t n_values, std::size_t n_samples, double margin) {
  const Held<T> from = shared_rows<T>(low, "low", n_values, n_samples, Infinite::allowed);
  const Held<T> to = shared_rows<T>(high, "high", n_values, n_samples, Infinite::allowed);
  const Held<T> by = optional_rows<T>(weights, "weights", n_values, n_samples);
  return own<Interval<T>>({from.array, to.array, by.array}, from.rows, to.rows, by.rows, margin);
}

template <class T, template <class> class Kind>
std::shared_ptr<Kind<T>> cross_entropy(const py::object& target, const py::object& weights, std::size_t n_values,
                                       std::size_t n_samples, double tolerance, const std::string& name) {
  const Held<T> to = shared_rows<T>(target, name, n_values, n_samples);
  const Held<T> by = optional_rows<T>(weights, "weights", n_values, n_samples);
  return own<Kind<T>>({to.array, by.array}, to.rows, by.rows, tolerance);
}

template <class T>
std::shared_ptr<Ball<T>> ball(const py::object& center, std::size_t n_values, std::size_t n_samples, double radius,
                              double margin, double inner) {
  const Held<T> at = shared_rows<T>(center, "center", n_values, n_samples);
  return own<Ball<T>>({at.array}, at.rows, radius, margin, inner);
}

template <class T>
std::shared_ptr<Density<T>> density(const Array<double>& weights, const Array<double>& means,
                                    const Array<double>& covariances, double least, double margin) {
  const auto all = [](const Array<double>& array) {
    return std::span<const double>(array.data(), static_cast<std::size_t>(array.size()));
  };
  return std::make_shared<Density<T>>(all(weights), all(means), all(covariances), least, margin);
}

template <class T, template <class> class Kind>
py::class_<Kind<T>, Term<T>, std::shared_ptr<Kind<T>>> bind_kind(py::module_& module, const std::string& name) {
  return {module, (name + precision<T>).c_str()};
}

template <class T>
void bind_terms(py::module_& module) {
  const py::arg n_values("n_values"), n_samples("n_samples"), target("target"), weights("weights"), name("name");
  py::class_<Term<T>, std::shared_ptr<Term<T>>>(module, (std::string("Term") + precision<T>).c_str());
  bind_kind<T, SquaredError>(module, "SquaredError")
      .def(py::init(&squared_error<T>), target, weights, n_values, n_samples, py::arg("tolerance"), name);
  bind_kind<T, Interval>(module, "Interval")
      .def(py::init(&interval<T>), py::arg("low"), py::arg("high"), weights, n_values, n_samples, py::arg("margin"));
  bind_kind<T, BinaryCrossEntropy>(module, "BinaryCrossEntropy")
      .def(py::init(&cross_entropy<T, BinaryCrossEntropy>), target, weights, n_values, n_samples, py::arg("tolerance"),
           name);
  bind_kind<T, CategoricalCrossEntropy>(module, "CategoricalCrossEntropy")
      .def(py::init(&cross_entropy<T, CategoricalCrossEntropy>), target, weights, n_values, n_samples,
           py::arg("tolerance"), name);
  bind_kind<T, Ball>(module, "Ball")
      .def(py::init(&ball<T>), py::arg("center"), n_values, n_samples, py::arg("radius"), py::arg("margin"),
           py::arg("inner"));
  bind_kind<T, Density>(module, "Density")
      .def(py::init(&density<T>), py::arg("weights"), py::arg("means"), py::arg("covariances"), py::arg("least"),
           py::arg("margin"));
  bind_kind<T, FunctionTerm>(module, "Function")
      .def(py::init<py::function, std::size_t, double>(), py::arg("function"), n_values, py::arg("tolerance"));
}
}  // namespace

void bind_term(py::module_& module) {
  py::class_<Tolerance>(module, "Tolerance")
      .def(py::init([](double value, bool mean) { return Tolerance{.value = value, .mean = mean}; }),
           py::arg("value") = Tolerance{}.value, py::arg("mean") = Tolerance{}.mean)
      .def_readonly("value", &Tolerance::value)
      .def_readonly("mean", &Tolerance::mean);
  bind_terms<float>(module);
  bind_terms<double>(module);
}

}  // namespace lso::bindings
