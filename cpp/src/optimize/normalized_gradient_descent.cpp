// Algorithm 3 on a tile of starts.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "descent.hpp"
#include "kernels/kernels.hpp"
#include "optimize/tile.hpp"

namespace lso {

namespace {
template <class T>
class DescentTile final : public Tile<T> {
 public:
  DescentTile(Job<T>& job, std::size_t lanes, const NormalizedGradientDescent& settings)
      : Tile<T>(job, lanes),
        settings_(settings),
        improved_(problem_.capacity()),
        norm_(problem_.capacity()),
        scale_(problem_.capacity()),
        moved_(problem_.capacity()) {}

 private:
  using typename Tile<T>::Lane;
  using Tile<T>::job_, Tile<T>::problem_, Tile<T>::lanes_, Tile<T>::active_, Tile<T>::n_inputs_;

  // Forward, error, nodes' derivatives (Algorithm 1), step (Algorithm 3).
  void iterate() override {
    problem_.forward();
    if (std::all_of(lanes_.begin(), lanes_.begin() + static_cast<std::ptrdiff_t>(active_),
                    [&](const Lane& lane) { return this->spent(lane); })) {
      problem_.evaluate();
    } else {
      problem_.evaluate_backward();
      squared_norms<T>(problem_.gradient(), norm_.data());
    }
    for (std::size_t lane = 0; lane < active_; ++lane) look_at(lane);
    move();
  }

  // What its error means for a start: done, or the scale C / S of its step.
  void look_at(std::size_t lane) {
    Lane& state = lanes_[lane];
    const double error = problem_.error(lane);
    this->record(lane, error);
    const bool met = std::isfinite(error) && problem_.met(lane);
    state.current = met || error < state.best;
    improved_.data()[lane] = state.current ? T(1) : T(0);
    if (state.current) state.best = error;
    if (!std::isfinite(error)) {
      state.done = Status::diverged;
    } else if (met) {
      state.done = Status::converged;
    } else if (this->spent(state)) {
      state.done = Status::max_iterations;
    } else if (norm_[lane] == 0.0) {
      state.done = Status::stationary;
    }
    scale_[lane] = state.done ? 0.0 : settings_.change(error, norm_[lane]) / norm_[lane];
  }

  // Keeps the best points, then moves every lane. A step that the bounds undo is stationary.
  void move() {
    const Lanes<T> x = problem_.inputs();
    const auto& kernels = kernels::kernels<T>();
    kernels.keep_lanes(n_inputs_, active_, x.stride, x.data, improved_.data(), this->best_.data());
    const auto side = [](const std::vector<T>& bound) { return bound.empty() ? nullptr : bound.data(); };
    kernels.move_lanes({.nodes = n_inputs_,
                        .lanes = active_,
                        .ld = x.stride,
                        .x = x.data,
                        .derivatives = problem_.gradient().data,
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

  NormalizedGradientDescent settings_;
  AlignedBuffer<T> improved_;  // 1 where this iteration's point is the best so far
  std::vector<double> norm_;
  std::vector<double> scale_;
  std::vector<double> moved_;
};
}  // namespace

template <class T>
std::unique_ptr<Tile<T>> NormalizedGradientDescent::tile(Job<T>& job, std::size_t lanes) const {
  return std::make_unique<DescentTile<T>>(job, lanes, *this);
}

template std::unique_ptr<Tile<float>> NormalizedGradientDescent::tile(Job<float>&, std::size_t) const;
template std::unique_ptr<Tile<double>> NormalizedGradientDescent::tile(Job<double>&, std::size_t) const;

}  // namespace lso
