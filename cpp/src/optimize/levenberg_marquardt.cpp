// Levenberg-Marquardt on a tile of starts.
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "optimize/marquardt.hpp"
#include "optimize/tile.hpp"

namespace lso {

namespace {
template <class T>
class MarquardtTile final : public Tile<T> {
 public:
  MarquardtTile(Job<T>& job, std::size_t lanes, const LevenbergMarquardt& settings)
      : Tile<T>(job, lanes),
        settings_(settings),
        solver_(problem_.n_residuals(), n_inputs_, &job.stop),
        models_(problem_.capacity(), LinearModel(problem_.n_residuals(), n_inputs_)) {}

 private:
  using typename Tile<T>::Lane;
  using Tile<T>::job_, Tile<T>::problem_, Tile<T>::lanes_, Tile<T>::active_, Tile<T>::n_inputs_;

  void begin_lane(std::size_t lane) override { models_[lane].begin(); }
  void move_lane(std::size_t from, std::size_t to) override { std::swap(models_[from], models_[to]); }

  // The inputs are points to be tried: forward, error; a linear model of the residuals where a point is better than
  // the one before; then each lane's next point.
  void iterate() override {
    problem_.forward();
    problem_.evaluate();
    bool any = false;
    for (std::size_t lane = 0; lane < active_; ++lane) {
      accept(lane);
      any = any || (lanes_[lane].current && !lanes_[lane].done);
    }
    if (any) linearize();
    for (std::size_t lane = 0; lane < active_; ++lane) {
      if (!lanes_[lane].done) propose(lane);
    }
  }

  // The point is taken where it is the first, where it lowers the error, and where all is met.
  void accept(std::size_t lane) {
    Lane& state = lanes_[lane];
    const double error = problem_.error(lane);
    this->record(lane, error);
    const bool met = std::isfinite(error) && problem_.met(lane);
    state.current = met || error < state.best;
    if (state.current) {
      models_[lane].accept(state.best - error);
      state.best = error;
      this->copy_lane(problem_.inputs(), lane, this->best(), lane);
    } else {
      models_[lane].reject();
    }
    if (!std::isfinite(state.best)) {
      state.done = Status::diverged;
    } else if (met) {
      state.done = Status::converged;
    } else if (this->spent(state)) {
      state.done = Status::max_iterations;
    }
  }

  // Residuals and their derivatives by the inputs, for the lanes whose point was taken.
  void linearize() {
    problem_.linearize([&](std::size_t row, const double* residual, Lanes<const T> derivatives) {
      for (std::size_t lane = 0; lane < active_; ++lane) {
        if (lanes_[lane].current) models_[lane].set(row, residual[lane], derivatives, lane);
      }
    });
  }

  // The next point to try; none that is another: stationary.
  void propose(std::size_t lane) {
    Lane& state = lanes_[lane];
    const std::span<const double> step = solver_.step(
        models_[lane], settings_, [&](std::size_t i, double gradient) { return blocked(lane, i, gradient); });
    const Lanes<T> x = problem_.inputs();
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
  DampedSolver solver_;
  std::vector<LinearModel> models_;
};
}  // namespace

template <class T>
std::unique_ptr<Tile<T>> LevenbergMarquardt::tile(Job<T>& job, std::size_t lanes) const {
  job.problem.for_each_term([](const Asked<T>& asked) {
    if (asked.term->n_residuals() > 0) return;
    throw std::invalid_argument(
        "optimizer: expected NormalizedGradientDescent for a term that is no sum of squares, got LevenbergMarquardt");
  });
  return std::make_unique<MarquardtTile<T>>(job, lanes, *this);
}

template std::unique_ptr<Tile<float>> LevenbergMarquardt::tile(Job<float>&, std::size_t) const;
template std::unique_ptr<Tile<double>> LevenbergMarquardt::tile(Job<double>&, std::size_t) const;

}  // namespace lso
