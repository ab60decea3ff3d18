// Training on one sample at a time: the gradient of a layer's weights is delta x^T, and is never written down.
#pragma once

#include "kernels/kernels.hpp"
#include "kernels/math.inl"

namespace lso::kernels {
namespace {

// sum[i] = the sum of v[i]'s values for each of R vectors: halves upon halves down to 16 bytes, then the R side by
// side.
template <class T, size_t R, class V>
LSO_INLINE void sums(V (&v)[R], T* sum) {
  constexpr size_t width = sizeof(V) / sizeof(T);
  if constexpr (sizeof(V) > 16) {
    Vector<T, width / 2> halves[R];
    for (size_t r = 0; r < R; ++r) halves[r] = half_of<false>(v[r]) + half_of<true>(v[r]);
    sums<T, R>(halves, sum);
  } else if constexpr (R == width) {
    for (size_t half = R / 2; half > 0; half /= 2) {
      for (size_t i = 0; i < half; ++i) {
        v[i] = deal<false, width, 1>(v[2 * i], v[2 * i + 1]) + deal<true, width, 1>(v[2 * i], v[2 * i + 1]);
      }
    }
    store(sum, v[0]);
  } else {
    for (size_t r = 0; r < R; ++r) {
      if constexpr (width == 4) sum[r] = (v[r][0] + v[r][1]) + (v[r][2] + v[r][3]);
      if constexpr (width == 2) sum[r] = v[r][0] + v[r][1];
    }
  }
}

// R rows of W from `row` on: W += scale x^T where Update, then y = W next.
template <class T, size_t R, bool Update>
LSO_INLINE void outer_rows(const Outer<T> of, size_t row) {
  using V = Whole<T>;
  V sum[R] = {};
  V scale[R];
  if constexpr (Update) {
    for (size_t r = 0; r < R; ++r) scale[r] = splat<V>(of.scale[row + r]);
  }
  T* w = of.w + row * of.n;
  for (size_t j = 0; j < of.n; j += width<T>) {
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
  sums<T, R>(sum, of.y + row);
}

template <class T>
void update_and_apply(const Outer<T>& of) {
  constexpr size_t rows = 4;
  size_t i = 0;
  if (of.scale != nullptr) {
    for (; i + rows <= of.m; i += rows) outer_rows<T, rows, true>(of, i);
    for (; i < of.m; ++i) outer_rows<T, 1, true>(of, i);
  } else {
    for (; i + rows <= of.m; i += rows) outer_rows<T, rows, false>(of, i);
    for (; i < of.m; ++i) outer_rows<T, 1, false>(of, i);
  }
  if (of.bias != nullptr) add_scaled(of.m, T(1), of.bias, of.y);
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
