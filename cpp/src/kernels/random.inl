// Numbers of a counter-based generator side by side, each the bits that lso::Random gives it: no operation here is
// fused or rounds otherwise than the scalar one, so that numbers do not depend on the instruction set.
#pragma once

#include "kernels/kernels.hpp"
#include "kernels/math.inl"

namespace lso::kernels {
namespace {

constexpr size_t counters = width<double>;  // in a vector
constexpr size_t side_by_side = 2;          // vectors, so that none waits for its own products
using Word = Vector<std::uint64_t, counters>;
using Wide64 = Vector<double, counters>;

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
  Word w[4][side_by_side];
};

// philox4x32 of random.cpp on the counters from `first` on.
LSO_INLINE Block philox(const RandomKey& key, std::uint64_t first) {
  Block block;
  for (size_t u = 0; u < side_by_side; ++u) {
    Word index;
    for (size_t i = 0; i < counters; ++i) index[i] = first + u * counters + i;
    block.w[0][u] = index;
    block.w[1][u] = index >> 32;
    block.w[2][u] = Word{} + key.stream;
    block.w[3][u] = Word{} + key.substream;
  }
  auto key0 = static_cast<std::uint32_t>(key.seed);
  auto key1 = static_cast<std::uint32_t>(key.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (size_t u = 0; u < side_by_side; ++u) {
      const Word product0 = product32(block.w[0][u], Word{} + std::uint64_t{0xD2511F53});
      const Word product1 = product32(block.w[2][u], Word{} + std::uint64_t{0xCD9E8D57});
      block.w[0][u] = (product1 >> 32) ^ block.w[1][u] ^ key0;
      block.w[2][u] = (product0 >> 32) ^ block.w[3][u] ^ key1;
      block.w[1][u] = product1;
      block.w[3][u] = product0;
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  for (auto& words : block.w) {
    for (Word& word : words) word &= 0xFFFFFFFF;
  }
  return block;
}

// An integer below 2^52, exactly.
LSO_INLINE Wide64 to_double(Word n) { return (Wide64)(n | 0x4330000000000000) - splat<Wide64>(0x1p52); }

// The upper 53 of the 64 bits high, low.
LSO_INLINE Wide64 upper53(Word high, Word low) {
  return to_double(high) * splat<Wide64>(0x1p21) + to_double(low >> 11);
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
      return to_double(block.w[0][u] >> 8) * splat<Wide64>(0x1p-24);
    } else {
      return upper53(block.w[0][u], block.w[1][u]) * splat<Wide64>(0x1p-53);
    }
  });
}

}  // namespace
}  // namespace lso::kernels
