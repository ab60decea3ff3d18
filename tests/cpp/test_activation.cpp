// Activations and their derivatives against their formulas in double.
#include "lso/activation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using support::LaneBlock;

// Values a node may meet: small, ordinary, and so large that a careless exp overflows.
const std::vector<double> inputs = {-1e4, -200.0, -89.0, -30.0, -6.5, -2.0,   -0.75, -1e-3, -1e-6, 0.0,
                                    1e-6, 1e-3,   0.3,   1.0,   4.25, 12.125, 30.0,  89.0,  200.0, 1e4};

template <class T>
void check_values(double tolerance) {
  const T bias = static_cast<T>(0.25);
  for (const Activation activation : support::hidden_activations()) {
    LaneBlock<T> block(1, inputs.size());
    for (std::size_t s = 0; s < inputs.size(); ++s) block(0, s) = static_cast<T>(inputs[s]);
    lso::add_bias<T>(block.view(), &bias, block.view());
    LaneBlock<T> slope(1, inputs.size());
    lso::activate(activation, block.view(), slope.view());
    for (std::size_t s = 0; s < inputs.size(); ++s) {
      const double z = static_cast<double>(static_cast<T>(inputs[s]) + bias);
      // Below the smallest normal number a vector exp may flush to zero; silu is z times such a one.
      const double smallest = static_cast<double>(std::numeric_limits<T>::min()) * std::max(1.0, std::abs(z));
      // a rounding of z changes the tail e^(-z^2/2) by z^2 times as much
      const double condition = std::string_view(activation.traits().name) == "gelu" ? 1 + z * z : 1;
      CHECK_CLOSE(block(0, s), support::plain_activation(activation, z), tolerance * condition, 4.0 * smallest);
    }
  }
}

// dE/dz from dE/dy = 1.5 against the slope of the formula.
template <class T>
void check_slopes(double tolerance) {
  for (const Activation activation : support::hidden_activations()) {
    const std::vector<double> points = {-8.0, -2.5, -0.5, 0.125, 0.75, 3.0, 9.0};
    LaneBlock<T> y(1, points.size());
    LaneBlock<T> slope(1, points.size());
    LaneBlock<T> g(1, points.size());
    for (std::size_t s = 0; s < points.size(); ++s) {
      y(0, s) = static_cast<T>(points[s]);
      g(0, s) = static_cast<T>(1.5);
    }
    lso::activate(activation, y.view(), slope.view());
    lso::activate_backward<T>(activation, support::kept(activation, y, slope), g.view(), g.view());
    for (std::size_t s = 0; s < points.size(); ++s) {
      const double h = 1e-5;
      const double expected = (support::plain_activation(activation, points[s] + h) -
                               support::plain_activation(activation, points[s] - h)) /
                              (2.0 * h);
      CHECK_CLOSE(g(0, s), 1.5 * expected, tolerance, tolerance);
    }
  }
}

TEST("values in float64") { check_values<double>(1e-13); }
TEST("values in float32") { check_values<float>(2e-6); }
TEST("derivatives in float64") { check_slopes<double>(1e-8); }
TEST("derivatives in float32") { check_slopes<float>(1e-5); }

TEST("softmax sums to one, even for huge values, and its derivative is the Jacobian's product") {
  const std::size_t n = 3;
  const double z[n][2] = {{1e4, 0.5}, {1e4, -1.25}, {-1e4, 2.0}};
  const double gradient[n] = {0.5, -2.0, 1.0};
  LaneBlock<double> y(n, 2);
  LaneBlock<double> g(n, 2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t s = 0; s < 2; ++s) {
      y(i, s) = z[i][s];
      g(i, s) = gradient[i];
    }
  }
  lso::activate<double>(Activation::softmax, y.view(), {});
  lso::activate_backward<double>(Activation::softmax, y.view(), g.view(), g.view());
  CHECK_CLOSE(y(0, 0), 0.5, 1e-14, 0.0);
  CHECK_CLOSE(y(2, 0), 0.0, 0.0, 0.0);
  for (std::size_t s = 0; s < 2; ++s) {
    CHECK_CLOSE(y(0, s) + y(1, s) + y(2, s), 1.0, 1e-14, 0.0);
    double dot = 0.0;
    for (std::size_t i = 0; i < n; ++i) dot += gradient[i] * y(i, s);
    for (std::size_t i = 0; i < n; ++i) CHECK_CLOSE(g(i, s), y(i, s) * (gradient[i] - dot), 1e-13, 1e-15);
  }
}

TEST("a softmax over groups is a softmax of each, and so is its derivative") {
  const std::size_t n = 6, size = 3, samples = 11;
  const std::vector<double> z = support::uniform<double>(n * samples, 1, -4.0, 4.0);
  const std::vector<double> gradient = support::uniform<double>(n * samples, 2);
  LaneBlock<double> y(n, samples), g(n, samples);
  for (std::size_t i = 0; i < n * samples; ++i) {
    y(i / samples, i % samples) = z[i];
    g(i / samples, i % samples) = gradient[i];
  }
  const auto rows = [&](LaneBlock<double>& block, std::size_t first) {
    const lso::Lanes<double> view = block.view();
    return lso::Lanes<double>{.data = view[first], .nodes = size, .lanes = view.lanes, .stride = view.stride};
  };
  LaneBlock<double> y_apart = support::copy(y), g_apart = support::copy(g);
  const Activation grouped("softmax(3)");
  lso::activate<double>(grouped, y.view(), {});
  lso::activate_backward<double>(grouped, y.view(), g.view(), g.view());
  for (const std::size_t first : {std::size_t{0}, size}) {
    const lso::Lanes<double> part = rows(y_apart, first);
    lso::activate<double>(Activation::softmax, part, {});
    lso::activate_backward<double>(Activation::softmax, part, rows(g_apart, first), rows(g_apart, first));
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t s = 0; s < samples; ++s) {
      CHECK(y(i, s) == y_apart(i, s));
      CHECK(g(i, s) == g_apart(i, s));
    }
  }
}

template <class T>
void check_log_softmax(double tolerance) {
  const std::size_t n = 6, samples = 21;  // whole vectors and some that are not full
  std::vector<T> z = support::uniform<T>(n * samples, 1, -4.0, 4.0);
  for (std::size_t s = 0; s < samples; s += 2) z[s] = T(s % 4 == 0 ? 1e4 : -1e4);
  const std::vector<T> gradient = support::uniform<T>(n * samples, 2);
  for (const char* name : {"log_softmax", "log_softmax(3)"}) {
    const Activation activation(name);
    LaneBlock<T> y(n, samples), g(n, samples);
    for (std::size_t i = 0; i < n * samples; ++i) {
      y(i / samples, i % samples) = z[i];
      g(i / samples, i % samples) = gradient[i];
    }
    lso::activate<T>(activation, y.view(), {});
    lso::activate_backward<T>(activation, y.view(), g.view(), g.view());
    const std::size_t size = activation.group(n);
    for (std::size_t s = 0; s < samples; ++s) {
      std::vector<double> expected(n);
      for (std::size_t i = 0; i < n; ++i) expected[i] = static_cast<double>(z[i * samples + s]);
      support::plain_activate(activation, expected);
      for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::size_t j = i / size * size; j < (i / size + 1) * size; ++j) {
          sum += static_cast<double>(gradient[j * samples + s]);
        }
        CHECK_CLOSE(y(i, s), expected[i], tolerance, tolerance);
        CHECK_CLOSE(g(i, s), static_cast<double>(gradient[i * samples + s]) - std::exp(expected[i]) * sum, tolerance,
                    8 * tolerance);
      }
    }
  }
}

TEST("log_softmax is finite for huge values, and its derivative is the Jacobian's product") {
  check_log_softmax<double>(1e-14);
  check_log_softmax<float>(1e-6);
}

TEST("only the lanes of the view are touched") {
  for (const Activation activation : Activation::all()) {
    const std::size_t lanes = lso::lane_group;
    LaneBlock<float> block(2, 2 * lanes);
    LaneBlock<float> slope(2, 2 * lanes);
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t s = 0; s < block.lanes(); ++s) block(i, s) = slope(i, s) = 0.375F;
    }
    const auto some = [&](LaneBlock<float>& of) {
      lso::Lanes<float> view = of.view();
      view.lanes = lanes;
      return view;
    };
    const float bias[2] = {1.0F, 2.0F};
    lso::add_bias<float>(some(block), bias, some(block));
    lso::activate(activation, some(block), some(slope));
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(block(i, 0) != 0.375F);
      CHECK((slope(i, 0) != 0.375F) == activation.traits().keeps_slope);
      for (std::size_t s = lanes; s < block.lanes(); ++s) CHECK(block(i, s) == 0.375F && slope(i, s) == 0.375F);
    }
  }
}

TEST("values lie in the range that the table states") {
  for (const Activation activation : support::hidden_activations()) {
    LaneBlock<double> y(1, 4001), slope(1, 4001);
    for (std::size_t s = 0; s < y.lanes(); ++s) y(0, s) = -20.0 + 0.01 * static_cast<double>(s);
    lso::activate(activation, y.view(), slope.view());
    double low = 1e9, high = -1e9;
    for (std::size_t s = 0; s < y.lanes(); ++s) {
      low = std::min(low, y(0, s));
      high = std::max(high, y(0, s));
    }
    const lso::ActivationTraits& traits = activation.traits();
    CHECK(low >= traits.low && high <= traits.high);
    if (std::isfinite(traits.low)) CHECK_CLOSE(low, traits.low, 0.0, 1e-5);
    if (std::isfinite(traits.high)) CHECK_CLOSE(high, traits.high, 0.0, 1e-5);
  }
}

TEST("names go there and back, and an unknown one is an error that lists them") {
  for (const Activation activation : Activation::all()) CHECK(Activation(activation.name()) == activation);
  for (const char* name :
       {"leaky_relu(0.2)", "leaky_relu(0.333333333333333315)", "leaky_relu(0)", "softmax(10)", "log_softmax(10)"}) {
    CHECK(Activation(Activation(name).name()) == Activation(name));
    CHECK(Activation(name) != Activation(std::string_view(name).substr(0, std::string_view(name).find('('))));
  }
  CHECK(Activation("leaky_relu(0.01)").name() == "leaky_relu");
  CHECK(Activation("leaky_relu(0.20)").name() == "leaky_relu(0.2)");
  CHECK_THROWS(Activation("sigmoidal"), std::invalid_argument, "got 'sigmoidal'");
  CHECK_THROWS(Activation("", "output_activation"), std::invalid_argument, "output_activation: expected one of linear");
  CHECK_THROWS(Activation("sigmoid(1)"), std::invalid_argument, "leaky_relu[(slope)]");
  for (const char* text : {"leaky_relu(", "leaky_relu()", "leaky_relu(-1)", "leaky_relu(nan)", "leaky_relu(inf)",
                           "leaky_relu(0.1", "leaky_relu(0.1) ", "leaky_relu(0.1x)", "leaky_relu( 1)"}) {
    CHECK_THROWS(Activation(text), std::invalid_argument, "leaky_relu(slope) with a slope of at least 0");
  }
  for (const char* text : {"softmax(0)", "softmax(2.5)"}) {
    CHECK_THROWS(Activation(text), std::invalid_argument, "softmax(size) with a whole size of at least 1");
  }
}

}  // namespace
