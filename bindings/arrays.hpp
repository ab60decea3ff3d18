// The only code that turns Python arrays into the engine's views and back.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "errors.hpp"
#include "lso/view.hpp"

namespace lso::bindings {

namespace py = pybind11;

template <class T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

// What a class for one precision has its name end in.
template <class T>
inline constexpr const char* precision = sizeof(T) == sizeof(float) ? "32" : "64";

// Whether an argument may hold infinities, where they stand for "no end".
enum class Infinite : std::uint8_t { refused, allowed };

template <class T>
using Contiguous = py::array_t<T, py::array::c_style>;

inline std::string shape_text(const py::array& array) { return py::str(py::tuple(array.attr("shape"))); }

// A plain NumPy array of real numbers as it is; whatever else goes through the check that Python has for all of them.
inline py::array real_numbers(const py::handle& object, const std::string& argument) {
  if (Py_TYPE(object.ptr()) == py::detail::npy_api::get().PyArray_Type_) {
    auto array = py::reinterpret_borrow<py::array>(object);
    if (std::string_view("fiub").find(array.dtype().kind()) != std::string_view::npos) return array;
  }
  return py::module_::import("lso_native._checks").attr("as_numbers")(argument, object);
}

// Real numbers of any width become T; anything else is refused by name.
template <class T>
Array<T> numbers(const py::handle& object, const std::string& argument) {
  const py::array array = real_numbers(object, argument);
  if constexpr (sizeof(T) < sizeof(double)) {
    // NumPy would warn of a number too large for T; cast here it is infinite, and refused as such
    if (array.dtype().itemsize() > static_cast<py::ssize_t>(sizeof(T)) && array.dtype().kind() == 'f') {
      const Array<double> wide = numbers<double>(array, argument);
      Array<T> narrow(std::vector<py::ssize_t>(wide.shape(), wide.shape() + wide.ndim()));
      std::transform(wide.data(), wide.data() + wide.size(), narrow.mutable_data(),
                     [](double value) { return static_cast<T>(value); });
      return narrow;
    }
  }
  Array<T> converted = Array<T>::ensure(array);
  if (!converted) refuse(argument, "numbers within double precision", std::string(py::str(array.dtype())));
  return converted;
}

template <class T>
bool all_finite(std::span<const T> values) {
  unsigned others = 0;  // without a way out, so that the compiler looks at several at once
  for (const T value : values) others |= std::abs(value) <= std::numeric_limits<T>::max() ? 0U : 1U;
  return others == 0;
}

template <class T>
void check_finite(std::span<const T> values, const std::string& argument, Infinite infinite = Infinite::refused) {
  if (all_finite(values)) return;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i]) || (infinite == Infinite::refused && std::isinf(values[i]))) {
      refuse(argument, "finite numbers",
             (std::isnan(values[i]) ? "NaN" : "infinity") + std::string(" at flat index ") + std::to_string(i));
    }
  }
}

// An array held for as long as its view is used.
template <class T>
struct Held {
  Array<T> array;
  Rows<const T> rows;
};

// (n, width), n >= 1, finite; n_rows asks for so many.
template <class T>
Held<T> rows(const py::handle& object, const std::string& argument, std::size_t width,
             std::optional<std::size_t> n_rows = std::nullopt, const char* n_name = "n_samples") {
  Array<T> array = numbers<T>(object, argument);
  const std::string n_text = n_rows ? std::to_string(*n_rows) : n_name;
  const std::string expected = "an array of shape (" + n_text + ", " + std::to_string(width) + ")";
  if (array.ndim() != 2 || static_cast<std::size_t>(array.shape(1)) != width ||
      (n_rows && static_cast<std::size_t>(array.shape(0)) != *n_rows)) {
    refuse(argument, expected, "shape " + shape_text(array));
  }
  if (array.shape(0) == 0) refuse(argument, "at least one sample", "shape " + shape_text(array));
  const Rows<const T> view{array.data(), static_cast<std::size_t>(array.shape(0)), width};
  check_finite<T>({view.data, view.size()}, argument);
  return {std::move(array), view};
}

// (width,) for all samples, or (n_rows, width).
template <class T>
Held<T> shared_rows(const py::handle& object, const std::string& argument, std::size_t width, std::size_t n_rows,
                    Infinite infinite = Infinite::refused) {
  Array<T> array = numbers<T>(object, argument);
  const bool shared = array.ndim() == 1 && static_cast<std::size_t>(array.shape(0)) == width;
  const bool each = array.ndim() == 2 && static_cast<std::size_t>(array.shape(1)) == width &&
                    static_cast<std::size_t>(array.shape(0)) == n_rows;
  if (!shared && !each) {
    refuse(argument,
           "an array of shape (" + std::to_string(width) + ",) or (" + std::to_string(n_rows) + ", " +
               std::to_string(width) + ")",
           "shape " + shape_text(array));
  }
  const Rows<const T> view{array.data(), shared ? 1 : n_rows, width};
  check_finite<T>({view.data, view.size()}, argument, infinite);
  return {std::move(array), view};
}

// (size,), finite.
template <class T>
Array<T> vector(const py::handle& object, const std::string& argument, std::size_t size,
                Infinite infinite = Infinite::refused) {
  Array<T> array = numbers<T>(object, argument);
  if (array.ndim() != 1 || static_cast<std::size_t>(array.shape(0)) != size) {
    refuse(argument, "an array of shape (" + std::to_string(size) + ",)", "shape " + shape_text(array));
  }
  check_finite<T>({array.data(), size}, argument, infinite);
  return array;
}

// A fresh (rows, cols) array and the view through which the engine fills it.
template <class T>
std::pair<Contiguous<T>, Rows<T>> new_rows(std::size_t rows, std::size_t cols) {
  Contiguous<T> array({static_cast<py::ssize_t>(rows), static_cast<py::ssize_t>(cols)});
  return {array, Rows<T>{array.mutable_data(), rows, cols}};
}

// A RuntimeWarning of rows that hold a number that is not finite, where there are some: as NumPy's own, not where
// np.errstate says to ignore overflows.
template <class T>
void warn_of_overflow(Rows<const T> rows, const char* what) {
  if (all_finite<T>({rows.data, rows.size()})) return;
  const py::dict handling = py::module_::import("numpy").attr("geterr")();
  if (handling["over"].cast<std::string>() == "ignore") return;
  std::size_t count = 0, first = rows.rows;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    if (all_finite<T>(rows[i])) continue;
    ++count;
    first = std::min(first, i);
  }
  const std::string of = std::to_string(count) + " of " + std::to_string(rows.rows) + " samples, first of sample ";
  const std::string text = std::string(what) + " not finite for " + of + std::to_string(first) +
                           ": numbers too large for float" + precision<T>;
  if (PyErr_WarnEx(PyExc_RuntimeWarning, text.c_str(), 2) != 0) throw py::error_already_set();
}

// The array takes the vector's memory over.
template <class T>
Contiguous<T> adopt(std::vector<T>&& values, std::vector<py::ssize_t> shape) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  const T* data = owned->data();
  const py::capsule owner(owned.release(), [](void* pointer) { delete static_cast<std::vector<T>*>(pointer); });
  return Contiguous<T>(std::move(shape), data, owner);
}

}  // namespace lso::bindings
