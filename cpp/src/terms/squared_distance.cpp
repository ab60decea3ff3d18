#include "lso/terms/squared_distance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/kernels.hpp"

namespace lso {

template <class T>
std::vector<Rows<const T>> SquaredDistance<T>::constants() const {
  std::vector<Rows<const T>> all{low_};
  if (!high_.empty()) all.push_back(high_);
  if (!weights_.empty()) all.push_back(weights_);
  return all;
}

// y (n_values, lanes) -> error[lane] = sum w excess^2, gradient = 2 w excess.
template <class T>
void SquaredDistance<T>::squared_distance(const TermInput<T>& at, double* error, Lanes<T> gradient) const {
  kernels::kernels<T>().squared_excess({.nodes = at.values.nodes,
                                        .lanes = at.values.lanes,
                                        .y = at.values.data,
                                        .ldy = at.values.stride,
                                        .low = at.constants[0].data,
                                        .high = high_.empty() ? nullptr : at.constants[1].data,
                                        .weight = weights(at).data,
                                        .ld = at.constants[0].stride},
                                       error, gradient.data, gradient.stride);
}

template <class T>
double SquaredDistance<T>::total_weight(const TermInput<T>& at, std::size_t lane) const {
  if (weights_.empty()) return static_cast<double>(low_.cols);
  const Lanes<const T> each = weights(at);
  double total = 0;
  for (std::size_t i = 0; i < each.nodes; ++i) total += static_cast<double>(each[i][lane]);
  return total;
}

template <class T>
double SquaredDistance<T>::root_weight(const TermInput<T>& at, std::size_t index, std::size_t lane) const {
  return weights_.empty() ? 1.0 : std::sqrt(static_cast<double>(weights(at)[index][lane]));
}

// r (lanes,) = the root of w times the excess; its derivative is the root of w, at the value itself alone.
template <class T>
void SquaredDistance<T>::residual(const TermInput<T>& at, std::size_t index, double* r, Lanes<T> gradient) const {
  for (std::size_t node = 0; node < gradient.nodes; ++node) std::fill_n(gradient[node], gradient.lanes, T(0));
  for (std::size_t lane = 0; lane < gradient.lanes; ++lane) {
    const T y = at.values[index][lane];
    const T low = at.constants[0][index][lane];
    const T nearest = high_.empty() ? low : std::clamp(y, low, at.constants[1][index][lane]);
    const double root = root_weight(at, index, lane);
    r[lane] = root * static_cast<double>(y - nearest);
    gradient[index][lane] = !high_.empty() && y == nearest ? T(0) : static_cast<T>(root);
  }
}

template <class T>
void SquaredError<T>::evaluate(const TermInput<T>& at, const TermOutput<T>& out) const {
  this->squared_distance(at, out.error, out.gradient);
  if (out.met == nullptr) return;
  for (std::size_t lane = 0; lane < at.values.lanes; ++lane) {
    const double most = tolerance_.value * (tolerance_.mean ? this->total_weight(at, lane) : 1.0);
    out.met[lane] = out.error[lane] <= most ? 1 : 0;
  }
}

template <class T>
double SquaredError<T>::mse(const TermInput<T>& at, std::size_t lane, double error) const {
  return error / this->total_weight(at, lane);
}

namespace {
double margin_of(double low, double high, double asked) {
  const double width = high - low;
  const double one_sided = 1e-3 * std::max(1.0, std::abs(std::isfinite(low) ? low : high));
  if (std::isnan(asked)) return std::isfinite(width) ? width / 20 : one_sided;
  return std::min(asked, width / 2);
}
}  // namespace

template <class T>
Interval<T>::Narrowed::Narrowed(Rows<const T> from, Rows<const T> to, double margin) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto a = static_cast<double>(from.data[i]);
    const auto b = static_cast<double>(to.data[i]);
    const double by = std::isfinite(a) || std::isfinite(b) ? margin_of(a, b, margin) : 0.0;
    const T narrow_low = std::min(static_cast<T>(a + by), to.data[i]);
    low.push_back(narrow_low);
    high.push_back(std::max(static_cast<T>(b - by), narrow_low));
  }
}

template <class T>
Interval<T>::Interval(Rows<const T> low, Rows<const T> high, Rows<const T> weights, double margin)
    : Interval(low, high, weights, Narrowed(low, high, margin)) {}

// A vector keeps its memory when it is moved.
template <class T>
Interval<T>::Interval(Rows<const T> low, Rows<const T> high, Rows<const T> weights, Narrowed narrowed)
    : SquaredDistance<T>({narrowed.low.data(), low.rows, low.cols}, {narrowed.high.data(), high.rows, high.cols},
                         weights),
      wide_low_(low),
      wide_high_(high),
      narrowed_(std::move(narrowed)) {}

template <class T>
std::vector<Rows<const T>> Interval<T>::constants() const {
  std::vector<Rows<const T>> all = SquaredDistance<T>::constants();
  all.push_back(wide_low_);
  all.push_back(wide_high_);
  return all;
}

template <class T>
std::uint8_t Interval<T>::inside(const TermInput<T>& at, std::size_t lane) const {
  const std::size_t first = at.constants.size() - 2;
  const Lanes<const T> weights = this->weights(at);
  for (std::size_t i = 0; i < at.values.nodes; ++i) {
    if (weights.data != nullptr && weights[i][lane] == T(0)) continue;
    const T y = at.values[i][lane];
    if (!(y >= at.constants[first][i][lane] && y <= at.constants[first + 1][i][lane])) return 0;
  }
  return 1;
}

template <class T>
void Interval<T>::evaluate(const TermInput<T>& at, const TermOutput<T>& out) const {
  this->squared_distance(at, out.error, out.gradient);
  if (out.met == nullptr) return;
  for (std::size_t lane = 0; lane < at.values.lanes; ++lane) out.met[lane] = inside(at, lane);
}

template <class T>
double Interval<T>::mse(const TermInput<T>& at, std::size_t lane, double /*error*/) const {
  const std::size_t first = at.constants.size() - 2;
  const Lanes<const T> weights = this->weights(at);
  double sum = 0;
  for (std::size_t i = 0; i < at.values.nodes; ++i) {
    const T y = at.values[i][lane];
    const T nearest = std::clamp(y, at.constants[first][i][lane], at.constants[first + 1][i][lane]);
    const double excess = static_cast<double>(y) - static_cast<double>(nearest);
    sum += (weights.data != nullptr ? static_cast<double>(weights[i][lane]) : 1.0) * excess * excess;
  }
  return sum / this->total_weight(at, lane);
}

#define LSO_INSTANTIATE(T)           \
  template class SquaredDistance<T>; \
  template class SquaredError<T>;    \
  template class Interval<T>;
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
