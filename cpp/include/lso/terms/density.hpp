// Values where a mixture of Gaussians is dense: keeps a latent where a decoder's codes are.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lso/term.hpp"

namespace lso {

// p(y) = sum over k of weight_k N(y; mean_k, covariance_k). E = (max(0, least + margin - log p(y)) / n_values)^2, one
// residual. Met where log p(y) >= least.
template <class T>
class Density final : public Term<T> {
 public:
  // weights (k,) above 0, of which only the ratios count; means (k, n_values); covariances (k, n_values, n_values). The
  // margin, in nats, is there since descent comes from outside. Throws std::invalid_argument for a covariance that is
  // not positive definite.
  Density(std::span<const double> weights, std::span<const double> means, std::span<const double> covariances,
          double least, double margin);

  [[nodiscard]] std::size_t n_values() const override { return n_; }
  void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const override;
  [[nodiscard]] std::size_t n_residuals() const override { return 1; }
  void residual(const TermInput<T>& at, std::size_t index, double* r, Lanes<T> gradient) const override;

 private:
  // Lanes that are looked at together.
  static constexpr std::size_t block = 8;
  struct Sums {
    double peak[block];   // the greatest log share of a component so far
    double total[block];  // sum of shares over exp(peak)
    [[nodiscard]] double log_density(std::size_t lane) const;
  };

  // The log density of `lanes` from `first` on; and, where a gradient is asked for, in it minus total * dlog p/dy.
  [[nodiscard]] Sums look(const TermInput<T>& at, std::size_t first, std::size_t lanes, Lanes<T> gradient) const;
  // Log share of component k in each lane; lanes of which it is nothing beside their peak may be told too little.
  void shares(const TermInput<T>& at, std::size_t first, std::size_t lanes, std::size_t k, const Sums& sums,
              double* share) const;
  [[nodiscard]] double shortfall(double log_density) const;

  std::size_t n_;
  std::vector<double> constants_;   // (k,): log weight_k - log det(L_k) - n/2 log 2 pi
  std::vector<double> means_;       // (k, n)
  std::vector<double> inverses_;    // (k, n, n): L_k^-1, lower triangle, of the covariance L_k L_k^T
  std::vector<double> precisions_;  // (k, n, n)
  double least_;
  double target_;
};

}  // namespace lso
