// Values at a distance from a point: within a ball, which keeps a latent where a decoder's codes are, or out of one.
#pragma once

#include "lso/term.hpp"

namespace lso {

// E = max(0, |y - centre| - radius (1 - margin), inner (1 + margin) - |y - centre|)^2, one residual. Met where inner <=
// |y - centre| <= radius. centre (n_samples, n_values) or (1, n_values); its rows must outlive the term.
template <class T>
class Ball final : public Term<T> {
 public:
  // The margin is a share of the radii, so that descent, which comes from outside, gets in; of the room between them
  // where that is less.
  Ball(Rows<const T> centre, double radius, double margin = 0.05, double inner = 0.0);

  [[nodiscard]] std::size_t n_values() const override { return centre_.cols; }
  [[nodiscard]] std::vector<Rows<const T>> constants() const override { return {centre_}; }
  void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const override;
  [[nodiscard]] std::size_t n_residuals() const override { return 1; }
  void residual(const TermInput<T>& at, std::size_t index, double* r, Lanes<T> gradient) const override;

 private:
  [[nodiscard]] double distance(const TermInput<T>& at, std::size_t lane) const;
  // How much too far (above 0) or too near (below) a distance is.
  [[nodiscard]] double excess(double length) const {
    if (length > outer_target_) return length - outer_target_;
    return length < inner_target_ ? length - inner_target_ : 0.0;
  }

  Rows<const T> centre_;
  double radius_, inner_;
  double outer_target_, inner_target_;
};

}  // namespace lso
