// A term that asks a Python function, once a tile of lanes and iteration.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "gil.hpp"
#include "lso/term.hpp"

namespace lso::bindings {

// function(values (n, n_values)) -> (E (n,), dE/dy (n, n_values)) or (E, dE/dy, met (n,)); without the last it is met
// where E <= tolerance. Ctrl-C inside ends the run with what was reached; any other exception goes up.
template <class T>
class FunctionTerm final : public Term<T> {
 public:
  FunctionTerm(py::function function, std::size_t n_values, double tolerance)
      : function_(std::move(function)), n_values_(n_values), tolerance_(tolerance) {}

  [[nodiscard]] std::size_t n_values() const override { return n_values_; }

  void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const override {
    const WithGil acquired;
    try {
      tell(at, out, ask(at));
    } catch (const py::error_already_set& error) {
      if (error.matches(PyExc_KeyboardInterrupt)) throw Interruption();
      throw;
    }
  }

 private:
  [[nodiscard]] py::tuple ask(const TermInput<T>& at) const {
    const auto [values, rows] = new_rows<T>(at.samples.size(), n_values_);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      for (std::size_t node = 0; node < n_values_; ++node) rows[i][node] = at.values[node][i];
    }
    const py::object said = call_python(function_, py::make_tuple(values));
    if (!py::isinstance<py::tuple>(said) || py::len(said) < 2 || py::len(said) > 3) {
      refuse("function", "a tuple (error, gradient) or (error, gradient, met)",
             std::string(py::str(py::type::of(said).attr("__name__"))));
    }
    return said;
  }

  template <class U>
  static Array<U> part(const py::handle& object, const char* name, const std::vector<py::ssize_t>& shape) {
    Array<U> array = numbers<U>(object, std::string("function: ") + name);
    if (std::vector<py::ssize_t>(array.shape(), array.shape() + array.ndim()) != shape) {
      refuse(std::string("function: ") + name, "shape " + std::string(py::str(py::tuple(py::cast(shape)))),
             "shape " + shape_text(array));
    }
    return array;
  }

  void tell(const TermInput<T>& at, const TermOutput<T>& out, const py::tuple& said) const {
    const auto n = static_cast<py::ssize_t>(at.samples.size());
    const Array<double> error = part<double>(said[0], "error", {n});
    if (std::any_of(error.data(), error.data() + n, [](double each) { return each < 0; })) {
      refuse("function: error", "numbers of at least 0, which 0 meets", "some below it");
    }
    const Array<T> gradient = part<T>(said[1], "gradient", {n, static_cast<py::ssize_t>(n_values_)});
    std::copy_n(error.data(), n, out.error);
    for (std::size_t node = 0; out.gradient.data != nullptr && node < n_values_; ++node) {
      std::fill_n(out.gradient[node], out.gradient.lanes, T(0));
      for (py::ssize_t i = 0; i < n; ++i) {
        out.gradient[node][i] = gradient.data()[static_cast<std::size_t>(i) * n_values_ + node];
      }
    }
    if (said.size() == 3) {
      const Array<double> met = part<double>(said[2], "met", {n});
      if (py::array::ensure(said[2]).dtype().kind() != 'b') {
        refuse("function: met", "True or False", "dtype " + std::string(py::str(py::array::ensure(said[2]).dtype())));
      }
      std::transform(met.data(), met.data() + n, out.met, [](double each) { return std::uint8_t{each != 0}; });
    } else {
      std::transform(error.data(), error.data() + n, out.met,
                     [&](double each) { return std::uint8_t{each <= tolerance_}; });
    }
  }

  py::function function_;
  std::size_t n_values_;
  double tolerance_;
};

}  // namespace lso::bindings
