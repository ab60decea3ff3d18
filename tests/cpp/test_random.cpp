// Philox4x32-10 against the known answers of its authors, and what is built on it.
#include "lso/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include "check.hpp"

namespace {

using lso::PhiloxBlock;
using lso::Random;
using lso::Stream;

TEST("Philox4x32-10 gives the known answers published with Random123 (Salmon et al. 2011)") {
  CHECK((lso::philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  CHECK((lso::philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
         PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  CHECK((lso::philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
         PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST("a number depends on seed, stream, substream and index, and on nothing else") {
  const Random random(42, Stream::uniform);
  const std::uint64_t later = random.bits(1'000'000);
  CHECK(later == Random(42, Stream::uniform).bits(1'000'000));
  CHECK(later != random.bits(1'000'001));
  CHECK(later != Random(43, Stream::uniform).bits(1'000'000));
  CHECK(later != Random(42 + (std::uint64_t{1} << 32U), Stream::uniform).bits(1'000'000));
  CHECK(later != Random(42, Stream::normal).bits(1'000'000));
  CHECK(later != Random(42, Stream::uniform, 1).bits(1'000'000));
  CHECK(random.bits(3) != random.bits(3 + (std::uint64_t{1} << 32U)));
}

template <class T>
void check_uniform() {
  const Random random(1, Stream::uniform);
  const std::size_t n = 100'000;
  double sum = 0.0;
  double squares = 0.0;
  double smallest = 1.0;
  double largest = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = static_cast<double>(random.uniform<T>(i));
    smallest = std::min(smallest, value);
    largest = std::max(largest, value);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / static_cast<double>(n);
  CHECK(smallest >= 0.0);
  CHECK(smallest < 1e-3);
  CHECK(largest < 1.0);
  CHECK(largest > 1.0 - 1e-3);
  // Five standard errors.
  CHECK_CLOSE(mean, 0.5, 0.0, 0.0046);
  CHECK_CLOSE(squares / static_cast<double>(n) - mean * mean, 1.0 / 12.0, 0.0, 0.0012);
}

TEST("uniform numbers fill [0, 1)") {
  check_uniform<float>();
  check_uniform<double>();
}

template <class T>
void check_many(const Random& random) {
  const std::uint64_t below_overflow = (std::uint64_t{1} << 32U) - 5;  // of the counter's lower word
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{7}, below_overflow}) {
    for (const std::size_t n : {0U, 1U, 3U, 8U, 16U, 17U, 100U}) {
      std::vector<T> many(n + 1, T(7));
      random.uniforms<T>(first, std::span(many).first(n));
      for (std::size_t i = 0; i < n; ++i) CHECK(many[i] == random.uniform<T>(first + i));
      CHECK(many[n] == T(7));
    }
  }
}

// Box and Muller 1958 by the C library, in more digits.
long double plain_normal(std::uint64_t seed, std::uint32_t index) {
  const PhiloxBlock words = lso::philox4x32({index, 0, static_cast<std::uint32_t>(Stream::normal), 0},
                                            {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  const auto share = [&](std::size_t at, std::uint64_t more) {
    const std::uint64_t bits = (static_cast<std::uint64_t>(words[at]) << 32) | words[at + 1];
    return std::ldexp(static_cast<long double>((bits >> 11) + more), -53);
  };
  return std::sqrt(-2 * std::log(share(0, 1))) * std::cos(2 * std::numbers::pi_v<long double> * share(2, 0));
}

TEST("normal numbers are Box and Muller's to three units of the last digit of one, alone or among others") {
  const Random random(42, Stream::normal);
  std::vector<double> values(50'000);
  random.normals<double>(0, values);
  double worst = 0;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const long double exact = plain_normal(42, i);
    const auto size = static_cast<double>(std::max(1.0L, std::abs(exact)));
    worst = std::max(worst, static_cast<double>(std::abs(exact - values[i])) / size);
    double one = 0;
    if (i < 1000) {
      random.normals<double>(i, std::span(&one, 1));
      CHECK(one == values[i]);
    }
  }
  CHECK(worst <= 3 * std::numeric_limits<double>::epsilon());
  std::vector<float> rounded(values.size());
  random.normals<float>(0, rounded);
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(rounded[i] == static_cast<float>(values[i]));
}

TEST("many uniform numbers at a time are the same bits") {
  check_many<float>(Random(12345678901234567890U, Stream::uniform, 3));
  check_many<double>(Random(42, Stream::normal));
}

TEST("normal numbers have the moments of a normal distribution") {
  const Random random(1, Stream::normal);
  const std::size_t n = 100'000;
  std::vector<double> values(n + 1);
  random.normals<double>(0, values);
  double moments[4] = {};
  double product = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = values[i];
    double power = 1.0;
    for (double& moment : moments) moment += (power *= value) / static_cast<double>(n);
    product += value * values[i + 1] / static_cast<double>(n);
  }
  CHECK_CLOSE(moments[0], 0.0, 0.0, 0.016);
  CHECK_CLOSE(moments[1], 1.0, 0.0, 0.023);
  CHECK_CLOSE(moments[2], 0.0, 0.0, 0.062);
  CHECK_CLOSE(moments[3], 3.0, 0.0, 0.16);
  // Neighbours come from one block and must still be independent.
  CHECK_CLOSE(product, 0.0, 0.0, 0.016);
}

TEST("shuffle makes a permutation that its key decides") {
  std::vector<std::size_t> first(1'000);
  std::iota(first.begin(), first.end(), std::size_t{0});
  const std::vector<std::size_t> sorted = first;
  std::vector<std::size_t> second = first;
  std::vector<std::size_t> third = first;
  lso::shuffle(first, Random(3, Stream::shuffle));
  lso::shuffle(second, Random(3, Stream::shuffle));
  lso::shuffle(third, Random(3, Stream::shuffle, 1));
  CHECK(first == second);
  CHECK(first != third);
  CHECK(first != sorted);
  std::ranges::sort(first);
  CHECK(first == sorted);
}

TEST("a stop ends a shuffle half way") {
  std::vector<std::size_t> order(200'000);
  lso::StopSignal stop([] { return true; });
  stop.stop();
  lso::shuffle(order, Random(7, Stream::permutation), &stop);
  std::size_t unmoved = 0;
  for (std::size_t i = 0; i < order.size(); ++i) unmoved += order[i] == i ? 1U : 0U;
  CHECK(unmoved > 190'000);
}

TEST("every place is equally likely for the first element") {
  const std::size_t n = 5;
  const std::size_t rounds = 20'000;
  std::vector<std::size_t> count(n, 0);
  for (std::uint32_t round = 0; round < rounds; ++round) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    lso::shuffle(order, Random(7, Stream::shuffle, round));
    ++count[static_cast<std::size_t>(std::ranges::find(order, std::size_t{0}) - order.begin())];
  }
  // Five standard errors of a binomial count.
  for (const std::size_t c : count) CHECK_CLOSE(c, 4'000, 0.0, 283.0);
}

}  // namespace
