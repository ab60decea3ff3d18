// simd.hpp, and the threads of threads.hpp
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bindings.hpp"
#include "gil.hpp"
#include "lso/simd.hpp"
#include "lso/threads.hpp"

namespace lso::bindings {

void bind_machine(pybind11::module_& module) {
  module.def(
      "fma_peak",
      [](double seconds) {
        const WithoutGil released;
        return measure_peak(seconds);
      },
      pybind11::arg("seconds"), "Floating-point operations a second of this core, by multiplying and adding.");
  module.def("processors", [] { return resolve_threads(0); }, "How many this process may use.");
  module.def("simd", [] { return std::string(simd()); }, "The instruction set in use.");
  module.def(
      "simd_available",
      [] {
        const auto names = simd_available();
        return std::vector<std::string>(names.begin(), names.end());
      },
      "The instruction sets that this build holds and this processor runs, the best last.");
}

}  // namespace lso::bindings
