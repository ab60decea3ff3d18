#include "lso/objective.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/kernels.hpp"
#include "names.hpp"

namespace lso {

namespace {
constexpr std::array<std::string_view, 4> names{"squared_error", "binary_cross_entropy", "categorical_cross_entropy",
                                                "interval"};

// An output of exactly 0 or 1 stands for the nearest number that has a logarithm.
template <class T>
T open_unit(T y) {
  return std::clamp(y, std::numeric_limits<T>::min(), T(1) - std::numeric_limits<T>::epsilon() / 2);
}

// f(y, target, weight, node, lane) over all outputs; a missing weight is one.
template <class T, class F>
void for_outputs(const ObjectiveLanes<T>& objective, Lanes<const T> y, F f) {
  for (std::size_t node = 0; node < y.nodes; ++node) {
    const T* values = y[node];
    const T* target = objective.target[node];
    const T* weight = objective.weights.data != nullptr ? objective.weights[node] : nullptr;
    for (std::size_t lane = 0; lane < y.lanes; ++lane) {
      f(values[lane], target[lane], weight != nullptr ? weight[lane] : T(1), node, lane);
    }
  }
}
}  // namespace

std::string_view name(Loss loss) { return names[static_cast<std::size_t>(loss)]; }

Loss parse_loss(std::string_view text) { return parse_name<Loss>("objective", names, text); }

template <class T>
double Objective<T>::total_weight(std::size_t sample) const {
  if (weights.empty()) return static_cast<double>(target.cols);
  double total = 0;
  for (const T weight : row(weights, sample)) total += static_cast<double>(weight);
  return total;
}

template <class T>
ObjectiveBuffer<T>::ObjectiveBuffer(const Objective<T>& objective, std::size_t capacity)
    : objective_(objective),
      capacity_(capacity),
      target_(objective.target.cols * capacity),
      upper_(objective.upper.empty() ? 0 : target_.size()),
      weights_(objective.weights.empty() ? 0 : target_.size()) {}

template <class T>
void ObjectiveBuffer<T>::load(std::size_t sample, std::size_t lane) {
  const ObjectiveLanes<T> all = lanes(capacity_);
  load_lane<T>(Objective<T>::row(objective_.target, sample), all.target, lane);
  if (!objective_.upper.empty()) load_lane<T>(Objective<T>::row(objective_.upper, sample), all.upper, lane);
  if (!objective_.weights.empty()) load_lane<T>(Objective<T>::row(objective_.weights, sample), all.weights, lane);
}

template <class T>
ObjectiveLanes<T> ObjectiveBuffer<T>::lanes(std::size_t n) {
  const auto view = [&](AlignedBuffer<T>& buffer) {
    return buffer.size() > 0 ? Lanes<T>{buffer.data(), objective_.target.cols, n, capacity_} : Lanes<T>{};
  };
  return {objective_.loss, view(target_), view(upper_), view(weights_)};
}

bool is_least_squares(Loss loss) { return loss == Loss::squared_error || loss == Loss::interval; }

namespace {
// The weight's root, which a residual carries.
template <class T>
double root_weight(const ObjectiveLanes<T>& objective, std::size_t output, std::size_t lane) {
  return objective.weights.data != nullptr ? std::sqrt(static_cast<double>(objective.weights[output][lane])) : 1.0;
}

// The end of the interval that y is outside of, or y. A squared error is an interval without extent.
template <class T>
T nearest(const ObjectiveLanes<T>& objective, T y, std::size_t output, std::size_t lane) {
  const T low = objective.target[output][lane];
  return objective.loss == Loss::interval ? std::clamp(y, low, objective.upper[output][lane]) : low;
}
}  // namespace

template <class T>
double residual(const ObjectiveLanes<T>& objective, Lanes<const T> y, std::size_t output, std::size_t lane) {
  const T value = y[output][lane];
  return root_weight(objective, output, lane) * static_cast<double>(value - nearest(objective, value, output, lane));
}

template <class T>
void residual_gradient(const ObjectiveLanes<T>& objective, Lanes<const T> y, std::size_t output, Lanes<T> g) {
  for (std::size_t node = 0; node < g.nodes; ++node) std::fill_n(g[node], g.lanes, T(0));
  for (std::size_t lane = 0; lane < g.lanes; ++lane) {
    const T value = y[output][lane];
    const bool inside = objective.loss == Loss::interval && value == nearest(objective, value, output, lane);
    g[output][lane] = inside ? T(0) : static_cast<T>(root_weight(objective, output, lane));
  }
}

namespace {
template <class T>
void squared_excess(const ObjectiveLanes<T>& objective, Lanes<const T> y, double* error, Lanes<T> g) {
  const T* upper = objective.loss == Loss::interval ? objective.upper.data : nullptr;
  kernels::kernels<T>().squared_excess({.nodes = y.nodes,
                                        .lanes = y.lanes,
                                        .y = y.data,
                                        .ldy = y.stride,
                                        .low = objective.target.data,
                                        .high = upper,
                                        .weight = objective.weights.data,
                                        .ld = objective.target.stride},
                                       error, g.data, g.stride);
}
}  // namespace

template <class T>
void objective_value(const ObjectiveLanes<T>& objective, Lanes<const T> y, double* error) {
  if (is_least_squares(objective.loss)) return squared_excess<T>(objective, y, error, {});
  std::fill_n(error, y.lanes, 0.0);
  const auto add = [&](auto term) {
    for_outputs(objective, y, [&](T v, T t, T w, std::size_t, std::size_t lane) {
      error[lane] += static_cast<double>(w) * term(static_cast<double>(v), static_cast<double>(t));
    });
  };
  const auto log_open = [](double v) { return std::log(static_cast<double>(open_unit(static_cast<T>(v)))); };
  if (objective.loss == Loss::binary_cross_entropy) {
    return add([&](double v, double t) {
      return -(t * log_open(v) + (1.0 - t) * std::log1p(-static_cast<double>(open_unit(static_cast<T>(v)))));
    });
  }
  add([&](double v, double t) { return t == 0.0 ? 0.0 : -t * log_open(v); });
}

namespace {
// dE/dy (n_outputs, lanes).
template <class T>
void value_gradient(const ObjectiveLanes<T>& objective, Lanes<const T> y, Lanes<T> g) {
  const auto set = [&](auto slope) {
    for_outputs(objective, y,
                [&](T v, T t, T w, std::size_t node, std::size_t lane) { g[node][lane] = w * slope(v, t); });
  };
  if (objective.loss == Loss::binary_cross_entropy) {
    return set([](T v, T t) {
      const T p = open_unit(v);
      return (p - t) / (p * (T(1) - p));
    });
  }
  set([](T v, T t) { return -t / open_unit(v); });
}

// Softmax of groups of `size` outputs under categorical cross-entropy: dE/dz_i = y_i sum_j w_j t_j - w_i t_i, the sum
// over i's group.
template <class T>
void softmax_cross_entropy_delta(const ObjectiveLanes<T>& objective, Lanes<const T> y, std::size_t size,
                                 Lanes<T> delta) {
  const auto weighted_target = [&](std::size_t node, std::size_t lane) {
    return (objective.weights.data != nullptr ? objective.weights[node][lane] : T(1)) * objective.target[node][lane];
  };
  for (std::size_t first = 0; first < y.nodes; first += size) {
    for (std::size_t lane = 0; lane < y.lanes; ++lane) {
      T total = 0;
      for (std::size_t node = first; node < first + size; ++node) total += weighted_target(node, lane);
      for (std::size_t node = first; node < first + size; ++node) {
        delta[node][lane] = y[node][lane] * total - weighted_target(node, lane);
      }
    }
  }
}
}  // namespace

template <class T>
void objective_delta(const ObjectiveLanes<T>& objective, Activation activation, Lanes<const T> y, Lanes<const T> kept,
                     Lanes<T> delta, double* error) {
  if (is_least_squares(objective.loss)) {
    squared_excess<T>(objective, y, error, delta);
    return activate_backward<T>(activation, kept, delta, delta);
  }
  if (error != nullptr) objective_value(objective, y, error);
  if (objective.loss == Loss::binary_cross_entropy && activation == Activation::sigmoid) {
    return for_outputs(objective, y,
                       [&](T v, T t, T w, std::size_t node, std::size_t lane) { delta[node][lane] = w * (v - t); });
  }
  if (objective.loss == Loss::categorical_cross_entropy && activation.index() == Activation::softmax.index()) {
    return softmax_cross_entropy_delta(objective, y, activation.group(y.nodes), delta);
  }
  value_gradient(objective, y, delta);
  activate_backward<T>(activation, kept, delta, delta);
}

#define LSO_INSTANTIATE(T)                                                                                      \
  template struct Objective<T>;                                                                                 \
  template class ObjectiveBuffer<T>;                                                                            \
  template double residual(const ObjectiveLanes<T>&, Lanes<const T>, std::size_t, std::size_t);                 \
  template void residual_gradient(const ObjectiveLanes<T>&, Lanes<const T>, std::size_t, Lanes<T>);             \
  template void objective_value(const ObjectiveLanes<T>&, Lanes<const T>, double*);                             \
  template void objective_delta(const ObjectiveLanes<T>&, Activation, Lanes<const T>, Lanes<const T>, Lanes<T>, \
                                double*);
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
