#include "lso/terms/ball.hpp"

#include <algorithm>
#include <cmath>

namespace lso {

template <class T>
Ball<T>::Ball(Rows<const T> centre, double radius, double margin, double inner)
    : centre_(centre), radius_(radius), inner_(inner) {
  const double room = (radius - inner) / 2;
  outer_target_ = inner > 0 ? std::max(radius * (1 - margin), inner + room) : radius * (1 - margin);
  inner_target_ = std::min(inner * (1 + margin), inner + room);
}

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
    const double off = excess(length);
    if (out.error != nullptr) out.error[lane] = std::isnan(length) ? length : off * off;
    if (out.met != nullptr) out.met[lane] = length >= inner_ && length <= radius_ ? 1 : 0;
    if (out.gradient.data == nullptr) continue;
    const double scale = off != 0 && length > 0 ? 2 * off / length : 0.0;
    for (std::size_t i = 0; i < at.values.nodes; ++i) {
      out.gradient[i][lane] =
          static_cast<T>(scale * static_cast<double>(at.values[i][lane] - at.constants[0][i][lane]));
    }
  }
}

// r (lanes,) = the excess, dr/dy the unit vector away from the centre; at the centre, which has no such, 0.
template <class T>
void Ball<T>::residual(const TermInput<T>& at, std::size_t /*index*/, double* r, Lanes<T> gradient) const {
  for (std::size_t lane = 0; lane < gradient.lanes; ++lane) {
    const double length = distance(at, lane);
    r[lane] = excess(length);
    const double scale = r[lane] != 0 && length > 0 ? 1 / length : 0.0;
    for (std::size_t i = 0; i < gradient.nodes; ++i) {
      gradient[i][lane] = static_cast<T>(scale * static_cast<double>(at.values[i][lane] - at.constants[0][i][lane]));
    }
  }
}

template class Ball<float>;
template class Ball<double>;

}  // namespace lso
