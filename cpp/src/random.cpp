#include "lso/random.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "kernels/kernels.hpp"

namespace lso {

PhiloxBlock philox4x32(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
  constexpr std::uint64_t multiplier0 = 0xD2511F53;
  constexpr std::uint64_t multiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t weyl0 = 0x9E3779B9;
  constexpr std::uint32_t weyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = multiplier0 * counter[0];
    const std::uint64_t product1 = multiplier1 * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key[0] += weyl0;
    key[1] += weyl1;
  }
  return counter;
}

kernels::RandomKey Random::key() const {
  return {.seed = seed_, .stream = static_cast<std::uint32_t>(stream_), .substream = substream_};
}

std::uint64_t Random::bits(std::uint64_t index) const {
  const PhiloxBlock words = philox4x32({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                                        static_cast<std::uint32_t>(stream_), substream_},
                                       {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  return (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
}

template <class T>
T Random::uniform(std::uint64_t index) const {
  constexpr int digits = std::numeric_limits<T>::digits;
  return std::ldexp(static_cast<T>(bits(index) >> (64 - digits)), -digits);
}

template <class T>
void Random::uniforms(std::uint64_t first, std::span<T> out) const {
  kernels::kernels<T>().uniforms(key(), first, out.size(), out.data());
}

template <class T>
void Random::normals(std::uint64_t first, std::span<T> out) const {
  kernels::kernels<T>().normals(key(), first, out.size(), out.data());
}

void shuffle(std::span<std::size_t> order, const Random& random, StopSignal* stop) {
  constexpr std::size_t between_polls = std::size_t{1} << 16;
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i) {
    if (stop != nullptr && i % between_polls == 0 && stop->check()) return;
    // a 64-bit remainder: its bias is below i / 2^64
    std::swap(order[i - 1], order[random.bits(i) % i]);
  }
}

template float Random::uniform<float>(std::uint64_t) const;
template double Random::uniform<double>(std::uint64_t) const;
template void Random::uniforms<float>(std::uint64_t, std::span<float>) const;
template void Random::uniforms<double>(std::uint64_t, std::span<double>) const;
template void Random::normals<float>(std::uint64_t, std::span<float>) const;
template void Random::normals<double>(std::uint64_t, std::span<double>) const;

}  // namespace lso
