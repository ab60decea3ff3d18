// How values are changed by their derivatives: the paper's Algorithm 3, and Adam.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lso/activation.hpp"

namespace lso {

// C of Algorithm 3: the change of the error that a step asks for. Negative to descend.
struct DesiredChange {
  double value = -1.0;
  bool proportional = true;  // C = value * E, else C = value

  [[nodiscard]] double operator()(double error) const { return proportional ? value * error : value; }
};

enum class StepOutcome : std::uint8_t { moved, stationary, diverged };

// S = sum of D^2: in T over stretches of 1,024, in double over those, or all in double where T has no room.
template <class T>
[[nodiscard]] double squared_norm(std::span<const T> derivatives);

// Algorithm 3 given S: add D * C / S to V. S = 0 is stationary and a non-finite step diverged: V then stays.
template <class T>
StepOutcome descend(std::span<T> values, std::span<const T> derivatives, double change, double squared_norm);

// S for each lane of `derivatives` (n_values, lanes).
template <class T>
void squared_norms(Lanes<const T> derivatives, double* out);

// Kingma and Ba 2015, Algorithm 1.
struct Adam {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

template <class T>
class AdamState {
 public:
  AdamState(const Adam& settings, std::size_t n_values);
  StepOutcome step(std::span<T> values, std::span<const T> derivatives);

 private:
  Adam settings_;
  std::vector<T> first_;
  std::vector<T> second_;
  std::size_t steps_ = 0;
};

}  // namespace lso
