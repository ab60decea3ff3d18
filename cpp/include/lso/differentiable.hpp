// A model of one's own, of any kind: a function of samples that can go backward. As a part of a chain (Network's second
// constructor) it stands wherever a network does, but for training.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "lso/activation.hpp"
#include "lso/view.hpp"

namespace lso {

// One thread's passes through a Differentiable, with the memory that they need, and what backward needs of the last
// forward.
template <class T>
class DifferentiablePass {
 public:
  DifferentiablePass() = default;
  DifferentiablePass(const DifferentiablePass&) = delete;
  DifferentiablePass& operator=(const DifferentiablePass&) = delete;
  virtual ~DifferentiablePass() = default;

  // x (n_inputs, lanes) -> y (n_outputs, lanes), each lane by itself. Must not allocate, if the loop is not to. What
  // is not finite ends its sample as diverged; Interruption ends the run with all that was reached.
  virtual void forward(Lanes<const T> x, Lanes<T> y) = 0;
  // g (n_outputs, lanes) = dE/dy, and x and y as forward had them last -> out (n_inputs, lanes) = dE/dx. Called any
  // number of times after a forward.
  virtual void backward(Lanes<const T> x, Lanes<const T> y, Lanes<const T> g, Lanes<T> out) = 0;
};

template <class T>
class Differentiable {
 public:
  Differentiable() = default;
  Differentiable(const Differentiable&) = delete;
  Differentiable& operator=(const Differentiable&) = delete;
  virtual ~Differentiable() = default;

  [[nodiscard]] virtual std::size_t n_inputs() const = 0;
  [[nodiscard]] virtual std::size_t n_outputs() const = 0;
  // For at most so many lanes.
  [[nodiscard]] virtual std::unique_ptr<DifferentiablePass<T>> pass(std::size_t lanes) const = 0;

  // How many lanes a call has where there are as many samples, up to a multiple of 8, and never more: many where a call
  // is dear, few where memory is short. 0: it is all the same.
  [[nodiscard]] virtual std::size_t lanes_per_call() const { return 0; }
  // Whether several threads may have a pass each; else one thread does all of a run.
  [[nodiscard]] virtual bool is_concurrent() const { return true; }
};

// What two of them may have together.
[[nodiscard]] constexpr std::size_t common_lanes(std::size_t a, std::size_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

// What most libraries have is samples in rows: rows (n, n_features) into the first n lanes (n_features, lanes), and
// back.
template <class T>
void rows_to_lanes(Rows<const T> rows, Lanes<T> lanes);
template <class T>
void lanes_to_rows(Lanes<const T> lanes, Rows<T> rows);

}  // namespace lso
