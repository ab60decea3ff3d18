// What is not a product: sums, steps and errors over whole arrays.
#pragma once

#include "kernels/kernels.hpp"
#include "kernels/math.inl"

namespace lso::kernels {
namespace {

// Log2(N) rounds that turn N vectors, each N units long in each span, into those of their first units, their second,
// ...
template <size_t Span, size_t Unit, size_t N, class V>
LSO_INLINE void deal_all(V (&v)[N]) {
  for (size_t round = 1; round < N; round *= 2) {
    V to[N];
    for (size_t i = 0; i < N / 2; ++i) {
      to[i] = deal<false, Span, Unit>(v[2 * i], v[2 * i + 1]);
      to[i + N / 2] = deal<true, Span, Unit>(v[2 * i], v[2 * i + 1]);
    }
    for (size_t i = 0; i < N; ++i) v[i] = to[i];
  }
}

// Values in 16 bytes: within these a processor shuffles fastest.
template <class T>
constexpr size_t nearby = 16 / sizeof(T);

// out = in^T for N rows of N: within 16 bytes, then by 16 bytes.
template <class T, size_t N>
LSO_INLINE void transpose_square(const T* const* row, size_t col, T* out, size_t ld) {
  using V = Vector<T, N>;
  constexpr size_t near = nearby<T>;
  constexpr size_t far = N / near;
  V v[near][far];
  for (size_t f = 0; f < far; ++f) {
    V some[near];
    for (size_t n = 0; n < near; ++n) some[n] = load<V>(row[f * near + n] + col);
    deal_all<near, 1>(some);
    for (size_t n = 0; n < near; ++n) v[n][f] = some[n];
  }
  for (size_t n = 0; n < near; ++n) {
    if constexpr (far > 1) deal_all<N, near>(v[n]);
    for (size_t f = 0; f < far; ++f) store(out + (f * near + n) * ld, v[n][f]);
  }
}

// N rows by squares, what is left of their columns by smaller ones.
template <class T, size_t N>
void transpose_strip(size_t cols, const T* const* row, size_t c, T* out, size_t ld) {
  for (; c + N <= cols; c += N) transpose_square<T, N>(row, c, out + c * ld, ld);
  if (c == cols) return;
  if constexpr (N > nearby<T>) {
    transpose_strip<T, N / 2>(cols, row, c, out, ld);
    transpose_strip<T, N / 2>(cols, row + N / 2, c, out + N / 2, ld);
  } else {
    for (; c < cols; ++c) {
      for (size_t i = 0; i < N; ++i) out[c * ld + i] = row[i][c];
    }
  }
}

template <class T, size_t N>
void transpose_strips(size_t rows, size_t cols, const T* const* row, T* out, size_t ld) {
  size_t r = 0;
  for (; r + N <= rows; r += N) transpose_strip<T, N>(cols, row + r, 0, out + r, ld);
  if constexpr (N > nearby<T>) {
    transpose_strips<T, N / 2>(rows - r, cols, row + r, out + r, ld);
  } else {
    for (; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) out[c * ld + r] = row[r][c];
    }
  }
}

template <class T>
void transpose(size_t rows, size_t cols, const T* const* row, T* out, size_t ld) {
  transpose_strips<T, width<T>>(rows, cols, row, out, ld);
}

constexpr size_t stretch = 1024;

// Four sums, so that no addition waits for the one before.
template <class T>
double squared_norm(size_t n, const T* x) {
  using V = Whole<T>;
  double total = 0.0;
  for (size_t begin = 0; begin < n; begin += stretch) {
    const size_t end = begin + stretch < n ? begin + stretch : n;
    V sum[4] = {};
    size_t i = begin;
    for (; i + 4 * width<T> <= end; i += 4 * width<T>) {
      for (size_t s = 0; s < 4; ++s) {
        const V value = load<V>(x + i + s * width<T>);
        sum[s] = fused(value, value, sum[s]);
      }
    }
    T rest = 0;
    for (; i < end; ++i) rest = fused(x[i], x[i], rest);
    const V all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    for (size_t lane = 0; lane < width<T>; ++lane) total += static_cast<double>(all[lane]);
    total += static_cast<double>(rest);
  }
  return total;
}

template <class T>
void add_scaled(size_t n, T scale, const T* x, T* y) {
  for_packs<T>(n, [&](auto pack, size_t i, size_t count) LSO_INLINED {
    using P = decltype(pack);
    fused_pack<P>(scale, P::load(x + i, count), P::load(y + i, count)).store(y + i, count);
  });
}

template <class T>
void average(size_t n, T keep, const T* x, T* average) {
  for_packs<T>(n, [&](auto pack, size_t i, size_t count) LSO_INLINED {
    using P = decltype(pack);
    (P(keep) * P::load(average + i, count) + P(1 - keep) * P::load(x + i, count)).store(average + i, count);
  });
}

// Kingma and Ba 2015, Algorithm 1, on the values whose derivatives are d.
template <class P>
LSO_INLINE void adam_values(const AdamStep<typename P::T>& step, const P& d, typename P::T* first,
                            typename P::T* second, typename P::T* values, size_t count) {
  using T = typename P::T;
  P m = P::load(first, count);
  P v = P::load(second, count);
  m = fused_pack<P>(T(1) - step.beta1, d - m, m);
  v = fused_pack<P>(T(1) - step.beta2, fused_pack<P>(d, d, -v), v);
  m.store(first, count);
  v.store(second, count);
  less_over_root(P::load(values, count), step.rate, m, v, step.epsilon).store(values, count);
}

template <class T>
void adam(size_t n, const AdamStep<T>& step, const T* gradient, T* first, T* second, T* values) {
  for_packs<T>(n, [&](auto pack, size_t i, size_t count) LSO_INLINED {
    using P = decltype(pack);
    adam_values<P>(step, P::load(gradient + i, count), first + i, second + i, values + i, count);
  });
}

// Twelve chains keep every unit busy.
template <class T>
double multiply_add(size_t n) {
  using V = Whole<T>;
  constexpr size_t chains = 12;
  V sum[chains];
  for (size_t s = 0; s < chains; ++s) sum[s] = splat<V>(static_cast<T>(s));
  V factor = splat<V>(T(0.999));
  V term = splat<V>(T(0.001));
  asm volatile("" : "+m"(factor), "+m"(term));  // not known, so not folded
  const V a = factor;
  const V b = term;
  for (size_t i = 0; i < n; ++i) {
    for (size_t s = 0; s < chains; ++s) sum[s] = fused(sum[s], a, b);
  }
  for (size_t s = 1; s < chains; ++s) sum[0] += sum[s];
  asm volatile("" : "+m"(sum[0]));  // and wanted
  return 2.0 * static_cast<double>(n * chains * width<T>);
}

}  // namespace
}  // namespace lso::kernels
