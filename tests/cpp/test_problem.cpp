// Problems of several terms: E and its derivatives through heads, on the sample and on the latent, what a result tells
// of each term, and a loop that does not allocate.
#include "lso/problem.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "lso/backprop.hpp"
#include "lso/optimize.hpp"
#include "lso/terms/ball.hpp"
#include "lso/terms/cross_entropy.hpp"
#include "lso/terms/density.hpp"
#include "lso/terms/squared_distance.hpp"
#include "optimize/problem_lanes.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Asked;
using lso::Chain;
using lso::OptimizeResult;
using lso::OptimizeSettings;
using lso::Problem;
using lso::Rows;
using lso::Status;

constexpr std::size_t n_latents = 4;
constexpr std::size_t n_features = 7;
constexpr std::size_t n_classes = 3;

// A decoder, a classifier and a regressor of its samples, and constants for terms on all of them.
template <class T>
struct Setup {
  Chain<T> decoder{{support::network<T>(
      support::paper_layers({n_latents, 9, n_features}, Activation::sigmoid, Activation::sigmoid), 1)}};
  Chain<T> classifier{{support::network<T>(
      support::paper_layers({n_features, 8, n_classes}, Activation::tanh, Activation::sigmoid), 2)}};
  Chain<T> regressor{
      {support::network<T>(support::paper_layers({n_features, 5, 2}, Activation::softplus, Activation::linear), 3)}};
  // What the heads say of one latent, so that it can be met.
  std::vector<T> told = heads_at(T(0.7));
  std::vector<T> target = {told.begin(), told.begin() + n_classes};
  std::vector<T> low = {told[n_classes] - T(0.1), -std::numeric_limits<T>::infinity()};
  std::vector<T> high = {told[n_classes] + T(0.1), told[n_classes + 1] + T(0.1)};
  std::vector<T> image = std::vector<T>(n_features, T(0.5));
  std::vector<T> centre = std::vector<T>(n_latents, T(0.1));

  [[nodiscard]] std::vector<T> heads_at(T value) const {
    const std::vector<T> latent = {value, -value, value, value};
    std::vector<T> sample(n_features);
    std::vector<T> outputs(n_classes + 2);
    lso::evaluate<T>(decoder, support::rows(latent, n_latents), support::rows(sample, n_features));
    const Rows<const T> x = support::rows(std::as_const(sample), n_features);
    lso::evaluate<T>(classifier, x, {outputs.data(), 1, n_classes});
    lso::evaluate<T>(regressor, x, {outputs.data() + n_classes, 1, 2});
    return outputs;
  }

  [[nodiscard]] Asked<T> is_class(double weight = 1, double mse = 1e-3) const {
    return {std::make_shared<lso::SquaredError<T>>(support::rows(target, n_classes), Rows<const T>{},
                                                   lso::Tolerance{.value = mse, .mean = true}),
            weight};
  }
  [[nodiscard]] Asked<T> entropy() const {
    return {std::make_shared<lso::BinaryCrossEntropy<T>>(support::rows(target, n_classes), Rows<const T>{}, 1.0), 0.7};
  }
  [[nodiscard]] Asked<T> between(double weight = 1) const {
    return {std::make_shared<lso::Interval<T>>(support::rows(low, 2), support::rows(high, 2), Rows<const T>{},
                                               std::numeric_limits<double>::quiet_NaN()),
            weight};
  }
  [[nodiscard]] Asked<T> near_image() const {
    return {std::make_shared<lso::SquaredError<T>>(support::rows(image, n_features)), 0.3, false};
  }
  [[nodiscard]] Asked<T> in_ball() const {
    return {std::make_shared<lso::Ball<T>>(support::rows(centre, n_latents), 0.5), 0.9, false};
  }
  // Of two unit Gaussians: at least as dense as about 2 from one of them.
  [[nodiscard]] Asked<T> dense() const {
    std::vector<double> means(2 * n_latents, 0.3);
    std::vector<double> covariances(2 * n_latents * n_latents, 0.0);
    for (std::size_t k = 0; k < 2; ++k) {
      means[k * n_latents] = k == 0 ? 1.0 : -1.0;
      for (std::size_t i = 0; i < n_latents; ++i) covariances[(k * n_latents + i) * n_latents + i] = 0.5;
    }
    return {std::make_shared<lso::Density<T>>(std::vector<double>{1.0, 2.0}, means, covariances, -5.0, 0.5), 0.6,
            false};
  }
  [[nodiscard]] Problem<T> all() const {
    return {decoder,
            {{classifier, {is_class(2.5), entropy()}}, {std::nullopt, {near_image()}}, {regressor, {between(1.5)}}},
            {in_ball(), dense()}};
  }
  [[nodiscard]] Problem<T> heads() const { return {decoder, {{classifier, {is_class()}}, {regressor, {between()}}}}; }
};

struct Found {
  std::vector<double> errors;
  std::vector<std::vector<double>> gradients;
};

// E and dE/d(latent) of every row.
Found evaluate(const Problem<double>& problem, const std::vector<double>& latents) {
  const std::size_t n = latents.size() / n_latents;
  lso::ProblemLanes<double> lanes(problem, n, n == 1);
  std::vector<std::size_t> samples(n);
  for (std::size_t i = 0; i < n; ++i) samples[i] = i;
  lanes.set_samples(samples);
  for (std::size_t i = 0; i < n; ++i) {
    lanes.load(i, i);
    lso::load_lane<double>({latents.data() + i * n_latents, n_latents}, lanes.inputs(), i);
  }
  lanes.forward();
  lanes.evaluate_backward();
  Found found;
  for (std::size_t i = 0; i < n; ++i) {
    found.errors.push_back(lanes.error(i));
    std::vector<double> gradient(n_latents);
    lso::store_lane<double>(lanes.gradient(), i, gradient);
    found.gradients.push_back(gradient);
  }
  return found;
}

void check_gradient(const Problem<double>& problem) {
  const double h = 1e-6;
  const std::vector<double> latents = support::uniform<double>(5 * n_latents, 11, -2.0, 2.0);
  const Found at = evaluate(problem, latents);
  for (std::size_t i = 0; i < latents.size(); ++i) {
    std::vector<double> above = latents;
    std::vector<double> below = latents;
    above[i] += h;
    below[i] -= h;
    const std::size_t row = i / n_latents;
    const double slope = (evaluate(problem, above).errors[row] - evaluate(problem, below).errors[row]) / (2 * h);
    CHECK_CLOSE(at.gradients[row][i % n_latents], slope, 1e-6, 1e-7);
  }
}

TEST("gradients through a head, two heads, on the sample, on the latent, and all together") {
  const Setup<double> s;
  check_gradient({.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {s.is_class()}}}});
  check_gradient({.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {s.entropy()}}}});
  check_gradient(s.heads());
  check_gradient({.trunk = s.decoder, .branches = {{.terms = {s.near_image()}}}});
  check_gradient(
      {.trunk = s.decoder, .branches = {{.terms = {s.near_image()}}, {.head = s.regressor, .terms = {s.between()}}}});
  check_gradient({.trunk = s.decoder, .latent = {s.in_ball()}});
  check_gradient(s.all());
}

TEST("residuals through heads and on the latent: J^T r is half the gradient") {
  const Setup<double> s;
  Problem<double> problem = s.all();
  problem.branches[0].terms.pop_back();  // the cross-entropy is no sum of squares
  const std::vector<double> latents = support::uniform<double>(n_latents, 12, -2.0, 2.0);
  const Found at = evaluate(problem, latents);
  lso::ProblemLanes<double> lanes(problem, 1, false);
  const std::size_t sample = 0;
  lanes.set_samples({&sample, 1});
  lanes.load(0, 0);
  lso::load_lane<double>(latents, lanes.inputs(), 0);
  lanes.forward();
  lanes.evaluate();
  std::vector<double> sum(n_latents);
  double squares = 0;
  std::size_t rows = 0;
  lanes.linearize([&](std::size_t index, const double* r, lso::Lanes<const double> gradient) {
    CHECK(index == rows++);
    squares += r[0] * r[0];
    for (std::size_t i = 0; i < n_latents; ++i) sum[i] += r[0] * gradient[i][0];
  });
  CHECK(rows == lanes.n_residuals());
  CHECK(rows == n_classes + n_features + 2 + 1 + 1);
  CHECK_CLOSE(squares, at.errors[0], 1e-12, 0.0);
  for (std::size_t i = 0; i < n_latents; ++i) CHECK_CLOSE(2 * sum[i], at.gradients[0][i], 1e-10, 1e-12);
}

template <class T>
OptimizeSettings settings(lso::Optimizer optimizer = lso::NormalizedGradientDescent{.desired_change = -0.5}) {
  OptimizeSettings made;
  made.optimizer = optimizer;
  made.max_iterations = 300;
  made.threads = 1;
  return made;
}

TEST("a head's problem is the composition's, bit for bit") {
  const Setup<float> s;
  const std::vector<float> starts = support::uniform<float>(70 * n_latents, 13);
  const Problem<float> branched{.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {s.is_class()}}}};
  const Problem<float> composed =
      support::problem<float>(Chain<float>({s.decoder.parts()[0], s.classifier.parts()[0]}), s.is_class().term);
  for (const lso::Optimizer& optimizer : {lso::Optimizer{lso::NormalizedGradientDescent{.desired_change = -0.5}},
                                          lso::Optimizer{lso::LevenbergMarquardt{}}}) {
    const auto a = lso::optimize(branched, support::rows(starts, n_latents), {}, settings<float>(optimizer));
    const auto b = lso::optimize(composed, support::rows(starts, n_latents), {}, settings<float>(optimizer));
    CHECK(a.latents == b.latents);
    CHECK(a.loss == b.loss);
    CHECK(a.status == b.status);
    CHECK(a.outputs[0] == b.samples);  // the composition's outputs
  }
}

template <class T>
void check_result(const Problem<T>& problem, const OptimizeResult<T>& result, std::size_t n) {
  std::vector<T> samples(n * n_features);
  lso::evaluate<T>(problem.trunk, support::rows(result.latents, n_latents), support::rows(samples, n_features));
  CHECK(result.samples == samples);
  for (std::size_t b = 0; b < problem.branches.size(); ++b) {
    std::vector<T> outputs;
    if (const std::optional<Chain<T>>& head = problem.branches[b].head) {
      outputs.resize(n * head->n_outputs());
      lso::evaluate<T>(*head, support::rows(std::as_const(samples), n_features),
                       support::rows(outputs, head->n_outputs()));
    }
    CHECK(result.outputs[b] == outputs);
  }
}

TEST("a result's samples, outputs and terms are those of its best points, whatever the status") {
  const Setup<double> s;
  const Problem<double> problem = s.heads();
  const std::size_t n = 120;
  const std::vector<double> starts = support::uniform<double>(n * n_latents, 14);
  bool converged = false;
  bool not_converged = false;
  for (const std::size_t iterations : {0U, 3U, 300U}) {
    for (const lso::Optimizer& optimizer : {lso::Optimizer{lso::NormalizedGradientDescent{.desired_change = -1.5}},
                                            lso::Optimizer{lso::LevenbergMarquardt{}}}) {
      OptimizeSettings how = settings<double>(optimizer);
      how.max_iterations = iterations;
      const auto result = lso::optimize(problem, support::rows(starts, n_latents), {}, how);
      check_result(problem, result, n);
      CHECK(result.terms.size() == 2);
      for (std::size_t i = 0; i < n; ++i) {
        const bool met = result.terms[0].met[i] == 1 && result.terms[1].met[i] == 1;
        CHECK(met == (result.status[i] == Status::converged));
        CHECK_CLOSE(result.terms[0].loss[i] + result.terms[1].loss[i], result.loss[i], 1e-12, 1e-300);
        const double* y = &result.outputs[1][i * 2];
        CHECK((result.terms[1].met[i] == 1) == (y[0] >= s.low[0] && y[0] <= s.high[0] && y[1] <= s.high[1]));
        converged = converged || met;
        not_converged = not_converged || !met;
      }
    }
  }
  CHECK(converged);
  CHECK(not_converged);
}

TEST("an interval reached from outside is met, inside") {
  const Setup<float> s;
  const Problem<float> problem{.trunk = s.decoder, .branches = {{.head = s.regressor, .terms = {s.between()}}}};
  const std::size_t n = 200;
  const std::vector<float> starts = support::uniform<float>(n * n_latents, 15, -3.0, 3.0);
  const auto result = lso::optimize(problem, support::rows(starts, n_latents), {}, settings<float>({}));
  std::size_t moved = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (result.status[i] != Status::converged) continue;
    moved += result.iterations[i] > 0 ? 1U : 0U;
    CHECK(result.outputs[0][i * 2] >= s.low[0]);
    CHECK(result.outputs[0][i * 2] <= s.high[0]);
    CHECK(result.outputs[0][i * 2 + 1] <= s.high[1]);
    CHECK(result.terms[0].mse[i] == 0.0);
  }
  CHECK(moved > 20);
}

TEST("a soft term pulls, and does not keep a start from being done") {
  const Setup<double> s;
  const std::vector<double> starts = support::uniform<double>(50 * n_latents, 16);
  const auto run = [&](const Problem<double>& problem) {
    return lso::optimize(problem, support::rows(starts, n_latents), {}, settings<double>());
  };
  const auto without = run({.trunk = s.decoder, .branches = {{.head = s.regressor, .terms = {s.between()}}}});
  const auto with =
      run({.trunk = s.decoder, .branches = {{.head = s.regressor, .terms = {s.between()}}}, .latent = {s.in_ball()}});
  CHECK(with.latents != without.latents);
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK((with.status[i] == Status::converged) == (with.terms[0].met[i] == 1));
  }
}

TEST("the same bits with any number of threads, many terms or one") {
  const Setup<float> s;
  const std::vector<float> starts = support::uniform<float>(203 * n_latents, 17);
  OptimizeSettings how = settings<float>();
  how.max_iterations = 60;
  const auto one = lso::optimize(s.all(), support::rows(starts, n_latents), {}, how);
  for (const std::size_t threads : {2U, 3U}) {
    how.threads = threads;
    const auto other = lso::optimize(s.all(), support::rows(starts, n_latents), {}, how);
    CHECK(one.latents == other.latents);
    CHECK(one.samples == other.samples);
    CHECK(one.status == other.status);
    for (std::size_t t = 0; t < one.terms.size(); ++t) CHECK(one.terms[t].loss == other.terms[t].loss);
  }
}

TEST("a problem that does not fit is refused by what does not") {
  const Setup<double> s;
  const auto check = [](const Problem<double>& problem, std::size_t n, const char* names) {
    CHECK_THROWS(problem.check(n), std::invalid_argument, names);
  };
  check({.trunk = s.decoder}, 1, "problem");
  check({.trunk = s.decoder, .branches = {{.terms = {s.near_image()}}}}, 1,
        "must be met");  // soft alone
  check({.trunk = s.decoder, .branches = {{.head = s.decoder, .terms = {s.is_class()}}}}, 1, "branch 0");
  check({.trunk = s.decoder,
         .branches = {{.head = s.classifier, .terms = {s.is_class()}}, {.head = s.regressor, .terms = {s.is_class()}}}},
        1, "branch 1");
  check({.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {s.is_class()}}}, .latent = {s.near_image()}},
        1, "latent");
  check({.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {s.is_class(0.0)}}}}, 1, "weight");
  check({.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {s.is_class(-1.0)}}}}, 1, "weight");
  check({.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {s.is_class(1e-320)}}}}, 1, "weight");
  const std::vector<double> two(2 * n_classes);
  const Asked<double> rows{.term = std::make_shared<lso::SquaredError<double>>(support::rows(two, n_classes))};
  check({.trunk = s.decoder, .branches = {{.head = s.classifier, .terms = {rows}}}}, 3, "3 samples");
  const Asked<double> entropy{.term = std::make_shared<lso::BinaryCrossEntropy<double>>(support::rows(s.low, 2))};
  check({.trunk = s.decoder, .branches = {{.head = s.regressor, .terms = {entropy}}}}, 1, "0..1");
  s.all().check(7);
}

// A term of one's own, as a user of the library writes it: the mean of the values must be at least `least`.
template <class T>
class MeanAtLeast final : public lso::Term<T> {
 public:
  explicit MeanAtLeast(double least, int fails_at = -1) : least_(least), fails_at_(fails_at) {}
  [[nodiscard]] std::size_t n_values() const override { return n_features; }
  void evaluate(const lso::TermInput<T>& at, const lso::TermOutput<T>& out) const override {
    if (calls_++ == fails_at_) throw lso::Interruption();
    for (std::size_t lane = 0; lane < at.values.lanes; ++lane) {
      double mean = 0;
      for (std::size_t i = 0; i < n_features; ++i) mean += static_cast<double>(at.values[i][lane]) / n_features;
      const double miss = std::max(0.0, least_ + 0.01 - mean);
      if (out.error != nullptr) out.error[lane] = miss * miss;
      if (out.met != nullptr) out.met[lane] = mean >= least_ ? 1 : 0;
      for (std::size_t i = 0; out.gradient.data != nullptr && i < n_features; ++i) {
        out.gradient[i][lane] = static_cast<T>(-2 * miss / n_features);
      }
    }
  }

 private:
  double least_;
  int fails_at_;
  mutable int calls_ = 0;
};

TEST("a term of one's own is one class") {
  const Setup<double> s;
  const Problem<double> problem{.trunk = s.decoder,
                                .branches = {{.terms = {{.term = std::make_shared<MeanAtLeast<double>>(0.5)}}},
                                             {.head = s.regressor, .terms = {s.between()}}}};
  check_gradient(problem);
  const std::vector<double> starts = support::uniform<double>(40 * n_latents, 18);
  const auto result = lso::optimize(problem, support::rows(starts, n_latents), {}, settings<double>());
  std::size_t met = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    double mean = 0;
    for (std::size_t f = 0; f < n_features; ++f) mean += result.samples[i * n_features + f] / n_features;
    CHECK((result.terms[0].met[i] == 1) == (mean >= 0.5));
    met += result.status[i] == Status::converged ? 1U : 0U;
  }
  CHECK(met > 0);
  CHECK_THROWS(
      lso::optimize(problem, support::rows(starts, n_latents), {}, settings<double>(lso::LevenbergMarquardt{})),
      std::invalid_argument, "sum of squares");
}

TEST("a term may end the run, and what was reached is kept") {
  const Setup<double> s;
  const Problem<double> problem{.trunk = s.decoder,
                                .branches = {{.terms = {{.term = std::make_shared<MeanAtLeast<double>>(2.0, 5)}}}}};
  const std::vector<double> starts = support::uniform<double>(30 * n_latents, 19);
  const auto result = lso::optimize(problem, support::rows(starts, n_latents), {},
                                    settings<double>(lso::NormalizedGradientDescent{.desired_change = -0.001}));
  CHECK(result.interrupted);
  for (std::size_t i = 0; i < 30; ++i) {
    CHECK(result.status[i] == Status::interrupted);
    CHECK(result.iterations[i] == 5);
  }
  check_result(problem, result, 30);
}

template <class T>
void check_allocations(const Problem<T>& problem, std::size_t n, const lso::Optimizer& optimizer) {
  const std::vector<T> starts = support::uniform<T>(n * n_latents, 20);
  OptimizeSettings how = settings<T>(optimizer);
  const auto count = [&](std::size_t iterations) {
    how.max_iterations = iterations;
    return allocations::during(
        [&] { static_cast<void>(lso::optimize(problem, support::rows(starts, n_latents), {}, how)); });
  };
  static_cast<void>(count(20));
  const std::size_t few = count(20);
  CHECK(few > 0);
  // starts whose last point was not their best are looked at once more, at the end, which costs some of its own
  CHECK(count(320) < few + 150);
}

TEST("nothing allocates in the iteration loop of a problem of many terms") {
  const Setup<float> s;
  const Asked<float> never = s.is_class(1, -1.0);
  for (const std::size_t n : {1U, 100U}) {
    Problem<float> problem = s.all();
    problem.branches[0].terms.push_back(never);
    check_allocations(problem, n, lso::NormalizedGradientDescent{.desired_change = -0.01});
    problem.branches[0].terms.erase(problem.branches[0].terms.begin() + 1);
    check_allocations(problem, n, lso::LevenbergMarquardt{});
  }
}

}  // namespace
