// The matrix product. The including file sets LSO_TILE_ROWS, LSO_TILE_VECTORS and
// LSO_STRIPE_VECTORS to what its registers hold.
#pragma once

#include "kernels/elementwise.inl"
#include "kernels/kernels.hpp"
#include "kernels/vector.inl"

namespace lso::kernels {
namespace {

// One tile: C (M, V vectors of W) stays in registers while p runs over k. Turned: A's rows are neighbours (a_row = 1),
// else its columns are (a_col = 1).
template <class T, size_t W, size_t V, size_t M, bool Turned>
LSO_INLINE void tile(size_t k, const T* a, size_t lda, const T* b, size_t ldb, const T* bias, bool accumulate, T* c,
                     size_t ldc) {
  using Vec = Vector<T, W>;
  Vec sum[M][V];
  for (size_t i = 0; i < M; ++i) {
    for (size_t v = 0; v < V; ++v) {
      if (accumulate) {
        sum[i][v] = load<Vec>(c + i * ldc + v * W);
      } else {
        sum[i][v] = bias != nullptr ? splat<Vec>(bias[i]) : Vec{};
      }
    }
  }
  for (size_t p = 0; p < k; ++p) {
    Vec row[V];
    for (size_t v = 0; v < V; ++v) row[v] = load<Vec>(b + v * W);
    for (size_t i = 0; i < M; ++i) {
      const Vec factor = splat<Vec>(Turned ? a[i] : a[i * lda]);
      for (size_t v = 0; v < V; ++v) sum[i][v] = fused(factor, row[v], sum[i][v]);
    }
    a += Turned ? lda : 1;
    b += ldb;
  }
  for (size_t i = 0; i < M; ++i) {
    for (size_t v = 0; v < V; ++v) store(c + i * ldc + v * W, sum[i][v]);
  }
}

constexpr size_t far_apart = 512;  // columns

// Rows of C from i on, M at a time, then fewer.
template <class T, size_t W, size_t V, size_t M, bool Turned>
LSO_INLINE void rows(const Product<T>& of, size_t i, size_t j) {
  for (; i + M <= of.m; i += M) {
    if (of.ldc >= far_apart) {  // the next tile of C, each row of which is on its way from far off
      for (size_t r = 0; r < M && i + M + r < of.m; ++r) {
        for (size_t v = 0; v < V; ++v) __builtin_prefetch(of.c + (i + M + r) * of.ldc + j + v * W, 1);
      }
    }
    tile<T, W, V, M, Turned>(of.k, of.a + i * of.a_row, Turned ? of.a_col : of.a_row, of.b + j, of.ldb,
                             of.bias != nullptr ? of.bias + i : nullptr, of.accumulate, of.c + i * of.ldc + j, of.ldc);
  }
  if constexpr (M > 4) {
    rows<T, W, V, 4, Turned>(of, i, j);
  } else if constexpr (M > 1) {
    rows<T, W, V, M / 2, Turned>(of, i, j);
  }
}

// Columns that fill no vector of 16 bytes.
template <class T>
void columns(const Product<T>& of, size_t j) {
  for (size_t i = 0; i < of.m; ++i) {
    for (size_t column = j; column < of.n; ++column) {
      T& c = of.c[i * of.ldc + column];
      T sum = of.accumulate ? c : (of.bias != nullptr ? of.bias[i] : T(0));
      for (size_t p = 0; p < of.k; ++p) {
        sum = fused(of.a[i * of.a_row + p * of.a_col], of.b[p * of.ldb + column], sum);
      }
      c = sum;
    }
  }
}

// Columns of C from j on: panels of V vectors, then of fewer, then of half vectors, down to 16 bytes.
template <class T, size_t W, size_t V, bool Turned>
void panels(const Product<T>& of, size_t j) {
  for (; j + V * W <= of.n; j += V * W) rows<T, W, V, LSO_TILE_ROWS, Turned>(of, 0, j);
  if constexpr (V > 1) {
    panels<T, W, V - 1, Turned>(of, j);
  } else if constexpr (W * sizeof(T) > 16) {
    panels<T, W / 2, 1, Turned>(of, j);
  } else {
    columns(of, j);
  }
}

template <class T>
void product(const Product<T>& of) {
  if (of.a_row == 1) {
    panels<T, width<T>, LSO_TILE_VECTORS, true>(of, 0);
  } else {
    panels<T, width<T>, LSO_TILE_VECTORS, false>(of, 0);
  }
}

constexpr size_t block_rows = 64;
constexpr size_t block_depth = 256;
// Lines of a packed block, rows as they are or turned ones; a line more than a power of two, so that rows do not share
// their place in the cache.
constexpr size_t packed_stride(bool turned) { return turned ? block_rows : block_depth + 16; }
static_assert(block_rows * packed_stride(false) >= block_depth * packed_stride(true));

// A block of A, (rows, cols), in the order that it has, its rows or its columns `packed_stride` apart.
template <class T>
void pack(const Product<T>& of, size_t i, size_t rows, size_t p, size_t cols, T* packed) {
  const T* from = of.a + i * of.a_row + p * of.a_col;
  const bool turned = of.a_row == 1;
  const size_t step = turned ? of.a_col : of.a_row;
  const size_t length = turned ? rows : cols;
  for (size_t line = 0; line < (turned ? cols : rows); ++line) {
    for_packs<T>(length, [&](auto pack, size_t r, size_t count) LSO_INLINED {
      decltype(pack)::load(from + line * step + r, count).store(packed + line * packed_stride(turned) + r, count);
    });
  }
}

// A matrix A that the second-level cache does not hold is taken in blocks that it does.
template <class T>
void blocked(const Product<T>& of) {
  alignas(64) T packed[block_rows * packed_stride(false)];
  const bool turned = of.a_row == 1;
  const size_t stride = packed_stride(turned);
  for (size_t p = 0; p < of.k; p += block_depth) {
    const size_t depth = of.k - p < block_depth ? of.k - p : block_depth;
    for (size_t i = 0; i < of.m; i += block_rows) {
      const size_t rows = of.m - i < block_rows ? of.m - i : block_rows;
      pack(of, i, rows, p, depth, packed);
      product(Product<T>{rows, of.n, depth, packed, turned ? 1 : stride, turned ? stride : 1, of.b + p * of.ldb, of.ldb,
                         of.c + i * of.ldc, of.ldc, of.bias != nullptr ? of.bias + i : nullptr,
                         of.accumulate || p > 0});
    }
  }
}

constexpr size_t large_bytes = size_t{1} << 19;
constexpr size_t worth_packing = 96;  // columns that a packed block must serve

template <class T>
void gemm(const Product<T>& of) {
  if (of.n >= worth_packing && of.m * of.k * sizeof(T) > large_bytes && of.k > 0) return blocked(of);
  product(of);
}

// One column of C by N vectors of its rows. The last overlaps the one before where the rows are no multiple of W: it
// computes the same values again.
template <class T, size_t W, size_t N>
LSO_INLINE void stripe(const Product<T>& of, size_t begin, size_t end) {
  using Vec = Vector<T, W>;
  size_t offset[N];
  Vec sum[N];
  for (size_t v = 0; v < N; ++v) {
    offset[v] = v + 1 < N ? begin + v * W : end - W;
    sum[v] = of.bias != nullptr ? load<Vec>(of.bias + offset[v]) : Vec{};
  }
  const T* a = of.a;
  const T* last = a + offset[N - 1];
  for (size_t p = 0; p < of.k; ++p) {
    const Vec factor = splat<Vec>(of.b[p]);
    for (size_t v = 0; v + 1 < N; ++v) sum[v] = fused(factor, load<Vec>(a + begin + v * W), sum[v]);
    sum[N - 1] = fused(factor, load<Vec>(last), sum[N - 1]);
    a += of.a_col;
    last += of.a_col;
  }
  for (size_t v = 0; v < N; ++v) store(of.c + offset[v], sum[v]);
}

// Rows [begin, m) in stripes of at most N vectors; the number of vectors of the last is found by counting down.
template <class T, size_t W, size_t N>
void stripes(const Product<T>& of, size_t begin) {
  for (; begin + N * W <= of.m; begin += N * W) stripe<T, W, N>(of, begin, begin + N * W);
  if (begin == of.m) return;
  if constexpr (N > 1) {
    // a stripe of N may begin before `begin`, if there is that much
    if (of.m - begin > (N - 1) * W) return stripe<T, W, N>(of, begin, of.m);
    return stripes<T, W, N - 1>(of, begin);
  } else if (of.m >= W) {
    stripe<T, W, 1>(of, of.m - W, of.m);
  } else if constexpr (W * sizeof(T) > 16) {
    stripes<T, W / 2, 2>(of, begin);
  } else {
    for (size_t i = begin; i < of.m; ++i) {
      T sum = of.bias != nullptr ? of.bias[i] : T(0);
      for (size_t p = 0; p < of.k; ++p) sum = fused(of.b[p], of.a[p * of.a_col + i], sum);
      of.c[i] = sum;
    }
  }
}

template <class T>
void gemv(const Product<T>& of) {
  stripes<T, width<T>, LSO_STRIPE_VECTORS>(of, 0);
}

}  // namespace
}  // namespace lso::kernels
