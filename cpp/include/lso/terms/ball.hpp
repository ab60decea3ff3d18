// Values within a ball: a penalty that keeps a latent where a decoder's codes are.
#pragma once

#include "lso/term.hpp"

namespace lso {

// E = max(0, |y - centre| - radius (1 - margin))^2, one residual. Met where |y - centre| <= radius. centre (n_samples,
// n_values) or (1, n_values); its rows must outlive the term.
template <class T>
class Ball final : public Term<T> {
 public:
  // The margin is a share of the radius, so that descent, which comes from outside, gets in.
  Ball(Rows<const T> centre, double radius, double margin = 0.05)
      : centre_(centre), radius_(radius), target_(radius * (1 - margin)) {}

  [[nodiscard]] std::size_t n_values() const override { return centre_.cols; }
  [[nodiscard]] std::vector<Rows<const T>> constants() const override { return {centre_}; }
  void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const override;
  [[nodiscard]] std::size_t n_residuals() const override { return 1; }
  void residual(const TermInput<T>& at, std::size_t index, double* r, Lanes<T> gradient) const override;

 private:
  [[nodiscard]] double distance(const TermInput<T>& at, std::size_t lane) const;

  Rows<const T> centre_;
  double radius_;
  double target_;
};

}  // namespace lso
