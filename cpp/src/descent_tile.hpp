// Algorithm 3 on a tile of starts.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "kernels/kernels.hpp"
#include "tile.hpp"

namespace lso {

template <class T>
class DescentTile final : public Tile<T> {
 public:
  DescentTile(Job<T>& job, Workspace<T> workspace, const DesiredChange& desired_change)
      : Tile<T>(job, std::move(workspace)),
        desired_change_(desired_change),
        improved_(workspace_.capacity()),
        norm_(workspace_.capacity()),
        scale_(workspace_.capacity()),
        moved_(workspace_.capacity()) {}

 private:
  using typename Tile<T>::Lane;
  using Tile<T>::job_, Tile<T>::workspace_, Tile<T>::lanes_, Tile<T>::error_, Tile<T>::active_, Tile<T>::n_inputs_;

  // Forward, error, nodes' derivatives (Algorithm 1), step (Algorithm 3).
  void iterate() override {
    forward(job_.chain, workspace_);
    const std::size_t last = job_.chain.stages().size() - 1;
    objective_delta<T>(this->objective_.lanes(workspace_.lanes()), job_.chain.output_activation(), workspace_.outputs(),
                       workspace_.kept(last), workspace_.deltas(last), error_.data());
    backward_nodes(job_.chain, workspace_);
    squared_norms<T>(workspace_.deltas(0), norm_.data());
    for (std::size_t lane = 0; lane < active_; ++lane) look_at(lane);
    move();
  }

  // What its error means for a start: done, or the scale C / S of its step.
  void look_at(std::size_t lane) {
    Lane& state = lanes_[lane];
    const double error = error_[lane];
    this->record(lane, error);
    const bool better = error < state.best;
    improved_.data()[lane] = better ? T(1) : T(0);
    if (better) state.best = error;
    if (!std::isfinite(error)) {
      state.done = Status::diverged;
    } else if (error <= state.tolerance) {
      state.done = Status::converged;
    } else if (this->spent(state)) {
      state.done = Status::max_iterations;
    } else if (norm_[lane] == 0.0) {
      state.done = Status::stationary;
    }
    scale_[lane] = state.done ? 0.0 : desired_change_(error) / norm_[lane];
  }

  // Keeps the best points, then moves every lane. A step that the bounds undo is stationary.
  void move() {
    const Lanes<T> x = workspace_.inputs();
    const auto& kernels = kernels::kernels<T>();
    kernels.keep_lanes(n_inputs_, active_, x.stride, x.data, improved_.data(), this->best_.data());
    const auto side = [](const std::vector<T>& bound) { return bound.empty() ? nullptr : bound.data(); };
    kernels.move_lanes({.nodes = n_inputs_,
                        .lanes = active_,
                        .ld = x.stride,
                        .x = x.data,
                        .derivatives = workspace_.deltas(0).data,
                        .scale = scale_.data(),
                        .lower = side(job_.bounds.lower),
                        .upper = side(job_.bounds.upper),
                        .moved = moved_.data()});
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

  DesiredChange desired_change_;
  AlignedBuffer<T> improved_;  // 1 where this iteration's point is the best so far
  std::vector<double> norm_;
  std::vector<double> scale_;
  std::vector<double> moved_;
};

}  // namespace lso
