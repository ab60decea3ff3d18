#include "lso/terms/ball.hpp"

#include <algorithm>
#include <cmath>

namespace lso {

template <class T>
double Ball<T>::distance(const TermInput<T>& at, std::size_t lane) const {
  double sum = 0;
  for (std::size_t i = 0; i < at.values.nodes; ++i) {
    const double d = static_cast<double>(at.values[i][lane]) - static_cast<double>(at.constants[0][i][lane]);
    sum += d * d;
  }
  return std::sqrt(sum);
}

template <class T>
void Ball<T>::evaluate(const TermInput<T>& at, const TermOutput<T>& out) const {
  for (std::size_t lane = 0; lane < at.values.lanes; ++lane) {
    const double length = distance(at, lane);
    const double excess = std::max(0.0, length - target_);
    if (out.error != nullptr) out.error[lane] = std::isnan(length) ? length : excess * excess;
    if (out.met != nullptr) out.met[lane] = length <= radius_ ? 1 : 0;
    if (out.gradient.data == nullptr) continue;
    const double scale = excess > 0 ? 2 * excess / length : 0.0;
    for (std::size_t i = 0; i < at.values.nodes; ++i) {
      out.gradient[i][lane] =
          static_cast<T>(scale * static_cast<double>(at.values[i][lane] - at.constants[0][i][lane]));
    }
  }
}

// r (lanes,) = the excess, dr/dy the unit vector away from the centre.
template <class T>
void Ball<T>::residual(const TermInput<T>& at, std::size_t /*index*/, double* r, Lanes<T> gradient) const {
  for (std::size_t lane = 0; lane < gradient.lanes; ++lane) {
    const double length = distance(at, lane);
    r[lane] = std::max(0.0, length - target_);
    const double scale = r[lane] > 0 ? 1 / length : 0.0;
    for (std::size_t i = 0; i < gradient.nodes; ++i) {
      gradient[i][lane] = static_cast<T>(scale * static_cast<double>(at.values[i][lane] - at.constants[0][i][lane]));
    }
  }
}

template class Ball<float>;
template class Ball<double>;

}  // namespace lso
