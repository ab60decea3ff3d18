// Algorithm 3 and Adam against their formulas.
#include "descent.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"
#include "support.hpp"

namespace {

using lso::StepOutcome;

template <class T>
std::span<const T> view(const std::vector<T>& values) {
  return {values.data(), values.size()};
}

TEST("Algorithm 3 adds D C / S") {
  std::vector<double> values = {1.0, -2.0, 0.5};
  const std::vector<double> derivatives = {3.0, 0.0, -4.0};
  const double s = lso::squared_norm(view(derivatives));
  CHECK(s == 25.0);
  CHECK(lso::descend<double>(values, derivatives, -0.5, s) == StepOutcome::moved);
  CHECK_CLOSE(values[0], 1.0 - 3.0 * 0.5 / 25.0, 1e-15, 0.0);
  CHECK(values[1] == -2.0);
  CHECK_CLOSE(values[2], 0.5 + 4.0 * 0.5 / 25.0, 1e-15, 0.0);
}

TEST("on a linear error the step changes the error by exactly C") {
  const std::vector<double> slope = support::uniform<double>(20, 1);
  std::vector<double> values = support::uniform<double>(20, 2);
  const auto error = [&] {
    double sum = 0.0;
    for (std::size_t i = 0; i < 20; ++i) sum += slope[i] * values[i];
    return sum;
  };
  const double before = error();
  CHECK(lso::descend<double>(values, slope, -0.75, lso::squared_norm(view(slope))) == StepOutcome::moved);
  CHECK_CLOSE(error() - before, -0.75, 1e-12, 0.0);
}

TEST("S keeps float's digits over any number of values, and has room for squares that float has not") {
  const std::size_t n = 5'000'000;
  const auto sum_of = [&](float value) {
    return static_cast<double>(n) * static_cast<double>(value) * static_cast<double>(value);
  };
  for (const float value : {0.1F, 1e-25F, 1e25F}) {
    CHECK_CLOSE(lso::squared_norm(view(std::vector<float>(n, value))), sum_of(value), 1e-6, 0.0);
  }
}

TEST("S of each lane is summed in double") {
  support::LaneBlock<float> block(3, 20);
  for (std::size_t s = 0; s < block.lanes(); ++s) {
    for (std::size_t i = 0; i < 3; ++i) block(i, s) = static_cast<float>(i + s);
  }
  std::vector<double> norms(block.lanes());
  lso::squared_norms<float>(block.view(), norms.data());
  for (std::size_t s = 0; s < block.lanes(); ++s) {
    const auto lane = static_cast<double>(s);
    CHECK(norms[s] == lane * lane + (lane + 1.0) * (lane + 1.0) + (lane + 2.0) * (lane + 2.0));
  }
}

TEST("S = 0 is stationary and a non-finite step diverged, and the values stay") {
  std::vector<float> values = {1.0F, 2.0F};
  const std::vector<float> before = values;
  CHECK(lso::descend<float>(values, std::vector<float>{0.0F, 0.0F}, -1.0, 0.0) == StepOutcome::stationary);
  CHECK(values == before);
  // The first value alone would move by a finite step.
  CHECK(lso::descend<float>(values, std::vector<float>{1e-30F, 1.0F}, -1e40, 1.0) == StepOutcome::diverged);
  CHECK(values == before);
  CHECK(lso::descend<float>(values, std::vector<float>{1.0F, 1.0F}, std::nan(""), 2.0) == StepOutcome::diverged);
  CHECK(values == before);
}

TEST("the desired change is constant or proportional to the error") {
  CHECK((lso::NormalizedGradientDescent{-0.5, true}.change(4.0, 1.0)) == -2.0);
  CHECK((lso::NormalizedGradientDescent{-0.5, false}.change(4.0, 1.0)) == -0.5);
  CHECK(lso::NormalizedGradientDescent{}.change(3.0, 1.0) == -3.0);
}

TEST("a step is no longer than max_step") {
  const lso::NormalizedGradientDescent capped{.max_step = 0.5};
  CHECK(capped.change(3.0, 4.0) == -1.0);  // a length of 1 / 2, where 3 / 2 was asked for
  CHECK(capped.change(0.5, 4.0) == -0.5);
  CHECK(capped.change(3.0, 0.0) == 0.0);
}

TEST("Adam follows Kingma and Ba's Algorithm 1") {
  const lso::Adam settings{.learning_rate = 0.01, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6};
  lso::AdamState<double> adam(settings, 2);
  std::vector<double> values = {1.0, -1.0};
  std::vector<double> expected = values;
  double first[2] = {};
  double second[2] = {};
  for (int t = 1; t <= 5; ++t) {
    const std::vector<double> derivatives = {0.5 * t, -3.0 + t};
    for (std::size_t i = 0; i < 2; ++i) {
      first[i] = 0.8 * first[i] + 0.2 * derivatives[i];
      second[i] = 0.95 * second[i] + 0.05 * derivatives[i] * derivatives[i];
      const double m = first[i] / (1.0 - std::pow(0.8, t));
      const double v = second[i] / (1.0 - std::pow(0.95, t));
      expected[i] -= 0.01 * m / (std::sqrt(v) + 1e-6);
    }
    adam.step(values, derivatives);
    for (std::size_t i = 0; i < 2; ++i) CHECK_CLOSE(values[i], expected[i], 1e-13, 0.0);
  }
}

}  // namespace
