// Cross-entropies of outputs that are probabilities. Met where E is within the tolerance.
#pragma once

#include "lso/term.hpp"

namespace lso {

// target (n_samples, n_values) or (1, n_values), in 0..1; the rows must outlive the term.
template <class T>
class CrossEntropy : public Term<T> {
 public:
  [[nodiscard]] std::size_t n_values() const override { return target_.cols; }
  [[nodiscard]] std::vector<Rows<const T>> constants() const override;
  void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const override;
  [[nodiscard]] bool has_closed_form(Activation activation) const override {
    return activation.index() == natural_.index();
  }
  void evaluate_closed(const TermInput<T>& at, Activation activation, const TermOutput<T>& out) const override;
  // Of the outputs to the target, whatever the weights.
  [[nodiscard]] double mse(const TermInput<T>& at, std::size_t lane, double error) const override;
  void check(Activation activation) const override;

 protected:
  // natural: the nodes under which dE/dz is y - t, which does not lose digits, in groups that depend on each other.
  CrossEntropy(Rows<const T> target, Rows<const T> weights, double tolerance, Activation natural)
      : target_(target), weights_(weights), tolerance_(tolerance), natural_(natural) {}

  virtual void value(const TermInput<T>& at, double* error) const = 0;
  virtual void gradient(const TermInput<T>& at, Lanes<T> g) const = 0;                          // dE/dy
  virtual void natural_delta(const TermInput<T>& at, std::size_t group, Lanes<T> g) const = 0;  // dE/dz

 private:
  void tell(const TermInput<T>& at, const TermOutput<T>& out) const;

  Rows<const T> target_, weights_;
  double tolerance_;
  Activation natural_;
};

// E = -sum w (t log y + (1 - t) log(1 - y)).
template <class T>
class BinaryCrossEntropy final : public CrossEntropy<T> {
 public:
  explicit BinaryCrossEntropy(Rows<const T> target, Rows<const T> weights = {}, double tolerance = 0)
      : CrossEntropy<T>(target, weights, tolerance, Activation::sigmoid) {}

 private:
  void value(const TermInput<T>& at, double* error) const override;
  void gradient(const TermInput<T>& at, Lanes<T> g) const override;
  void natural_delta(const TermInput<T>& at, std::size_t group, Lanes<T> g) const override;
};

// E = -sum w t log y.
template <class T>
class CategoricalCrossEntropy final : public CrossEntropy<T> {
 public:
  explicit CategoricalCrossEntropy(Rows<const T> target, Rows<const T> weights = {}, double tolerance = 0)
      : CrossEntropy<T>(target, weights, tolerance, Activation::softmax) {}

 private:
  void value(const TermInput<T>& at, double* error) const override;
  void gradient(const TermInput<T>& at, Lanes<T> g) const override;
  void natural_delta(const TermInput<T>& at, std::size_t group, Lanes<T> g) const override;
};

}  // namespace lso
