// Latent space optimization: with every parameter frozen, move the inputs of a chain by Algorithm 3, or by
// Levenberg-Marquardt, until its outputs meet the objective. Many starts at once, each with its own step, status,
// iteration count and best point.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>
#include <vector>

#include "lso/descent.hpp"
#include "lso/network.hpp"
#include "lso/objective.hpp"
#include "lso/view.hpp"

namespace lso {

enum class Status : std::uint8_t { converged, max_iterations, stationary, diverged, interrupted };
[[nodiscard]] std::string_view name(Status status);

// A start is converged when E <= tolerance, or, for a mean tolerance, E <= tolerance * (sum of its output weights).
struct Tolerance {
  double value = 1e-3;
  bool mean = true;
};

// Levenberg-Marquardt (Marquardt 1963, Nielsen 1999), for objectives that are sums of squares: each iteration solves
// the linearized problem, damped. `damping` is where mu begins, as a share of the mean squared length of a residual's
// gradient.
struct LevenbergMarquardt {
  double damping = 1e-3;
};

struct OptimizeSettings {
  std::variant<DesiredChange, LevenbergMarquardt> optimizer;
  Tolerance tolerance;
  std::size_t max_iterations = 1000;
  bool trajectory = false;
  std::size_t threads = 0;                         // 0: all processors
  std::function<bool(std::size_t finished)> poll;  // true stops; called on the calling thread, some 20 times a second
};

template <class T>
struct Bounds {
  std::vector<T> lower;  // (n_inputs,), or empty for none
  std::vector<T> upper;

  void project(std::size_t input, T& value) const {
    if (!lower.empty()) value = std::clamp(value, lower[input], upper[input]);
  }
};

template <class T>
struct OptimizeResult {
  std::vector<T> latents;                            // (n, n_inputs): the best point of each start
  std::vector<double> loss;                          // (n,): E there
  std::vector<std::int64_t> iterations;              // (n,): steps taken
  std::vector<Status> status;                        // (n,)
  std::vector<std::vector<T>> trajectory;            // n x (iterations + 1, n_inputs), or empty
  std::vector<std::vector<double>> trajectory_loss;  // n x (iterations + 1), or empty
  bool interrupted = false;  // the poll stopped the run; starts that were done by then keep their status
};

// Throws std::invalid_argument for Levenberg-Marquardt under a cross-entropy.
template <class T>
[[nodiscard]] OptimizeResult<T> optimize(const Chain<T>& chain, const Objective<T>& objective, Rows<const T> starts,
                                         const Bounds<T>& bounds, const OptimizeSettings& settings);

}  // namespace lso
