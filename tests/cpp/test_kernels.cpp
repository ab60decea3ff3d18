// The matrix kernels of every instruction set that this processor runs, against the plain loops.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "kernels/kernels.hpp"
#include "lso/simd.hpp"
#include "support.hpp"

namespace {

using lso::kernels::KernelSet;

struct Shape {
  std::size_t m, n, k;
};

// Below, at and above the tile's rows and every vector width, and with an empty sum.
const std::vector<Shape> shapes = {{1, 1, 1},   {1, 16, 1},   {5, 16, 3},   {6, 32, 7},    {7, 33, 5},    {12, 48, 20},
                                   {13, 31, 9}, {2, 15, 100}, {40, 64, 33}, {196, 48, 65}, {65, 196, 48}, {3, 17, 0}};

// Room around each matrix that a kernel must leave alone.
constexpr std::size_t margin = 3;

template <class T>
void check_shape(lso::kernels::Gemm<T> gemm, const Shape& shape, bool turned, bool accumulate) {
  const auto [m, n, k] = shape;
  const std::size_t lda = (turned ? m : k) + margin;
  const std::size_t ldb = n + margin;
  const std::size_t ldc = n + margin;
  const std::vector<T> a = support::uniform<T>((turned ? k : m) * lda + 1, 1);
  const std::vector<T> b = support::uniform<T>(k * ldb + 1, 2);
  const std::vector<T> before = support::uniform<T>(m * ldc, 3);
  std::vector<T> c = before;
  const std::size_t a_row = turned ? 1 : lda;
  const std::size_t a_col = turned ? lda : 1;
  gemm(m, n, k, a.data(), a_row, a_col, b.data(), ldb, c.data(), ldc, accumulate);

  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = accumulate ? static_cast<double>(before[i * ldc + j]) : 0.0;
      double magnitude = std::abs(sum);
      for (std::size_t p = 0; p < k; ++p) {
        const double term = static_cast<double>(a[i * a_row + p * a_col]) * static_cast<double>(b[p * ldb + j]);
        sum += term;
        magnitude += std::abs(term);
      }
      // The error bound of a sum of k products.
      CHECK_CLOSE(c[i * ldc + j], sum, 0.0, static_cast<double>(k + 2) * epsilon * magnitude);
    }
    for (std::size_t j = n; j < ldc; ++j) CHECK(c[i * ldc + j] == before[i * ldc + j]);
  }
}

template <class T>
void check_all(lso::kernels::Gemm<T> gemm) {
  for (const Shape& shape : shapes) {
    for (const bool turned : {false, true}) {
      for (const bool accumulate : {false, true}) check_shape<T>(gemm, shape, turned, accumulate);
    }
  }
}

// A lane's sum must not depend on the tile that it falls in.
template <class T>
void check_position(lso::kernels::Gemm<T> gemm) {
  const std::size_t n = 64;
  const std::size_t k = 77;
  const std::vector<T> a = support::uniform<T>(13 * k, 4);
  const std::vector<T> column = support::uniform<T>(k, 5);
  std::vector<T> b(k * n);
  for (std::size_t p = 0; p < k; ++p) std::fill_n(b.begin() + static_cast<std::ptrdiff_t>(p * n), n, column[p]);
  for (const std::size_t width : {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{47}, n}) {
    std::vector<T> c(13 * n);
    std::vector<T> last(n);
    gemm(13, width, k, a.data(), k, 1, b.data(), n, c.data(), n, false);
    gemm(1, n, k, a.data() + 12 * k, k, 1, b.data(), n, last.data(), n, false);
    for (std::size_t j = 0; j < width; ++j) CHECK(c[12 * n + j] == last[0]);
  }
}

TEST("the plain reference itself") {
  // (1 2; 3 4) (5 6; 7 8) + (1 1; 1 1)
  const double a[] = {1, 2, 3, 4};
  const double b[] = {5, 6, 7, 8};
  double c[] = {1, 1, 1, 1};
  lso::kernels::reference_gemm<double>(2, 2, 2, a, 2, 1, b, 2, c, 2, true);
  CHECK(c[0] == 20.0);
  CHECK(c[1] == 23.0);
  CHECK(c[2] == 44.0);
  CHECK(c[3] == 51.0);
}

TEST("every instruction set, every edge size, both orders of A, with and without accumulation") {
  for (std::size_t s = 0; s < lso::kernels::kernel_set_count; ++s) {
    const KernelSet& set = lso::kernels::kernel_sets[s];
    if (!set.runs_here()) continue;
    check_all<float>(set.gemm32);
    check_all<double>(set.gemm64);
  }
  check_all<float>(lso::kernels::reference_gemm<float>);
  check_all<double>(lso::kernels::reference_gemm<double>);
}

TEST("an element's bits do not depend on its place in the matrix") {
  for (std::size_t s = 0; s < lso::kernels::kernel_set_count; ++s) {
    const KernelSet& set = lso::kernels::kernel_sets[s];
    if (!set.runs_here()) continue;
    check_position<float>(set.gemm32);
    check_position<double>(set.gemm64);
  }
}

TEST("the set in use is one that runs here, and the baseline always does") {
  const auto available = lso::simd_available();
  CHECK(!available.empty());
  CHECK(available.front() == "baseline");
  CHECK(std::ranges::find(available, lso::simd()) != available.end());
  const char* forced = std::getenv("LSO_SIMD");
  CHECK(forced == nullptr ? lso::simd() == available.back() : lso::simd() == forced);
}

}  // namespace
