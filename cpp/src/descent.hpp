// Steps along derivatives: the paper's Algorithm 3, and Adam's.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lso/activation.hpp"
#include "lso/memory.hpp"
#include "lso/optimizers.hpp"

namespace lso {

// S = sum of D^2: in T over stretches of 1,024, in double over those, or all in double where T overflows.
template <class T>
[[nodiscard]] double squared_norm(std::span<const T> derivatives);

// Whether Algorithm 3's step is one: S = 0 is stationary, and diverged where T may overflow.
template <class T>
[[nodiscard]] StepOutcome check_step(double change, double squared_norm);

// Algorithm 3 given S: add D * C / S to V. V stays where check_step finds no step.
template <class T>
StepOutcome descend(std::span<T> values, std::span<const T> derivatives, double change, double squared_norm);

// S for each lane of `derivatives` (n_values, lanes).
template <class T>
void squared_norms(Lanes<const T> derivatives, double* out);

// Adam (Kingma and Ba 2015, Algorithm 1).
template <class T>
class AdamState {
 public:
  AdamState(const Adam& settings, std::size_t n_values);
  void step(std::span<T> values, std::span<const T> derivatives);

  // The same in pieces: the next step begins, then each piece from value `first` on is moved, in any order.
  void begin_step();
  void move(std::size_t first, std::span<T> values, std::span<const T> derivatives);
  // A layer's weights (m, n) from `first` on, whose derivatives are delta (m,) x^T (n,); n is padded (kernels.hpp).
  void move_outer(std::size_t first, std::size_t m, std::size_t n, const T* delta, const T* x, T* weights);

 private:
  Adam settings_;
  std::vector<T, AlignedAllocator<T>> first_;
  std::vector<T, AlignedAllocator<T>> second_;
  std::size_t steps_ = 0;
  double rate_ = 0;  // of this step, and its epsilon
  double epsilon_ = 0;
};

}  // namespace lso
