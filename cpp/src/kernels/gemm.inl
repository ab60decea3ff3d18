// The matrix product. The including file sets LSO_TILE_ROWS, LSO_TILE_VECTORS and
// LSO_STRIPE_VECTORS to what its registers hold.
#pragma once

#include "kernels/elementwise.inl"
#include "kernels/kernels.hpp"
#include "kernels/vector.inl"

namespace lso::kernels {
namespace {

// One tile: C (M, V vectors of W) stays in registers while p runs over k. Transposed: A's rows are neighbours
// (a_row = 1), else its columns are (a_col = 1).
template <class T, size_t W, size_t V, size_t M, bool Transposed>
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
      const Vec factor = splat<Vec>(Transposed ? a[i] : a[i * lda]);
      for (size_t v = 0; v < V; ++v) sum[i][v] = fused(factor, row[v], sum[i][v]);
    }
    a += Transposed ? lda : 1;
    b += ldb;
  }
  for (size_t i = 0; i < M; ++i) {
    for (size_t v = 0; v < V; ++v) store(c + i * ldc + v * W, sum[i][v]);
  }
}

constexpr size_t far_apart = 512;  // columns

// Where row i of A begins. Packed, it stands in a strip of a tile's rows, column after column.
template <class T>
LSO_INLINE const T* row_of(const Product<T>& of, size_t i) {
  if (!of.packed) return of.a + i * of.a_row;
  return of.a + i / LSO_TILE_ROWS * LSO_TILE_ROWS * of.k + i % LSO_TILE_ROWS;
}

// Rows of C from i on, M at a time, then fewer.
template <class T, size_t W, size_t V, size_t M, bool Transposed>
LSO_INLINE void rows(const Product<T>& of, size_t i, size_t j) {
  for (; i + M <= of.m; i += M) {
    if (of.ldc >= far_apart) {  // the next tile of C, each row of which is on its way from far off
      for (size_t r = 0; r < M && i + M + r < of.m; ++r) {
        for (size_t v = 0; v < V; ++v) __builtin_prefetch(of.c + (i + M + r) * of.ldc + j + v * W, 1);
      }
    }
    tile<T, W, V, M, Transposed>(of.k, row_of(of, i), Transposed ? of.a_col : of.a_row, of.b + j, of.ldb,
                                 of.bias != nullptr ? of.bias + i : nullptr, of.accumulate, of.c + i * of.ldc + j,
                                 of.ldc);
  }
  if constexpr (M > 4) {
    rows<T, W, V, 4, Transposed>(of, i, j);
  } else if constexpr (M > 1) {
    rows<T, W, V, M / 2, Transposed>(of, i, j);
  }
}

// M rows of columns that fill no vector of 16 bytes, side by side, so that no addition waits for the one before.
template <class T, size_t M>
LSO_INLINE void columns(const Product<T>& of, size_t i, size_t j) {
  for (size_t column = j; column < of.n; ++column) {
    T* c = of.c + i * of.ldc + column;
    const T* a = of.a + i * of.a_row;
    T sum[M];
    for (size_t r = 0; r < M; ++r) {
      sum[r] = of.accumulate ? c[r * of.ldc] : (of.bias != nullptr ? of.bias[i + r] : T(0));
    }
    for (size_t p = 0; p < of.k; ++p) {
      const T factor = of.b[p * of.ldb + column];
      for (size_t r = 0; r < M; ++r) sum[r] = fused(a[r * of.a_row + p * of.a_col], factor, sum[r]);
    }
    for (size_t r = 0; r < M; ++r) c[r * of.ldc] = sum[r];
  }
}

template <class T>
void columns(const Product<T>& of, size_t j) {
  size_t i = 0;
  for (; i + 8 <= of.m; i += 8) columns<T, 8>(of, i, j);
  for (; i < of.m; ++i) columns<T, 1>(of, i, j);
}

// Half a vector of columns, which are few beside the rows: vectors of rows by as many columns as a strip has rows, two
// strips side by side in a vector, so that a tile has as many sums as ever.
template <class T, size_t V>
LSO_INLINE void across(const Product<T>& of, size_t i, size_t j) {
  constexpr size_t W = width<T>;
  constexpr size_t N = LSO_TILE_ROWS;
  using Half = Vector<T, N>;
  Whole<T> sum[N][V] = {};
  for (size_t v = 0; v < V && of.bias != nullptr; ++v) {
    const size_t row = i + v * W;
    const auto bias = load_part<Whole<T>>(of.bias + row, row + W <= of.m ? W : of.m - row);
    for (size_t c = 0; c < N; ++c) sum[c][v] = bias;
  }
  const T* a = of.a + i * of.k;
  const T* b = of.b + j;
  for (size_t p = 0; p < of.k; ++p, a += N, b += of.ldb) {
    Whole<T> row[V];
    for (size_t v = 0; v < V; ++v) {
      row[v] = beside(load<Half>(a + 2 * v * N * of.k), load<Half>(a + (2 * v + 1) * N * of.k));
    }
    for (size_t c = 0; c < N; ++c) {
      const auto factor = splat<Whole<T>>(b[c]);
      for (size_t v = 0; v < V; ++v) sum[c][v] = fused(factor, row[v], sum[c][v]);
    }
  }
  T values[N][W];
  const T* columns[N];
  for (size_t c = 0; c < N; ++c) columns[c] = values[c];
  for (size_t v = 0; v < V; ++v) {
    for (size_t c = 0; c < N; ++c) store(values[c], sum[c][v]);
    for (size_t first = 0; first < W && i + v * W + first < of.m; first += N) {
      T* to = of.c + (i + v * W + first) * of.ldc + j;
      const size_t count = of.m - (i + v * W + first);
      if (count >= N) {
        transpose_square<T, N>(columns, first, to, of.ldc);
      } else {
        for (size_t r = 0; r < count; ++r) {
          for (size_t c = 0; c < N; ++c) to[r * of.ldc + c] = values[c][first + r];
        }
      }
    }
  }
}

template <class T, size_t V>
LSO_INLINE void across_rows(const Product<T>& of, size_t i, size_t j) {
  for (; i + (V - 1) * width<T> < of.m; i += V * width<T>) across<T, V>(of, i, j);
  if constexpr (V > 1) across_rows<T, V - 1>(of, i, j);
}

// Columns of C from j on: panels of V vectors, then of fewer, then of half vectors, down to 16 bytes.
template <class T, size_t W, size_t V, bool Transposed>
void panels(const Product<T>& of, size_t j) {
  if constexpr (Transposed && W == LSO_TILE_ROWS && 2 * W == width<T>) {
    for (; of.packed && j + W <= of.n; j += W) across_rows<T, LSO_TILE_VECTORS>(of, 0, j);
  }
  for (; j + V * W <= of.n; j += V * W) rows<T, W, V, LSO_TILE_ROWS, Transposed>(of, 0, j);
  if constexpr (V > 1) {
    panels<T, W, V - 1, Transposed>(of, j);
  } else if constexpr (W * sizeof(T) > 16) {
    panels<T, W / 2, 1, Transposed>(of, j);
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

// Columns of C that a tile takes.
template <class T>
constexpr size_t panel_columns = LSO_TILE_VECTORS * width<T>;

// B's rows from p on, panel after panel, each (depth, its columns) and contiguous.
template <class T>
void pack_panels(const Product<T>& of, size_t p, size_t depth) {
  T* to = of.scratch;
  for (size_t j = 0; j < of.n; j += panel_columns<T>) {
    const size_t columns = of.n - j < panel_columns<T> ? of.n - j : panel_columns<T>;
    for (size_t r = 0; r < depth; ++r, to += columns) {
      const T* from = of.b + (p + r) * of.ldb + j;
      for_packs<T>(columns, [&](auto pack, size_t column, size_t count)
                                LSO_INLINED { decltype(pack)::load(from + column, count).store(to + column, count); });
    }
  }
}

// `depth` terms from p on of the rows [i, i + count) of C, at most a tile's, by panel j of B; A's element (i, p) at
// `a`.
template <class T>
void strip(const Product<T>& of, size_t i, size_t count, size_t p, size_t depth, size_t j, const T* a, size_t a_row,
           size_t a_col) {
  const size_t columns = of.n - j < panel_columns<T> ? of.n - j : panel_columns<T>;
  const bool packed = of.scratch != nullptr;
  product(Product<T>{.m = count,
                     .n = columns,
                     .k = depth,
                     .a = a,
                     .a_row = a_row,
                     .a_col = a_col,
                     .b = packed ? of.scratch + j * depth : of.b + p * of.ldb + j,
                     .ldb = packed ? columns : of.ldb,
                     .c = of.c + i * of.ldc + j,
                     .ldc = of.ldc,
                     .bias = of.bias != nullptr ? of.bias + i : nullptr,
                     .accumulate = of.accumulate || p > 0});
}

// A matrix A that no near cache holds, its rows as they lie: each is read once, and serves all of B while it is near.
template <class T>
void streamed(const Product<T>& of) {
  if (of.scratch != nullptr) pack_panels(of, 0, of.k);
  for (size_t i = 0; i < of.m; i += LSO_TILE_ROWS) {
    const size_t count = of.m - i < LSO_TILE_ROWS ? of.m - i : LSO_TILE_ROWS;
    for (size_t j = 0; j < of.n; j += panel_columns<T>) {
      strip(of, i, count, 0, of.k, j, of.a + i * of.a_row, of.a_row, 1);
    }
  }
}

constexpr size_t block_rows = LSO_TILE_ROWS * (96 / LSO_TILE_ROWS);
template <class T>
constexpr size_t block_depth = 2048 / sizeof(T);

// A block of a transposed A in strips of a tile's rows, each (depth, rows) and contiguous.
template <class T>
void pack_strips(const Product<T>& of, size_t i, size_t count, size_t p, size_t depth, T* packed) {
  for (size_t q = 0; q < depth; ++q) {
    const T* from = of.a + i + (p + q) * of.a_col;
    size_t s = 0;
    for (; s + LSO_TILE_ROWS <= count; s += LSO_TILE_ROWS) {
      T* to = packed + s * depth + q * LSO_TILE_ROWS;
      for (size_t r = 0; r < LSO_TILE_ROWS; ++r) to[r] = from[s + r];
    }
    for (size_t r = 0; s + r < count; ++r) packed[s * depth + q * (count - s) + r] = from[s + r];
  }
}

// The same for A's columns as they lie: a tile would read a few values from each, far apart, so blocks are packed.
template <class T>
void blocked(const Product<T>& of) {
  alignas(64) T packed[block_rows * block_depth<T>];
  for (size_t p = 0; p < of.k; p += block_depth<T>) {
    const size_t depth = of.k - p < block_depth<T> ? of.k - p : block_depth<T>;
    if (of.scratch != nullptr) pack_panels(of, p, depth);
    for (size_t i = 0; i < of.m; i += block_rows) {
      const size_t count = of.m - i < block_rows ? of.m - i : block_rows;
      pack_strips(of, i, count, p, depth, packed);
      for (size_t j = 0; j < of.n; j += panel_columns<T>) {
        for (size_t s = 0; s < count; s += LSO_TILE_ROWS) {
          const size_t height = count - s < LSO_TILE_ROWS ? count - s : LSO_TILE_ROWS;
          strip(of, i + s, height, p, depth, j, packed + s * depth, 1, height);
        }
      }
    }
  }
}

// How the rows of a column stand for gemv: whole vectors, the last of them filled up, and, where the last few rows
// take no more than 16 bytes, those apart: what is read is what a single sample waits for.
template <class T>
struct Column {
  static constexpr size_t thin = LSO_VECTOR_BYTES > 16 ? 16 / sizeof(T) : 0;  // rows at most that stand apart
  size_t vectors;
  size_t apart;

  explicit Column(size_t m, bool packed)
      : vectors(m / width<T>), apart(packed && vectors > 0 && m % width<T> <= thin ? m % width<T> : 0) {
    if (m % width<T> > apart) ++vectors;
  }
  [[nodiscard]] size_t whole() const { return vectors * width<T>; }
};

// One column of C by N vectors of its rows from `begin` on, the columns of A lda apart, and those apart where Thin.
template <class T, size_t N, bool Thin>
LSO_INLINE void stripe(const Product<T>& of, size_t begin, size_t lda, const T* apart) {
  using V = Whole<T>;
  using R = Vector<T, Thin ? Column<T>::thin : 1>;
  const auto each = [&](auto body) LSO_INLINED {  // body(vector, its first row, how many)
    for (size_t v = 0; v < N; ++v) {
      const size_t row = begin + v * width<T>;
      body(v, row, v + 1 < N || row + width<T> <= of.m ? width<T> : of.m - row);
    }
  };
  V sum[N] = {};
  R few = {};
  const size_t rest = begin + N * width<T>;
  if (of.bias != nullptr) {
    each([&](size_t v, size_t row, size_t count) LSO_INLINED { sum[v] = load_part<V>(of.bias + row, count); });
    if constexpr (Thin) few = load_part<R>(of.bias + rest, of.m - rest);
  }
  const T* a = of.a + begin;
  for (size_t p = 0; p < of.k; ++p, a += lda) {
    const V factor = splat<V>(of.b[p]);
    for (size_t v = 0; v < N; ++v) sum[v] = fused(factor, load<V>(a + v * width<T>), sum[v]);
    if constexpr (Thin) few = fused(splat<R>(of.b[p]), load<R>(apart + p * Column<T>::thin), few);
  }
  each([&](size_t v, size_t row, size_t count) LSO_INLINED { store_part(of.c + row, sum[v], count); });
  if constexpr (Thin) store_part(of.c + rest, few, of.m - rest);
}

// The last stripe, of as many vectors as there are; their number is found by counting down.
template <class T, size_t N>
void last_stripe(const Product<T>& of, size_t begin, const Column<T>& column, size_t lda) {
  if (begin + N * width<T> == column.whole()) {
    if constexpr (Column<T>::thin > 0) {
      if (column.apart > 0) return stripe<T, N, true>(of, begin, lda, of.a + of.k * column.whole());
    }
    stripe<T, N, false>(of, begin, lda, nullptr);
  } else if constexpr (N > 1) {
    last_stripe<T, N - 1>(of, begin, column, lda);
  }
}

template <class T>
void gemv(const Product<T>& of) {
  const Column<T> column(of.m, of.packed);
  const size_t lda = of.packed ? column.whole() : of.a_col;
  constexpr size_t most = LSO_STRIPE_VECTORS * width<T>;
  size_t begin = 0;
  for (; begin + most < column.whole(); begin += most) stripe<T, LSO_STRIPE_VECTORS, false>(of, begin, lda, nullptr);
  last_stripe<T, LSO_STRIPE_VECTORS>(of, begin, column, lda);
}

// Rows [first, last) of A to out, a column `ld` after the one before.
template <class T>
void pack_rows(const Product<T>& of, size_t first, size_t last, T* out, size_t ld) {
  if (of.a_row == 1) {
    for (size_t p = 0; p < of.k; ++p)
      __builtin_memcpy(out + p * ld, of.a + p * of.a_col + first, (last - first) * sizeof(T));
    return;
  }
  constexpr size_t some = 64;
  const T* rows[some];
  for (size_t i = first; i < last; i += some) {
    const size_t count = last - i < some ? last - i : some;
    for (size_t r = 0; r < count; ++r) rows[r] = of.a + (i + r) * of.a_row;
    transpose<T>(count, of.k, rows, out + (i - first), ld);
  }
}

template <class T>
void pack(const Product<T>& of, T* out) {
  const size_t filled = of.n == 1 ? 0 : of.m / LSO_TILE_ROWS * LSO_TILE_ROWS;  // rows of whole strips
  __builtin_memset(out + filled * of.k, 0, (of.m + padding - filled) * of.k * sizeof(T));
  if (of.n == 1) {
    const Column<T> column(of.m, true);
    const size_t whole = of.m - column.apart;
    pack_rows(of, 0, whole, out, column.whole());
    pack_rows(of, whole, of.m, out + of.k * column.whole(), Column<T>::thin);
    return;
  }
  for (size_t i = 0; i < of.m; i += LSO_TILE_ROWS) {
    pack_rows(of, i, i + LSO_TILE_ROWS < of.m ? i + LSO_TILE_ROWS : of.m, out + i * of.k, LSO_TILE_ROWS);
  }
}

constexpr size_t worth_packing = 32;  // columns that a packed block must serve

template <class T>
void gemm(const Product<T>& of) {
  if (of.packed && of.n == 1) return gemv(of);
  if (of.packed) {
    Product<T> strips = of;
    strips.a_row = 1;
    strips.a_col = LSO_TILE_ROWS;
    return product(strips);
  }
  const bool large = of.m * of.k * sizeof(T) > large_bytes;
  if (large && of.a_row == 1 && of.n >= worth_packing) return blocked(of);
  if (large && of.a_row != 1 && of.n > panel_columns<T>) return streamed(of);
  product(of);
}

}  // namespace
}  // namespace lso::kernels
