#include "lso/terms/cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace lso {

namespace {
// An output of exactly 0 or 1 stands for the nearest number that has a logarithm.
template <class T>
T open_unit(T y) {
  return std::clamp(y, std::numeric_limits<T>::min(), T(1) - std::numeric_limits<T>::epsilon() / 2);
}

template <class T>
double log_open(T y) {
  return std::log(static_cast<double>(open_unit(y)));
}

// f(y, target, weight, node, lane) over all values; a missing weight is one.
template <class T, class F>
void for_values(const TermInput<T>& at, F f) {
  for (std::size_t node = 0; node < at.values.nodes; ++node) {
    const T* y = at.values[node];
    const T* target = at.constants[0][node];
    const T* weight = at.constants.size() > 1 ? at.constants[1][node] : nullptr;
    for (std::size_t lane = 0; lane < at.values.lanes; ++lane) {
      f(y[lane], target[lane], weight != nullptr ? weight[lane] : T(1), node, lane);
    }
  }
}
}  // namespace

template <class T>
std::vector<Rows<const T>> CrossEntropy<T>::constants() const {
  std::vector<Rows<const T>> all{target_};
  if (!weights_.empty()) all.push_back(weights_);
  return all;
}

template <class T>
void CrossEntropy<T>::tell(const TermInput<T>& at, const TermOutput<T>& out) const {
  if (out.error == nullptr) return;
  value(at, out.error);
  if (out.met == nullptr) return;
  for (std::size_t lane = 0; lane < at.values.lanes; ++lane) out.met[lane] = out.error[lane] <= tolerance_ ? 1 : 0;
}

template <class T>
void CrossEntropy<T>::evaluate(const TermInput<T>& at, const TermOutput<T>& out) const {
  tell(at, out);
  if (out.gradient.data != nullptr) gradient(at, out.gradient);
}

template <class T>
void CrossEntropy<T>::evaluate_closed(const TermInput<T>& at, Activation activation, const TermOutput<T>& out) const {
  tell(at, out);
  if (out.gradient.data != nullptr) natural_delta(at, activation.group(at.values.nodes), out.gradient);
}

template <class T>
double CrossEntropy<T>::mse(const TermInput<T>& at, std::size_t lane, double /*error*/) const {
  double sum = 0;
  for (std::size_t node = 0; node < at.values.nodes; ++node) {
    const double difference =
        static_cast<double>(at.values[node][lane]) - static_cast<double>(at.constants[0][node][lane]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(at.values.nodes);
}

template <class T>
void CrossEntropy<T>::check(Activation activation) const {
  if (activation.traits().low >= 0 && activation.traits().high <= 1) return;
  throw std::invalid_argument(
      "objective: expected outputs in 0..1 under a cross-entropy, such as sigmoid's or softmax's, got " +
      activation.name() + " outputs");
}

template <class T>
void BinaryCrossEntropy<T>::value(const TermInput<T>& at, double* error) const {
  std::fill_n(error, at.values.lanes, 0.0);
  for_values(at, [&](T y, T t, T w, std::size_t, std::size_t lane) {
    const auto target = static_cast<double>(t);
    error[lane] += static_cast<double>(w) *
                   -(target * log_open(y) + (1.0 - target) * std::log1p(-static_cast<double>(open_unit(y))));
  });
}

template <class T>
void BinaryCrossEntropy<T>::gradient(const TermInput<T>& at, Lanes<T> g) const {
  for_values(at, [&](T y, T t, T w, std::size_t node, std::size_t lane) {
    const T p = open_unit(y);
    g[node][lane] = w * ((p - t) / (p * (T(1) - p)));
  });
}

template <class T>
void BinaryCrossEntropy<T>::natural_delta(const TermInput<T>& at, std::size_t /*group*/, Lanes<T> g) const {
  for_values(at, [&](T y, T t, T w, std::size_t node, std::size_t lane) { g[node][lane] = w * (y - t); });
}

template <class T>
void CategoricalCrossEntropy<T>::value(const TermInput<T>& at, double* error) const {
  std::fill_n(error, at.values.lanes, 0.0);
  for_values(at, [&](T y, T t, T w, std::size_t, std::size_t lane) {
    const auto target = static_cast<double>(t);
    error[lane] += static_cast<double>(w) * (target == 0.0 ? 0.0 : -target * log_open(y));
  });
}

template <class T>
void CategoricalCrossEntropy<T>::gradient(const TermInput<T>& at, Lanes<T> g) const {
  for_values(at, [&](T y, T t, T w, std::size_t node, std::size_t lane) { g[node][lane] = w * (-t / open_unit(y)); });
}

// dE/dz_i = y_i sum_j w_j t_j - w_i t_i, the sum over i's group.
template <class T>
void CategoricalCrossEntropy<T>::natural_delta(const TermInput<T>& at, std::size_t group, Lanes<T> g) const {
  const auto weighted = [&](std::size_t node, std::size_t lane) {
    return (at.constants.size() > 1 ? at.constants[1][node][lane] : T(1)) * at.constants[0][node][lane];
  };
  for (std::size_t first = 0; first < at.values.nodes; first += group) {
    for (std::size_t lane = 0; lane < at.values.lanes; ++lane) {
      T total = 0;
      for (std::size_t node = first; node < first + group; ++node) total += weighted(node, lane);
      for (std::size_t node = first; node < first + group; ++node) {
        g[node][lane] = at.values[node][lane] * total - weighted(node, lane);
      }
    }
  }
}

#define LSO_INSTANTIATE(T)              \
  template class CrossEntropy<T>;       \
  template class BinaryCrossEntropy<T>; \
  template class CategoricalCrossEntropy<T>;
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
