// A function of one's own among the parts of a chain: the same as the network that it computes, in every place.
#include "lso/differentiable.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "lso/backprop.hpp"
#include "lso/optimize.hpp"
#include "lso/terms/squared_distance.hpp"
#include "lso/train.hpp"
#include "optimize/problem_lanes.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Chain;
using lso::Lanes;
using lso::Problem;
using lso::Status;

constexpr std::size_t n_latents = 4, n_features = 7, n_values = 3;

// y = tanh(W x), by plain loops.
template <class T>
class TanhLayer final : public lso::Differentiable<T> {
 public:
  TanhLayer(std::shared_ptr<const lso::Network<T>> like, std::size_t lanes, bool concurrent)
      : like_(std::move(like)), lanes_(lanes), concurrent_(concurrent) {}

  [[nodiscard]] std::size_t n_inputs() const override { return like_->n_inputs(); }
  [[nodiscard]] std::size_t n_outputs() const override { return like_->n_outputs(); }
  [[nodiscard]] std::size_t lanes_per_call() const override { return lanes_; }
  [[nodiscard]] bool is_concurrent() const override { return concurrent_; }
  [[nodiscard]] std::unique_ptr<lso::DifferentiablePass<T>> pass(std::size_t lanes) const override {
    std::size_t before = most;  // several threads ask for a pass each
    while (before < lanes && !most.compare_exchange_weak(before, lanes)) {
    }
    return std::make_unique<Loops>(*this);
  }

  mutable std::atomic<std::size_t> most{0};  // lanes that a pass was made for
  mutable std::size_t largest = 0;           // lanes of a call
  mutable std::size_t calls = 0;             // of forward
  mutable std::size_t interrupt_at = 0;      // the call that ends the run
  mutable std::size_t fail_at = 0;

 private:
  class Loops final : public lso::DifferentiablePass<T> {
   public:
    explicit Loops(const TanhLayer& of) : of_(of) {}
    void forward(Lanes<const T> x, Lanes<T> y) override {
      if (!of_.concurrent_) {
        of_.largest = std::max(of_.largest, x.lanes);
        if (++of_.calls == of_.interrupt_at) throw lso::Interruption();
        if (of_.calls == of_.fail_at) throw std::runtime_error("it failed");
      }
      for (std::size_t i = 0; i < y.nodes; ++i) {
        for (std::size_t lane = 0; lane < y.lanes; ++lane) {
          T sum = 0;
          for (std::size_t j = 0; j < x.nodes; ++j) sum += of_.like_->weight(1)[i * x.nodes + j] * x[j][lane];
          y[i][lane] = std::tanh(sum);
        }
      }
    }
    void backward(Lanes<const T> /*x*/, Lanes<const T> y, Lanes<const T> g, Lanes<T> out) override {
      for (std::size_t j = 0; j < out.nodes; ++j) {
        for (std::size_t lane = 0; lane < out.lanes; ++lane) {
          T sum = 0;
          for (std::size_t i = 0; i < g.nodes; ++i) {
            sum += of_.like_->weight(1)[i * out.nodes + j] * g[i][lane] * (1 - y[i][lane] * y[i][lane]);
          }
          out[j][lane] = sum;
        }
      }
    }

   private:
    const TanhLayer& of_;
  };

  std::shared_ptr<const lso::Network<T>> like_;
  std::size_t lanes_;
  bool concurrent_;
};

template <class T>
std::shared_ptr<const lso::Network<T>> tanh_network(std::size_t n_in, std::size_t n_out, std::uint64_t seed) {
  return support::network<T>(support::layers({n_in, n_out}, Activation::tanh, Activation::tanh, {false, false}), seed);
}

// A decoder, then a head, each as a network, as a function, or as a function beside a network.
template <class T>
struct Setup {
  std::shared_ptr<const lso::Network<T>> first = tanh_network<T>(n_latents, n_features, 1);
  std::shared_ptr<const lso::Network<T>> second = tanh_network<T>(n_features, n_values, 2);
  std::shared_ptr<TanhLayer<T>> first_function, second_function;
  std::vector<T> target = {T(0.3), T(-0.2), T(0.1)};
  std::vector<T> image = std::vector<T>(n_features, T(0.1));

  explicit Setup(std::size_t lanes = 0, bool concurrent = true)
      : first_function(std::make_shared<TanhLayer<T>>(first, lanes, concurrent)),
        second_function(std::make_shared<TanhLayer<T>>(second, lanes, concurrent)) {}

  [[nodiscard]] Problem<T> problem(bool foreign_trunk, bool foreign_head) const {
    const auto part = [](const auto& network, const auto& function, bool foreign) {
      return foreign ? std::make_shared<const lso::Network<T>>(function) : network;
    };
    const Chain<T> trunk({part(first, first_function, foreign_trunk)});
    const Chain<T> head({part(second, second_function, foreign_head)});
    const auto near = std::make_shared<lso::SquaredError<T>>(support::rows(target, n_values));
    const auto alike = std::make_shared<lso::SquaredError<T>>(support::rows(image, n_features));
    return {trunk, {{head, {{near}}}, {std::nullopt, {{alike, 0.01, false}}}}};
  }
};

template <class T>
lso::OptimizeResult<T> run(const Problem<T>& problem, std::size_t n, const lso::OptimizeSettings& settings) {
  static const std::vector<T> starts = support::uniform<T>(300 * n_latents, 5);
  return lso::optimize<T>(problem, {starts.data(), n, n_latents}, {}, settings);
}

void check_same(const lso::OptimizeResult<double>& got, const lso::OptimizeResult<double>& expected) {
  CHECK(got.status == expected.status);
  CHECK(got.iterations == expected.iterations);
  const auto close = [](const std::vector<double>& a, const std::vector<double>& b) {
    CHECK(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK_CLOSE(a[i], b[i], 1e-8, 1e-10);
  };
  close(got.latents, expected.latents);
  close(got.samples, expected.samples);
  close(got.outputs[0], expected.outputs[0]);
  close(got.loss, expected.loss);
  close(got.terms[1].loss, expected.terms[1].loss);
}

TEST("at either end and at both, one start or many, whatever the optimizer: what the network gives") {
  for (const std::size_t lanes : {0U, 20U, 1000U}) {
    const Setup<double> given(lanes);
    for (const std::size_t n : {1U, 3U, 300U}) {
      for (const bool marquardt : {false, true}) {
        lso::OptimizeSettings settings{.max_iterations = 8, .trajectory = true, .threads = 2};
        settings.optimizer = lso::NormalizedGradientDescent{.desired_change = -0.1, .proportional = true};
        if (marquardt) settings.optimizer = lso::LevenbergMarquardt{};
        const auto expected = run(given.problem(false, false), n, settings);
        for (const auto& [trunk, head] : {std::pair{true, false}, {false, true}, {true, true}}) {
          const auto got = run(given.problem(trunk, head), n, settings);
          check_same(got, expected);
          CHECK(got.trajectory.back().size() == expected.trajectory.back().size());
        }
      }
    }
  }
}

TEST("its gradient is the numerical one") {
  const Setup<double> given;
  const Problem<double> problem = given.problem(true, true);
  std::vector<double> x = support::uniform<double>(5 * n_latents, 3);
  const auto told = lso::evaluate<double>(problem, support::rows(std::as_const(x), n_latents), 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto loss = [&](double h) {
      const double kept = std::exchange(x[i], x[i] + h);
      const double found =
          lso::evaluate<double>(problem, support::rows(std::as_const(x), n_latents), 1).loss[i / n_latents];
      x[i] = kept;
      return found;
    };
    CHECK_CLOSE(told.gradient[i], (loss(1e-6) - loss(-1e-6)) / 2e-6, 1e-6, 1e-8);
  }
}

TEST("a chain with a function has values, seams and derivatives of its nodes, and no parameters of it") {
  const Setup<double> given(20);
  const Chain<double> plain({given.first, given.second});
  const Chain<double> mixed({std::make_shared<const lso::Network<double>>(given.first_function), given.second});
  CHECK(mixed.n_parameters() == given.second->parameters().size());
  const std::size_t n = 131;
  const std::vector<double> x = support::uniform<double>(n * n_latents, 3),
                            g = support::uniform<double>(n * n_values, 4);
  const auto told = [&](const Chain<double>& chain) {
    std::vector<double> out(n * n_values), seam(n * n_features), gradient(n * n_latents);
    std::vector<double> first(chain.parts()[0]->parameters().size()), second(given.second->parameters().size());
    lso::evaluate<double>(chain, support::rows(x, n_latents), support::rows(out, n_values),
                          {support::rows(seam, n_features)}, 2);
    lso::backprop<double>(chain, support::rows(x, n_latents), support::rows(g, n_values),
                          {support::rows(gradient, n_latents)}, {first, second});
    return std::vector{out, seam, gradient, second};
  };
  const auto expected = told(plain), got = told(mixed);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (std::size_t j = 0; j < expected[i].size(); ++j) CHECK_CLOSE(got[i][j], expected[i][j], 1e-12, 1e-13);
  }
}

TEST("it gets as many lanes as it asks for, those of samples alone, and one thread where it can have but one") {
  const Setup<float> given(1000, false);
  static_cast<void>(run(given.problem(true, false), 299, {.max_iterations = 3, .threads = 4}));
  CHECK(given.first_function->largest == 299);
  CHECK(given.first_function->calls <= 5);  // four of the loop, and one for those whose best point was not the last
  CHECK(given.first_function->most >= 299);
  const Setup<float> smaller(104, false);
  static_cast<void>(run(smaller.problem(true, false), 300, {.max_iterations = 3}));
  CHECK(smaller.first_function->largest == 104);
}

TEST("nothing allocates in the iteration loop") {
  const Setup<float> given;
  const Problem<float> problem = given.problem(true, true);
  const auto count = [&](std::size_t iterations) {
    return allocations::during([&] {
      const lso::OptimizeSettings settings{.max_iterations = iterations, .threads = 1};
      static_cast<void>(run(problem, 40, settings));
    });
  };
  static_cast<void>(count(1));
  CHECK(count(5) == count(50));
}

TEST("an interruption in it keeps what was reached, and its errors go up") {
  const Setup<float> given(1000, false);
  given.first_function->interrupt_at = 4;
  const auto result = run(given.problem(true, false), 100, {.max_iterations = 1000});
  CHECK(result.interrupted);
  std::size_t stopped = 0;
  for (std::size_t i = 0; i < result.status.size(); ++i) {
    stopped += result.status[i] == Status::interrupted ? 1U : 0U;
    CHECK(result.iterations[i] <= 3);
  }
  CHECK(stopped > 0);
  given.first_function->fail_at = given.first_function->calls + 2;
  CHECK_THROWS(static_cast<void>(run(given.problem(true, false), 100, {})), std::runtime_error, "it failed");
}

TEST("it is not trained") {
  const Setup<float> given;
  const Chain<float> chain({std::make_shared<const lso::Network<float>>(given.first_function)});
  const std::vector<float> x(n_latents), y(n_features);
  const auto term = std::make_shared<lso::SquaredError<float>>(support::rows(y, n_features));
  const lso::Samples<float> data{.x = support::rows(x, n_latents), .term = term, .weights = {}};
  CHECK_THROWS(static_cast<void>(lso::train<float>(chain, data, nullptr, {})), std::invalid_argument,
               "a part that is a function");
}

}  // namespace
