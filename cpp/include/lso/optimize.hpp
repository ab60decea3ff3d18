// Latent space optimization: with every parameter frozen, move a problem's inputs until its hard terms are met. Many
// starts at once, each with its own step, status, iteration count and best point.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <tuple>
#include <vector>

#include "lso/optimizers.hpp"
#include "lso/problem.hpp"
#include "lso/threads.hpp"
#include "lso/view.hpp"

namespace lso {

enum class Status : std::uint8_t { converged, max_iterations, stationary, diverged, interrupted };
inline constexpr std::size_t n_statuses = 5;
[[nodiscard]] std::string_view name(Status status);

struct OptimizeSettings {
  static constexpr auto settings() {
    using Self = OptimizeSettings;
    return std::tuple{Setting{"optimizer", &Self::optimizer}, Setting{"max_iterations", &Self::max_iterations},
                      Setting{"trajectory", &Self::trajectory}, Setting{"threads", &Self::threads}};
  }

  Optimizer optimizer;
  std::size_t max_iterations = 1000;
  bool trajectory = false;
  std::size_t threads = 0;                         // 0: all processors
  std::function<bool(std::size_t finished)> poll;  // true stops; called on the calling thread, some 20 times a second
};

// Where the inputs must stay; either end of an input may be infinite.
template <class T>
struct Bounds {
  std::vector<T> lower;  // (n_inputs,), or empty for none
  std::vector<T> upper;

  void project(std::size_t input, T& value) const {
    if (!lower.empty()) value = std::clamp(value, lower[input], upper[input]);
  }
};

// What one term says of each start's best point.
struct TermResult {
  std::vector<double> loss;       // (n,): its E
  std::vector<double> mse;        // (n,): Term::mse
  std::vector<std::uint8_t> met;  // (n,)
};

template <class T>
struct OptimizeResult {
  std::vector<T> latents;                            // (n, n_inputs): the best point of each start
  std::vector<T> samples;                            // (n, outputs of the trunk) there
  std::vector<std::vector<T>> outputs;               // one a branch, (n, outputs of its head), empty without a head
  std::vector<TermResult> terms;                     // in the order of Problem::for_each_term
  std::vector<double> loss;                          // (n,): E there
  std::vector<std::int64_t> iterations;              // (n,): steps taken
  std::vector<Status> status;                        // (n,)
  std::vector<std::vector<T>> trajectory;            // n x (iterations + 1, n_inputs), or empty
  std::vector<std::vector<double>> trajectory_loss;  // n x (iterations + 1), or empty
  bool interrupted = false;  // the poll stopped the run; starts that were done by then keep their status
};

// A start is converged when every hard term is met; its best point is then that one, else the one of the lowest E.
// Throws std::invalid_argument for no problem of so many starts (Problem::check), or one that the optimizer cannot
// take.
template <class T>
[[nodiscard]] OptimizeResult<T> optimize(const Problem<T>& problem, Rows<const T> starts, const Bounds<T>& bounds,
                                         const OptimizeSettings& settings);

// What a problem says of inputs as they are.
template <class T>
struct Evaluation {
  std::vector<double> loss;       // (n,): E
  std::vector<T> gradient;        // (n, n_inputs): dE/d(inputs)
  std::vector<T> samples;         // (n, outputs of the trunk)
  std::vector<std::uint8_t> met;  // (n,): 1 where every hard term is met
};

// Throws std::invalid_argument as optimize does. A `stop` that says so leaves zeros where nothing was done yet.
template <class T>
[[nodiscard]] Evaluation<T> evaluate(const Problem<T>& problem, Rows<const T> inputs, std::size_t threads,
                                     StopSignal* stop = nullptr);

}  // namespace lso
