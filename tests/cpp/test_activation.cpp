// Activations and their derivatives against their formulas in double.
#include "lso/activation.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using support::LaneBlock;

constexpr Activation all[] = {Activation::linear,     Activation::sigmoid,  Activation::tanh,   Activation::relu,
                              Activation::leaky_relu, Activation::softplus, Activation::softmax};

// Values a node may meet: small, ordinary, and so large that a careless exp overflows.
const std::vector<double> inputs = {-1e4, -200.0, -89.0, -30.0, -6.5, -2.0,   -0.75, -1e-3, -1e-6, 0.0,
                                    1e-6, 1e-3,   0.3,   1.0,   4.25, 12.125, 30.0,  89.0,  200.0, 1e4};

template <class T>
void check_values(double tolerance) {
  const T bias = static_cast<T>(0.25);
  for (const Activation activation : support::hidden_activations) {
    LaneBlock<T> block(1, inputs.size());
    for (std::size_t s = 0; s < inputs.size(); ++s) block(0, s) = static_cast<T>(inputs[s]);
    lso::add_bias<T>(block.view(), &bias, block.view());
    lso::activate(activation, block.view());
    for (std::size_t s = 0; s < inputs.size(); ++s) {
      const double z = static_cast<double>(static_cast<T>(inputs[s]) + bias);
      // Below the smallest normal number a vector exp may flush to zero.
      const double smallest = static_cast<double>(std::numeric_limits<T>::min());
      CHECK_CLOSE(block(0, s), support::plain_activation(activation, z), tolerance, 4.0 * smallest);
    }
  }
}

// dE/dz from dE/dy = 1.5 against the slope of the formula.
template <class T>
void check_slopes(double tolerance) {
  for (const Activation activation : support::hidden_activations) {
    const std::vector<double> points = {-8.0, -2.5, -0.5, 0.125, 0.75, 3.0, 9.0};
    LaneBlock<T> y(1, points.size());
    LaneBlock<T> g(1, points.size());
    for (std::size_t s = 0; s < points.size(); ++s) {
      y(0, s) = static_cast<T>(support::plain_activation(activation, points[s]));
      g(0, s) = static_cast<T>(1.5);
    }
    lso::activate_backward<T>(activation, y.view(), g.view(), g.view());
    for (std::size_t s = 0; s < points.size(); ++s) {
      const double h = 1e-5;
      const double slope = (support::plain_activation(activation, points[s] + h) -
                            support::plain_activation(activation, points[s] - h)) /
                           (2.0 * h);
      CHECK_CLOSE(g(0, s), 1.5 * slope, tolerance, tolerance);
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
  lso::activate<double>(Activation::softmax, y.view());
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

TEST("only the lanes of the view are touched") {
  for (const Activation activation : all) {
    const std::size_t lanes = lso::lane_group;
    LaneBlock<float> block(2, 2 * lanes);
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t s = 0; s < block.lanes(); ++s) block(i, s) = 0.375F;
    }
    lso::Lanes<float> view = block.view();
    view.lanes = lanes;
    const float bias[2] = {1.0F, 2.0F};
    lso::add_bias<float>(view, bias, view);
    lso::activate(activation, view);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(block(i, 0) != 0.375F);
      for (std::size_t s = lanes; s < block.lanes(); ++s) CHECK(block(i, s) == 0.375F);
    }
  }
}

TEST("names go there and back, and an unknown one is an error that lists them") {
  for (const Activation activation : all) CHECK(lso::parse_activation(lso::name(activation)) == activation);
  CHECK_THROWS(lso::parse_activation("sigmoidal"), std::invalid_argument, "sigmoidal");
  CHECK_THROWS(lso::parse_activation(""), std::invalid_argument, "leaky_relu");
}

}  // namespace
