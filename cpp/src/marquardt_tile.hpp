// Levenberg-Marquardt on a tile of starts.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "marquardt.hpp"
#include "tile.hpp"

namespace lso {

template <class T>
class MarquardtTile final : public Tile<T> {
 public:
  MarquardtTile(Job<T>& job, Workspace<T> workspace, const LevenbergMarquardt& settings)
      : Tile<T>(job, std::move(workspace)),
        settings_(settings),
        n_outputs_(job.chain.n_outputs()),
        solver_(n_outputs_, n_inputs_),
        models_(workspace_.capacity(), LinearModel(n_outputs_, n_inputs_)),
        fresh_(workspace_.capacity()) {}

 private:
  using typename Tile<T>::Lane;
  using Tile<T>::job_, Tile<T>::workspace_, Tile<T>::lanes_, Tile<T>::error_, Tile<T>::active_, Tile<T>::n_inputs_;

  void begin_lane(std::size_t lane) override { models_[lane].begin(); }
  void move_lane(std::size_t from, std::size_t to) override { std::swap(models_[from], models_[to]); }

  // The inputs are points to be tried: forward, error; a linear model of the residuals where a point is better than
  // the one before; then each lane's next point.
  void iterate() override {
    forward(job_.chain, workspace_);
    objective_value<T>(this->objective_.lanes(workspace_.lanes()), workspace_.outputs(), error_.data());
    bool any = false;
    for (std::size_t lane = 0; lane < active_; ++lane) {
      fresh_[lane] = accept(lane);
      any = any || (fresh_[lane] != 0 && !lanes_[lane].done);
    }
    if (any) linearize();
    for (std::size_t lane = 0; lane < active_; ++lane) {
      if (!lanes_[lane].done) propose(lane);
    }
  }

  // Whether the point is taken: the first, and each that lowers the error.
  bool accept(std::size_t lane) {
    Lane& state = lanes_[lane];
    const double error = error_[lane];
    this->record(lane, error);
    const bool better = error < state.best;
    if (better) {
      models_[lane].accept(state.best - error);
      state.best = error;
      this->copy_lane(workspace_.inputs(), lane, this->best(), lane);
    } else {
      models_[lane].reject();
    }
    if (!std::isfinite(state.best)) {
      state.done = Status::diverged;
    } else if (state.best <= state.tolerance) {
      state.done = Status::converged;
    } else if (this->spent(state)) {
      state.done = Status::max_iterations;
    }
    return better;
  }

  // Residuals and their derivatives by the inputs, one pass of Algorithm 1 for each output.
  void linearize() {
    const ObjectiveLanes<T> objective = this->objective_.lanes(workspace_.lanes());
    const std::size_t last = job_.chain.stages().size() - 1;
    for (std::size_t output = 0; output < n_outputs_; ++output) {
      const Lanes<T> delta = workspace_.deltas(last);
      residual_gradient<T>(objective, workspace_.outputs(), output, delta);
      activate_backward<T>(job_.chain.output_activation(), workspace_.kept(last), delta, delta);
      backward_nodes(job_.chain, workspace_);
      for (std::size_t lane = 0; lane < active_; ++lane) {
        if (fresh_[lane] == 0) continue;
        const double value = residual<T>(objective, workspace_.outputs(), output, lane);
        models_[lane].set(output, value, workspace_.deltas(0), lane);
      }
    }
  }

  // The next point to try; none that is another: stationary.
  void propose(std::size_t lane) {
    Lane& state = lanes_[lane];
    const std::span<const double> step = solver_.step(
        models_[lane], settings_, [&](std::size_t i, double gradient) { return blocked(lane, i, gradient); });
    const Lanes<T> x = workspace_.inputs();
    const Lanes<T> from = this->best();
    bool moved = false;
    for (std::size_t i = 0; i < n_inputs_; ++i) {
      const T old = from[i][lane];
      T value = static_cast<T>(static_cast<double>(old) + step[i]);
      if (!std::isfinite(value)) value = old;
      job_.bounds.project(i, value);
      moved = moved || value != old;
      x[i][lane] = value;
    }
    if (moved) {
      ++state.iterations;
    } else {
      state.done = Status::stationary;
    }
  }

  // At a bound, with descent leading out.
  [[nodiscard]] bool blocked(std::size_t lane, std::size_t i, double gradient) {
    if (job_.bounds.lower.empty()) return false;
    const T x = this->best()[i][lane];
    return (x <= job_.bounds.lower[i] && gradient > 0) || (x >= job_.bounds.upper[i] && gradient < 0);
  }

  LevenbergMarquardt settings_;
  std::size_t n_outputs_;
  DampedSolver solver_;
  std::vector<LinearModel> models_;
  std::vector<std::uint8_t> fresh_;  // 1 where this iteration's point was taken
};

}  // namespace lso
