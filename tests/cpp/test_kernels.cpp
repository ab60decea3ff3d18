// The matrix kernels of every instruction set that this processor runs, against the plain loops.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "kernel_sets.hpp"
#include "kernels/kernels.hpp"
#include "kernels/reference.hpp"
#include "lso/simd.hpp"
#include "support.hpp"

namespace {

using lso::kernels::Kernels;
using lso::kernels::Product;

struct Shape {
  std::size_t m, n, k;
};

// Below, at and above the tile's rows and every vector width; an empty sum; and matrices too large for a near cache.
const std::vector<Shape> shapes = {
    {.m = 1, .n = 1, .k = 1},     {.m = 1, .n = 16, .k = 1},     {.m = 5, .n = 16, .k = 3},
    {.m = 6, .n = 32, .k = 7},    {.m = 7, .n = 33, .k = 5},     {.m = 12, .n = 48, .k = 20},
    {.m = 13, .n = 31, .k = 9},   {.m = 2, .n = 15, .k = 100},   {.m = 40, .n = 64, .k = 33},
    {.m = 196, .n = 48, .k = 65}, {.m = 65, .n = 196, .k = 48},  {.m = 3, .n = 17, .k = 0},
    {.m = 15, .n = 17, .k = 15},  {.m = 17, .n = 104, .k = 16},  {.m = 8, .n = 196, .k = 17},
    {.m = 2048, .n = 1, .k = 4},  {.m = 300, .n = 97, .k = 600}, {.m = 3, .n = 2048, .k = 2},
    {.m = 401, .n = 40, .k = 700}};

// Room around each matrix that a kernel must leave alone.
constexpr std::size_t margin = 3;

template <class T>
struct Problem {
  std::size_t lda, ldb, ldc;
  std::vector<T> a, b, bias, before, c;
  Product<T> product;

  Problem(const Shape& shape, bool transposed, int start)
      : lda((transposed ? shape.m : shape.k) + margin),
        ldb(shape.n + margin),
        ldc(shape.n + margin),
        a(support::uniform<T>((transposed ? shape.k : shape.m) * lda + 1, 1)),
        b(support::uniform<T>(shape.k * ldb + 1, 2)),
        bias(support::uniform<T>(shape.m, 4)),
        before(support::uniform<T>(shape.m * ldc, 3)),
        c(before),
        product{shape.m,
                shape.n,
                shape.k,
                a.data(),
                transposed ? 1 : lda,
                transposed ? lda : 1,
                b.data(),
                ldb,
                c.data(),
                ldc,
                start == 1 ? bias.data() : nullptr,
                start == 2} {}

  // The bound of a sum of k products and where it begins, in units of T's rounding.
  void check() {
    for (std::size_t i = 0; i < product.m; ++i) {
      for (std::size_t j = 0; j < product.n; ++j) {
        double sum = product.accumulate ? static_cast<double>(before[i * ldc + j])
                                        : (product.bias != nullptr ? static_cast<double>(bias[i]) : 0.0);
        double magnitude = std::abs(sum);
        for (std::size_t p = 0; p < product.k; ++p) {
          const double term =
              static_cast<double>(a[i * product.a_row + p * product.a_col]) * static_cast<double>(b[p * ldb + j]);
          sum += term;
          magnitude += std::abs(term);
        }
        const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
        CHECK_CLOSE(c[i * ldc + j], sum, 0.0, static_cast<double>(product.k + 2) * epsilon * magnitude);
      }
      for (std::size_t j = product.n; j < ldc; ++j) CHECK(c[i * ldc + j] == before[i * ldc + j]);
    }
  }
};

template <class T>
void check_products(void (*gemm)(const Product<T>&)) {
  for (const Shape& shape : shapes) {
    for (const bool transposed : {false, true}) {
      for (const int start : {0, 1, 2}) {
        Problem<T> problem(shape, transposed, start);
        gemm(problem.product);
        problem.check();
        const std::vector<T> without = problem.c;
        std::vector<T> scratch(shape.k * shape.n + margin, T(7));
        problem.c = problem.before;
        problem.product.scratch = scratch.data();
        gemm(problem.product);
        CHECK(problem.c == without);
        for (std::size_t i = shape.k * shape.n; i < scratch.size(); ++i) CHECK(scratch[i] == T(7));
      }
    }
  }
}

// One column: the same bits by either kernel, from packed rows or columns and from padded columns.
template <class T>
void check_columns(const Kernels<T>& kernels) {
  for (const std::size_t m : {1U, 2U, 4U, 7U, 8U, 10U, 15U, 16U, 17U, 20U, 21U, 100U, 196U, 225U, 2048U}) {
    const std::size_t padded = (m + lso::kernels::padding - 1) / lso::kernels::padding * lso::kernels::padding;
    for (const std::size_t k : {1U, 10U, 196U}) {
      const std::vector<T> a = support::uniform<T>(padded * k, 1);
      const std::vector<T> b = support::uniform<T>(k, 2);
      const std::vector<T> bias = support::uniform<T>(m, 3);
      for (const bool transposed : {true, false}) {
        for (const T* begin : {bias.data(), static_cast<const T*>(nullptr)}) {
          std::vector<T> plain(m + margin, T(7));
          const Product<T> product{.m = m,
                                   .n = 1,
                                   .k = k,
                                   .a = a.data(),
                                   .a_row = transposed ? 1 : k,
                                   .a_col = transposed ? padded : 1,
                                   .b = b.data(),
                                   .ldb = 1,
                                   .c = plain.data(),
                                   .ldc = 1,
                                   .bias = begin};
          kernels.gemm(product);
          const auto check = [&](Product<T> of) {
            std::vector<T> fast(m + margin, T(7));
            of.c = fast.data();
            kernels.gemv(of);
            CHECK(fast == plain);
          };
          if (transposed) check(product);
          std::vector<T> packed((m + lso::kernels::padding) * k + margin, T(7));
          kernels.pack(product, packed.data());
          CHECK(std::count(packed.end() - margin, packed.end(), T(7)) == margin);
          Product<T> of = product;
          of.a = packed.data();
          of.packed = true;
          check(of);
        }
      }
    }
  }
}

// From packed strips: the same bits, and nothing beside C is written.
template <class T>
void check_packed(const Kernels<T>& kernels) {
  for (const Shape& shape : shapes) {
    for (const std::size_t n : {8U, 24U, 48U, 56U, 72U, 104U}) {
      for (const bool transposed : {false, true}) {
        for (const int start : {0, 1}) {
          Problem<T> problem({shape.m, n, shape.k}, transposed, start);
          kernels.gemm(problem.product);
          const std::vector<T> plain = problem.c;
          const std::size_t room = (shape.m + lso::kernels::padding) * shape.k;
          std::vector<T> packed(room + margin, T(7));
          kernels.pack(problem.product, packed.data());
          CHECK(std::count(packed.end() - margin, packed.end(), T(7)) == margin);
          problem.c = problem.before;
          problem.product.a = packed.data();
          problem.product.packed = true;
          kernels.gemm(problem.product);
          CHECK(problem.c == plain);
        }
      }
    }
  }
}

// A lane's sum must not depend on the tile that it falls in.
template <class T>
void check_position(const Kernels<T>& kernels) {
  const std::size_t n = 112;
  const std::size_t k = 77;
  const std::vector<T> a = support::uniform<T>(13 * k, 4);
  const std::vector<T> column = support::uniform<T>(k, 5);
  std::vector<T> b(k * n);
  for (std::size_t p = 0; p < k; ++p) std::fill_n(b.begin() + static_cast<std::ptrdiff_t>(p * n), n, column[p]);
  for (const std::size_t width : {1U, 8U, 15U, 16U, 47U, 104U, 112U}) {
    std::vector<T> c(13 * n);
    std::vector<T> last(n);
    kernels.gemm({13, width, k, a.data(), k, 1, b.data(), n, c.data(), n});
    kernels.gemm({1, n, k, a.data() + 12 * k, k, 1, b.data(), n, last.data(), n});
    for (std::size_t j = 0; j < width; ++j) CHECK(c[12 * n + j] == last[0]);
  }
}

TEST("the plain reference itself") {
  // (1 2; 3 4) (5 6; 7 8) + (1 1; 1 1)
  const double a[] = {1, 2, 3, 4};
  const double b[] = {5, 6, 7, 8};
  double c[] = {1, 1, 1, 1};
  lso::kernels::reference::product<double>({.m = 2,
                                            .n = 2,
                                            .k = 2,
                                            .a = a,
                                            .a_row = 2,
                                            .a_col = 1,
                                            .b = b,
                                            .ldb = 2,
                                            .c = c,
                                            .ldc = 2,
                                            .bias = nullptr,
                                            .accumulate = true});
  CHECK(c[0] == 20.0);
  CHECK(c[1] == 23.0);
  CHECK(c[2] == 44.0);
  CHECK(c[3] == 51.0);
}

TEST("products: every instruction set, every edge size, both orders of A, from zero, from a bias, and added") {
  for_sets([](const auto& kernels) { check_products(kernels.gemm); });
  check_products<float>(lso::kernels::reference::product<float>);
  check_products<double>(lso::kernels::reference::product<double>);
}

TEST("packed weights give the bits that they give as they lie") {
  for_sets([](const auto& kernels) { check_packed(kernels); });
}

TEST("a single column has the bits that it has among others") {
  for_sets([](const auto& kernels) { check_columns(kernels); });
}

TEST("an element's bits do not depend on its place in the matrix") {
  for_sets([](const auto& kernels) { check_position(kernels); });
}

TEST("the set in use is one that runs here, and the baseline always does") {
  const auto available = lso::simd_available();
  CHECK(!available.empty());
  CHECK(available.front() == "baseline");
  CHECK(std::ranges::find(available, lso::simd()) != available.end());
  const char* forced = std::getenv("LSO_SIMD");
  const bool unset = forced == nullptr || *forced == '\0';
  CHECK(lso::simd() == (unset ? available.back() : std::string_view(forced)));
}

}  // namespace
