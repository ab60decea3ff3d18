// Terms one by one: values by hand, derivatives and residuals against central differences, and what is met.
#include "lso/term.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.hpp"
#include "lso/terms/ball.hpp"
#include "lso/terms/cross_entropy.hpp"
#include "lso/terms/density.hpp"
#include "lso/terms/squared_distance.hpp"
#include "support.hpp"
#include "terms/term_lanes.hpp"

namespace {

using lso::Activation;
using lso::Term;
using support::LaneBlock;

constexpr std::size_t n_values = 3;
constexpr double infinity = std::numeric_limits<double>::infinity();

// Constants of one sample, which the terms below look at.
const std::vector<double> target = {0.2, 0.9, 0.4};
const std::vector<double> low = {0.1, 0.8, -infinity};
const std::vector<double> high = {0.3, infinity, 0.6};
const std::vector<double> weights = {1.0, 0.5, 2.0};

lso::Rows<const double> row(const std::vector<double>& values) { return support::rows(values, n_values); }

using Made = std::shared_ptr<const Term<double>>;
Made squared_error(lso::Tolerance tolerance = {}) {
  return std::make_shared<lso::SquaredError<double>>(row(target), row(weights), tolerance);
}
Made interval(double margin = 0.02) {
  return std::make_shared<lso::Interval<double>>(row(low), row(high), row(weights), margin);
}
Made binary(double tolerance = 0) {
  return std::make_shared<lso::BinaryCrossEntropy<double>>(row(target), row(weights), tolerance);
}
Made categorical(double tolerance = 0) {
  return std::make_shared<lso::CategoricalCrossEntropy<double>>(row(target), row(weights), tolerance);
}
Made ball(double radius = 0.3) { return std::make_shared<lso::Ball<double>>(row(target), radius, 0.1); }

// At least 1.5 and at most 2 from the target.
Made shell() { return std::make_shared<lso::Ball<double>>(row(target), 2.0, 0.1, 1.5); }

// Two Gaussians, the second of correlated values.
Made density(double least = 2.0) {
  const std::vector<double> shares = {1.0, 3.0};
  const std::vector<double> means = {0.5, 0.5, 0.5, 0.2, 0.8, 0.3};
  const std::vector<double> covariances = {0.04, 0,    0, 0,    0.09, 0,    0, 0,    0.04,
                                           0.05, 0.02, 0, 0.02, 0.04, 0.01, 0, 0.01, 0.06};
  return std::make_shared<lso::Density<double>>(shares, means, covariances, least, 0.5);
}

std::vector<Made> all() { return {squared_error(), interval(), binary(), categorical(), ball(), shell(), density()}; }

// What a term says of one sample whose nodes take z.
struct Said {
  double error = 0;
  bool met = false;
  double mse = 0;
  std::array<double, n_values> delta{};  // dE/dz
};

Said say(const Term<double>& term, Activation activation, const std::vector<double>& z) {
  LaneBlock<double> y(n_values, 1);
  LaneBlock<double> g(n_values, 1);
  for (std::size_t i = 0; i < n_values; ++i) y(i, 0) = z[i];
  LaneBlock<double> slope(n_values, 1);
  lso::activate<double>(activation, y.view(), slope.view());
  lso::TermLanes<double> lanes(term, activation, y.lanes());
  lanes.load(0, 0);
  std::vector<double> error(y.lanes());
  std::vector<std::uint8_t> met(y.lanes());
  const std::size_t sample = 0;
  const lso::TermInput<double> at = lanes.at(y.view(), {&sample, 1});
  if (!lanes.evaluate(at, {.error = error.data(), .gradient = g.view(), .met = met.data()})) {
    lso::activate_backward<double>(activation, support::kept(activation, y, slope), g.view(), g.view());
  }
  return {
      .error = error[0], .met = met[0] == 1, .mse = term.mse(at, 0, error[0]), .delta = {g(0, 0), g(1, 0), g(2, 0)}};
}

// With linear nodes the values are z.
double error_at(const Made& term, const std::vector<double>& y) { return say(*term, Activation::linear, y).error; }
bool met_at(const Made& term, const std::vector<double>& y) { return say(*term, Activation::linear, y).met; }

TEST("squared error is the weighted sum, with no half") {
  CHECK_CLOSE(error_at(squared_error(), {0.5, 0.5, 0.0}), 0.09 + 0.5 * 0.16 + 2.0 * 0.16, 1e-14, 0.0);
}

TEST("a density is that of the mixture, and is met where it is high enough") {
  // log(.25 N(y; m1, C1) + .75 N(y; m2, C2)) at (.4, .6, .5), worked out elsewhere in double.
  const std::vector<double> y = {0.4, 0.6, 0.5};
  const double expected = 0.4571482690596592;
  CHECK(met_at(density(expected - 1e-9), y));
  CHECK(!met_at(density(expected + 1e-9), y));
  CHECK_CLOSE(error_at(density(expected + 1.0), y), 0.25, 1e-9, 0.0);  // (1.5 / 3)^2
  CHECK(error_at(density(expected - 1.0), y) == 0.0);
  // far away the gradient still points back
  const Said far = say(*density(), Activation::linear, {40.0, 0.5, 0.5});
  CHECK(std::isfinite(far.error) && far.delta[0] > 0.0);
}

TEST("a covariance that is none is refused") {
  const std::vector<double> one = {1.0};
  const std::vector<double> mean = {0.0, 0.0};
  const std::vector<double> flat = {1.0, 1.0, 1.0, 1.0};
  CHECK_THROWS((lso::Density<double>(one, mean, flat, 0.0, 0.0)), std::invalid_argument, "positive definite");
}

TEST("a shell is met between its radii, and costs the squared distance from it narrowed by its margin") {
  const auto at = [](double distance) { return std::vector<double>{target[0] + distance, target[1], target[2]}; };
  CHECK(met_at(shell(), at(1.75)) && met_at(shell(), at(-1.75)));
  CHECK(!met_at(shell(), at(1.49)) && !met_at(shell(), at(2.01)) && !met_at(shell(), at(0)));
  CHECK_CLOSE(error_at(shell(), at(1.0)), 0.65 * 0.65, 1e-12, 0.0);
  CHECK_CLOSE(error_at(shell(), at(3.0)), 1.2 * 1.2, 1e-12, 0.0);
  CHECK(error_at(shell(), at(1.7)) == 0.0);
  const Said centre = say(*shell(), Activation::linear, target);
  CHECK(centre.error > 0 && centre.delta[0] == 0.0);
}

TEST("an interval costs the squared distance from it narrowed by its margin, and nothing inside") {
  CHECK_CLOSE(error_at(interval(), {0.5, 0.7, 0.0}), 0.22 * 0.22 + 0.5 * 0.12 * 0.12, 1e-12, 0.0);
  CHECK(error_at(interval(), {0.2, 1e9, -1e9}) == 0.0);
}

TEST("an interval is met inside, its border included, and nowhere else") {
  CHECK(met_at(interval(), {0.1, 0.8, 0.6}));
  CHECK(met_at(interval(), {0.3, 1e30, -1e30}));
  CHECK(!met_at(interval(), {std::nextafter(0.3, 1.0), 0.9, 0.0}));
  CHECK(!met_at(interval(), {0.2, std::nextafter(0.8, 0.0), 0.0}));
  CHECK(!met_at(interval(), {0.2, 0.9, std::numeric_limits<double>::quiet_NaN()}));
}

TEST("an interval's own margin is a share of its width, or of the size of its only end") {
  const Made own = interval(std::numeric_limits<double>::quiet_NaN());
  CHECK_CLOSE(error_at(own, {0.1, 0.9, 0.0}), 0.01 * 0.01, 1e-12, 0.0);
  CHECK_CLOSE(error_at(own, {0.2, 0.8, 0.0}), 0.5 * 1e-6, 1e-9, 0.0);
  // never more than half the width, where the ends would change sides
  CHECK_CLOSE(error_at(interval(5.0), {0.1, 10.0, -10.0}), 0.01, 1e-12, 0.0);
}

TEST("an interval's mean squared distance is from the interval itself") {
  CHECK(say(*interval(), Activation::linear, {0.1, 0.8, 0.6}).mse == 0.0);
  CHECK_CLOSE(say(*interval(), Activation::linear, {0.5, 0.8, 0.0}).mse, 0.04 / 3.5, 1e-12, 0.0);
}

TEST("a squared error is met within its tolerance, a sum or a mean by weight") {
  const std::vector<double> y = {0.3, 0.9, 0.4};  // E = .01
  CHECK(met_at(squared_error({0.0101, false}), y));
  CHECK(!met_at(squared_error({0.0099, false}), y));
  CHECK(met_at(squared_error({0.0101 / 3.5, true}), y));
  CHECK(!met_at(squared_error({0.0099 / 3.5, true}), y));
}

TEST("cross-entropies by hand") {
  const double by_two = -(0.2 * std::log(0.5) + 0.8 * std::log(0.5)) -
                        0.5 * (0.9 * std::log(0.7) + 0.1 * std::log(0.3)) -
                        2.0 * (0.4 * std::log(0.1) + 0.6 * std::log(0.9));
  CHECK_CLOSE(error_at(binary(), {0.5, 0.7, 0.1}), by_two, 1e-14, 0.0);
  const double by_many = -0.2 * std::log(0.5) - 0.5 * 0.9 * std::log(0.3) - 2.0 * 0.4 * std::log(0.2);
  CHECK_CLOSE(error_at(categorical(), {0.5, 0.3, 0.2}), by_many, 1e-14, 0.0);
  CHECK(met_at(binary(by_two + 1e-9), {0.5, 0.7, 0.1}));
  CHECK(!met_at(categorical(by_many - 1e-9), {0.5, 0.3, 0.2}));
}

TEST("a saturated output costs a finite cross-entropy") {
  for (const Made& term : {binary(), categorical()}) {
    for (const Activation activation : {Activation::sigmoid, Activation::softmax}) {
      const Said saturated = say(*term, activation, {1e4, -1e4, 0.0});
      CHECK(std::isfinite(saturated.error));
      for (const double d : saturated.delta) CHECK(std::isfinite(d));
    }
  }
}

TEST("a cross-entropy is not asked of outputs that are no probabilities") {
  for (const Activation activation : {Activation::linear, Activation::tanh, Activation::relu, Activation::softplus}) {
    for (const Made& term : {binary(), categorical()}) {
      CHECK_THROWS(term->check(activation), std::invalid_argument, "0..1");
    }
  }
  binary()->check(Activation::sigmoid);
  categorical()->check(Activation::softmax);
}

TEST("a ball costs the squared distance from it, less its margin") {
  CHECK_CLOSE(error_at(ball(), {0.2, 0.9, 0.8}), 0.13 * 0.13, 1e-12, 0.0);
  CHECK(error_at(ball(), {0.2, 0.9, 0.6}) == 0.0);
  CHECK(met_at(ball(), {0.2, 0.9, 0.699}));
  CHECK(!met_at(ball(), {0.2, 0.9, 0.701}));
  for (const double d : say(*ball(), Activation::linear, target).delta) CHECK(d == 0.0);  // its centre has no direction
}

TEST("delta is dE/dz for every term under every activation that suits it") {
  const double h = 1e-6;
  const std::vector<double> z = {0.35, 0.6, 0.15};
  for (const Made& term : all()) {
    for (const Activation activation : {Activation::linear, Activation::sigmoid, Activation::tanh, Activation::relu,
                                        Activation::softmax, Activation("silu"), Activation("softmax(3)")}) {
      const Said at = say(*term, activation, z);
      for (std::size_t i = 0; i < n_values; ++i) {
        std::vector<double> above = z;
        std::vector<double> below = z;
        above[i] += h;
        below[i] -= h;
        const double slope = (say(*term, activation, above).error - say(*term, activation, below).error) / (2.0 * h);
        CHECK_CLOSE(at.delta[i], slope, 1e-7, 1e-8);
      }
    }
  }
}

TEST("residuals squared add up to E, and their derivatives are theirs") {
  const double h = 1e-6;
  const std::vector<double> z = {0.55, 0.6, 0.75};
  for (const Made& term : {squared_error(), interval(), ball()}) {
    const auto residuals = [&](const std::vector<double>& at, std::vector<double>* jacobian) {
      LaneBlock<double> y(n_values, 1);
      LaneBlock<double> g(n_values, 1);
      for (std::size_t i = 0; i < n_values; ++i) y(i, 0) = at[i];
      lso::TermLanes<double> lanes(*term, Activation::linear, y.lanes());
      lanes.load(0, 0);
      std::vector<double> found;
      std::vector<double> r(y.lanes());
      for (std::size_t index = 0; index < term->n_residuals(); ++index) {
        term->residual(lanes.at(y.view(), {}), index, r.data(), g.view());
        found.push_back(r[0]);
        for (std::size_t i = 0; jacobian != nullptr && i < n_values; ++i) jacobian->push_back(g(i, 0));
      }
      return found;
    };
    std::vector<double> jacobian;
    const std::vector<double> r = residuals(z, &jacobian);
    double sum = 0;
    for (const double each : r) sum += each * each;
    CHECK(sum > 0);
    CHECK_CLOSE(sum, error_at(term, z), 1e-12, 0.0);
    for (std::size_t i = 0; i < n_values; ++i) {
      std::vector<double> above = z;
      std::vector<double> below = z;
      above[i] += h;
      below[i] -= h;
      const std::vector<double> up = residuals(above, nullptr);
      const std::vector<double> down = residuals(below, nullptr);
      for (std::size_t k = 0; k < r.size(); ++k) {
        CHECK_CLOSE(jacobian[k * n_values + i], (up[k] - down[k]) / (2 * h), 1e-7, 1e-8);
      }
    }
  }
}

TEST("a row of constants is shared by all samples or belongs to one") {
  const std::vector<double> two = {1.0, 2.0, 3.0, 4.0};
  const lso::SquaredError<double> each(support::rows(two, 2));
  const lso::SquaredError<double> shared(support::rows(two, 4));
  lso::TermLanes<double> first(each, Activation::linear, 8);
  lso::TermLanes<double> second(shared, Activation::linear, 8);
  first.load(1, 3);
  second.load(1, 3);
  CHECK(first.at({}, {}).constants[0][0][3] == 3.0);
  CHECK(second.at({}, {}).constants[0][0][3] == 1.0);
}

}  // namespace
