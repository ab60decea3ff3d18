#include "lso/optimize.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <limits>
#include <numeric>
#include <utility>

#include "optimize/tile.hpp"
#include "team.hpp"

namespace lso {

std::string_view name(Status status) {
  constexpr std::array<std::string_view, n_statuses> names{"converged", "max_iterations", "stationary", "diverged",
                                                           "interrupted"};
  return names[static_cast<std::size_t>(status)];
}

namespace {
constexpr std::size_t max_tile_lanes = 64;
// Weights that no cache of a core's own holds come from further away once a tile: then it serves more starts.
constexpr std::size_t far_weights = std::size_t{1} << 24;  // bytes
constexpr std::size_t far_tile_lanes = 336;
// Hardly a start is done in fewer.
constexpr std::size_t usual_iterations = 5;
// For what is asked again after Ctrl-C.
constexpr std::chrono::milliseconds brief{300};
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Until a start has been looked at, it is its own best point, of unknown error.
template <class T>
OptimizeResult<T> untouched(const Problem<T>& problem, Rows<const T> starts, const Bounds<T>& bounds, bool trajectory) {
  OptimizeResult<T> result;
  result.latents.assign(starts.data, starts.data + starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) bounds.project(i % starts.cols, result.latents[i]);
  result.samples.resize(starts.rows * problem.trunk.n_outputs());
  for (const Branch<T>& branch : problem.branches) {
    result.outputs.emplace_back(branch.head ? starts.rows * branch.head->n_outputs() : 0);
  }
  const TermResult unknown{.loss = std::vector<double>(starts.rows, nan),
                           .mse = std::vector<double>(starts.rows, nan),
                           .met = std::vector<std::uint8_t>(starts.rows)};
  result.terms.assign(problem.n_terms(), unknown);
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
template <class T>
std::size_t lanes_for(const Problem<T>& problem, std::size_t starts) {
  const bool far = problem.n_parameters() * sizeof(T) > far_weights;
  if (problem.lanes_per_call() == 0 && !far && starts > 4 * max_tile_lanes) return tile_lanes;
  const std::size_t most = lanes_together(problem, far ? far_tile_lanes : max_tile_lanes);
  const std::size_t tiles = (starts + most - 1) / most;
  return round_up_lanes((starts + tiles - 1) / tiles);
}

// Values forward, tile by tile: each(lanes, the samples in them) for some of the samples, of which inputs has all.
template <class T, class Each>
void look_at(const Problem<T>& problem, const std::vector<std::size_t>& samples, Rows<const T> inputs,
             std::size_t threads, StopSignal* stop, const Each& each) {
  const std::size_t together = lanes_together(problem);
  const std::size_t tiles = (samples.size() + together - 1) / together;
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t /*thread*/) {
    ProblemLanes<T> lanes(problem, std::min(together, samples.size()), false, stop);
    for (std::size_t first = next++ * together; first < samples.size() && !(stop != nullptr && stop->stops());
         first = next++ * together) {
      const auto some = std::span(samples).subspan(first, std::min(together, samples.size() - first));
      lanes.set_samples(some);
      for (std::size_t lane = 0; lane < some.size(); ++lane) {
        load_lane<T>(inputs[some[lane]], lanes.inputs(), lane);
        lanes.load(some[lane], lane);
      }
      lanes.forward();
      each(lanes, some);
    }
  };
  const std::size_t most = problem.is_concurrent() ? threads : 1;
  if (tiles > 0) run_threads(resolve_threads(most, tiles, 2 * problem.n_parameters() * samples.size()), work, stop);
}

std::vector<std::size_t> up_to(std::size_t n) {
  std::vector<std::size_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

// Samples, outputs and terms of the starts whose best point was not the last that was looked at.
template <class T>
void look_again(const Problem<T>& problem, std::vector<std::uint8_t>& stale, std::size_t threads, StopSignal& stop,
                OptimizeResult<T>& result) {
  std::vector<std::size_t> starts = up_to(stale.size());
  std::erase_if(starts, [&](std::size_t start) { return stale[start] == 0; });
  const Rows<const T> latents{result.latents.data(), stale.size(), problem.trunk.n_inputs()};
  look_at<T>(problem, starts, latents, threads, &stop, [&](ProblemLanes<T>& lanes, std::span<const std::size_t> some) {
    for (std::size_t lane = 0; lane < some.size(); ++lane) lanes.store_values(lane, some[lane], result);
    if (!result.interrupted) {
      lanes.evaluate();
      for (std::size_t lane = 0; lane < some.size(); ++lane) lanes.store_terms(lane, some[lane], result);
    }
    for (const std::size_t start : some) stale[start] = 0;
  });
}

// The same of an interrupted run, for a while: the terms, which may be slow, are not asked again, and what they say of
// these starts stays unknown, as do the samples and outputs of those that there is no time for.
template <class T>
void look_briefly(const Problem<T>& problem, std::vector<std::uint8_t>& stale, std::size_t threads,
                  OptimizeResult<T>& result) {
  const auto forget = [&](std::vector<T>& values) {
    const std::size_t width = values.size() / stale.size();
    for (std::size_t start = 0; start < stale.size(); ++start) {
      if (stale[start] != 0) std::fill_n(values.data() + start * width, width, std::numeric_limits<T>::quiet_NaN());
    }
  };
  forget(result.samples);
  for (std::vector<T>& outputs : result.outputs) forget(outputs);
  const auto end = std::chrono::steady_clock::now() + brief;
  StopSignal late([end] { return std::chrono::steady_clock::now() >= end; });
  look_again(problem, stale, threads, late, result);
}
}  // namespace

template <class T>
OptimizeResult<T> optimize(const Problem<T>& problem, Rows<const T> starts, const Bounds<T>& bounds,
                           const OptimizeSettings& settings) {
  problem.check(starts.rows);
  OptimizeResult<T> result = untouched(problem, starts, bounds, settings.trajectory);
  std::atomic<std::size_t> finished{0};
  std::vector<std::uint8_t> stale(starts.rows, 1);
  StopSignal stop([&] { return settings.poll && settings.poll(finished.load(std::memory_order_relaxed)); });
  Job<T> job{problem, starts, bounds, settings, result, stop, finished, stale};
  const std::size_t groups = round_up_lanes(starts.rows) / lane_group;
  const std::size_t iterations = std::clamp<std::size_t>(settings.max_iterations, 1, usual_iterations);
  const std::size_t threads = resolve_threads(problem.is_concurrent() ? settings.threads : 1, groups,
                                              2 * problem.n_parameters() * starts.rows * iterations);
  const std::size_t lanes = lanes_for(problem, (starts.rows + threads - 1) / threads);
  run_threads(
      threads,
      [&](std::size_t /*thread*/) {
        std::visit([&](const auto& optimizer) { optimizer.tile(job, lanes)->run(); }, settings.optimizer);
      },
      &stop);
  if (!stop.stopped()) look_again(problem, stale, settings.threads, stop, result);
  result.interrupted = stop.stopped();
  if (result.interrupted) look_briefly(problem, stale, settings.threads, result);
  return result;
}

template <class T>
Evaluation<T> evaluate(const Problem<T>& problem, Rows<const T> inputs, std::size_t threads, StopSignal* stop) {
  problem.check(inputs.rows);
  const std::size_t n = inputs.rows;
  Evaluation<T> found{.loss = std::vector<double>(n),
                      .gradient = std::vector<T>(inputs.size()),
                      .samples = std::vector<T>(n * problem.trunk.n_outputs()),
                      .met = std::vector<std::uint8_t>(n)};
  const auto row = [](std::vector<T>& values, Lanes<const T> lanes, std::size_t lane, std::size_t sample) {
    store_lane<T>(lanes, lane, std::span(values).subspan(sample * lanes.nodes, lanes.nodes));
  };
  look_at<T>(problem, up_to(n), inputs, threads, stop, [&](ProblemLanes<T>& lanes, std::span<const std::size_t> some) {
    lanes.evaluate_backward();
    for (std::size_t lane = 0; lane < some.size(); ++lane) {
      found.loss[some[lane]] = lanes.error(lane);
      found.met[some[lane]] = lanes.met(lane) ? 1 : 0;
      row(found.gradient, lanes.gradient(), lane, some[lane]);
      row(found.samples, lanes.samples(), lane, some[lane]);
    }
  });
  return found;
}

template Evaluation<float> evaluate(const Problem<float>&, Rows<const float>, std::size_t, StopSignal*);
template Evaluation<double> evaluate(const Problem<double>&, Rows<const double>, std::size_t, StopSignal*);
template OptimizeResult<float> optimize(const Problem<float>&, Rows<const float>, const Bounds<float>&,
                                        const OptimizeSettings&);
template OptimizeResult<double> optimize(const Problem<double>&, Rows<const double>, const Bounds<double>&,
                                         const OptimizeSettings&);

}  // namespace lso
