#include "lso/optimize.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "kernels/kernels.hpp"
#include "lso/backprop.hpp"
#include "lso/threads.hpp"
#include "lso/workspace.hpp"

namespace lso {

std::string_view name(Status status) {
  constexpr std::array<std::string_view, 5> names{"converged", "max_iterations", "stationary", "diverged",
                                                  "interrupted"};
  return names[static_cast<std::size_t>(status)];
}

namespace {
// Starts that iterate together: three vectors of AVX-512, whose values stay in the second-level cache beside the
// weights.
constexpr std::size_t tile_lanes = 48;
constexpr std::size_t max_tile_lanes = 64;

// What all threads share: the problem, the queue of starts, and the result that each start writes its own row of.
template <class T>
struct Job {
  const Chain<T>& chain;
  const Objective<T>& objective;
  Rows<const T> starts;
  const Bounds<T>& bounds;
  const OptimizeSettings& settings;
  OptimizeResult<T>& result;
  StopSignal& stop;
  std::atomic<std::size_t>& finished;
  std::atomic<std::size_t> next{0};
};

// Some lanes of starts that iterate together. A lane whose start is done takes the next from the queue.
template <class T>
class Tile {
 public:
  Tile(Job<T>& job, Workspace<T> workspace)
      : job_(job),
        n_inputs_(job.chain.n_inputs()),
        workspace_(std::move(workspace)),
        objective_(job.objective, workspace_.capacity()),
        best_(n_inputs_ * workspace_.capacity()),
        improved_(workspace_.capacity()),
        lanes_(workspace_.capacity()),
        error_(workspace_.capacity()),
        norm_(workspace_.capacity()),
        scale_(workspace_.capacity()),
        moved_(workspace_.capacity()) {}

  void run(std::size_t thread) {
    for (fill(); active_ > 0; fill()) {
      iterate();
      if (job_.stop.stops(thread)) return abandon();
    }
  }

 private:
  struct Lane {
    std::size_t start = 0;  // its row in starts and result
    std::int64_t iterations = 0;
    double tolerance = 0;
    double best = 0;
    std::optional<Status> done;
  };

  void fill() {
    while (active_ < lanes_.size() && !job_.stop.stopped()) {
      const std::size_t start = job_.next.fetch_add(1, std::memory_order_relaxed);
      if (start >= job_.starts.rows) break;
      load(active_++, start);
    }
    workspace_.set_lanes(active_);
  }

  void load(std::size_t lane, std::size_t start) {
    const Tolerance& tolerance = job_.settings.tolerance;
    lanes_[lane] = {start, 0, tolerance.value * (tolerance.mean ? job_.objective.total_weight(start) : 1.0),
                    std::numeric_limits<double>::infinity(), std::nullopt};
    load_lane<T>(job_.starts[start], workspace_.inputs(), lane);
    for (std::size_t i = 0; i < n_inputs_; ++i) job_.bounds.project(i, workspace_.inputs()[i][lane]);
    copy_lane(workspace_.inputs(), lane, best(), lane);
    objective_.load(start, lane);
  }

  // One iteration of every lane: forward, error, nodes' derivatives (Algorithm 1), step (Algorithm 3).
  void iterate() {
    forward(job_.chain, workspace_);
    const std::size_t last = job_.chain.stages().size() - 1;
    objective_delta<T>(objective_.lanes(workspace_.lanes()), job_.chain.output_activation(), workspace_.outputs(),
                       workspace_.deltas(last), error_.data());
    backward_nodes(job_.chain, workspace_);
    squared_norms<T>(workspace_.deltas(0), norm_.data());
    for (std::size_t lane = 0; lane < active_; ++lane) look_at(lane);
    move();
    // downwards, since a finished lane is filled by the last one, which has been seen by then
    for (std::size_t lane = active_; lane-- > 0;) {
      if (lanes_[lane].done) finish(lane);
    }
  }

  // What its error means for a start: done, or the scale C / S of its step.
  void look_at(std::size_t lane) {
    Lane& state = lanes_[lane];
    const double error = error_[lane];
    record(lane, error);
    const bool better = error < state.best;
    improved_.data()[lane] = better ? T(1) : T(0);
    if (better) state.best = error;
    if (!std::isfinite(error)) {
      state.done = Status::diverged;
    } else if (error <= state.tolerance) {
      state.done = Status::converged;
    } else if (state.iterations >= static_cast<std::int64_t>(job_.settings.max_iterations)) {
      state.done = Status::max_iterations;
    } else if (norm_[lane] == 0.0) {
      state.done = Status::stationary;
    }
    scale_[lane] = state.done ? 0.0 : job_.settings.desired_change(error) / norm_[lane];
  }

  // Keeps the best points, then Algorithm 3 on every lane. A step that the bounds undo is stationary.
  void move() {
    const Lanes<T> x = workspace_.inputs();
    const auto& kernels = kernels::kernels<T>();
    kernels.keep_lanes(n_inputs_, active_, x.stride, x.data, improved_.data(), best_.data());
    const auto side = [](const std::vector<T>& bound) { return bound.empty() ? nullptr : bound.data(); };
    kernels.move_lanes({n_inputs_, active_, x.stride, x.data, workspace_.deltas(0).data, scale_.data(),
                        side(job_.bounds.lower), side(job_.bounds.upper), moved_.data()});
    for (std::size_t lane = 0; lane < active_; ++lane) {
      Lane& state = lanes_[lane];
      if (state.done) continue;
      if (!std::isfinite(moved_[lane])) {
        state.done = Status::diverged;
      } else if (moved_[lane] == 0.0) {
        state.done = Status::stationary;
      } else {
        ++state.iterations;
      }
    }
  }

  void record(std::size_t lane, double error) {
    if (!job_.settings.trajectory) return;
    const std::size_t start = lanes_[lane].start;
    auto& points = job_.result.trajectory[start];
    for (std::size_t i = 0; i < n_inputs_; ++i) points.push_back(workspace_.inputs()[i][lane]);
    job_.result.trajectory_loss[start].push_back(error);
  }

  void finish(std::size_t lane) {
    write(lane, *lanes_[lane].done);
    job_.finished.fetch_add(1, std::memory_order_relaxed);
    const std::size_t from = --active_;
    if (from == lane) return;
    lanes_[lane] = lanes_[from];
    copy_lane(workspace_.inputs(), from, workspace_.inputs(), lane);
    copy_lane(best(), from, best(), lane);
    objective_.load(lanes_[lane].start, lane);
  }

  void write(std::size_t lane, Status status) {
    const Lane& state = lanes_[lane];
    store_lane<T>(best(), lane, {job_.result.latents.data() + state.start * n_inputs_, n_inputs_});
    job_.result.loss[state.start] = state.best;
    job_.result.iterations[state.start] = state.iterations;
    job_.result.status[state.start] = status;
  }

  void abandon() {
    for (std::size_t lane = 0; lane < active_; ++lane) write(lane, Status::interrupted);
  }

  static void copy_lane(Lanes<const T> from, std::size_t source, Lanes<T> to, std::size_t lane) {
    for (std::size_t i = 0; i < from.nodes; ++i) to[i][lane] = from[i][source];
  }

  [[nodiscard]] Lanes<T> best() { return {best_.data(), n_inputs_, workspace_.lanes(), workspace_.capacity()}; }

  Job<T>& job_;
  std::size_t n_inputs_;
  Workspace<T> workspace_;
  ObjectiveBuffer<T> objective_;
  AlignedBuffer<T> best_;
  AlignedBuffer<T> improved_;  // 1 where this iteration's point is the best so far
  std::vector<Lane> lanes_;
  std::vector<double> error_;
  std::vector<double> norm_;
  std::vector<double> scale_;
  std::vector<double> moved_;
  std::size_t active_ = 0;
};

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
  OptimizeResult<T> result = untouched(starts, bounds, settings.trajectory);
  std::atomic<std::size_t> finished{0};
  StopSignal stop([&] { return settings.poll && settings.poll(finished.load(std::memory_order_relaxed)); });
  Job<T> job{chain, objective, starts, bounds, settings, result, stop, finished};
  const std::size_t groups = round_up_lanes(starts.rows) / lane_group;
  const std::size_t threads = std::clamp<std::size_t>(groups, 1, resolve_threads(settings.threads));
  const std::size_t lanes = lanes_for((starts.rows + threads - 1) / threads);
  run_threads(
      threads,
      [&](std::size_t thread) {
        Tile<T> tile(job, starts.rows == 1 ? Workspace<T>::lone(chain) : Workspace<T>(chain, lanes));
        tile.run(thread);
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
