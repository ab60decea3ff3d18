// random.hpp
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "lso/random.hpp"

namespace lso::bindings {

namespace {
template <class T, class Draw>
Contiguous<T> fill(std::size_t n, Draw draw) {
  Contiguous<T> array(static_cast<py::ssize_t>(n));
  T* out = array.mutable_data();
  const WithoutGil released;
  for (std::size_t i = 0; i < n; ++i) out[i] = draw(i);
  return array;
}

template <class T>
Contiguous<T> uniform(std::uint64_t seed, std::size_t n) {
  const Random random(seed, Stream::uniform);
  return fill<T>(n, [&](std::size_t i) { return random.uniform<T>(i); });
}

template <class T>
Contiguous<T> normal(std::uint64_t seed, std::size_t n) {
  const Random random(seed, Stream::normal);
  return fill<T>(n, [&](std::size_t i) { return static_cast<T>(random.normal(i)); });
}

Contiguous<std::int64_t> permutation(std::uint64_t seed, std::size_t n) {
  std::vector<std::size_t> order(n);
  shuffle(order, Random(seed, Stream::permutation));
  return fill<std::int64_t>(n, [&](std::size_t i) { return static_cast<std::int64_t>(order[i]); });
}
}  // namespace

void bind_random(py::module_& module) {
  module.def("uniform32", &uniform<float>, py::arg("seed"), py::arg("n"));
  module.def("uniform64", &uniform<double>, py::arg("seed"), py::arg("n"));
  module.def("normal32", &normal<float>, py::arg("seed"), py::arg("n"));
  module.def("normal64", &normal<double>, py::arg("seed"), py::arg("n"));
  module.def("permutation", &permutation, py::arg("seed"), py::arg("n"));
}

}  // namespace lso::bindings
