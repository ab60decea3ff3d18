// Chooses the instruction set, once, when it is first asked for.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>

#if defined(LSO_X86_KERNELS) && defined(_WIN32)
#include <cpuid.h>

#include <cstdint>
#endif

#include "kernels/kernels.hpp"
#include "lso/simd.hpp"

namespace lso {
namespace kernels {

// One definition each, made from table.inl by <instruction set>.cpp.
extern const Kernels<float> float32_baseline, float32_avx2, float32_avx512, float32_neon;
extern const Kernels<double> float64_baseline, float64_avx2, float64_avx512, float64_neon;

namespace {
bool always() { return true; }
#if defined(LSO_X86_KERNELS) && defined(_WIN32)
// __builtin_cpu_supports is in a library of the compiler that Microsoft's linker does not know.
struct Processor {
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  explicit Processor(std::uint32_t leaf) { __get_cpuid_count(leaf, 0, &a, &b, &c, &d); }
};
bool has(std::uint32_t word, int bit) { return (word >> bit & 1U) != 0; }

// The system keeps these registers when it changes from one thread to the next.
bool keeps(std::uint32_t registers) {
  if (!has(Processor(1).c, 27)) return false;  // OSXSAVE: it can be asked
  std::uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & registers) == registers;
}
bool has_avx2() { return keeps(0x06) && has(Processor(1).c, 12) && has(Processor(7).b, 5); }  // FMA, AVX2
bool has_avx512() {                                                                           // F, DQ, VL
  const std::uint32_t features = Processor(7).b;
  return has_avx2() && keeps(0xE6) && has(features, 16) && has(features, 17) && has(features, 31);
}
#elif defined(LSO_X86_KERNELS)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
#endif
}  // namespace

constexpr KernelSet kernel_sets[] = {
    {.name = "baseline", .float32 = &float32_baseline, .float64 = &float64_baseline, .runs_here = always},
#ifdef LSO_X86_KERNELS
    {.name = "avx2", .float32 = &float32_avx2, .float64 = &float64_avx2, .runs_here = has_avx2},
    {.name = "avx512", .float32 = &float32_avx512, .float64 = &float64_avx512, .runs_here = has_avx512},
#endif
#ifdef LSO_ARM64_KERNELS
    {.name = "neon", .float32 = &float32_neon, .float64 = &float64_neon, .runs_here = always},
#endif
};
const std::size_t kernel_set_count = sizeof(kernel_sets) / sizeof(kernel_sets[0]);

namespace {
const KernelSet& choose() {
  const char* forced = std::getenv("LSO_SIMD");
  const KernelSet* best = kernel_sets;  // the baseline runs everywhere
  std::string known;
  for (const KernelSet& set : kernel_sets) {
    if (!set.runs_here()) continue;
    if (forced != nullptr && std::string(forced) == set.name) return set;
    known += std::string(known.empty() ? "" : ", ") + set.name;
    best = &set;
  }
  if (forced != nullptr && *forced != '\0') {
    throw std::invalid_argument("LSO_SIMD: expected one of " + known + " (what this processor runs), got '" +
                                std::string(forced) + "'");
  }
  return *best;
}
}  // namespace

const KernelSet& active() {
  static const KernelSet& chosen = choose();
  return chosen;
}

}  // namespace kernels

std::string_view simd() { return kernels::active().name; }

std::vector<std::string_view> simd_available() {
  std::vector<std::string_view> names;
  for (const kernels::KernelSet& set : kernels::kernel_sets) {
    if (set.runs_here()) names.emplace_back(set.name);
  }
  return names;
}

double measure_peak(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  double best = 0;
  while (Clock::now() < end) {
    const auto begin = Clock::now();
    const double operations = kernels::kernels<float>().multiply_add(100'000);
    best = std::max(best, operations / std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

}  // namespace lso
