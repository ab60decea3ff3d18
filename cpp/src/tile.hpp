// What the optimizers share: starts in lanes, which leave when they are done and make room for the next.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "lso/backprop.hpp"
#include "lso/optimize.hpp"
#include "lso/threads.hpp"
#include "lso/workspace.hpp"

namespace lso {

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
        lanes_(workspace_.capacity()),
        error_(workspace_.capacity()) {}
  Tile(const Tile&) = delete;
  Tile& operator=(const Tile&) = delete;
  virtual ~Tile() = default;

  void run(std::size_t thread) {
    for (fill(); active_ > 0; fill()) {
      iterate();
      // downwards, since a finished lane is filled by the last one, which has been seen by then
      for (std::size_t lane = active_; lane-- > 0;) {
        if (const std::optional<Status> done = lanes_[lane].done) finish(lane, *done);
      }
      if (job_.stop.stops(thread)) return abandon();
    }
  }

 protected:
  struct Lane {
    std::size_t start = 0;  // its row in starts and result
    std::int64_t iterations = 0;
    double tolerance = 0;
    double best = 0;
    std::optional<Status> done;
  };

  // One iteration of every active lane, from workspace_.inputs() on: sets `done` where a start is.
  virtual void iterate() = 0;
  // What an optimizer remembers of a lane: when a new start comes into it, and when it moves to another.
  virtual void begin_lane(std::size_t /*lane*/) {}
  virtual void move_lane(std::size_t /*from*/, std::size_t /*to*/) {}

  [[nodiscard]] bool spent(const Lane& lane) const {
    return lane.iterations >= static_cast<std::int64_t>(job_.settings.max_iterations);
  }

  void record(std::size_t lane, double error) {
    if (!job_.settings.trajectory) return;
    const std::size_t start = lanes_[lane].start;
    auto& points = job_.result.trajectory[start];
    for (std::size_t i = 0; i < n_inputs_; ++i) points.push_back(workspace_.inputs()[i][lane]);
    job_.result.trajectory_loss[start].push_back(error);
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
  std::vector<Lane> lanes_;
  std::vector<double> error_;
  std::size_t active_ = 0;

 private:
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
    begin_lane(lane);
  }

  void finish(std::size_t lane, Status status) {
    write(lane, status);
    job_.finished.fetch_add(1, std::memory_order_relaxed);
    const std::size_t from = --active_;
    if (from == lane) return;
    lanes_[lane] = lanes_[from];
    copy_lane(workspace_.inputs(), from, workspace_.inputs(), lane);
    copy_lane(best(), from, best(), lane);
    objective_.load(lanes_[lane].start, lane);
    move_lane(from, lane);
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
};

}  // namespace lso
