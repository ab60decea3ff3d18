// The native module: a table of contents.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bindings.hpp"
#include "errors.hpp"
#include "gil.hpp"
#include "lso/simd.hpp"
#include "lso/threads.hpp"

PYBIND11_MODULE(_core, module) {
  using namespace lso::bindings;
  module.doc() = "The C++ engine of lso_native. Use it through lso_native, which checks and documents its arguments.";
  translate_errors();
  bind_network(module);
  bind_objective(module);
  bind_optimize(module);
  bind_train(module);
  bind_learner(module);
  bind_random(module);
  module.def(
      "fma_peak",
      [](double seconds) {
        const WithoutGil released;
        return lso::measure_peak(seconds);
      },
      pybind11::arg("seconds"), "Floating-point operations a second of this core, by multiplying and adding.");
  module.def("processors", [] { return lso::resolve_threads(0); }, "How many this process may use.");
  module.def("simd", [] { return std::string(lso::simd()); }, "The instruction set in use.");
  module.def(
      "simd_available",
      [] {
        const auto names = lso::simd_available();
        return std::vector<std::string>(names.begin(), names.end());
      },
      "The instruction sets that this build holds and this processor runs, the best last.");
}
