// Levenberg-Marquardt in the engine: the damped step against plain elimination, the damping, what a run comes to, and
// a loop that does not allocate.
#include "optimize/marquardt.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "lso/backprop.hpp"
#include "lso/optimize.hpp"
#include "lso/terms/cross_entropy.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Chain;
using lso::DampedSolver;
using lso::LevenbergMarquardt;
using lso::LinearModel;
using lso::OptimizeResult;
using lso::OptimizeSettings;
using lso::Status;

using Vector = std::vector<double>;

bool none_blocked(std::size_t, double) { return false; }

// x of a x = b, a (n, n), by elimination with row exchanges.
Vector eliminate(Vector a, Vector b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i) {
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    }
    std::swap(b[k], b[pivot]);
    for (std::size_t j = 0; j < n; ++j) std::swap(a[k * n + j], a[pivot * n + j]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) b[i] -= a[i * n + j] * b[j];
    b[i] /= a[i * n + i];
  }
  return b;
}

// r (m,) and J (m, n).
struct Linear {
  std::size_t m, n;
  Vector r = support::uniform<double>(m, 1);
  Vector jacobian = support::uniform<double>(m * n, 2);

  [[nodiscard]] LinearModel model() const {
    LinearModel made(m, n);
    support::LaneBlock<double> row(n, 1);
    for (std::size_t o = 0; o < m; ++o) {
      for (std::size_t i = 0; i < n; ++i) row(i, 0) = jacobian[o * n + i];
      made.set<double>(o, r[o], row.view(), 0);
    }
    return made;
  }
  [[nodiscard]] Vector gradient() const {
    Vector g(n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t o = 0; o < m; ++o) g[i] += jacobian[o * n + i] * r[o];
    }
    return g;
  }
  [[nodiscard]] Vector step(double mu) const {
    Vector a(n * n);
    Vector b = gradient();
    for (double& value : b) value = -value;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t o = 0; o < m; ++o) a[i * n + j] += jacobian[o * n + i] * jacobian[o * n + j];
      }
      a[i * n + i] += mu;
    }
    return eliminate(a, b);
  }
  [[nodiscard]] double first_damping(double share) const {
    double squares = 0;
    for (const double value : jacobian) squares += value * value;
    return share * squares / static_cast<double>(std::min(m, n));
  }
  // |r|^2 - |r + J h|^2
  [[nodiscard]] double gain(std::span<const double> h) const {
    double total = 0;
    for (std::size_t o = 0; o < m; ++o) {
      double value = r[o];
      for (std::size_t i = 0; i < n; ++i) value += jacobian[o * n + i] * h[i];
      total += r[o] * r[o] - value * value;
    }
    return total;
  }
};

const std::vector<std::pair<std::size_t, std::size_t>> shapes = {{1, 1}, {1, 4}, {3, 7}, {5, 5}, {7, 3}, {9, 1}};

void check_step(std::span<const double> step, const Vector& expected, double relative = 1e-9) {
  CHECK(step.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK_CLOSE(step[i], expected[i], relative, 1e-12);
}

TEST("the step solves the damped equations, with more inputs than residuals or fewer") {
  for (const auto& [m, n] : shapes) {
    for (const double share : {1e-3, 0.1, 10.0}) {
      const Linear linear{.m = m, .n = n};
      LinearModel model = linear.model();
      DampedSolver solver(m, n);
      check_step(solver.step(model, {.damping = share}, none_blocked), linear.step(linear.first_damping(share)));
    }
  }
}

TEST("a solver goes from one model to another") {
  const Linear linear{.m = 4, .n = 3};
  const Linear other{.m = 4, .n = 3, .r = support::uniform<double>(4, 7), .jacobian = support::uniform<double>(12, 8)};
  DampedSolver solver(4, 3);
  for (const Linear& each : {linear, other, linear}) {
    LinearModel model = each.model();
    check_step(solver.step(model, {.damping = 0.1}, none_blocked), each.step(each.first_damping(0.1)));
  }
}

TEST("one lane of single-precision derivatives is taken") {
  LinearModel model(1, 2);
  support::LaneBlock<float> lanes(2, 3);
  for (std::size_t lane = 0; lane < 3; ++lane) {
    lanes(0, lane) = static_cast<float>(lane);
    lanes(1, lane) = 2.0F * static_cast<float>(lane);
  }
  model.set<float>(0, 5.0, lanes.view(), 2);
  const Linear expected{.m = 1, .n = 2, .r = {5.0}, .jacobian = {2.0, 4.0}};
  DampedSolver solver(1, 2);
  check_step(solver.step(model, {.damping = 0.5}, none_blocked), expected.step(expected.first_damping(0.5)));
}

TEST("blocked inputs stay, and the others move as if those were not there") {
  for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{2, 5}, {4, 4}, {8, 4}}) {
    const Linear all{.m = m, .n = n};
    const Vector gradient = all.gradient();
    Vector asked(n);
    const auto blocked = [&](std::size_t i, double slope) {
      asked[i] = slope;
      return i % 2 == 1;
    };
    LinearModel model = all.model();
    DampedSolver solver(m, n);
    const std::span<const double> step = solver.step(model, {.damping = 0.1}, blocked);
    for (std::size_t i = 0; i < n; ++i) CHECK_CLOSE(asked[i], gradient[i], 1e-12, 1e-15);

    Linear zeroed = all;
    for (std::size_t i = 0; i < m * n; ++i) zeroed.jacobian[i] *= i % n % 2 == 1 ? 0.0 : 1.0;
    check_step(step, zeroed.step(zeroed.first_damping(0.1)));
    for (std::size_t i = 1; i < n; i += 2) CHECK(step[i] == 0.0);
  }
}

TEST("an input that is free again moves") {
  const Linear linear{.m = 3, .n = 2};
  LinearModel model = linear.model();
  DampedSolver solver(3, 2);
  CHECK(solver.step(model, {.damping = 0.1}, [](std::size_t, double) { return true; })[0] == 0.0);
  check_step(solver.step(model, {.damping = 0.1}, none_blocked), linear.step(linear.first_damping(0.1)));
}

// The damping of a model of one residual, r = 1, and one input, j = 1: h = -1 / (1 + mu).
double damping(LinearModel& model) {
  DampedSolver solver(1, 1);
  return -1.0 / solver.step(model, {.damping = 0.5}, none_blocked)[0] - 1.0;
}

TEST("each failure in a row raises the damping by twice as much, until a success") {
  LinearModel model = Linear{.m = 1, .n = 1, .r = {1.0}, .jacobian = {1.0}}.model();
  CHECK_CLOSE(damping(model), 0.5, 1e-12, 0.0);
  double expected = 0.5;
  for (const double raise : {2.0, 4.0, 8.0, 16.0}) {
    model.reject();
    CHECK_CLOSE(damping(model), expected *= raise, 1e-12, 0.0);
  }
  model.accept(1e9);
  expected /= 3.0;
  model.reject();
  CHECK_CLOSE(damping(model), expected * 2.0, 1e-12, 0.0);
}

TEST("a success changes the damping by how much of the promise it kept") {
  struct Rule {
    double share, factor;
  };
  for (const auto& [m, n] : shapes) {
    const Linear linear{.m = m, .n = n};
    for (const Rule rule : {Rule{.share = 1.0, .factor = 1.0 / 3.0},
                            {.share = 2.0, .factor = 1.0 / 3.0},
                            {.share = 0.75, .factor = 0.875},
                            {.share = 0.5, .factor = 1.0},
                            {.share = 0.25, .factor = 1.125}}) {
      LinearModel model = linear.model();
      DampedSolver solver(m, n);
      const std::span<const double> h = solver.step(model, {.damping = 0.2}, none_blocked);
      model.accept(rule.share * linear.gain(h));
      const double mu = rule.factor * linear.first_damping(0.2);
      check_step(solver.step(model, {.damping = 0.2}, none_blocked), linear.step(mu));
    }
  }
}

TEST("the first point changes no damping, and a new start forgets the old one's") {
  LinearModel model = Linear{.m = 1, .n = 1, .r = {1.0}, .jacobian = {1.0}}.model();
  model.begin();
  model.accept(HUGE_VAL);
  CHECK_CLOSE(damping(model), 0.5, 1e-12, 0.0);
  model.reject();
  model.reject();
  model.begin();
  CHECK_CLOSE(damping(model), 0.5, 1e-12, 0.0);
  model.reject();
  CHECK_CLOSE(damping(model), 1.0, 1e-12, 0.0);
}

TEST("no step where the Jacobian is zero, or its square has no room") {
  for (const double value : {0.0, 1e-200, 1e200}) {
    for (const auto& [m, n] : shapes) {
      LinearModel model = Linear{.m = m, .n = n, .r = Vector(m, 1.0), .jacobian = Vector(m * n, value)}.model();
      DampedSolver solver(m, n);
      for (const double h : solver.step(model, {.damping = 1e-3}, none_blocked)) CHECK(h == 0.0);
    }
  }
}

TEST("a Jacobian without full rank has a step") {
  const Linear linear{.m = 3, .n = 3, .r = {1.0, 2.0, 3.0}, .jacobian = {1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 2.0, 4.0, 0.0}};
  LinearModel model = linear.model();
  DampedSolver solver(3, 3);
  check_step(solver.step(model, {.damping = 1e-3}, none_blocked), linear.step(linear.first_damping(1e-3)));
}

// y = W x, W (n_outputs, n_inputs).
Chain<double> linear_chain(std::size_t n_inputs, std::size_t n_outputs, const Vector& weights) {
  return Chain<double>({std::make_shared<const lso::Network<double>>(
      std::vector<lso::Layer>{{.size = n_inputs}, {.size = n_outputs, .activation = Activation::linear}}, weights)});
}

OptimizeSettings settings(std::size_t max_iterations) {
  OptimizeSettings made;
  made.optimizer = LevenbergMarquardt{};
  made.max_iterations = max_iterations;
  made.threads = 1;
  return made;
}

OptimizeResult<double> run(const Chain<double>& chain, const Vector& target, const Vector& start, double mse,
                           const OptimizeSettings& how, const lso::Bounds<double>& bounds = {}) {
  return lso::optimize(support::problem(chain, target, {.value = mse, .mean = true}),
                       support::rows(start, start.size()), bounds, how);
}

TEST("a linear problem that can be met is met in a few steps") {
  for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{2, 6}, {4, 4}}) {
    const Chain<double> chain = linear_chain(n, m, support::uniform<double>(m * n, 3));
    const OptimizeResult<double> result =
        run(chain, support::uniform<double>(m, 4), support::uniform<double>(n, 5), 1e-16, settings(20));
    CHECK(result.status[0] == Status::converged);
    CHECK(result.iterations[0] <= 8);
  }
}

TEST("a linear problem that cannot be met ends at the least squares") {
  const Linear linear{.m = 6, .n = 3};
  Vector target = linear.r;
  for (double& value : target) value = -value;  // at x = 0 the residuals are r
  const OptimizeResult<double> result =
      run(linear_chain(3, 6, linear.jacobian), target, {0.0, 0.0, 0.0}, 1e-16, settings(300));
  check_step(result.latents, linear.step(0.0), 1e-6);  // at a minimum, E tells no nearer points apart
  CHECK(result.status[0] == Status::stationary);
}

TEST("equal outputs of unequal targets: between them, and what does not matter stays") {
  const OptimizeResult<double> result =
      run(linear_chain(2, 2, {1.0, 0.0, 1.0, 0.0}), {1.0, 3.0}, {0.0, 0.7}, 1e-16, settings(300));
  CHECK_CLOSE(result.latents[0], 2.0, 1e-9, 0.0);
  CHECK(result.latents[1] == 0.7);
  CHECK_CLOSE(result.loss[0], 2.0, 1e-12, 0.0);
  CHECK(result.status[0] == Status::stationary);
}

TEST("one step by hand") {
  // r = 2, J = 1, mu = 1/2: h = -2 / 1.5
  OptimizeSettings how = settings(1);
  how.optimizer = LevenbergMarquardt{.damping = 0.5};
  const OptimizeResult<double> result = run(linear_chain(1, 1, {1.0}), {1.0}, {3.0}, 1e-16, how);
  CHECK_CLOSE(result.latents[0], 3.0 - 2.0 / 1.5, 1e-15, 0.0);
  CHECK(result.iterations[0] == 1);
  CHECK(result.status[0] == Status::max_iterations);
}

TEST("a vanishing gradient is stationary, at the start") {
  const Chain<double> flat({std::make_shared<const lso::Network<double>>(
      std::vector<lso::Layer>{{.size = 2}, {.size = 1, .activation = Activation::sigmoid}}, Vector{0.0, 0.0})});
  const Vector start = {0.3, -0.4};
  const OptimizeResult<double> result = run(flat, {0.9}, start, 1e-3, settings(100));
  CHECK(result.status[0] == Status::stationary);
  CHECK(result.latents == start);
  CHECK(result.iterations[0] == 0);
  CHECK_CLOSE(result.loss[0], 0.16, 1e-14, 0.0);
}

TEST("a start whose error is not finite is diverged at once") {
  const OptimizeResult<double> result = run(linear_chain(1, 1, {1.0}), {1.0}, {1e200}, 1e-3, settings(100));
  CHECK(result.status[0] == Status::diverged);
  CHECK(result.iterations[0] == 0);
  CHECK(result.latents[0] == 1e200);
}

TEST("a start that the bounds hold is stationary, on them") {
  const OptimizeResult<double> result =
      run(linear_chain(1, 1, {1.0}), {2.0}, {0.5}, 1e-3, settings(100), {.lower = {0.0}, .upper = {1.0}});
  CHECK(result.status[0] == Status::stationary);
  CHECK(result.latents[0] == 1.0);
}

TEST("a cross-entropy is refused") {
  const Vector target = {1.0};
  const Vector start = {0.5};
  const Chain<double> chain(
      {support::network<double>(support::paper_layers({1, 1}, Activation::sigmoid, Activation::sigmoid), 1)});
  const std::shared_ptr<const lso::Term<double>> terms[] = {
      std::make_shared<lso::BinaryCrossEntropy<double>>(support::rows(target, 1)),
      std::make_shared<lso::CategoricalCrossEntropy<double>>(support::rows(target, 1))};
  for (const auto& term : terms) {
    CHECK_THROWS(lso::optimize(support::problem(chain, term), support::rows(start, 1), {}, settings(10)),
                 std::invalid_argument, "optimizer");
  }
}

// A problem that cannot be met, so that every start goes on.
template <class T>
OptimizeResult<T> run_starts(std::size_t n, std::size_t threads, std::size_t max_iterations) {
  const Chain<T> chain(
      {support::network<T>(support::paper_layers({4, 9, 12}, Activation::sigmoid, Activation::sigmoid), 1),
       support::network<T>(support::paper_layers({12, 8, 3}, Activation::sigmoid, Activation::sigmoid), 2)});
  const std::vector<T> target(3, T(0.99));
  const std::vector<T> starts = support::uniform<T>(n * 4, 6);
  OptimizeSettings how = settings(max_iterations);
  how.threads = threads;
  return lso::optimize(support::problem(chain, target, {-1.0, true}), support::rows(starts, 4), {}, how);
}

template <class T>
std::size_t allocated(std::size_t n, std::size_t threads, std::size_t max_iterations) {
  return allocations::during([&] { static_cast<void>(run_starts<T>(n, threads, max_iterations)); });
}

template <class T>
void check_allocations(std::size_t n, std::size_t threads) {
  CHECK(std::ranges::max(run_starts<T>(n, threads, 40).iterations) > 5);
  const std::size_t few = allocated<T>(n, threads, 2);
  CHECK(few > 0);
  CHECK(allocated<T>(n, threads, 40) == few);
}

TEST("nothing allocates in the iteration loop") {
  check_allocations<float>(1, 1);
  check_allocations<float>(100, 1);
  check_allocations<double>(300, 2);
}

TEST("nothing allocates when finished lanes are filled again") {
  static_cast<void>(allocated<float>(64, 1, 20));
  // The same tile of lanes, four times the starts.
  CHECK(allocated<float>(256, 1, 20) == allocated<float>(64, 1, 20));
}

}  // namespace
