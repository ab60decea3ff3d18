#include "optimize/marquardt.hpp"

namespace lso {

// The lower triangle of J J^T or J^T J, damped, into its Cholesky factor. False where it has none in double.
bool DampedSolver::factor(double damping) {
  const bool by_rows = m_ <= n_;
  const std::size_t inner = by_rows ? n_ : m_;
  const std::size_t outer_step = by_rows ? n_ : 1;
  const std::size_t inner_step = by_rows ? 1 : n_;
  for (std::size_t i = 0; i < size_; ++i) {
    pace_.worked(strided * (i + 1) * (inner + i / 2));
    for (std::size_t j = 0; j <= i; ++j) {
      const double* a = free_.data() + i * outer_step;
      const double* b = free_.data() + j * outer_step;
      double sum = i == j ? damping : 0.0;
      for (std::size_t p = 0; p < inner; ++p) sum += a[p * inner_step] * b[p * inner_step];
      for (std::size_t p = 0; p < j; ++p) sum -= matrix_[i * size_ + p] * matrix_[j * size_ + p];
      if (i == j && !(sum > 0)) return false;
      matrix_[i * size_ + j] = i == j ? std::sqrt(sum) : sum / matrix_[j * size_ + j];
    }
  }
  return true;
}

void DampedSolver::solve(const LinearModel& model) {
  if (!factor(model.damping_)) return;
  const bool by_rows = m_ <= n_;
  for (std::size_t i = 0; i < size_; ++i) {
    double sum = by_rows ? -model.residual_[i] : -gradient_[i];
    for (std::size_t p = 0; p < i; ++p) sum -= matrix_[i * size_ + p] * right_[p];
    right_[i] = sum / matrix_[i * size_ + i];
  }
  for (std::size_t i = size_; i-- > 0;) {
    double sum = right_[i];
    for (std::size_t p = i + 1; p < size_; ++p) sum -= matrix_[p * size_ + i] * right_[p];
    right_[i] = sum / matrix_[i * size_ + i];
  }
  if (!by_rows) {
    std::ranges::copy(right_, step_.begin());
    return;
  }
  for (std::size_t r = 0; r < m_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) step_[i] += free_[r * n_ + i] * right_[r];
  }
}

// h to t h of length `most`, if it is longer, and what that promises: E - |r + t J h|^2 = -2 t h^T g + t^2 (h^T g +
// mu |h|^2).
void DampedSolver::shorten(LinearModel& model, double most) {
  double squared = 0;
  double slope = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    squared += step_[i] * step_[i];
    slope += step_[i] * gradient_[i];
  }
  if (!(squared > most * most)) return;
  const double t = most / std::sqrt(squared);
  for (double& value : step_) value *= t;
  model.predicted_ = -2 * t * slope + t * t * (slope + model.damping_ * squared);
}

}  // namespace lso
