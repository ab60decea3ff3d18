// The matrix kernel behind every forward and backward, and its plain reference.
#pragma once

#include <cstddef>

namespace lso::kernels {

// C (m, n) = A (m, k) B (k, n), or C += A B. Element (i, p) of A at a[i * a_row + p * a_col], rows of B and C are
// contiguous. Every element of C is one chain of additions in the order of p, on whatever tile it falls.
template <class T>
using Gemm = void (*)(std::size_t m, std::size_t n, std::size_t k, const T* a, std::size_t a_row, std::size_t a_col,
                      const T* b, std::size_t ldb, T* c, std::size_t ldc, bool accumulate);

template <class T>
void reference_gemm(std::size_t m, std::size_t n, std::size_t k, const T* a, std::size_t a_row, std::size_t a_col,
                    const T* b, std::size_t ldb, T* c, std::size_t ldc, bool accumulate) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      T sum = accumulate ? c[i * ldc + j] : T(0);
      for (std::size_t p = 0; p < k; ++p) sum += a[i * a_row + p * a_col] * b[p * ldb + j];
      c[i * ldc + j] = sum;
    }
  }
}

struct KernelSet {
  const char* name;
  Gemm<float> gemm32;
  Gemm<double> gemm64;
  bool (*runs_here)();
};

// All sets of this build, the baseline first, each better than the one before.
extern const KernelSet kernel_sets[];
extern const std::size_t kernel_set_count;

[[nodiscard]] const KernelSet& active();

template <class T>
[[nodiscard]] inline Gemm<T> gemm() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return active().gemm32;
  } else {
    return active().gemm64;
  }
}

// One definition each, made from gemm.inl by gemm_<instruction set>.cpp.
#define LSO_DECLARE_GEMM(isa)                                                                                      \
  void gemm32_##isa(std::size_t, std::size_t, std::size_t, const float*, std::size_t, std::size_t, const float*,   \
                    std::size_t, float*, std::size_t, bool);                                                       \
  void gemm64_##isa(std::size_t, std::size_t, std::size_t, const double*, std::size_t, std::size_t, const double*, \
                    std::size_t, double*, std::size_t, bool);
LSO_DECLARE_GEMM(baseline)
LSO_DECLARE_GEMM(avx2)
LSO_DECLARE_GEMM(avx512)
#undef LSO_DECLARE_GEMM

}  // namespace lso::kernels
