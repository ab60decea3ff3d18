// A network that learns from derivatives worked out elsewhere, against backprop and Adam by themselves.
#include "lso/learner.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "descent.hpp"
#include "lso/backprop.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Layer;
using lso::Learner;
using lso::LearnerSettings;
using lso::Network;

const std::vector<Layer> layers = {{.size = 7, .activation = Activation::linear, .bias = true},
                                   {.size = 60, .activation = Activation::tanh, .bias = true},
                                   {.size = 5, .activation = Activation::sigmoid, .bias = true}};

// More rows than one chunk holds, and no multiple of a group of lanes.
constexpr std::size_t n = 261;

struct Given {
  std::shared_ptr<const Network<double>> network = support::network<double>(layers, 3);
  std::vector<double> x = support::uniform<double>(n * 7, 4);
  std::vector<double> direction = support::uniform<double>(n * 5, 5);

  void pass(Learner<double>& learner, std::vector<double>& inputs, bool linear = false) const {
    std::vector<double> y(n * 5);
    learner.forward(support::rows(x, 7), support::rows(y, 5));
    inputs.resize(n * 7);
    learner.backward(support::rows(direction, 5), {.learn = true, .linear = linear}, support::rows(inputs, 7));
  }
};

TEST("derivatives are those of backprop") {
  const Given given;
  Learner<double> learner(*given.network, {});
  std::vector<double> inputs;
  given.pass(learner, inputs);
  std::vector<double> expected_inputs(n * 7);
  std::vector<double> expected(given.network->parameters().size());
  const lso::Chain<double> chain({given.network});
  lso::backprop<double>(chain, support::rows(given.x, 7), support::rows(given.direction, 5),
                        {support::rows(expected_inputs, 7)}, {expected});
  for (std::size_t i = 0; i < inputs.size(); ++i) CHECK_CLOSE(inputs[i], expected_inputs[i], 1e-12, 1e-14);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK_CLOSE(learner.gradient()[i], expected[i], 1e-11, 1e-12);
}

TEST("a second backward adds and a step forgets") {
  const Given given;
  Learner<double> learner(*given.network, {});
  std::vector<double> inputs;
  given.pass(learner, inputs);
  const std::vector<double> once(learner.gradient().begin(), learner.gradient().end());
  given.pass(learner, inputs);
  for (std::size_t i = 0; i < once.size(); ++i) CHECK_CLOSE(learner.gradient()[i], 2 * once[i], 1e-11, 1e-12);
  learner.step();
  Learner<double> moved(learner.network(), {});
  given.pass(learner, inputs);
  given.pass(moved, inputs);
  for (std::size_t i = 0; i < once.size(); ++i) CHECK(learner.gradient()[i] == moved.gradient()[i]);
}

TEST("linear derivatives are those of pre activations") {
  Given given;
  Learner<double> learner(*given.network, {});
  std::vector<double> inputs;
  given.pass(learner, inputs);
  std::vector<double> y(n * 5);
  learner.forward(support::rows(given.x, 7), support::rows(y, 5));
  for (std::size_t i = 0; i < y.size(); ++i) given.direction[i] *= y[i] * (1 - y[i]);
  Learner<double> other(*given.network, {});
  std::vector<double> other_inputs;
  given.pass(other, other_inputs, true);
  for (std::size_t i = 0; i < inputs.size(); ++i) CHECK_CLOSE(other_inputs[i], inputs[i], 1e-12, 1e-14);
}

TEST("a step is Adam's and averages are those of the formula") {
  const Given given;
  const lso::Adam adam{.learning_rate = 0.01, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-8};
  Learner<double> learner(*given.network, LearnerSettings{.optimizer = adam, .average = 0.75, .threads = 1});
  lso::AdamState<double> state(adam, given.network->parameters().size());
  const std::span<const double> start = std::as_const(*given.network).parameters();
  std::vector<double> expected(start.begin(), start.end());
  std::vector<double> average(expected.size());
  for (int s = 0; s < 3; ++s) {
    std::vector<double> inputs;
    given.pass(learner, inputs);
    state.step(expected, learner.gradient());
    CHECK(learner.step() == lso::StepOutcome::moved);
    for (std::size_t i = 0; i < expected.size(); ++i) average[i] = 0.75 * average[i] + 0.25 * expected[i];
  }
  const Network<double> averaged = learner.averaged();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(learner.network().parameters()[i] == expected[i]);
    CHECK_CLOSE(averaged.parameters()[i], average[i] / (1 - std::pow(0.75, 3)), 1e-12, 1e-14);
  }
  CHECK(learner.step() == lso::StepOutcome::stationary);  // nothing gathered
}

TEST("a derivative that is not finite moves nothing") {
  Given given;
  given.direction[3] = std::numeric_limits<double>::infinity();
  Learner<double> learner(*given.network, {});
  std::vector<double> inputs;
  given.pass(learner, inputs);
  CHECK(learner.step() == lso::StepOutcome::diverged);
  CHECK(learner.network() == *given.network);
}

TEST("threads change no bit") {
  const std::vector<Layer> wide = {{.size = 40, .activation = Activation::linear, .bias = false},
                                   {.size = 600, .activation = Activation::relu, .bias = true},
                                   {.size = 9, .activation = Activation::linear, .bias = true}};
  const auto network = support::network<float>(wide, 3);
  const std::size_t rows = 700;
  const std::vector<float> x = support::uniform<float>(rows * 40, 4);
  const std::vector<float> direction = support::uniform<float>(rows * 9, 5);
  std::vector<std::vector<float>> results;
  for (const std::size_t threads : {1U, 3U}) {
    Learner<float> learner(*network, LearnerSettings{.threads = threads});
    std::vector<float> y(rows * 9);
    std::vector<float> inputs(rows * 40);
    learner.forward(support::rows(x, 40), support::rows(y, 9));
    learner.backward(support::rows(direction, 9), {}, support::rows(inputs, 40));
    learner.step();
    const std::span<const float> parameters = learner.network().parameters();
    results.emplace_back(parameters.begin(), parameters.end());
    results.back().insert(results.back().end(), inputs.begin(), inputs.end());
    results.back().insert(results.back().end(), y.begin(), y.end());
  }
  CHECK(results[0] == results[1]);
}

TEST("a round allocates nothing once it has room") {
  const Given given;
  Learner<double> learner(*given.network, LearnerSettings{.average = 0.9, .threads = 1});
  std::vector<double> y(n * 5);
  std::vector<double> inputs(n * 7);
  const auto round = [&] {
    learner.forward(support::rows(given.x, 7), support::rows(y, 5));
    learner.backward(support::rows(given.direction, 5), {}, support::rows(inputs, 7));
    learner.step();
  };
  round();
  CHECK(allocations::during(round) == 0);
}

}  // namespace
