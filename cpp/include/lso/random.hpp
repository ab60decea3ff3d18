// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011). A number is a function of (seed, stream, index),
// so results do not depend on threads or on the order of work.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lso/threads.hpp"

namespace lso {

namespace kernels {
struct RandomKey;
}

// Who draws: two purposes never share numbers under one seed.
enum class Stream : std::uint32_t { parameters, shuffle, uniform, normal, permutation };

using PhiloxBlock = std::array<std::uint32_t, 4>;
[[nodiscard]] PhiloxBlock philox4x32(PhiloxBlock counter, std::array<std::uint32_t, 2> key);

class Random {
 public:
  Random(std::uint64_t seed, Stream stream, std::uint32_t substream = 0)
      : seed_(seed), stream_(stream), substream_(substream) {}

  [[nodiscard]] std::uint64_t bits(std::uint64_t index) const;  // 64 random bits

  // Uniform in [0, 1), on the grid of T's mantissa.
  template <class T>
  [[nodiscard]] T uniform(std::uint64_t index) const;

  // The uniform numbers of the indices from `first` on, many at a time.
  template <class T>
  void uniforms(std::uint64_t first, std::span<T> out) const;

  // Normal numbers (Box and Muller 1958) in the same way, within three units of the last digit of the number or of one,
  // whichever is larger: the logarithm and the cosine are the engine's own, so that every machine draws the same bits.
  template <class T>
  void normals(std::uint64_t first, std::span<T> out) const;

 private:
  [[nodiscard]] kernels::RandomKey key() const;

  std::uint64_t seed_;
  Stream stream_;
  std::uint32_t substream_;
};

// Fisher and Yates: a permutation of 0 .. order.size() - 1. A `stop` that says so ends it.
void shuffle(std::span<std::size_t> order, const Random& random, StopSignal* stop = nullptr);

}  // namespace lso
