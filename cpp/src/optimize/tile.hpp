// What the optimizers share: starts in lanes, which leave when they are done and make room for the next.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "lso/optimize.hpp"
#include "lso/threads.hpp"
#include "optimize/problem_lanes.hpp"
#include "workspace.hpp"

namespace lso {

// What all threads share: the problem, the queue of starts, and the result that each start writes its own row of.
template <class T>
struct Job {
  const Problem<T>& problem;
  Rows<const T> starts;
  const Bounds<T>& bounds;
  const OptimizeSettings& settings;
  OptimizeResult<T>& result;
  StopSignal& stop;
  std::atomic<std::size_t>& finished;
  std::vector<std::uint8_t>& stale;  // (n,): 1 where samples, outputs and terms are not those of the best point yet
  std::atomic<std::size_t> next{0};
};

// Some lanes of starts that iterate together. A lane whose start is done takes the next from the queue.
template <class T>
class Tile {
 public:
  Tile(Job<T>& job, std::size_t lanes)
      : job_(job),
        n_inputs_(job.problem.trunk.n_inputs()),
        problem_(job.problem, job.starts.rows == 1 ? 1 : lanes, true, &job.stop),
        best_(n_inputs_ * problem_.capacity()),
        lanes_(problem_.capacity()),
        starts_(problem_.capacity()) {}
  Tile(const Tile&) = delete;
  Tile& operator=(const Tile&) = delete;
  virtual ~Tile() = default;

  void run() {
    std::size_t rounds = 0;
    for (fill(); active_ > 0; fill()) {
      for (std::size_t lane = 0; lane < active_; ++lane) lanes_[lane].current = false;
      try {
        if (++rounds == worth_packing && lanes_.size() > 1) problem_.pack_weights();
        iterate();
      } catch (const Interruption&) {
        job_.stop.stop();  // a lane that was looked at by then is as it would be
      }
      // downwards, since a finished lane is filled by the last one, which has been seen by then
      for (std::size_t lane = active_; lane-- > 0;) {
        if (const std::optional<Status> done = lanes_[lane].done) finish(lane, *done);
      }
      if (job_.stop.stops()) return abandon();
    }
  }

 protected:
  struct Lane {
    std::int64_t iterations = 0;
    double best = 0;
    bool current = false;  // what the last forward left is of the best point
    std::optional<Status> done;
  };

  // One iteration of every active lane, from problem_.inputs() on: sets `current`, and `done` where a start is.
  virtual void iterate() = 0;
  // What an optimizer remembers of a lane: when a new start comes into it, and when it moves to another.
  virtual void begin_lane(std::size_t /*lane*/) {}
  virtual void move_lane(std::size_t /*from*/, std::size_t /*to*/) {}

  // This is a start's last look: no step comes after it.
  [[nodiscard]] bool spent(const Lane& lane) const {
    return lane.iterations >= static_cast<std::int64_t>(job_.settings.max_iterations);
  }

  void record(std::size_t lane, double error) {
    if (!job_.settings.trajectory) return;
    const std::size_t start = starts_[lane];
    auto& points = job_.result.trajectory[start];
    for (std::size_t i = 0; i < n_inputs_; ++i) points.push_back(problem_.inputs()[i][lane]);
    job_.result.trajectory_loss[start].push_back(error);
  }

  static void copy_lane(Lanes<const T> from, std::size_t source, Lanes<T> to, std::size_t lane) {
    for (std::size_t i = 0; i < from.nodes; ++i) to[i][lane] = from[i][source];
  }

  [[nodiscard]] Lanes<T> best() { return {best_.data(), n_inputs_, problem_.inputs().lanes, problem_.capacity()}; }

  Job<T>& job_;
  std::size_t n_inputs_;
  ProblemLanes<T> problem_;
  AlignedBuffer<T> best_;
  std::vector<Lane> lanes_;
  std::vector<std::size_t> starts_;  // of each lane, its row in starts and result
  std::size_t active_ = 0;

 private:
  // Iterations after which a tile is taken to make as many more, which then pay for what packing costs.
  static constexpr std::size_t worth_packing = 16;

  void fill() {
    while (active_ < lanes_.size() && !job_.stop.stopped()) {
      const std::size_t start = job_.next.fetch_add(1, std::memory_order_relaxed);
      if (start >= job_.starts.rows) break;
      load(active_++, start);
    }
    problem_.set_samples({starts_.data(), active_});
  }

  void load(std::size_t lane, std::size_t start) {
    lanes_[lane] = {0, std::numeric_limits<double>::infinity(), false, std::nullopt};
    starts_[lane] = start;
    load_lane<T>(job_.starts[start], problem_.inputs(), lane);
    for (std::size_t i = 0; i < n_inputs_; ++i) job_.bounds.project(i, problem_.inputs()[i][lane]);
    copy_lane(problem_.inputs(), lane, best(), lane);
    problem_.load(start, lane);
    begin_lane(lane);
  }

  void finish(std::size_t lane, Status status) {
    write(lane, status);
    job_.finished.fetch_add(1, std::memory_order_relaxed);
    const std::size_t from = --active_;
    if (from == lane) return;
    lanes_[lane] = lanes_[from];
    starts_[lane] = starts_[from];
    copy_lane(problem_.inputs(), from, problem_.inputs(), lane);
    copy_lane(best(), from, best(), lane);
    problem_.load(starts_[lane], lane);
    move_lane(from, lane);
  }

  void write(std::size_t lane, Status status) {
    const Lane& state = lanes_[lane];
    const std::size_t start = starts_[lane];
    store_lane<T>(best(), lane, {job_.result.latents.data() + start * n_inputs_, n_inputs_});
    job_.result.loss[start] = state.best;
    job_.result.iterations[start] = state.iterations;
    job_.result.status[start] = status;
    if (!state.current) return;
    problem_.store_values(lane, start, job_.result);
    problem_.store_terms(lane, start, job_.result);
    job_.stale[start] = 0;
  }

  void abandon() {
    for (std::size_t lane = 0; lane < active_; ++lane) write(lane, Status::interrupted);
  }
};

}  // namespace lso
