// What the output must meet: values by hand, derivatives against central differences.
#include "lso/objective.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Loss;
using lso::Objective;
using support::LaneBlock;

constexpr std::size_t n_outputs = 3;
constexpr Loss all[] = {Loss::squared_error, Loss::binary_cross_entropy, Loss::categorical_cross_entropy,
                        Loss::interval};

struct Problem {
  std::vector<double> target = {0.2, 0.9, 0.4};
  std::vector<double> upper = {0.3, 0.95, 0.6};
  std::vector<double> weights = {1.0, 0.5, 2.0};
};

// E of one sample whose output nodes have the pre-activations z, and dE/dz.
struct Evaluation {
  double error;
  std::vector<double> delta;
};

Evaluation evaluate(Loss loss, Activation activation, const Problem& problem, const std::vector<double>& z) {
  LaneBlock<double> y(n_outputs, 1);
  LaneBlock<double> slope(n_outputs, 1);
  LaneBlock<double> delta(n_outputs, 1);
  const Objective<double> objective{loss, support::rows(problem.target, n_outputs),
                                    support::rows(problem.upper, n_outputs), support::rows(problem.weights, n_outputs)};
  lso::ObjectiveBuffer<double> buffer(objective, y.lanes());
  buffer.load(0, 0);
  const lso::ObjectiveLanes<double> lanes = buffer.lanes(y.lanes());
  for (std::size_t i = 0; i < n_outputs; ++i) y(i, 0) = z[i];
  lso::activate<double>(activation, y.view(), slope.view());
  std::vector<double> error(y.lanes());
  lso::objective_value<double>(lanes, y.view(), error.data());
  lso::objective_delta<double>(lanes, activation, y.view(), support::kept(activation, y, slope), delta.view());
  return {error[0], {delta(0, 0), delta(1, 0), delta(2, 0)}};
}

// With linear nodes the outputs are the pre-activations.
double error_at(Loss loss, const std::vector<double>& y) {
  return evaluate(loss, Activation::linear, Problem{}, y).error;
}

TEST("squared error is the weighted sum, with no half") {
  CHECK_CLOSE(error_at(Loss::squared_error, {0.5, 0.5, 0.0}), 0.09 + 0.5 * 0.16 + 2.0 * 0.16, 1e-14, 0.0);
}

TEST("an interval costs the squared distance from it, and nothing inside") {
  CHECK_CLOSE(error_at(Loss::interval, {0.5, 0.85, 0.5}), 0.04 + 0.5 * 0.0025, 1e-12, 0.0);
  CHECK(error_at(Loss::interval, {0.2, 0.95, 0.5}) == 0.0);
}

TEST("cross-entropies by hand") {
  const double binary = -(0.2 * std::log(0.5) + 0.8 * std::log(0.5)) -
                        0.5 * (0.9 * std::log(0.7) + 0.1 * std::log(0.3)) -
                        2.0 * (0.4 * std::log(0.1) + 0.6 * std::log(0.9));
  CHECK_CLOSE(error_at(Loss::binary_cross_entropy, {0.5, 0.7, 0.1}), binary, 1e-14, 0.0);
  const double categorical = -0.2 * std::log(0.5) - 0.5 * 0.9 * std::log(0.3) - 2.0 * 0.4 * std::log(0.2);
  CHECK_CLOSE(error_at(Loss::categorical_cross_entropy, {0.5, 0.3, 0.2}), categorical, 1e-14, 0.0);
}

TEST("a saturated output costs a finite cross-entropy") {
  for (const Loss loss : {Loss::binary_cross_entropy, Loss::categorical_cross_entropy}) {
    for (const Activation activation : {Activation::sigmoid, Activation::softmax}) {
      const Evaluation saturated = evaluate(loss, activation, Problem{}, {1e4, -1e4, 0.0});
      CHECK(std::isfinite(saturated.error));
      for (const double d : saturated.delta) CHECK(std::isfinite(d));
    }
  }
}

TEST("delta is dE/dz for every objective under every output activation that suits it") {
  const double h = 1e-6;
  for (const Loss loss : all) {
    for (const Activation activation :
         {Activation::linear, Activation::sigmoid, Activation::tanh, Activation::relu, Activation::softmax}) {
      const std::vector<double> z = {0.35, 0.6, 0.15};
      const Evaluation at = evaluate(loss, activation, Problem{}, z);
      for (std::size_t i = 0; i < n_outputs; ++i) {
        std::vector<double> above = z;
        std::vector<double> below = z;
        above[i] += h;
        below[i] -= h;
        const double slope =
            (evaluate(loss, activation, Problem{}, above).error - evaluate(loss, activation, Problem{}, below).error) /
            (2.0 * h);
        CHECK_CLOSE(at.delta[i], slope, 1e-7, 1e-8);
      }
    }
  }
}

TEST("a target row is shared by all samples or belongs to one") {
  const std::vector<double> two = {1.0, 2.0, 3.0, 4.0};
  CHECK(Objective<double>::row(support::rows(two, 2), 1)[0] == 3.0);
  CHECK(Objective<double>::row(support::rows(two, 4), 1)[0] == 1.0);
}

TEST("the total weight counts outputs, or adds their weights") {
  const std::vector<float> target(n_outputs, 0.0F);
  const std::vector<float> weights = {1.0F, 0.0F, 0.5F, 2.0F, 2.0F, 2.0F};
  Objective<float> objective{Loss::squared_error, support::rows(target, n_outputs), {}, {}};
  CHECK(objective.total_weight(5) == 3.0);
  objective.weights = support::rows(weights, n_outputs);
  CHECK(objective.total_weight(0) == 1.5);
  CHECK(objective.total_weight(1) == 6.0);
}

TEST("names go there and back, and an unknown one is an error that lists them") {
  for (const Loss loss : all) CHECK(lso::parse_loss(lso::name(loss)) == loss);
  CHECK_THROWS(lso::parse_loss("mse"), std::invalid_argument, "squared_error");
  CHECK_THROWS(lso::parse_loss("mse"), std::invalid_argument, "'mse'");
}

}  // namespace
