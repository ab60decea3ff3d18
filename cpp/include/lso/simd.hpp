// Which instruction set the matrix kernels run on.
#pragma once

#include <string_view>
#include <vector>

namespace lso {

// The one in use: the best that the processor has, or the one that the environment variable LSO_SIMD names;
// empty it counts as unset.
[[nodiscard]] std::string_view simd();

// All that this build holds and this processor can run, the best last.
[[nodiscard]] std::vector<std::string_view> simd_available();

// How fast this core multiplies and adds on that set's vectors, by doing it for some `seconds`: floating-point
// operations a second, in float32, the best of many short runs. What a share of the peak refers to.
[[nodiscard]] double measure_peak(double seconds);

}  // namespace lso
