// Numbers of a counter-based generator side by side, each the bits that lso::Random gives it: no operation here is
// fused or rounds otherwise than the scalar one, so that numbers do not depend on the instruction set.
#pragma once

#include "kernels/kernels.hpp"
#include "kernels/math.inl"

namespace lso::kernels {
namespace {

constexpr size_t counters = width<double>;  // in a vector
constexpr size_t side_by_side = 2;          // vectors, so that none waits for its own products
using Counter = Vector<std::uint64_t, counters>;
using Real = Vector<double, counters>;

// The 64 bits of a product of the lower halves.
template <class V>
LSO_INLINE V product32(V a, V b) {
#if defined(__SSE2__)
#ifdef __AVX512F__
  if constexpr (sizeof(V) == 64) return (V)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#endif
#ifdef __AVX2__
  if constexpr (sizeof(V) == 32) return (V)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#endif
  if constexpr (sizeof(V) == 16) return (V)_mm_mul_epu32((__m128i)a, (__m128i)b);
#elif defined(__ARM_NEON)
  return (V)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
#else
  return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
#endif
}

// The four words of each counter, in the lower halves. Upper halves are left as they come: no product sees them.
struct Block {
  Counter w[4][side_by_side];
};

// philox4x32 of random.cpp on the counters from `first` on.
LSO_INLINE Block philox(const RandomKey& key, std::uint64_t first) {
  Block block;
  for (size_t u = 0; u < side_by_side; ++u) {
    Counter index;
    for (size_t i = 0; i < counters; ++i) index[i] = first + u * counters + i;
    block.w[0][u] = index;
    block.w[1][u] = index >> 32;
    block.w[2][u] = Counter{} + key.stream;
    block.w[3][u] = Counter{} + key.substream;
  }
  auto key0 = static_cast<std::uint32_t>(key.seed);
  auto key1 = static_cast<std::uint32_t>(key.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (size_t u = 0; u < side_by_side; ++u) {
      const Counter product0 = product32(block.w[0][u], Counter{} + std::uint64_t{0xD2511F53});
      const Counter product1 = product32(block.w[2][u], Counter{} + std::uint64_t{0xCD9E8D57});
      block.w[0][u] = (product1 >> 32) ^ block.w[1][u] ^ key0;
      block.w[2][u] = (product0 >> 32) ^ block.w[3][u] ^ key1;
      block.w[1][u] = product1;
      block.w[3][u] = product0;
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  for (auto& words : block.w) {
    for (Counter& word : words) word &= 0xFFFFFFFF;
  }
  return block;
}

// An integer below 2^52, exactly.
LSO_INLINE Real to_double(Counter n) { return (Real)(n | 0x4330000000000000) - splat<Real>(0x1p52); }

// The upper 53 of the 64 bits high, low.
LSO_INLINE Real upper53(Counter high, Counter low) {
  return to_double(high) * splat<Real>(0x1p21) + to_double(low >> 11);
}

// out[i] = T(number(u, block)), the number of counter first + i.
template <class T, class F>
LSO_INLINE void fill(const RandomKey& key, std::uint64_t first, size_t n, T* out, F number) {
  constexpr size_t step = counters * side_by_side;
  for (size_t begin = 0; begin < n; begin += step) {
    const Block block = philox(key, first + begin);
    double values[step];
    for (size_t u = 0; u < side_by_side; ++u) store(values + u * counters, number(block, u));
    const size_t count = n - begin < step ? n - begin : step;
    for (size_t i = 0; i < count; ++i) out[begin + i] = static_cast<T>(values[i]);
  }
}

template <class T>
void uniforms(const RandomKey& key, std::uint64_t first, size_t n, T* out) {
  fill(key, first, n, out, [](const Block& block, size_t u) LSO_INLINED {
    if constexpr (sizeof(T) == sizeof(float)) {
      return to_double(block.w[0][u] >> 8) * splat<Real>(0x1p-24);
    } else {
      return upper53(block.w[0][u], block.w[1][u]) * splat<Real>(0x1p-53);
    }
  });
}

template <size_t N>
LSO_INLINE Real horner(Real x, const double (&c)[N]) {
  Real sum = splat<Real>(c[N - 1]);
  for (size_t i = N - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

// log(k / 2^53) for k = 1 .. 2^53: of the exponent, and log m = 2s + s^3 P(s^2), s = (m - 1) / (m + 1), for m near one.
LSO_INLINE Real log_of_share(Real k) {
  constexpr double series[] = {0.666666666666667,  0.3999999999989889,  0.28571428626253836, 0.22222211089379496,
                               0.1818289243253687, 0.15331611722055008, 0.14617807153417325};
  const Counter bits = (Counter)k;
  Real m = (Real)((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
  Real exponent = to_double(bits >> 52) - splat<Real>(1023 + 53);
  const auto large = m > splat<Real>(1.4142135623730951);
  m = large ? m * 0.5 : m;
  exponent = large ? exponent + 1.0 : exponent;
  const Real f = m - 1.0;
  const Real s = f / (m + 1.0);
  const Real z = s * s;
  // 2s = f - s f, and f is exact
  return exponent * Constants<double>::ln2 -
         ((s * f - (s * z * horner(z, series) + exponent * Constants<double>::ln2_low)) - f);
}

// cos(2 pi k / 2^53), from the sine or cosine of at most an eighth of a turn.
LSO_INLINE Real cos_of_turn(Real k) {
  constexpr double sine[] = {1.5707963267948966,    -0.6459640975062462,    0.07969262624614423,
                             -0.004681754134254207, 0.00016044116661409423, -3.5987029509735105e-06,
                             5.642225369163528e-08};
  constexpr double cosine[] = {-1.2337005501361697,   0.2536695079010478,      -0.020863480763340773,
                               0.0009192602745468447, -2.5202039028029178e-05, 4.710678405505227e-07,
                               -6.329396344967424e-09};
  const Real quarters = k * 0x1p-51;
  const Real shifted = quarters + Constants<double>::round;
  const Counter nearest = (Counter)shifted;  // its last bits
  const Real r = quarters - (shifted - Constants<double>::round);
  const Real z = r * r;
  const Real value = (nearest & 1) == 1 ? r * horner(z, sine) : 1.0 + z * horner(z, cosine);
  // cos, -sin, -cos, sin
  return ((nearest + 1) & 2) == 2 ? -value : value;
}

// Box and Muller 1958. The radius' share lies in (0, 1], so that its logarithm is finite.
template <class T>
void normals(const RandomKey& key, std::uint64_t first, size_t n, T* out) {
  fill(key, first, n, out, [](const Block& block, size_t u) LSO_INLINED {
    using P = Pack<double, counters, 1>;
    P square;
    square.v[0] = -2.0 * log_of_share(upper53(block.w[0][u], block.w[1][u]) + 1.0);
    return square_root(square).v[0] * cos_of_turn(upper53(block.w[2][u], block.w[3][u]));
  });
}

}  // namespace
}  // namespace lso::kernels
