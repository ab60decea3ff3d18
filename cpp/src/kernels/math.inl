// Elementary functions on vectors, built from additions, multiplications and the bits of a number, so that every
// instruction set computes the same formula. Errors are measured by tests/cpp/test_kernels_values.cpp, which states
// them.
#pragma once

#include "kernels/vector.inl"

namespace lso::kernels {
namespace {

template <class T>
struct Constants;

template <>
struct Constants<float> {
  static constexpr float round = 0x1.8p23F;  // x + round - round is x to the nearest integer
  static constexpr float log2e = 0x1.715476p0F;
  static constexpr float ln2 = 0x1.62e4p-1F;  // its first digits, so that n * ln2 is exact, and the others
  static constexpr float ln2_low = 1.428606820e-06F;
  static constexpr float lowest = -104.0F;  // e^x is zero below it,
  static constexpr float highest = 89.0F;   // infinite above it
  static constexpr int mantissa_bits = 23;
  static constexpr int exponent_bias = 127;
  // e^r = 1 + r P(r) for |r| <= ln(2)/2: least largest relative error, 9e-8
  static constexpr float exp[] = {0.999999709F, 0.499991489F, 0.166675987F, 0.0418978725F, 0.00829326388F};
  // e^r - 1 = r P(r): the Taylor series, 2e-8
  static constexpr float expm1[] = {1.0F,          1.0F / 2.0F,   1.0F / 6.0F,   1.0F / 24.0F,
                                    1.0F / 120.0F, 1.0F / 720.0F, 1.0F / 5040.0F};
  // tanh x = x + x z P(z), z = x^2 <= 0.3: least largest relative error, 1e-9
  static constexpr float tanh[] = {-0.33333318622644783F, 0.13332623542525463F, -0.053856374939855165F,
                                   0.02108899049202751F, -0.0062995251968040805F};
};

template <>
struct Constants<double> {
  static constexpr double round = 0x1.8p52;
  static constexpr double log2e = 0x1.71547652b82fep0;
  static constexpr double ln2 = 0x1.62e42feep-1;
  static constexpr double ln2_low = 1.90821492927058770e-10;
  static constexpr double lowest = -746.0;
  static constexpr double highest = 710.0;
  static constexpr int mantissa_bits = 52;
  static constexpr int exponent_bias = 1023;
  // 3e-18
  static constexpr double exp[] = {1,
                                   0.50000000000000122,
                                   0.16666666666666216,
                                   0.041666666666518019,
                                   0.0083333333335503922,
                                   0.001388888894632296,
                                   0.00019841269435689395,
                                   2.4801490656261479e-05,
                                   2.7557627440481224e-06,
                                   2.7631028908968481e-07,
                                   2.4991245231489185e-08};
  static constexpr const auto& expm1 = exp;
  // 5e-19
  static constexpr double tanh[] = {-0.33333333333333302491,   0.13333333333327316215,   -0.053968253964170293931,
                                    0.021869488397774387845,   -0.008863232800166849947, 0.0035920940750317276411,
                                    -0.0014555562637739210305, 0.00058850077619837825,   -0.00023352764154479126762,
                                    8.3530017241138553e-5,     -1.9629182990422986784e-5};
};

template <class T>
struct IntegerOf;
template <>
struct IntegerOf<float> {
  using type = std::int32_t;
};
template <>
struct IntegerOf<double> {
  using type = std::int64_t;
};

// c[0] + c[1] x + ... by Horner's rule.
template <class P, size_t N>
LSO_INLINE P polynomial(const P& x, const typename P::T (&c)[N]) {
  P sum = c[N - 1];
  for (size_t i = N - 1; i-- > 0;) sum = fused_pack<P>(sum, x, c[i]);
  return sum;
}

// p * 2^n, n the integer that stands in the lowest bits of `shifted` = n + round. In two factors, since 2^n alone may
// be out of range where the product is not.
template <class T, class V>
LSO_INLINE V scale(V p, V shifted) {
  using C = Constants<T>;
#ifdef __AVX512VL__
  const V n = shifted - C::round;
  if constexpr (sizeof(T) == sizeof(float)) {
    if constexpr (sizeof(V) == 64) return (V)_mm512_scalef_ps((__m512)p, (__m512)n);
    if constexpr (sizeof(V) == 32) return (V)_mm256_scalef_ps((__m256)p, (__m256)n);
    if constexpr (sizeof(V) == 16) return (V)_mm_scalef_ps((__m128)p, (__m128)n);
  } else {
    if constexpr (sizeof(V) == 64) return (V)_mm512_scalef_pd((__m512d)p, (__m512d)n);
    if constexpr (sizeof(V) == 32) return (V)_mm256_scalef_pd((__m256d)p, (__m256d)n);
    if constexpr (sizeof(V) == 16) return (V)_mm_scalef_pd((__m128d)p, (__m128d)n);
  }
#endif
  using I = Vector<typename IntegerOf<T>::type, sizeof(V) / sizeof(T)>;
  const I bits = (I)shifted - (I)splat<V>(C::round);
  const I half = bits >> 1;
  const V first = (V)((half + C::exponent_bias) << C::mantissa_bits);
  const V second = (V)((bits - half + C::exponent_bias) << C::mantissa_bits);
  return p * first * second;
}

// x within [low, high], value by value; NaN stays NaN, which is what the order of the operands sees to.
template <class P>
LSO_INLINE P clamp(const P& x, typename P::T low, typename P::T high) {
#ifdef __SSE2__
  using V = typename P::V;
  const V l = splat<V>(low);
  const V h = splat<V>(high);
  return P::each([&](size_t u) LSO_INLINED {
    const V v = x.v[u];
    if constexpr (sizeof(typename P::T) == sizeof(float)) {
#ifdef __AVX512F__
      if constexpr (sizeof(V) == 64) return (V)_mm512_min_ps((__m512)h, _mm512_max_ps((__m512)l, (__m512)v));
#endif
#ifdef __AVX__
      if constexpr (sizeof(V) == 32) return (V)_mm256_min_ps((__m256)h, _mm256_max_ps((__m256)l, (__m256)v));
#endif
      if constexpr (sizeof(V) == 16) return (V)_mm_min_ps((__m128)h, _mm_max_ps((__m128)l, (__m128)v));
    } else {
#ifdef __AVX512F__
      if constexpr (sizeof(V) == 64) return (V)_mm512_min_pd((__m512d)h, _mm512_max_pd((__m512d)l, (__m512d)v));
#endif
#ifdef __AVX__
      if constexpr (sizeof(V) == 32) return (V)_mm256_min_pd((__m256d)h, _mm256_max_pd((__m256d)l, (__m256d)v));
#endif
      if constexpr (sizeof(V) == 16) return (V)_mm_min_pd((__m128d)h, _mm_max_pd((__m128d)l, (__m128d)v));
    }
  });
#else
  const P raised = where_below<P>(x, low, low, x);
  return where_above<P>(raised, high, high, raised);
#endif
}

// e^x = 2^n e^r with n an integer and |r| <= ln(2)/2, for lowest <= x <= highest. NaN stays NaN.
template <class P>
LSO_INLINE P exp_within(const P& x) {
  using T = typename P::T;
  using C = Constants<T>;
  const P shifted = fused_pack<P>(x, C::log2e, C::round);
  const P n = shifted - P(C::round);
  P r = fused_pack<P>(n, -C::ln2, x);
  r = fused_pack<P>(n, -C::ln2_low, r);
  const P power = fused_pack<P>(r, polynomial(r, C::exp), T(1));
  return P::each([&](size_t u) LSO_INLINED { return scale<T>(power.v[u], shifted.v[u]); });
}

template <class P>
LSO_INLINE P exp(const P& x) {
  using C = Constants<typename P::T>;
  return exp_within(clamp(x, C::lowest, C::highest));
}

// e^x - 1 for x <= 0, to its own last digits near zero: 2^n (e^r - 1) + (2^n - 1).
template <class P>
LSO_INLINE P expm1(P x) {
  using T = typename P::T;
  using C = Constants<T>;
  x = clamp(x, C::lowest, T(0));
  const P shifted = fused_pack<P>(x, C::log2e, C::round);
  const P n = shifted - P(C::round);
  P r = fused_pack<P>(n, -C::ln2, x);
  r = fused_pack<P>(n, -C::ln2_low, r);
  const P power = P::each([&](size_t u) LSO_INLINED { return scale<T>(splat<typename P::V>(T(1)), shifted.v[u]); });
  return fused_pack<P>(power, r * polynomial(r, C::expm1), power - P(1));
}

template <class P>
LSO_INLINE P sigmoid(const P& z) {
  using C = Constants<typename P::T>;
  // the sign last, where it becomes part of multiply-adds
  return P(1) / (P(1) + exp_within(-clamp(z, -C::highest, -C::lowest)));
}

// From e^2|z| where that keeps the digits, else from a polynomial.
template <class P>
LSO_INLINE P tanh(const P& z) {
  const P size = where_below<P>(z, 0, -z, z);
  const P large = P(1) - P(2) / (exp(size * P(2)) + P(1));
  const P square = z * z;
  const P small = fused_pack<P>(z * square, polynomial(square, Constants<typename P::T>::tanh), z);
  return where_above(size, typename P::T(0.54), where_below<P>(z, 0, -large, large), small);
}

template <class P>
LSO_INLINE P square_root(const P& x) {
  using T = typename P::T;
  using V = typename P::V;
  return P::each([&](size_t u) LSO_INLINED {
#if defined(__SSE2__)
#ifdef __AVX512F__
    if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return (V)_mm512_sqrt_ps((__m512)x.v[u]);
    if constexpr (sizeof(V) == 64 && sizeof(T) == 8) return (V)_mm512_sqrt_pd((__m512d)x.v[u]);
#endif
#ifdef __AVX__
    if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return (V)_mm256_sqrt_ps((__m256)x.v[u]);
    if constexpr (sizeof(V) == 32 && sizeof(T) == 8) return (V)_mm256_sqrt_pd((__m256d)x.v[u]);
#endif
    if constexpr (sizeof(V) == 16 && sizeof(T) == 4) return (V)_mm_sqrt_ps((__m128)x.v[u]);
    if constexpr (sizeof(V) == 16 && sizeof(T) == 8) return (V)_mm_sqrt_pd((__m128d)x.v[u]);
#elif defined(__ARM_NEON)
    if constexpr (sizeof(T) == 4) return (V)vsqrtq_f32((float32x4_t)x.v[u]);
    if constexpr (sizeof(T) == 8) return (V)vsqrtq_f64((float64x2_t)x.v[u]);
#endif
  });
}

// values - rate * m / (sqrt(v) + epsilon). AVX-512 begins with 14 digits of the root's inverse and doubles them
// (Newton): its root would wait for the same unit as its division; 3 units of the change's last digit.
template <class P>
LSO_INLINE P less_over_root(const P& values, typename P::T rate, const P& m, const P& v, typename P::T epsilon) {
#ifdef __AVX512F__
  if constexpr (sizeof(typename P::V) == 64 && sizeof(typename P::T) == 4) {
    const P smallest = P(1e-37F);  // its root is nothing beside epsilon, and zero has none
    return P::each([&](size_t u) LSO_INLINED {
      using V = typename P::V;
      const V x = (V)_mm512_max_ps((__m512)smallest.v[u], (__m512)v.v[u]);
      const V guess = (V)_mm512_rsqrt14_ps((__m512)x);
      const V near = x * guess;
      const V below = fused<V>(near, fused<V>(-near, guess, splat<V>(3.0F)), splat<V>(2 * epsilon));  // twice
      return fused<V>(splat<V>(-2 * rate), m.v[u] / below, values.v[u]);
    });
  }
#endif
  return values - P(rate) * m / (square_root(v) + P(epsilon));
}

// The C library's functions, by the names that no header wraps in an inline function.
template <class T>
struct Libm;
template <>
struct Libm<float> {
  LSO_INLINE static float exp(float x) { return __builtin_expf(x); }
  LSO_INLINE static float expm1(float x) { return __builtin_expm1f(x); }
  LSO_INLINE static float log(float x) { return __builtin_logf(x); }
  LSO_INLINE static float log1p(float x) { return __builtin_log1pf(x); }
  LSO_INLINE static float erfc(float x) { return __builtin_erfcf(x); }
};
template <>
struct Libm<double> {
  LSO_INLINE static double exp(double x) { return __builtin_exp(x); }
  LSO_INLINE static double expm1(double x) { return __builtin_expm1(x); }
  LSO_INLINE static double log(double x) { return __builtin_log(x); }
  LSO_INLINE static double log1p(double x) { return __builtin_log1p(x); }
  LSO_INLINE static double erfc(double x) { return __builtin_erfc(x); }
};

template <class P, class F>
LSO_INLINE P each_value(const P& x, F f) {
  typename P::T values[P::U * P::W];
  x.store(values, P::U * P::W);
  for (typename P::T& value : values) value = f(value);
  return P::load(values, P::U * P::W);
}

}  // namespace
}  // namespace lso::kernels
