// Latent space optimization in the engine: outcomes, bounds, independence of threads, and a loop that does not
// allocate.
#include "lso/optimize.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "lso/backprop.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Bounds;
using lso::Chain;
using lso::OptimizeResult;
using lso::OptimizeSettings;
using lso::Status;

constexpr std::size_t n_latents = 4;
constexpr std::size_t n_outputs = 3;

// A decoder and a classifier, the paper's shape in small.
template <class T>
Chain<T> small_chain() {
  return Chain<T>(
      {support::network<T>(support::paper_layers({n_latents, 9, 12}, Activation::sigmoid, Activation::sigmoid), 1),
       support::network<T>(support::paper_layers({12, 8, n_outputs}, Activation::sigmoid, Activation::sigmoid), 2)});
}

// Targets that the chain can reach: its outputs for some other latents.
template <class T>
std::vector<T> reachable(const Chain<T>& chain, std::size_t n) {
  const std::vector<T> latents = support::uniform<T>(n * n_latents, 5, 0.0, 1.0);
  std::vector<T> y(n * n_outputs);
  lso::evaluate<T>(chain, support::rows(latents, n_latents), support::rows(y, n_outputs));
  return y;
}

template <class T>
struct Problem {
  Chain<T> chain = small_chain<T>();
  std::vector<T> target;
  std::vector<T> starts;
  OptimizeSettings settings;
  lso::Tolerance tolerance{.value = 1e-7, .mean = true};
  Bounds<T> bounds;

  explicit Problem(std::size_t n)
      : target(reachable(chain, n)), starts(support::uniform<T>(n * n_latents, 6, 0.0, 1.0)) {
    settings.threads = 1;
    settings.max_iterations = 500;
    settings.optimizer = lso::NormalizedGradientDescent{.desired_change = -0.5, .proportional = true};
  }

  [[nodiscard]] OptimizeResult<T> run(lso::Rows<const T> weights = {}) const {
    return lso::optimize(support::problem(chain, target, tolerance, weights), support::rows(starts, n_latents), bounds,
                         settings);
  }
};

// E of every row, in plain doubles.
template <class T>
std::vector<double> errors(const Problem<T>& problem, const std::vector<T>& latents) {
  std::vector<T> y(problem.target.size());
  lso::evaluate<T>(problem.chain, support::rows(latents, n_latents), support::rows(y, n_outputs));
  std::vector<double> sums(y.size() / n_outputs, 0.0);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double difference = static_cast<double>(y[i]) - static_cast<double>(problem.target[i]);
    sums[i / n_outputs] += difference * difference;
  }
  return sums;
}

template <class T>
bool same(const OptimizeResult<T>& a, const OptimizeResult<T>& b) {
  return a.latents == b.latents && a.loss == b.loss && a.iterations == b.iterations && a.status == b.status &&
         a.trajectory == b.trajectory && a.trajectory_loss == b.trajectory_loss;
}

// A linear network y = x whose inputs are moved directly.
Chain<double> identity() {
  return Chain<double>({std::make_shared<const lso::Network<double>>(
      std::vector<lso::Layer>{{.size = 1}, {.size = 1, .activation = Activation::linear}}, std::vector<double>{1.0})});
}

OptimizeResult<double> run_identity(std::vector<double> starts, double target, const OptimizeSettings& settings,
                                    const Bounds<double>& bounds = {}) {
  const std::vector<double> wanted = {target};
  return lso::optimize(support::problem(identity(), wanted), support::rows<double>(std::as_const(starts), 1), bounds,
                       settings);
}

TEST("starts converge, and the loss is that of the point returned") {
  const Problem<double> problem(150);
  const OptimizeResult<double> result = problem.run();
  const std::vector<double> expected = errors(problem, result.latents);
  std::size_t converged = 0;
  for (std::size_t s = 0; s < expected.size(); ++s) {
    CHECK_CLOSE(result.loss[s], expected[s], 1e-9, 1e-15);
    CHECK((result.status[s] == Status::converged) == (result.loss[s] <= 1e-7 * n_outputs));
    if (result.status[s] == Status::converged) ++converged;
  }
  CHECK(converged > 100);
}

TEST("one step of Algorithm 3, by hand") {
  OptimizeSettings settings;
  settings.max_iterations = 1;
  settings.optimizer = lso::NormalizedGradientDescent{.desired_change = -0.5, .proportional = true};
  // E = (3 - 1)^2 = 4, D = 4, S = 16, C = -2: the step is 4 * -2 / 16.
  const OptimizeResult<double> result = run_identity({3.0}, 1.0, settings);
  CHECK_CLOSE(result.latents[0], 2.5, 1e-15, 0.0);
  CHECK_CLOSE(result.loss[0], 2.25, 1e-15, 0.0);
  CHECK(result.iterations[0] == 1);
  CHECK(result.status[0] == Status::max_iterations);
}

TEST("a start that already meets the objective takes no step") {
  const OptimizeResult<double> result = run_identity({1.0, 1.5}, 1.0, OptimizeSettings{});
  CHECK(result.status[0] == Status::converged);
  CHECK(result.iterations[0] == 0);
  CHECK(result.latents[0] == 1.0);
  CHECK(result.iterations[1] > 0);
}

TEST("tolerances are a mean over outputs or a sum") {
  Problem<double> problem(60);
  problem.tolerance = {.value = 3e-4, .mean = false};
  const OptimizeResult<double> sum = problem.run();
  problem.tolerance = {.value = 1e-4, .mean = true};
  CHECK(same(sum, problem.run()));
  problem.tolerance = {.value = 3e-4, .mean = true};
  CHECK(!same(sum, problem.run()));
}

TEST("a vanishing gradient is stationary, at the start") {
  const Chain<double> flat({std::make_shared<const lso::Network<double>>(
      std::vector<lso::Layer>{{.size = 2}, {.size = 1, .activation = Activation::sigmoid}},
      std::vector<double>{0.0, 0.0})});
  const std::vector<double> target = {0.9};
  const std::vector<double> start = {0.3, -0.4};
  const auto result = lso::optimize<double>(support::problem(flat, target), support::rows(start, 2), {}, {});
  CHECK(result.status[0] == Status::stationary);
  CHECK(result.latents == start);
  CHECK(result.iterations[0] == 0);
  CHECK_CLOSE(result.loss[0], 0.16, 1e-14, 0.0);
}

TEST("an exploding step is diverged, and the best point stays finite") {
  OptimizeSettings settings;
  settings.optimizer = lso::NormalizedGradientDescent{.desired_change = -1e308, .proportional = false};
  const OptimizeResult<double> result = run_identity({1.0 + 1e-3}, 1.0 - 1e-1, settings);
  CHECK(result.status[0] == Status::diverged);
  CHECK(std::isfinite(result.latents[0]));
  CHECK(std::isfinite(result.loss[0]));
}

TEST("a start whose error is not finite is diverged at once") {
  const OptimizeResult<double> result = run_identity({1e200, 0.0}, 1.0, OptimizeSettings{});
  CHECK(result.status[0] == Status::diverged);
  CHECK(result.iterations[0] == 0);
  CHECK(result.status[1] == Status::converged);
}

TEST("bounds hold at every point, and a start that they pin is stationary") {
  Problem<float> problem(80);
  problem.bounds = {.lower = std::vector<float>(n_latents, 0.25F), .upper = std::vector<float>(n_latents, 0.75F)};
  for (float& value : problem.starts) value = 0.25F + value / 2.0F;
  problem.settings.trajectory = true;
  const OptimizeResult<float> result = problem.run();
  bool touched = false;
  for (const std::vector<float>& points : result.trajectory) {
    for (const float value : points) {
      CHECK(value >= 0.25F);
      CHECK(value <= 0.75F);
      touched = touched || value == 0.25F || value == 0.75F;
    }
  }
  CHECK(touched);

  const OptimizeResult<double> pinned = run_identity({0.5}, 2.0, OptimizeSettings{}, {.lower = {0.0}, .upper = {1.0}});
  CHECK(pinned.status[0] == Status::stationary);
  CHECK(pinned.latents[0] == 1.0);
}

TEST("a trajectory begins at the start, has a point for each iteration, and holds the best one") {
  Problem<double> problem(90);
  problem.settings.trajectory = true;
  const OptimizeResult<double> result = problem.run();
  for (std::size_t s = 0; s < 90; ++s) {
    const std::vector<double>& points = result.trajectory[s];
    const std::vector<double>& losses = result.trajectory_loss[s];
    CHECK(losses.size() == static_cast<std::size_t>(result.iterations[s]) + 1);
    CHECK(points.size() == losses.size() * n_latents);
    const auto best = std::ranges::min_element(losses);
    CHECK(*best == result.loss[s]);
    for (std::size_t i = 0; i < n_latents; ++i) {
      CHECK(points[i] == problem.starts[s * n_latents + i]);
      const auto row = static_cast<std::size_t>(best - losses.begin());
      CHECK(points[row * n_latents + i] == result.latents[s * n_latents + i]);
    }
  }
  problem.settings.trajectory = false;
  CHECK(problem.run().latents == result.latents);
}

template <class T>
void check_threads() {
  Problem<T> problem(203);
  problem.settings.trajectory = true;
  problem.settings.max_iterations = 80;
  const OptimizeResult<T> one = problem.run();
  for (const std::size_t threads : {2U, 3U, 5U}) {
    problem.settings.threads = threads;
    CHECK(same(one, problem.run()));
  }
}

TEST("the same bits with any number of threads") {
  check_threads<float>();
  check_threads<double>();
}

TEST("a start's result is the same bits whatever its neighbours") {
  const Problem<float> all(140);
  const OptimizeResult<float> together = all.run();
  for (std::size_t s = 0; s < 140; s += 13) {
    Problem<float> one(1);
    std::copy_n(all.starts.begin() + static_cast<std::ptrdiff_t>(s * n_latents), n_latents, one.starts.begin());
    std::copy_n(all.target.begin() + static_cast<std::ptrdiff_t>(s * n_outputs), n_outputs, one.target.begin());
    const OptimizeResult<float> alone = one.run();
    CHECK(alone.loss[0] == together.loss[s]);
    CHECK(alone.iterations[0] == together.iterations[s]);
    CHECK(alone.status[0] == together.status[s]);
    for (std::size_t i = 0; i < n_latents; ++i) CHECK(alone.latents[i] == together.latents[s * n_latents + i]);
  }
}

TEST("an output of weight zero is free") {
  const Problem<double> problem(40);
  const std::vector<double> weights = {1.0, 0.0, 1.0};
  Problem<double> moved = problem;
  for (std::size_t s = 0; s < 40; ++s) moved.target[s * n_outputs + 1] = 0.0;
  const auto run = [&](const Problem<double>& given) { return given.run(support::rows(weights, n_outputs)); };
  CHECK(same(run(problem), run(moved)));
  CHECK(!same(problem.run(), run(problem)));
}

TEST("an interruption keeps what was reached") {
  for (const std::size_t threads : {1U, 2U}) {
    Problem<double> problem(300);
    problem.settings.threads = threads;
    problem.tolerance = {.value = -1.0, .mean = true};  // nothing converges
    problem.settings.max_iterations = 100'000'000;
    problem.settings.optimizer = lso::NormalizedGradientDescent{.desired_change = -0.01, .proportional = true};
    int polls = 0;
    problem.settings.poll = [&](std::size_t) { return ++polls == 2; };
    const OptimizeResult<double> result = problem.run();
    CHECK(polls == 2);
    const std::vector<double> expected = errors(problem, result.latents);
    const std::vector<double> before = errors(problem, problem.starts);
    for (std::size_t s = 0; s < expected.size(); ++s) {
      if (result.status[s] == Status::stationary) continue;  // it sat still before the interruption
      CHECK(result.status[s] == Status::interrupted);
      if (result.iterations[s] == 0) continue;
      CHECK_CLOSE(result.loss[s], expected[s], 1e-9, 1e-15);
      CHECK(result.loss[s] <= before[s] + 1e-15);
    }
    CHECK(result.iterations[0] > 0);
  }
}

TEST("names of the outcomes") {
  CHECK(lso::name(Status::converged) == "converged");
  CHECK(lso::name(Status::interrupted) == "interrupted");
}

// With nothing converging, ten times the iterations must not cost one allocation more.
template <class T>
void check_allocations(std::size_t n, std::size_t threads,
                       const lso::Optimizer& optimizer = lso::NormalizedGradientDescent{.desired_change = -0.01,
                                                                                        .proportional = true}) {
  Problem<T> problem(n);
  problem.settings.threads = threads;
  problem.tolerance = {-1.0, true};
  problem.settings.optimizer = optimizer;
  problem.settings.max_iterations = 20;
  const auto count = [&] { return allocations::during([&] { static_cast<void>(problem.run()); }); };
  static_cast<void>(count());  // what a first call sets up once
  const std::size_t few = count();
  problem.settings.max_iterations = 200;
  const std::size_t many = count();
  CHECK(few > 0);
  CHECK(few == many);
}

TEST("nothing allocates in the iteration loop") {
  check_allocations<float>(1, 1);
  check_allocations<float>(100, 1);
  check_allocations<double>(300, 2);
  check_allocations<float>(100, 1, lso::LevenbergMarquardt{});
}

TEST("nothing allocates when finished lanes are filled again") {
  Problem<float> problem(64);
  const auto count = [&] { return allocations::during([&] { static_cast<void>(problem.run()); }); };
  static_cast<void>(count());
  const std::size_t few = count();
  // The same tile of lanes, five times the starts.
  problem = Problem<float>(320);
  CHECK(count() == few);
}

}  // namespace
