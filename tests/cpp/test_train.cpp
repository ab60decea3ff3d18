// Minibatch training: steps by hand, outcomes, frozen parts, and an epoch that does not allocate.
#include "lso/train.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "lso/backprop.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Adam;
using lso::Chain;
using lso::EpochReport;
using lso::NormalizedGradientDescent;
using lso::Samples;
using lso::TrainResult;
using lso::TrainSettings;
using lso::TrainStatus;

constexpr std::size_t n_inputs = 4;
constexpr std::size_t n_outputs = 2;

std::vector<lso::Layer> layers() {
  return support::paper_layers({n_inputs, 6, n_outputs}, Activation::sigmoid, Activation::sigmoid);
}

// Targets that another network of the same shape gives.
template <class T>
struct Problem {
  Chain<T> chain{{support::network<T>(layers(), 1)}};
  std::vector<T> x;
  std::vector<T> target;
  std::vector<T> weights;
  TrainSettings settings;

  explicit Problem(std::size_t n) : x(support::uniform<T>(n * n_inputs, 2)), target(n * n_outputs) {
    const Chain<T> teacher({support::network<T>(layers(), 3, 2.0)});
    lso::evaluate<T>(teacher, support::rows<T>(std::as_const(x), n_inputs), support::rows(target, n_outputs));
    settings.threads = 1;
    settings.batch_size = 10;
    settings.epochs = 5;
    settings.optimizer = NormalizedGradientDescent{.desired_change = -0.1, .proportional = true};
  }

  [[nodiscard]] Samples<T> samples() const {
    return {support::rows(x, n_inputs), std::make_shared<lso::SquaredError<T>>(support::rows(target, n_outputs)),
            std::span<const T>(weights)};
  }
  [[nodiscard]] TrainResult<T> run(const Samples<T>* validation = nullptr) const {
    return lso::train(chain, samples(), validation, settings);
  }
};

template <class T>
std::vector<T> parameters(const TrainResult<T>& result, std::size_t part = 0) {
  const auto view = result.parts[part]->parameters();
  return {view.begin(), view.end()};
}

template <class T>
std::vector<T> parameters(const Chain<T>& chain, std::size_t part = 0) {
  const auto view = chain.parts()[part]->parameters();
  return {view.begin(), view.end()};
}

// Mean over all samples of E, and its gradient, from evaluate and backprop.
struct FullBatch {
  double error = 0.0;
  std::vector<double> gradient;
};

FullBatch full_batch(const Problem<double>& problem) {
  const std::size_t n = problem.x.size() / n_inputs;
  std::vector<double> y(n * n_outputs);
  lso::evaluate<double>(problem.chain, support::rows(problem.x, n_inputs), support::rows(y, n_outputs));
  FullBatch batch;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double difference = y[i] - problem.target[i];
    const double weight = problem.weights.empty() ? 1.0 : problem.weights[i / n_outputs];
    double total = 0.0;
    for (const double w : problem.weights) total += w;
    const double share = weight / (problem.weights.empty() ? static_cast<double>(n) : total);
    batch.error += share * difference * difference;
    y[i] = share * 2.0 * difference;
  }
  batch.gradient.resize(parameters(problem.chain).size());
  lso::backprop<double>(problem.chain, support::rows(problem.x, n_inputs),
                        support::rows<double>(std::as_const(y), n_outputs), {}, {std::span(batch.gradient)});
  return batch;
}

Problem<double> one_step(std::size_t n) {
  Problem<double> problem(n);
  problem.settings.batch_size = n;
  problem.settings.epochs = 1;
  return problem;
}

void check_algorithm_3(const Problem<double>& problem) {
  const FullBatch batch = full_batch(problem);
  const std::vector<double> before = parameters(problem.chain);
  const std::vector<double> after = parameters(problem.run());
  double s = 0.0;
  for (const double d : batch.gradient) s += d * d;
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK_CLOSE(after[i], before[i] - 0.1 * batch.error * batch.gradient[i] / s, 1e-11, 1e-13);
  }
}

TEST("a full batch of Algorithm 3 is D C / S of the mean error, also when the batch takes several tiles") {
  check_algorithm_3(one_step(30));
  check_algorithm_3(one_step(300));
}

TEST("sample weights enter as a weighted mean") {
  Problem<double> problem = one_step(40);
  problem.weights = support::uniform<double>(40, 8, 0.0, 3.0);
  check_algorithm_3(problem);
}

TEST("a sample of weight zero is as if it were not there") {
  Problem<double> all = one_step(40);
  all.weights.assign(40, 1.0);
  std::fill(all.weights.begin() + 25, all.weights.end(), 0.0);
  const Problem<double> fewer = one_step(25);
  const std::vector<double> expected = parameters(fewer.run());
  const std::vector<double> got = parameters(all.run());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK_CLOSE(got[i], expected[i], 1e-12, 1e-14);
}

TEST("a full batch of Adam follows its formula") {
  Problem<double> problem = one_step(30);
  problem.settings.optimizer = Adam{.learning_rate = 0.01, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-3};
  const FullBatch batch = full_batch(problem);
  const std::vector<double> before = parameters(problem.chain);
  const std::vector<double> after = parameters(problem.run());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double d = batch.gradient[i];
    CHECK_CLOSE(after[i], before[i] - 0.01 * d / (std::abs(d) + 1e-3), 1e-10, 1e-12);
  }
}

TEST("both optimizers learn, and the reports are the scores of the networks") {
  for (const bool adam : {false, true}) {
    Problem<float> problem(200);
    problem.settings.epochs = 40;
    if (adam) problem.settings.optimizer = Adam{.learning_rate = 0.02};
    const TrainResult<float> result = problem.run();
    CHECK(result.status == TrainStatus::max_epochs);
    CHECK(result.history.size() == 40);
    CHECK(result.history.front().epoch == 1);
    CHECK(result.history.back().epoch == 40);
    CHECK(std::isnan(result.history.back().validation.loss));
    const double before = lso::score(problem.chain, problem.samples()).mse;
    const lso::Score after = lso::score(Chain<float>({result.parts[0]}), problem.samples());
    CHECK(after.mse < 0.2 * before);
    CHECK(after.mse == result.history.back().train.mse);
    CHECK(after.loss == result.history.back().train.loss);
    CHECK_CLOSE(after.loss, after.mse * n_outputs, 1e-12, 0.0);
  }
}

TEST("the network that was given does not change") {
  const Problem<float> problem(50);
  const std::vector<float> before = parameters(problem.chain);
  const TrainResult<float> result = problem.run();
  CHECK(parameters(problem.chain) == before);
  CHECK(parameters(result) != before);
}

TEST("the seed decides the order") {
  Problem<float> problem(203);
  const std::vector<float> first = parameters(problem.run());
  CHECK(first == parameters(problem.run()));
  problem.settings.seed = 1;
  CHECK(first != parameters(problem.run()));
  problem.settings.shuffle = false;
  const std::vector<float> unshuffled = parameters(problem.run());
  problem.settings.seed = 0;
  CHECK(unshuffled == parameters(problem.run()));
}

TEST("the score is the same bits with any number of threads") {
  const Problem<float> problem(333);
  const lso::Score one = lso::score(problem.chain, problem.samples(), 1);
  const lso::Score three = lso::score(problem.chain, problem.samples(), 3);
  CHECK(one.loss == three.loss);
  CHECK(one.mse == three.mse);
}

TEST("reached_mse ends at the first epoch that meets it") {
  Problem<double> problem(200);
  problem.settings.epochs = 200;
  problem.settings.stop_at_mse = 0.5 * lso::score(problem.chain, problem.samples()).mse;
  const TrainResult<double> result = problem.run();
  CHECK(result.status == TrainStatus::reached_mse);
  CHECK(result.history.back().train.mse <= problem.settings.stop_at_mse);
  for (std::size_t e = 0; e + 1 < result.history.size(); ++e) {
    CHECK(result.history[e].train.mse > problem.settings.stop_at_mse);
  }
}

TEST("on_epoch stops, poll interrupts") {
  Problem<double> problem(50);
  problem.settings.on_epoch = [](const EpochReport& report) { return report.epoch == 3; };
  TrainResult<double> result = problem.run();
  CHECK(result.status == TrainStatus::stopped);
  CHECK(result.history.size() == 3);

  problem.settings.on_epoch = nullptr;
  problem.settings.epochs = 100'000'000;
  problem.settings.poll = [] { return true; };
  result = problem.run();
  CHECK(result.status == TrainStatus::interrupted);
  CHECK(parameters(result) != parameters(problem.chain));
  for (const double value : parameters(result)) CHECK(std::isfinite(value));
}

TEST("early stopping keeps the epoch with the lowest validation loss") {
  Problem<double> problem(60);
  problem.settings.epochs = 400;
  problem.settings.patience = 4;
  problem.settings.optimizer = Adam{.learning_rate = 0.5};  // rough enough to get worse again
  Problem<double> held_out(40);
  for (std::size_t i = 0; i < held_out.target.size(); i += 3) held_out.target[i] = 1.0 - held_out.target[i];
  const Samples<double> validation = held_out.samples();
  const TrainResult<double> result = problem.run(&validation);
  CHECK(result.status == TrainStatus::early_stopped);
  const auto best =
      std::ranges::min_element(result.history, {}, [](const EpochReport& report) { return report.validation.loss; });
  CHECK(result.history.end() - best == 5);
  CHECK(lso::score(Chain<double>({result.parts[0]}), validation).loss == best->validation.loss);
}

TEST("nothing left to change is stationary") {
  Problem<double> problem(20);
  lso::evaluate<double>(problem.chain, support::rows<double>(std::as_const(problem.x), n_inputs),
                        support::rows(problem.target, n_outputs));
  const TrainResult<double> result = problem.run();
  CHECK(result.status == TrainStatus::stationary);
  CHECK(parameters(result) == parameters(problem.chain));
}

TEST("divergence gives back the last finite parameters") {
  Problem<float> problem(50);
  problem.chain = Chain<float>({support::network<float>(
      support::paper_layers({n_inputs, 6, n_outputs}, Activation::relu, Activation::linear), 1)});
  problem.settings.optimizer = Adam{.learning_rate = 1e30};
  const TrainResult<float> adam = problem.run();
  CHECK(adam.status == TrainStatus::diverged);
  for (const float value : parameters(adam)) CHECK(std::isfinite(value));
  CHECK(std::isfinite(lso::score(Chain<float>({adam.parts[0]}), problem.samples()).loss));

  problem.settings.optimizer = NormalizedGradientDescent{.desired_change = -1e300, .proportional = false};
  const TrainResult<float> descent = problem.run();
  CHECK(descent.status == TrainStatus::diverged);
  CHECK(parameters(descent) == parameters(problem.chain));
}

// Two parts that make one network of two outputs.
Chain<double> two_parts() {
  return Chain<double>(
      {support::network<double>(support::paper_layers({n_inputs, 5, 3}, Activation::sigmoid, Activation::sigmoid), 4),
       support::network<double>(support::paper_layers({3, 5, n_outputs}, Activation::sigmoid, Activation::sigmoid),
                                5)});
}

TEST("a frozen part stays the same object, and the other learns through it") {
  for (const std::size_t frozen : {0U, 1U}) {
    Problem<double> problem(100);
    problem.chain = two_parts();
    problem.settings.epochs = 30;
    problem.settings.trainable = {frozen != 0, frozen != 1};
    const TrainResult<double> result = problem.run();
    CHECK(result.parts[frozen] == problem.chain.parts()[frozen]);
    CHECK(parameters(result, 1 - frozen) != parameters(problem.chain, 1 - frozen));
    CHECK(result.history.back().train.loss < 0.9 * lso::score(problem.chain, problem.samples()).loss);
  }
}

TEST("C / S of a step counts the parts that move, together") {
  Problem<double> problem = one_step(30);
  problem.chain = two_parts();
  const TrainResult<double> both = problem.run();
  // To first order the error falls by a tenth; a step with an S for each part would take off twice that.
  const double before = lso::score(problem.chain, problem.samples()).loss;
  const double after = lso::score(Chain<double>(both.parts), problem.samples()).loss;
  CHECK_CLOSE(after, 0.9 * before, 0.02, 0.0);
}

// One epoch over ten times the minibatches must not cost one allocation more.
template <class T>
void check_allocations(const lso::TrainOptimizer& optimizer) {
  const auto count = [&](std::size_t n) {
    Problem<T> problem(n);
    problem.settings.epochs = 1;
    problem.settings.optimizer = optimizer;
    return allocations::during([&] { static_cast<void>(problem.run()); });
  };
  static_cast<void>(count(100));  // what a first call sets up once
  const std::size_t few = count(100);
  CHECK(few > 0);
  CHECK(count(1000) == few);
}

TEST("nothing allocates in an epoch's loop over minibatches") {
  check_allocations<float>(Adam{});
  check_allocations<double>(NormalizedGradientDescent{.desired_change = -0.1, .proportional = true});
}

}  // namespace
