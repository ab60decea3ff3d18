// The kernels of training on one sample at a time, of every instruction set that this processor runs.
#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"
#include "kernel_sets.hpp"
#include "kernels/reference.hpp"
#include "support.hpp"

namespace {

using lso::kernels::Kernels;
using lso::kernels::Outer;

// Weights with and without a step that waits, with and without a bias.
template <class T>
void check_update_and_apply(const Kernels<T>& kernels, std::size_t m, std::size_t n) {
  const std::vector<T> scale = support::uniform<T>(m, 1), x = support::uniform<T>(n, 2);
  const std::vector<T> next = support::uniform<T>(n, 3), bias = support::uniform<T>(m, 4);
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (const bool step : {false, true}) {
    for (const bool biased : {false, true}) {
      std::vector<T> w = support::uniform<T>(m * n, 5), y(m + 1, T(7)), expected_w = w, expected(m);
      const auto outer = [&](std::vector<T>& weights, std::vector<T>& out) {
        return Outer<T>{.m = m,
                        .n = n,
                        .w = weights.data(),
                        .scale = step ? scale.data() : nullptr,
                        .x = x.data(),
                        .next = next.data(),
                        .bias = biased ? bias.data() : nullptr,
                        .y = out.data()};
      };
      kernels.update_and_apply(outer(w, y));
      lso::kernels::reference::update_and_apply(outer(expected_w, expected));
      for (std::size_t i = 0; i < w.size(); ++i) CHECK_CLOSE(w[i], expected_w[i], 0.0, 2 * epsilon);
      for (std::size_t i = 0; i < m; ++i) CHECK_CLOSE(y[i], expected[i], 0.0, 4 * static_cast<double>(n) * epsilon);
      CHECK(y[m] == T(7));
    }
  }
}

// What each weight would get from adam, given the products delta x^T.
template <class T>
void check_adam_outer(const Kernels<T>& kernels, std::size_t m, std::size_t n) {
  const std::vector<T> delta = support::uniform<T>(m, 1), x = support::uniform<T>(n, 2);
  std::vector<T> gradient(m * n);
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] = delta[i / n] * x[i % n];
  const lso::kernels::AdamStep<T> step{T(0.9), T(0.999), T(1e-8), T(0.01)};
  std::vector<T> w = support::uniform<T>(m * n, 3), first(m * n), second(m * n);
  std::vector<T> expected_w = w, expected_first = first, expected_second = second;
  for (int t = 0; t < 3; ++t) {
    kernels.adam_outer(m, n, step, delta.data(), x.data(), first.data(), second.data(), w.data());
    kernels.adam(m * n, step, gradient.data(), expected_first.data(), expected_second.data(), expected_w.data());
  }
  CHECK(w == expected_w);
  CHECK(first == expected_first);
  CHECK(second == expected_second);
}

TEST("a layer's weights move and are applied in one pass") {
  for_sets([](const auto& kernels) {
    for (const std::size_t m : {1U, 3U, 4U, 10U, 101U}) {
      for (const std::size_t n : {16U, 32U, 208U}) check_update_and_apply(kernels, m, n);
    }
  });
}

TEST("Adam on a gradient that is not written down") {
  for_sets([](const auto& kernels) { check_adam_outer(kernels, 5, 48); });
}

}  // namespace
