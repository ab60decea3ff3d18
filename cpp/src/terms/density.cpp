#include "lso/terms/density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>

namespace lso {

namespace {
// A component of a share below exp(-40) of the sum is nothing, in double.
constexpr double nothing = 40.0;

// The inverse of the Cholesky factor of `covariance` (n, n) into `inverse`; the log of the factor's determinant, NaN
// where there is none.
double invert_factor(const double* covariance, std::size_t n, double* inverse) {
  std::vector<double> factor(n * n, 0.0);
  double log_determinant = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = covariance[i * n + j];
      for (std::size_t p = 0; p < j; ++p) sum -= factor[i * n + p] * factor[j * n + p];
      if (i == j && !(sum > 0 && std::isfinite(sum))) return std::numeric_limits<double>::quiet_NaN();
      factor[i * n + j] = i == j ? std::sqrt(sum) : sum / factor[j * n + j];
    }
    log_determinant += std::log(factor[i * n + i]);
  }
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      double sum = i == j ? 1.0 : 0.0;
      for (std::size_t p = j; p < i; ++p) sum -= factor[i * n + p] * inverse[p * n + j];
      inverse[i * n + j] = sum / factor[i * n + i];
    }
  }
  return log_determinant;
}
}  // namespace

template <class T>
Density<T>::Density(std::span<const double> weights, std::span<const double> means, std::span<const double> covariances,
                    double least, double margin)
    : n_(means.size() / std::max<std::size_t>(weights.size(), 1)),
      constants_(weights.size()),
      means_(means.begin(), means.end()),
      inverses_(covariances.size()),
      precisions_(covariances.size()),
      least_(least),
      target_(least + margin) {
  double total = 0;
  for (const double weight : weights) total += weight;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    double* inverse = inverses_.data() + k * n_ * n_;
    const double log_determinant = invert_factor(covariances.data() + k * n_ * n_, n_, inverse);
    if (std::isnan(log_determinant)) {
      throw std::invalid_argument("covariances: expected positive definite ones, got that of component " +
                                  std::to_string(k));
    }
    constants_[k] = std::log(weights[k] / total) - log_determinant -
                    0.5 * static_cast<double>(n_) * std::log(2.0 * std::numbers::pi);
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j) {
        double sum = 0;
        for (std::size_t p = std::max(i, j); p < n_; ++p) sum += inverse[p * n_ + i] * inverse[p * n_ + j];
        precisions_[(k * n_ + i) * n_ + j] = sum;
      }
    }
  }
}

template <class T>
double Density<T>::Sums::log_density(std::size_t lane) const {
  return peak[lane] + std::log(total[lane]);
}

template <class T>
double Density<T>::shortfall(double log_density) const {
  return std::max(0.0, target_ - log_density) / static_cast<double>(n_);
}

// share = constant - |L^-1 (y - mean)|^2 / 2, of which each row of L^-1 takes something away: once all lanes are below
// what counts, the rest need not be known.
template <class T>
void Density<T>::shares(const TermInput<T>& at, std::size_t first, std::size_t lanes, std::size_t k, const Sums& sums,
                        double* share) const {
  const double* mean = means_.data() + k * n_;
  const double* inverse = inverses_.data() + k * n_ * n_;
  std::fill_n(share, block, constants_[k]);
  for (std::size_t i = 0; i < n_; ++i) {
    double sum[block] = {};
    for (std::size_t j = 0; j <= i; ++j) {
      const double factor = inverse[i * n_ + j];
      const T* y = at.values[j] + first;
      for (std::size_t lane = 0; lane < lanes; ++lane) sum[lane] += factor * (static_cast<double>(y[lane]) - mean[j]);
    }
    bool counts = false;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      share[lane] -= 0.5 * sum[lane] * sum[lane];
      counts = counts || !(share[lane] < sums.peak[lane] - nothing);
    }
    if (!counts) return;
  }
}

template <class T>
auto Density<T>::look(const TermInput<T>& at, std::size_t first, std::size_t lanes, Lanes<T> gradient) const -> Sums {
  Sums sums{};
  std::fill_n(sums.peak, block, -std::numeric_limits<double>::infinity());
  std::fill_n(sums.total, block, 0.0);
  const bool derive = gradient.data != nullptr;
  for (std::size_t i = 0; derive && i < n_; ++i) std::fill_n(gradient[i] + first, lanes, T(0));
  for (std::size_t k = 0; k < constants_.size(); ++k) {
    double share[block];
    shares(at, first, lanes, k, sums, share);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      double& peak = sums.peak[lane];
      if (share[lane] < peak - nothing) continue;
      const double rescale = share[lane] > peak ? std::exp(peak - share[lane]) : 1.0;
      peak = std::max(peak, share[lane]);
      const double weight = std::exp(share[lane] - peak);
      sums.total[lane] = sums.total[lane] * rescale + weight;
      if (!derive) continue;
      const double* mean = means_.data() + k * n_;
      for (std::size_t i = 0; i < n_; ++i) {
        const double* row = precisions_.data() + (k * n_ + i) * n_;
        double sum = 0;
        for (std::size_t j = 0; j < n_; ++j) {
          sum += row[j] * (static_cast<double>(at.values[j][first + lane]) - mean[j]);
        }
        T& into = gradient[i][first + lane];
        into = static_cast<T>(static_cast<double>(into) * rescale + weight * sum);
      }
    }
  }
  return sums;
}

template <class T>
void Density<T>::evaluate(const TermInput<T>& at, const TermOutput<T>& out) const {
  for (std::size_t first = 0; first < at.values.lanes; first += block) {
    const std::size_t lanes = std::min(block, at.values.lanes - first);
    const Sums sums = look(at, first, lanes, out.gradient);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const double log_density = sums.log_density(lane);
      const double short_of = shortfall(log_density);
      if (out.error != nullptr) out.error[first + lane] = std::isnan(log_density) ? log_density : short_of * short_of;
      if (out.met != nullptr) out.met[first + lane] = log_density >= least_ ? 1 : 0;
      if (out.gradient.data == nullptr) continue;
      const double scale = 2 * short_of / (static_cast<double>(n_) * sums.total[lane]);
      for (std::size_t i = 0; i < n_; ++i) {
        T& into = out.gradient[i][first + lane];
        into = static_cast<T>(short_of > 0 ? scale * static_cast<double>(into) : 0.0);
      }
    }
  }
}

// r (lanes,) = the shortfall, dr/dy = -dlog p/dy over n_values.
template <class T>
void Density<T>::residual(const TermInput<T>& at, std::size_t /*index*/, double* r, Lanes<T> gradient) const {
  for (std::size_t first = 0; first < gradient.lanes; first += block) {
    const std::size_t lanes = std::min(block, gradient.lanes - first);
    const Sums sums = look(at, first, lanes, gradient);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      r[first + lane] = shortfall(sums.log_density(lane));
      const double scale = 1 / (static_cast<double>(n_) * sums.total[lane]);
      for (std::size_t i = 0; i < n_; ++i) {
        T& into = gradient[i][first + lane];
        into = static_cast<T>(r[first + lane] > 0 ? scale * static_cast<double>(into) : 0.0);
      }
    }
  }
}

template class Density<float>;
template class Density<double>;

}  // namespace lso
