// Which instruction set the matrix kernels run on.
#pragma once

#include <string_view>
#include <vector>

namespace lso {

// The one in use: the best that the processor has, or the one that the environment variable LSO_SIMD names.
[[nodiscard]] std::string_view simd();

// All that this build holds and this processor can run, the best last.
[[nodiscard]] std::vector<std::string_view> simd_available();

}  // namespace lso
