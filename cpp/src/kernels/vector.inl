// Vectors of the instruction set that the including file was compiled for, by GCC's vector extension, so that one text
// serves SSE2, AVX2, AVX-512 and NEON.
//
// The kernel files call no inline function that other files also compile: a copy built here with wider instructions
// could be the one that the linker keeps for everybody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define LSO_INLINE inline __attribute__((always_inline))
#define LSO_INLINED __attribute__((always_inline))  // of a lambda

namespace lso::kernels {
namespace {

using std::size_t;

// W values of T.
template <class T, size_t W>
struct VectorOf {
  typedef T type __attribute__((vector_size(W * sizeof(T))));
};

template <class T, size_t W>
using Vector = typename VectorOf<T, W>::type;

template <class T>
constexpr size_t width = LSO_VECTOR_BYTES / sizeof(T);

template <class T>
using Whole = Vector<T, width<T>>;

// Loads and stores need no alignment.
template <class V, class T>
LSO_INLINE V load(const T* from) {
  V value;
  __builtin_memcpy(&value, from, sizeof(V));
  return value;
}

template <class V, class T>
LSO_INLINE void store(T* to, V value) {
  __builtin_memcpy(to, &value, sizeof(V));
}

// Not V{} + value, which is an addition unless floating-point rules are loosened.
template <class V, class T>
LSO_INLINE V splat(T value) {
  return value - V{};
}

// The first `count` values of a vector, the others zero; nothing beyond them is touched.
template <class V, class T>
LSO_INLINE V load_part(const T* from, size_t count) {
  constexpr size_t W = sizeof(V) / sizeof(T);
  if (count >= W) return load<V>(from);
#ifdef __AVX512VL__
  const auto mask = static_cast<__mmask16>((1U << count) - 1U);
  if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return (V)_mm512_maskz_loadu_ps(mask, from);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return (V)_mm256_maskz_loadu_ps((__mmask8)mask, from);
  if constexpr (sizeof(V) == 16 && sizeof(T) == 4) return (V)_mm_maskz_loadu_ps((__mmask8)mask, from);
  if constexpr (sizeof(V) == 64 && sizeof(T) == 8) return (V)_mm512_maskz_loadu_pd((__mmask8)mask, from);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 8) return (V)_mm256_maskz_loadu_pd((__mmask8)mask, from);
  if constexpr (sizeof(V) == 16 && sizeof(T) == 8) return (V)_mm_maskz_loadu_pd((__mmask8)mask, from);
#endif
  T values[W] = {};
  for (size_t i = 0; i < count; ++i) values[i] = from[i];
  return load<V>(values);
}

template <class V, class T>
LSO_INLINE void store_part(T* to, V value, size_t count) {
  constexpr size_t W = sizeof(V) / sizeof(T);
  if (count >= W) return store(to, value);
#ifdef __AVX512VL__
  const auto mask = static_cast<__mmask16>((1U << count) - 1U);
  if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return _mm512_mask_storeu_ps(to, mask, (__m512)value);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return _mm256_mask_storeu_ps(to, (__mmask8)mask, (__m256)value);
  if constexpr (sizeof(V) == 16 && sizeof(T) == 4) return _mm_mask_storeu_ps(to, (__mmask8)mask, (__m128)value);
  if constexpr (sizeof(V) == 64 && sizeof(T) == 8) return _mm512_mask_storeu_pd(to, (__mmask8)mask, (__m512d)value);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 8) return _mm256_mask_storeu_pd(to, (__mmask8)mask, (__m256d)value);
  if constexpr (sizeof(V) == 16 && sizeof(T) == 8) return _mm_mask_storeu_pd(to, (__mmask8)mask, (__m128d)value);
#endif
  T values[W];
  store(values, value);
  for (size_t i = 0; i < count; ++i) to[i] = values[i];
}

// What stands at each place of a deal, below: its place in a, or, after those, in b.
constexpr size_t dealt(size_t place, size_t width, size_t span, size_t unit, bool odd) {
  const size_t half = span / 2;
  const size_t in_half = place % half;
  const size_t from = place / span * span + (in_half / unit * 2 + (odd ? 1 : 0)) * unit + in_half % unit;
  return place % span < half ? from : width + from;
}

template <bool Odd, size_t Span, size_t Unit, class V, size_t... I>
LSO_INLINE V deal(V a, V b, std::index_sequence<I...>) {
  return __builtin_shufflevector(a, b, static_cast<int>(dealt(I, sizeof...(I), Span, Unit, Odd))...);
}

// In each span of so many values: every other unit of a's values there, then those of b's. The even ones, or the odd.
template <bool Odd, size_t Span, size_t Unit, class V>
LSO_INLINE V deal(V a, V b) {
  return deal<Odd, Span, Unit>(a, b, std::make_index_sequence<sizeof(V) / sizeof(a[0])>());
}

// The first or the second half of a vector's values.
template <bool Second, class V>
LSO_INLINE auto half_of(V v) {
  constexpr int n = sizeof(V) / sizeof(v[0]) / 2;
  constexpr int h = Second ? n : 0;
  if constexpr (n == 2) return __builtin_shufflevector(v, v, h, h + 1);
  if constexpr (n == 4) return __builtin_shufflevector(v, v, h, h + 1, h + 2, h + 3);
  if constexpr (n == 8) {
    return __builtin_shufflevector(v, v, h, h + 1, h + 2, h + 3, h + 4, h + 5, h + 6, h + 7);
  }
}

// a, then b, in one vector.
template <class V>
LSO_INLINE auto beside(V a, V b) {
  constexpr size_t W = sizeof(V) / sizeof(a[0]);
  if constexpr (W == 2) return __builtin_shufflevector(a, b, 0, 1, 2, 3);
  if constexpr (W == 4) return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
  if constexpr (W == 8) return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// a * b + c in one rounding where the instruction set has that, and always or never: left to the compiler, it would
// depend on the code around it.
template <class V>
LSO_INLINE V fused(V a, V b, V c) {
#if defined(__FMA__)
  constexpr bool single = sizeof(a[0]) == sizeof(float);
#ifdef __AVX512F__
  if constexpr (sizeof(V) == 64 && single) return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
  if constexpr (sizeof(V) == 64 && !single) return (V)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#endif
  if constexpr (sizeof(V) == 32 && single) return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  if constexpr (sizeof(V) == 32 && !single) return (V)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
  if constexpr (sizeof(V) == 16 && single) return (V)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
  if constexpr (sizeof(V) == 16 && !single) return (V)_mm_fmadd_pd((__m128d)a, (__m128d)b, (__m128d)c);
#elif defined(LSO_NEON_FMA)
  if constexpr (sizeof(a[0]) == sizeof(float)) return (V)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
  if constexpr (sizeof(a[0]) == sizeof(double)) return (V)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}
#if defined(__FMA__) || defined(LSO_NEON_FMA)
LSO_INLINE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
LSO_INLINE double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
LSO_INLINE float fused(float a, float b, float c) { return a * b + c; }
LSO_INLINE double fused(double a, double b, double c) { return a * b + c; }
#endif

// U vectors that go through a formula side by side: a single one would wait for each of its own results.
template <class T_, size_t W_, size_t U_>
struct Pack {
  using T = T_;
  static constexpr size_t W = W_;
  static constexpr size_t U = U_;
  using V = Vector<T, W>;
  V v[U];

  Pack() = default;
  LSO_INLINE Pack(T value) {
    for (size_t u = 0; u < U; ++u) v[u] = splat<V>(value);
  }
  // The first `count` values; what is beyond them is zero. Fewer than all only where a row ends.
  LSO_INLINE static Pack load(const T* from, size_t count) {
    Pack p;
    if (count == U * W) {
      for (size_t u = 0; u < U; ++u) p.v[u] = kernels::load<V>(from + u * W);
    } else {
      for (size_t u = 0; u < U; ++u) p.v[u] = load_part<V>(from + u * W, count > u * W ? count - u * W : 0);
    }
    return p;
  }
  LSO_INLINE void store(T* to, size_t count) const {
    for (size_t u = 0; u < U; ++u) {
      if (count >= (u + 1) * W) {
        kernels::store(to + u * W, v[u]);
      } else if (count > u * W) {
        store_part(to + u * W, v[u], count - u * W);
      }
    }
  }

  template <class F>
  LSO_INLINE static Pack each(F f) {
    Pack p;
    for (size_t u = 0; u < U; ++u) p.v[u] = f(u);
    return p;
  }
  LSO_INLINE friend Pack operator+(const Pack& a, const Pack& b) {
    return each([&](size_t u) LSO_INLINED { return a.v[u] + b.v[u]; });
  }
  LSO_INLINE friend Pack operator-(const Pack& a, const Pack& b) {
    return each([&](size_t u) LSO_INLINED { return a.v[u] - b.v[u]; });
  }
  LSO_INLINE friend Pack operator*(const Pack& a, const Pack& b) {
    return each([&](size_t u) LSO_INLINED { return a.v[u] * b.v[u]; });
  }
  LSO_INLINE friend Pack operator/(const Pack& a, const Pack& b) {
    return each([&](size_t u) LSO_INLINED { return a.v[u] / b.v[u]; });
  }
  LSO_INLINE Pack operator-() const {
    return each([&](size_t u) LSO_INLINED { return -v[u]; });
  }
};

template <class P>
LSO_INLINE P fused_pack(const P& a, const P& b, const P& c) {
  return P::each([&](size_t u) LSO_INLINED { return fused(a.v[u], b.v[u], c.v[u]); });
}

// x > limit ? yes : no, value by value. NaN is not above anything.
template <class P>
LSO_INLINE P where_above(const P& x, typename P::T limit, const P& yes, const P& no) {
  return P::each([&](size_t u) LSO_INLINED { return x.v[u] > limit ? yes.v[u] : no.v[u]; });
}
template <class P>
LSO_INLINE P where_below(const P& x, typename P::T limit, const P& yes, const P& no) {
  return P::each([&](size_t u) LSO_INLINED { return x.v[u] < limit ? yes.v[u] : no.v[u]; });
}

// body(Pack, i, count) over n values: U vectors of W at a time, then fewer, then shorter ones down to 16 bytes, then
// what is left as one more, of which `count` values count. A value's result does not depend on where it falls.
template <class T, size_t W, size_t U, class Body>
LSO_INLINE void for_packs(size_t i, size_t n, Body body) {
  for (; i + U * W <= n; i += U * W) body(Pack<T, W, U>(), i, U * W);
  if constexpr (U > 1) {
    for_packs<T, W, U / 2>(i, n, body);
  } else if constexpr (W * sizeof(T) > 16) {
    for_packs<T, W / 2, 1>(i, n, body);
  } else if (i < n) {
    body(Pack<T, W, 1>(), i, n - i);
  }
}

template <class T, class Body>
LSO_INLINE void for_packs(size_t n, Body body) {
  for_packs<T, width<T>, 4>(0, n, body);
}

}  // namespace
}  // namespace lso::kernels
