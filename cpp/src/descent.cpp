#include "lso/descent.hpp"

#include <algorithm>
#include <cmath>

namespace lso {

template <class T>
double squared_norm(std::span<const T> derivatives) {
  double sum = 0;
  for (const T d : derivatives) sum += static_cast<double>(d) * static_cast<double>(d);
  return sum;
}

template <class T>
StepOutcome descend(std::span<T> values, std::span<const T> derivatives, double change, double squared_norm) {
  if (squared_norm == 0.0) return StepOutcome::stationary;
  const double scale = change / squared_norm;
  const auto moved = [&](std::size_t i) {
    return static_cast<T>(static_cast<double>(values[i]) + static_cast<double>(derivatives[i]) * scale);
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(moved(i))) return StepOutcome::diverged;
  }
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = moved(i);
  return StepOutcome::moved;
}

template <class T>
void squared_norms(Lanes<const T> derivatives, double* out) {
  std::fill_n(out, derivatives.lanes, 0.0);
  for (std::size_t i = 0; i < derivatives.nodes; ++i) {
    const T* row = derivatives[i];
    for (std::size_t lane = 0; lane < derivatives.lanes; ++lane) {
      out[lane] += static_cast<double>(row[lane]) * static_cast<double>(row[lane]);
    }
  }
}

template <class T>
AdamState<T>::AdamState(const Adam& settings, std::size_t n_values)
    : settings_(settings), first_(n_values), second_(n_values) {}

template <class T>
StepOutcome AdamState<T>::step(std::span<T> values, std::span<const T> derivatives) {
  ++steps_;
  const double t = static_cast<double>(steps_);
  const T b1 = static_cast<T>(settings_.beta1);
  const T b2 = static_cast<T>(settings_.beta2);
  const T rate = static_cast<T>(settings_.learning_rate / (1.0 - std::pow(settings_.beta1, t)));
  const T unbias = static_cast<T>(1.0 / (1.0 - std::pow(settings_.beta2, t)));
  const T epsilon = static_cast<T>(settings_.epsilon);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T d = derivatives[i];
    first_[i] = b1 * first_[i] + (T(1) - b1) * d;
    second_[i] = b2 * second_[i] + (T(1) - b2) * d * d;
    values[i] -= rate * first_[i] / (std::sqrt(second_[i] * unbias) + epsilon);
  }
  return StepOutcome::moved;
}

#define LSO_INSTANTIATE(T)                                                        \
  template double squared_norm(std::span<const T>);                               \
  template StepOutcome descend(std::span<T>, std::span<const T>, double, double); \
  template void squared_norms(Lanes<const T>, double*);                           \
  template class AdamState<T>;
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
