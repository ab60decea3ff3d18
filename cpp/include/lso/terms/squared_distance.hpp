// How far values are from a point or from an interval, squared: E = sum over values of w * (y - nearest)^2, no 1/2.
#pragma once

#include <vector>

#include "lso/term.hpp"

namespace lso {

// What SquaredError and Interval share: [low, high], (n_samples, n_values) or (1, n_values) each, and weights of the
// same shapes, or none for all ones. The rows must outlive it.
template <class T>
class SquaredDistance : public Term<T> {
 public:
  [[nodiscard]] std::size_t n_values() const override { return low_.cols; }
  [[nodiscard]] std::size_t n_residuals() const override { return low_.cols; }
  [[nodiscard]] bool is_separable() const override { return true; }
  void residual(const TermInput<T>& at, std::size_t index, double* r, Lanes<T> gradient) const override;

 protected:
  SquaredDistance(Rows<const T> low, Rows<const T> high, Rows<const T> weights)
      : low_(low), high_(high), weights_(weights) {}

  // Constants: low, high where there is one, weights where there are some.
  [[nodiscard]] std::vector<Rows<const T>> constants() const override;
  void squared_distance(const TermInput<T>& at, double* error, Lanes<T> gradient) const;
  [[nodiscard]] double total_weight(const TermInput<T>& at, std::size_t lane) const;
  [[nodiscard]] Lanes<const T> weights(const TermInput<T>& at) const {
    return weights_.empty() ? Lanes<const T>{} : at.constants[high_.empty() ? 1 : 2];
  }

 private:
  [[nodiscard]] double root_weight(const TermInput<T>& at, std::size_t index, std::size_t lane) const;

  Rows<const T> low_, high_, weights_;
};

// E = sum w (y - target)^2: the paper's "total squared error". Met where E is within the tolerance. A weight of 0 is
// "don't care".
template <class T>
class SquaredError final : public SquaredDistance<T> {
 public:
  explicit SquaredError(Rows<const T> target, Rows<const T> weights = {}, Tolerance tolerance = {})
      : SquaredDistance<T>(target, {}, weights), tolerance_(tolerance) {}

  void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const override;
  [[nodiscard]] double mse(const TermInput<T>& at, std::size_t lane, double error) const override;

 private:
  Tolerance tolerance_;
};

// E = sum w (distance of y from the interval narrowed by the margin)^2. Met where every value of weight above 0 is
// inside [low, high]: E of the interval itself would be 0 on its border alone, which descent comes to from outside and
// never reaches. Ends may be infinite.
template <class T>
class Interval final : public SquaredDistance<T> {
 public:
  // margin: of the values' own units, at most half the width; NaN for a twentieth of the width or, where one end is
  // infinite, a thousandth of the other's size, at least of 1.
  Interval(Rows<const T> low, Rows<const T> high, Rows<const T> weights, double margin);

  [[nodiscard]] std::vector<Rows<const T>> constants() const override;
  void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const override;
  // Of the distance from the interval itself.
  [[nodiscard]] double mse(const TermInput<T>& at, std::size_t lane, double error) const override;

 private:
  // The narrowed interval, which the base looks at.
  struct Narrowed {
    std::vector<T> low, high;
    Narrowed(Rows<const T> low, Rows<const T> high, double margin);
  };
  Interval(Rows<const T> low, Rows<const T> high, Rows<const T> weights, Narrowed narrowed);
  [[nodiscard]] std::uint8_t inside(const TermInput<T>& at, std::size_t lane) const;

  Rows<const T> wide_low_, wide_high_;
  Narrowed narrowed_;
};

}  // namespace lso
