#include "lso/optimize.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <utility>

#include "descent_tile.hpp"
#include "marquardt_tile.hpp"
#include "tile.hpp"

namespace lso {

std::string_view name(Status status) {
  constexpr std::array<std::string_view, 5> names{"converged", "max_iterations", "stationary", "diverged",
                                                  "interrupted"};
  return names[static_cast<std::size_t>(status)];
}

namespace {
constexpr std::size_t max_tile_lanes = 64;
// Hardly a start is done in fewer.
constexpr std::size_t usual_iterations = 5;

// Until a start has been looked at, it is its own best point, of unknown error.
template <class T>
OptimizeResult<T> untouched(Rows<const T> starts, const Bounds<T>& bounds, bool trajectory) {
  OptimizeResult<T> result;
  result.latents.assign(starts.data, starts.data + starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) bounds.project(i % starts.cols, result.latents[i]);
  result.loss.assign(starts.rows, std::numeric_limits<double>::infinity());
  result.iterations.assign(starts.rows, 0);
  result.status.assign(starts.rows, Status::interrupted);
  if (trajectory) {
    result.trajectory.resize(starts.rows);
    result.trajectory_loss.resize(starts.rows);
  }
  return result;
}

// Tiles of one size for a thread's starts, so that the last is not nearly empty.
std::size_t lanes_for(std::size_t starts) {
  if (starts > 4 * max_tile_lanes) return tile_lanes;
  const std::size_t tiles = (starts + max_tile_lanes - 1) / max_tile_lanes;
  return round_up_lanes((starts + tiles - 1) / tiles);
}
}  // namespace

template <class T>
OptimizeResult<T> optimize(const Chain<T>& chain, const Objective<T>& objective, Rows<const T> starts,
                           const Bounds<T>& bounds, const OptimizeSettings& settings) {
  if (std::holds_alternative<LevenbergMarquardt>(settings.optimizer) && !is_least_squares(objective.loss)) {
    throw std::invalid_argument(
        "optimizer: expected NormalizedGradientDescent for a cross-entropy, got LevenbergMarquardt");
  }
  OptimizeResult<T> result = untouched(starts, bounds, settings.trajectory);
  std::atomic<std::size_t> finished{0};
  StopSignal stop([&] { return settings.poll && settings.poll(finished.load(std::memory_order_relaxed)); });
  Job<T> job{chain, objective, starts, bounds, settings, result, stop, finished};
  const std::size_t groups = round_up_lanes(starts.rows) / lane_group;
  const std::size_t iterations = std::clamp<std::size_t>(settings.max_iterations, 1, usual_iterations);
  const std::size_t threads =
      resolve_threads(settings.threads, groups, 2 * chain.n_parameters() * starts.rows * iterations);
  const std::size_t lanes = lanes_for((starts.rows + threads - 1) / threads);
  run_threads(
      threads,
      [&](std::size_t thread) {
        Workspace<T> workspace = starts.rows == 1 ? Workspace<T>::single(chain) : Workspace<T>(chain, lanes);
        if (const auto* marquardt = std::get_if<LevenbergMarquardt>(&settings.optimizer)) {
          MarquardtTile<T>(job, std::move(workspace), *marquardt).run(thread);
        } else {
          DescentTile<T>(job, std::move(workspace), std::get<DesiredChange>(settings.optimizer)).run(thread);
        }
      },
      &stop);
  result.interrupted = stop.stopped();
  return result;
}

template OptimizeResult<float> optimize(const Chain<float>&, const Objective<float>&, Rows<const float>,
                                        const Bounds<float>&, const OptimizeSettings&);
template OptimizeResult<double> optimize(const Chain<double>&, const Objective<double>&, Rows<const double>,
                                         const Bounds<double>&, const OptimizeSettings&);

}  // namespace lso
