#include "descent.hpp"

#include <cmath>
#include <limits>

#include "kernels/kernels.hpp"

namespace lso {

template <class T>
double squared_norm(std::span<const T> derivatives) {
  const double sum = kernels::kernels<T>().squared_norm(derivatives.size(), derivatives.data());
  constexpr double smallest = std::numeric_limits<T>::min();
  if (sum > smallest / std::numeric_limits<T>::epsilon() && std::isfinite(sum)) return sum;
  double exact = 0;  // squares beyond the range of T
  for (const T d : derivatives) exact += static_cast<double>(d) * static_cast<double>(d);
  return exact;
}

template <class T>
StepOutcome check_step(double change, double squared_norm) {
  if (squared_norm == 0.0) return StepOutcome::stationary;
  // no derivative is larger than the root of S
  const double largest = std::abs(change) / std::sqrt(squared_norm);
  return largest < std::numeric_limits<T>::max() / 2 ? StepOutcome::moved : StepOutcome::diverged;
}

template <class T>
StepOutcome descend(std::span<T> values, std::span<const T> derivatives, double change, double squared_norm) {
  const StepOutcome outcome = check_step<T>(change, squared_norm);
  if (outcome != StepOutcome::moved) return outcome;
  const double scale = change / squared_norm;
  if (std::abs(scale) < std::numeric_limits<T>::max()) {
    kernels::kernels<T>().add_scaled(values.size(), static_cast<T>(scale), derivatives.data(), values.data());
  } else {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<T>(static_cast<double>(values[i]) + static_cast<double>(derivatives[i]) * scale);
    }
  }
  return StepOutcome::moved;
}

template <class T>
void squared_norms(Lanes<const T> derivatives, double* out) {
  kernels::kernels<T>().squared_norms(derivatives.nodes, derivatives.lanes, derivatives.data, derivatives.stride, out);
}

template <class T>
AdamState<T>::AdamState(const Adam& settings, std::size_t n_values)
    : settings_(settings), first_(n_values), second_(n_values) {}

template <class T>
void AdamState<T>::begin_step() {
  const double t = static_cast<double>(++steps_);
  const double unbias = std::sqrt(1.0 - std::pow(settings_.beta2, t));
  rate_ = settings_.learning_rate * unbias / (1.0 - std::pow(settings_.beta1, t));
  epsilon_ = settings_.epsilon * unbias;
}

namespace {
template <class T>
kernels::AdamStep<T> kernel_step(const Adam& settings, double rate, double epsilon) {
  return {.beta1 = static_cast<T>(settings.beta1),
          .beta2 = static_cast<T>(settings.beta2),
          .epsilon = static_cast<T>(epsilon),
          .rate = static_cast<T>(rate)};
}
}  // namespace

template <class T>
void AdamState<T>::move(std::size_t first, std::span<T> values, std::span<const T> derivatives) {
  kernels::kernels<T>().adam(values.size(), kernel_step<T>(settings_, rate_, epsilon_), derivatives.data(),
                             first_.data() + first, second_.data() + first, values.data());
}

template <class T>
void AdamState<T>::move_outer(std::size_t first, std::size_t m, std::size_t n, const T* delta, const T* x, T* weights) {
  kernels::kernels<T>().adam_outer(m, n, kernel_step<T>(settings_, rate_, epsilon_), delta, x, first_.data() + first,
                                   second_.data() + first, weights);
}

template <class T>
void AdamState<T>::step(std::span<T> values, std::span<const T> derivatives) {
  begin_step();
  move(0, values, derivatives);
}

#define LSO_INSTANTIATE(T)                                                        \
  template double squared_norm(std::span<const T>);                               \
  template StepOutcome check_step<T>(double, double);                             \
  template StepOutcome descend(std::span<T>, std::span<const T>, double, double); \
  template void squared_norms(Lanes<const T>, double*);                           \
  template class AdamState<T>;
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
