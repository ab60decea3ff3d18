// The kernel template. The including file sets LSO_ISA (a suffix), LSO_VECTOR_BYTES and LSO_TILE_VECTORS.
//
// It includes nothing that other files also compile: an inline function built here with wider instructions could be
// the copy that the linker keeps for everybody.
#include <cstddef>

#define LSO_JOIN_(a, b) a##b
#define LSO_JOIN(a, b) LSO_JOIN_(a, b)

namespace lso::kernels {
namespace {

using std::size_t;

constexpr size_t tile_rows = 6;

template <class T>
struct Vector {
  typedef T type __attribute__((vector_size(LSO_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
  static constexpr size_t width = LSO_VECTOR_BYTES / sizeof(T);
};

// One tile: C (M, V vectors) stays in registers while p runs over k.
template <class T, size_t M, size_t V>
inline void tile(size_t k, const T* a, size_t a_row, size_t a_col, const T* b, size_t ldb, T* c, size_t ldc,
                 bool accumulate) {
  using Vec = typename Vector<T>::type;
  constexpr size_t width = Vector<T>::width;
  Vec sum[M][V];
  for (size_t i = 0; i < M; ++i) {
    for (size_t v = 0; v < V; ++v) {
      sum[i][v] = accumulate ? *reinterpret_cast<const Vec*>(c + i * ldc + v * width) : Vec{};
    }
  }
  for (size_t p = 0; p < k; ++p) {
    Vec row[V];
    for (size_t v = 0; v < V; ++v) row[v] = *reinterpret_cast<const Vec*>(b + p * ldb + v * width);
    for (size_t i = 0; i < M; ++i) {
      const T factor = a[i * a_row + p * a_col];
      for (size_t v = 0; v < V; ++v) sum[i][v] += factor * row[v];
    }
  }
  for (size_t i = 0; i < M; ++i) {
    for (size_t v = 0; v < V; ++v) *reinterpret_cast<Vec*>(c + i * ldc + v * width) = sum[i][v];
  }
}

// All rows of C for one panel of V vectors.
template <class T, size_t V>
inline void panel(size_t m, size_t k, const T* a, size_t a_row, size_t a_col, const T* b, size_t ldb, T* c, size_t ldc,
                  bool accumulate) {
  size_t i = 0;
  for (; i + tile_rows <= m; i += tile_rows) {
    tile<T, tile_rows, V>(k, a + i * a_row, a_row, a_col, b, ldb, c + i * ldc, ldc, accumulate);
  }
  for (; i < m; ++i) tile<T, 1, V>(k, a + i * a_row, a_row, a_col, b, ldb, c + i * ldc, ldc, accumulate);
}

// Columns that fill no vector.
template <class T>
inline void columns(size_t m, size_t n, size_t k, const T* a, size_t a_row, size_t a_col, const T* b, size_t ldb, T* c,
                    size_t ldc, bool accumulate) {
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      T sum = accumulate ? c[i * ldc + j] : T(0);
      for (size_t p = 0; p < k; ++p) sum += a[i * a_row + p * a_col] * b[p * ldb + j];
      c[i * ldc + j] = sum;
    }
  }
}

template <class T>
inline void gemm(size_t m, size_t n, size_t k, const T* a, size_t a_row, size_t a_col, const T* b, size_t ldb, T* c,
                 size_t ldc, bool accumulate) {
  constexpr size_t width = Vector<T>::width;
  size_t j = 0;
  for (; j + LSO_TILE_VECTORS * width <= n; j += LSO_TILE_VECTORS * width) {
    panel<T, LSO_TILE_VECTORS>(m, k, a, a_row, a_col, b + j, ldb, c + j, ldc, accumulate);
  }
  for (; j + width <= n; j += width) panel<T, 1>(m, k, a, a_row, a_col, b + j, ldb, c + j, ldc, accumulate);
  columns(m, n - j, k, a, a_row, a_col, b + j, ldb, c + j, ldc, accumulate);
}

}  // namespace

void LSO_JOIN(gemm32_, LSO_ISA)(size_t m, size_t n, size_t k, const float* a, size_t a_row, size_t a_col,
                                const float* b, size_t ldb, float* c, size_t ldc, bool accumulate) {
  gemm<float>(m, n, k, a, a_row, a_col, b, ldb, c, ldc, accumulate);
}

void LSO_JOIN(gemm64_, LSO_ISA)(size_t m, size_t n, size_t k, const double* a, size_t a_row, size_t a_col,
                                const double* b, size_t ldb, double* c, size_t ldc, bool accumulate) {
  gemm<double>(m, n, k, a, a_row, a_col, b, ldb, c, ldc, accumulate);
}

}  // namespace lso::kernels
