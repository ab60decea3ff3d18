// random.hpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "interrupt.hpp"
#include "lso/random.hpp"

namespace lso::bindings {

namespace {
constexpr std::size_t between_polls = std::size_t{1} << 16;

// draw(first, some of the array): all of it, in pieces between which Ctrl-C may end it.
template <class T, class Draw>
Contiguous<T> fill(std::size_t n, Draw draw) {
  Contiguous<T> array(static_cast<py::ssize_t>(n));
  const std::span<T> out(array.mutable_data(), n);
  interruptible([&](StopSignal* stop) {
    for (std::size_t first = 0; first < n && !stop->check(); first += between_polls) {
      draw(first, out.subspan(first, std::min(between_polls, n - first)));
    }
  });
  return array;
}

template <class T>
Contiguous<T> uniform(std::uint64_t seed, std::size_t n) {
  const Random random(seed, Stream::uniform);
  return fill<T>(n, [&](std::size_t first, std::span<T> out) { random.uniforms<T>(first, out); });
}

template <class T>
Contiguous<T> normal(std::uint64_t seed, std::size_t n) {
  const Random random(seed, Stream::normal);
  return fill<T>(n, [&](std::size_t first, std::span<T> out) { random.normals<T>(first, out); });
}

Contiguous<std::int64_t> permutation(std::uint64_t seed, std::size_t n) {
  Contiguous<std::int64_t> array(static_cast<py::ssize_t>(n));  // the first to tell that so many do not fit
  std::int64_t* out = array.mutable_data();
  std::vector<std::size_t> order(n);
  interruptible([&](StopSignal* stop) {
    shuffle(order, Random(seed, Stream::permutation), stop);
    if (stop->stopped()) return;
    std::ranges::transform(order, out, [](std::size_t i) { return static_cast<std::int64_t>(i); });
  });
  return array;
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
