// Training on one sample at a time: the gradient of a layer's weights is delta x^T, and is never written down.
#pragma once

#include "kernels/kernels.hpp"
#include "kernels/math.inl"

namespace lso::kernels {
namespace {

// Sums of N vectors' values, N <= W: sum[0] of the result's first N values belongs to vector 0, and so on.
template <class T, size_t N, class V>
LSO_INLINE V sums(V (&v)[N]) {
  for (size_t half = N / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) {
      v[i] = interleave<false>(v[i], v[i + half]) + interleave<true>(v[i], v[i + half]);
    }
  }
  V all = v[0];
  for (size_t left = sizeof(V) / sizeof(T); left > N; left /= 2) {
    T values[sizeof(V) / sizeof(T)];
    store(values, all);
    V upper = {};
    for (size_t i = 0; i < left / 2; ++i) upper[i] = values[i + left / 2];
    all += upper;
  }
  return all;
}

// Rows are short, and sums of wider vectors cost more than those save.
constexpr size_t row_bytes = LSO_VECTOR_BYTES < 32 ? LSO_VECTOR_BYTES : 32;
template <class T>
constexpr size_t row_width = row_bytes / sizeof(T);

// R rows of W from `row` on: W += scale x^T where Update, then y = W next + bias.
template <class T, size_t R, bool Update>
LSO_INLINE void outer_rows(const Outer<T>& of, size_t row) {
  constexpr size_t width = row_width<T>;
  using V = Vector<T, width>;
  V sum[R] = {};
  V scale[R];
  if constexpr (Update) {
    for (size_t r = 0; r < R; ++r) scale[r] = splat<V>(of.scale[row + r]);
  }
  T* w = of.w + row * of.n;
  for (size_t j = 0; j < of.n; j += width) {
    const V next = load<V>(of.next + j);
    V x = {};
    if constexpr (Update) x = load<V>(of.x + j);
    for (size_t r = 0; r < R; ++r) {
      V weight = load<V>(w + r * of.n + j);
      if constexpr (Update) {
        weight = fused(scale[r], x, weight);
        store(w + r * of.n + j, weight);
      }
      sum[r] = fused(weight, next, sum[r]);
    }
  }
  T values[width];
  store(values, sums<T, R>(sum));
  for (size_t r = 0; r < R; ++r) of.y[row + r] = values[r] + (of.bias != nullptr ? of.bias[row + r] : T(0));
}

template <class T>
void update_and_apply(const Outer<T>& of) {
  constexpr size_t rows = row_width<T> < 4 ? row_width<T> : 4;
  size_t i = 0;
  if (of.scale != nullptr) {
    for (; i + rows <= of.m; i += rows) outer_rows<T, rows, true>(of, i);
    for (; i < of.m; ++i) outer_rows<T, 1, true>(of, i);
  } else {
    for (; i + rows <= of.m; i += rows) outer_rows<T, rows, false>(of, i);
    for (; i < of.m; ++i) outer_rows<T, 1, false>(of, i);
  }
}

template <class T>
void adam_outer(size_t m, size_t n, const AdamStep<T>& step, const T* delta, const T* x, T* first, T* second, T* w) {
  for (size_t i = 0; i < m; ++i) {
    T* row_first = first + i * n;
    T* row_second = second + i * n;
    T* row = w + i * n;
    for_packs<T>(n, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      adam_values<P>(step, P(delta[i]) * P::load(x + j, count), row_first + j, row_second + j, row + j, count);
    });
  }
}

}  // namespace
}  // namespace lso::kernels
