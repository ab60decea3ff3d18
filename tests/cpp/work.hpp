// What the engine does, each job to a list of numbers that depends on nothing but the job: not on the number of
// threads, nor on who else works with the same networks. Another instruction set may round otherwise.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lso/backprop.hpp"
#include "lso/differentiable.hpp"
#include "lso/learner.hpp"
#include "lso/optimize.hpp"
#include "lso/train.hpp"
#include "support.hpp"

namespace work {

using Numbers = std::vector<double>;

struct Job {
  std::string name;
  std::function<Numbers(std::size_t threads)> run;
};

template <class Values>
void append(Numbers& numbers, const Values& values) {
  for (const auto& value : values) numbers.push_back(static_cast<double>(value));
}

// A function of one's own: y = x^2 / 2.
template <class T>
class HalfSquares final : public lso::Differentiable<T> {
 public:
  [[nodiscard]] std::size_t n_inputs() const override { return 3; }
  [[nodiscard]] std::size_t n_outputs() const override { return 3; }
  [[nodiscard]] std::unique_ptr<lso::DifferentiablePass<T>> pass(std::size_t /*lanes*/) const override {
    return std::make_unique<Pass>();
  }

 private:
  class Pass final : public lso::DifferentiablePass<T> {
    void forward(lso::Lanes<const T> x, lso::Lanes<T> y) override {
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t lane = 0; lane < x.lanes; ++lane) y[i][lane] = x[i][lane] * x[i][lane] / 2;
      }
    }
    void backward(lso::Lanes<const T> x, lso::Lanes<const T> /*y*/, lso::Lanes<const T> g, lso::Lanes<T> out) override {
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t lane = 0; lane < x.lanes; ++lane) out[i][lane] = g[i][lane] * x[i][lane];
      }
    }
  };
};

// Networks and samples that all jobs share: rows for several tiles, and work that is worth threads to training too.
template <class T>
class Shared {
 public:
  static constexpr std::size_t n = 300, n_latents = 5, n_features = 40, n_outputs = 3;

  [[nodiscard]] Numbers forward(std::size_t threads) const {
    std::vector<T> y(n * n_outputs);
    std::vector<T> samples(n * n_features);
    lso::evaluate<T>(model, starts(), support::rows(y, n_outputs), {support::rows(samples, n_features)}, threads);
    Numbers numbers;
    append(numbers, y);
    append(numbers, samples);
    return numbers;
  }

  [[nodiscard]] Numbers backward(std::size_t /*threads*/) const {
    std::vector<T> inputs(n * n_latents);
    std::vector<std::vector<T>> gradients;
    std::vector<std::span<T>> views;
    for (const auto& part : model.parts()) gradients.emplace_back(part->parameters().size());
    views.assign(gradients.begin(), gradients.end());
    lso::backprop<T>(model, starts(), support::rows(targets, n_outputs), {support::rows(inputs, n_latents)}, views);
    Numbers numbers;
    append(numbers, inputs);
    for (const auto& gradient : gradients) append(numbers, gradient);
    return numbers;
  }

  // Towards outputs that the chain has elsewhere, and not far enough to come there: by then a rounding would decide.
  [[nodiscard]] Numbers optimize(const lso::Chain<T>& chain, lso::Optimizer optimizer, std::size_t threads) const {
    std::vector<T> wanted(n * n_outputs);
    lso::evaluate<T>(chain, support::rows(elsewhere, n_latents), support::rows(wanted, n_outputs));
    lso::OptimizeSettings settings;
    settings.optimizer = optimizer;
    settings.max_iterations = 5;
    settings.threads = threads;
    const lso::OptimizeResult<T> result =
        lso::optimize(support::problem(chain, wanted, {.value = 1e-30, .mean = true}), starts(), {}, settings);
    Numbers numbers;
    append(numbers, result.latents);
    append(numbers, result.samples);
    append(numbers, result.loss);
    return numbers;
  }

  [[nodiscard]] Numbers train(lso::TrainOptimizer optimizer, std::size_t batch_size, std::size_t threads) const {
    lso::TrainSettings settings;
    settings.optimizer = optimizer;
    settings.epochs = 3;
    settings.batch_size = batch_size;
    settings.threads = threads;
    const auto term = std::make_shared<lso::SquaredError<T>>(support::rows(targets, n_outputs));
    const lso::TrainResult<T> result = lso::train<T>(model, {starts(), term, {}}, nullptr, settings);
    Numbers numbers;
    for (const auto& part : result.parts) append(numbers, part->parameters());
    for (const lso::EpochReport& report : result.history) numbers.push_back(report.train.loss);
    return numbers;
  }

  [[nodiscard]] Numbers learn(std::size_t threads) const {
    lso::Learner<T> learner(*decoder, {.optimizer = {}, .average = 0.5, .threads = threads});
    std::vector<T> y(n * n_features);
    for (int round = 0; round < 3; ++round) {
      learner.forward(starts(), support::rows(y, n_features));
      learner.backward(support::rows(std::as_const(y), n_features), {}, {});
      learner.step();
    }
    Numbers numbers;
    append(numbers, learner.network().parameters());
    append(numbers, learner.averaged().parameters());
    return numbers;
  }

  [[nodiscard]] static Numbers random(std::size_t /*threads*/) {
    std::vector<T> uniforms(1000);
    std::vector<T> normals(1000);
    lso::Random(1, lso::Stream::uniform).uniforms<T>(3, uniforms);
    lso::Random(2, lso::Stream::normal).normals<T>(5, normals);
    Numbers numbers;
    append(numbers, uniforms);
    append(numbers, normals);
    return numbers;
  }

  [[nodiscard]] lso::Rows<const T> starts() const { return support::rows(latents, n_latents); }

  std::shared_ptr<const lso::Network<T>> decoder = support::network<T>(
      support::paper_layers({n_latents, 450, n_features}, lso::Activation::tanh, lso::Activation::sigmoid), 1, 0.4);
  std::shared_ptr<const lso::Network<T>> classifier = support::network<T>(
      support::paper_layers({n_features, 24, n_outputs}, lso::Activation::sigmoid, lso::Activation::softmax), 2, 0.5);
  lso::Chain<T> model{{decoder, classifier}};
  lso::Chain<T> with_function{
      {decoder, classifier, std::make_shared<lso::Network<T>>(std::make_shared<HalfSquares<T>>())}};
  std::vector<T> latents = support::uniform<T>(n * n_latents, 3);
  std::vector<T> elsewhere = support::uniform<T>(n * n_latents, 5);
  std::vector<T> targets = support::uniform<T>(n * n_outputs, 4, 0.0, 0.6);
};

// All jobs, on one set of networks.
template <class T>
std::vector<Job> jobs() {
  const auto shared = std::make_shared<const Shared<T>>();
  using lso::NormalizedGradientDescent;
  const NormalizedGradientDescent gentle{.desired_change = -0.1, .max_step = 0.1};  // no large jumps
  const auto named = [&](const char* name, auto call) {
    return Job{name, [shared, call](std::size_t threads) { return call(*shared, threads); }};
  };
  using S = const Shared<T>&;
  return {
      named("forward", [](S s, std::size_t threads) { return s.forward(threads); }),
      named("backward", [](S s, std::size_t threads) { return s.backward(threads); }),
      named("optimize", [gentle](S s, std::size_t threads) { return s.optimize(s.model, gentle, threads); }),
      named("optimize, Levenberg-Marquardt",
            [](S s, std::size_t threads) { return s.optimize(s.model, lso::LevenbergMarquardt{}, threads); }),
      named("optimize, a function of one's own",
            [gentle](S s, std::size_t threads) { return s.optimize(s.with_function, gentle, threads); }),
      named("train, Adam", [](S s, std::size_t threads) { return s.train(lso::Adam{}, s.n, threads); }),
      named("train, Algorithm 3", [gentle](S s, std::size_t threads) { return s.train(gentle, s.n, threads); }),
      named("train, sample by sample", [gentle](S s, std::size_t threads) { return s.train(gentle, 1, threads); }),
      named("learn", [](S s, std::size_t threads) { return s.learn(threads); }),
      named("random", [](S, std::size_t threads) { return Shared<T>::random(threads); }),
  };
}

}  // namespace work
