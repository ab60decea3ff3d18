// What the output must meet: a value E for each sample and its derivative by the output nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lso/activation.hpp"
#include "lso/view.hpp"
#include "lso/workspace.hpp"

namespace lso {

enum class Loss : std::uint8_t {
  squared_error,              // sum w (y - t)^2: the paper's "total squared error", no 1/2
  binary_cross_entropy,       // -sum w (t log y + (1 - t) log(1 - y))
  categorical_cross_entropy,  // -sum w t log y
  interval,                   // sum w (distance of y from [t, upper])^2
};

[[nodiscard]] std::string_view name(Loss loss);
[[nodiscard]] Loss parse_loss(std::string_view name);

// Targets for n samples, (n, n_outputs), or (1, n_outputs) shared by all. No weights: all ones. A weight of zero is
// "don't care".
template <class T>
struct Objective {
  Loss loss = Loss::squared_error;
  Rows<const T> target;
  Rows<const T> upper;    // interval only
  Rows<const T> weights;  // may be empty

  // The row of `rows` that holds for a sample.
  [[nodiscard]] static std::span<const T> row(Rows<const T> rows, std::size_t sample) {
    return rows[rows.rows == 1 ? 0 : sample];
  }
  // Sum of a sample's output weights: what turns a squared error into a mean one.
  [[nodiscard]] double total_weight(std::size_t sample) const;
};

// The same in lane layout: what belongs to the samples that now stand in the lanes.
template <class T>
struct ObjectiveLanes {
  Loss loss = Loss::squared_error;
  Lanes<T> target;
  Lanes<T> upper;    // data may be null
  Lanes<T> weights;  // data may be null
};

// The memory behind it. Refers to the objective, which must outlive it.
template <class T>
class ObjectiveBuffer {
 public:
  ObjectiveBuffer(const Objective<T>& objective, std::size_t capacity);

  void load(std::size_t sample, std::size_t lane);
  // sample(i) into lane i, for `count` of them; the target only where wanted.
  template <class Sample>
  void load_all(std::size_t count, Sample sample, bool target = true) {
    const ObjectiveLanes<T> all = lanes(capacity_);
    const auto fill = [&](Rows<const T> rows, Lanes<T> to) {
      if (to.data != nullptr) {
        load_lanes<T>(count, [&](std::size_t i) { return Objective<T>::row(rows, sample(i)).data(); }, to);
      }
    };
    if (target) fill(objective_.target, all.target);
    fill(objective_.upper, all.upper);
    fill(objective_.weights, all.weights);
  }
  [[nodiscard]] ObjectiveLanes<T> lanes(std::size_t n);

 private:
  const Objective<T>& objective_;
  std::size_t capacity_;
  AlignedBuffer<T> target_;
  AlignedBuffer<T> upper_;
  AlignedBuffer<T> weights_;
};

// Whether E is a sum of squared residuals.
[[nodiscard]] bool is_least_squares(Loss loss);

// Of a least-squares objective: residual r of one output and lane, E = sum of r^2.
template <class T>
[[nodiscard]] double residual(const ObjectiveLanes<T>& objective, Lanes<const T> y, std::size_t output,
                              std::size_t lane);

// And its derivative by all outputs, g (n_outputs, lanes): zero but for its own.
template <class T>
void residual_gradient(const ObjectiveLanes<T>& objective, Lanes<const T> y, std::size_t output, Lanes<T> g);

// y (n_outputs, lanes) -> error[lane] = E of that lane.
template <class T>
void objective_value(const ObjectiveLanes<T>& objective, Lanes<const T> y, double* error);

// y (n_outputs, lanes) and what their activation kept -> delta = dE/dz of the output nodes (the paper's ND), z their
// pre-activation. Where a cross-entropy meets its own activation the product is taken in closed form, y - t, which does
// not lose digits. error[lane] = E as well, unless null.
template <class T>
void objective_delta(const ObjectiveLanes<T>& objective, Activation activation, Lanes<const T> y, Lanes<const T> kept,
                     Lanes<T> delta, double* error = nullptr);

}  // namespace lso
