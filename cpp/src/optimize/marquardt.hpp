// One start's part in Levenberg-Marquardt: its linear model of the residuals, its damping, and the damped step.
//
// Marquardt 1963 with the damping rule of Nielsen 1999 (as in Madsen, Nielsen and Tingleff 2004, Algorithm 3.16).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "lso/activation.hpp"
#include "lso/optimizers.hpp"
#include "pace.hpp"

namespace lso {

// r (m,) and J = dr/dx (m, n) at the best point so far, and the damping mu with the factor nu that a failure raises it
// by.
class LinearModel {
 public:
  LinearModel(std::size_t m, std::size_t n) : n_(n), residual_(m), jacobian_(m * n) {}

  void begin() {
    damping_ = 0;
    raise_ = 2;
    predicted_ = 0;
  }

  // The step lowered E by `gain`: Nielsen's rule by how much of what the model promised that is.
  void accept(double gain) {
    if (predicted_ > 0 && std::isfinite(gain)) {
      const double ratio = std::min(gain / predicted_, 1.0);
      damping_ *= std::max(1.0 / 3.0, 1.0 - std::pow(2.0 * ratio - 1.0, 3));
    }
    raise_ = 2;
  }
  void reject() {
    damping_ *= raise_;
    raise_ *= 2;
  }

  // Residual `row` and its gradient, which stands in a lane of `derivatives` (n, lanes).
  template <class T>
  void set(std::size_t row, double residual, Lanes<const T> derivatives, std::size_t lane) {
    residual_[row] = residual;
    for (std::size_t i = 0; i < n_; ++i) jacobian_[row * n_ + i] = static_cast<double>(derivatives[i][lane]);
  }

 private:
  friend class DampedSolver;
  std::size_t n_;
  std::vector<double> residual_;
  std::vector<double> jacobian_;
  double damping_ = 0;
  double raise_ = 2;
  double predicted_ = 0;
};

// h that solves (J^T J + mu I) h = -J^T r; where there are fewer residuals than inputs by way of the smaller
// (J J^T + mu I) u = -r, h = J^T u.
class DampedSolver {
 public:
  DampedSolver(std::size_t m, std::size_t n, StopSignal* stop = nullptr)
      : pace_(stop),
        m_(m),
        n_(n),
        size_(std::min(m, n)),
        free_(m * n),
        gradient_(n),
        matrix_(size_ * size_),
        right_(size_),
        step_(n) {}

  // blocked(i, gradient of E by input i / 2): the input stays where it is. The step is zero where nothing is left.
  // Throws Interruption where `stop` says so.
  template <class Blocked>
  std::span<const double> step(LinearModel& model, const LevenbergMarquardt& settings, Blocked blocked) {
    free_ = model.jacobian_;
    for (std::size_t i = 0; i < n_; ++i) {
      double sum = 0;
      for (std::size_t r = 0; r < m_; ++r) sum += model.jacobian_[r * n_ + i] * model.residual_[r];
      gradient_[i] = sum;
      pace_.worked(strided * m_);
      if (!blocked(i, sum)) continue;
      gradient_[i] = 0;
      for (std::size_t r = 0; r < m_; ++r) free_[r * n_ + i] = 0;
    }
    double squares = 0;
    for (const double value : free_) squares += value * value;
    if (model.damping_ == 0) model.damping_ = settings.damping * squares / static_cast<double>(size_);
    std::ranges::fill(step_, 0.0);
    if (squares > 0 && std::isfinite(squares)) solve(model);
    double promised = 0;  // E - |r + J h|^2 = mu |h|^2 - h^T g
    for (std::size_t i = 0; i < n_; ++i) promised += step_[i] * (model.damping_ * step_[i] - gradient_[i]);
    model.predicted_ = promised;
    if (settings.max_step) shorten(model, *settings.max_step);
    return step_;
  }

 private:
  void solve(const LinearModel& model);
  void shorten(LinearModel& model, double most);
  [[nodiscard]] bool factor(double damping);

  Pace pace_;
  std::size_t m_, n_, size_;
  std::vector<double> free_;      // (m, n): J without the inputs that are blocked
  std::vector<double> gradient_;  // (n,): J^T r
  std::vector<double> matrix_;    // (size, size), its lower triangle
  std::vector<double> right_;
  std::vector<double> step_;
  static constexpr std::size_t strided = 8;  // what a multiply-add here costs, of those that a vector takes
};

}  // namespace lso
