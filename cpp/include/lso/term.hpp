// What is asked of the values at one place of a problem: an error E for each sample, its derivative by the values, and
// whether what is asked is met. A term of one's own is one class, and no file of the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lso/activation.hpp"
#include "lso/threads.hpp"
#include "lso/view.hpp"

namespace lso {

// The values that a term looks at, and what it knows of the samples that now stand in the lanes.
template <class T>
struct TermInput {
  Lanes<const T> values;                      // (n_values, lanes)
  std::span<const Lanes<const T>> constants;  // one for each of Term::constants, its rows in lanes
  std::span<const std::size_t> samples;       // of each lane; lanes past these only fill a group up
};

// What a term tells of each lane. What is null, or without data, is not asked for.
template <class T>
struct TermOutput {
  double* error = nullptr;      // (lanes,): E
  Lanes<T> gradient{};          // (n_values, lanes): dE/dy
  std::uint8_t* met = nullptr;  // (lanes,): 1 where what is asked holds, to the letter; only asked for beside error
};

template <class T>
class Term {
 public:
  Term() = default;
  Term(const Term&) = delete;
  Term& operator=(const Term&) = delete;
  virtual ~Term() = default;

  // How many values there must be at the term's place.
  [[nodiscard]] virtual std::size_t n_values() const = 0;

  // Numbers that belong to samples: a row each, or one row that all share. `evaluate` finds them in lanes, as values
  // are.
  [[nodiscard]] virtual std::vector<Rows<const T>> constants() const { return {}; }

  // Called once a tile of lanes and iteration, by several threads at once; must not allocate, if the loop is not to.
  virtual void evaluate(const TermInput<T>& at, const TermOutput<T>& out) const = 0;

  // Whether there is a closed form of dE/dz, z what the nodes' activation takes. It then stands in for `evaluate` where
  // the values are such nodes', and out.gradient gets dE/dz.
  [[nodiscard]] virtual bool has_closed_form(Activation /*activation*/) const { return false; }
  virtual void evaluate_closed(const TermInput<T>& /*at*/, Activation /*activation*/,
                               const TermOutput<T>& /*out*/) const {}

  // E = sum of squares of so many residuals r; 0: it is no such sum.
  [[nodiscard]] virtual std::size_t n_residuals() const { return 0; }
  // One of them: r[lane], and gradient (n_values, lanes) = dr/dy.
  virtual void residual(const TermInput<T>& /*at*/, std::size_t /*index*/, double* /*r*/, Lanes<T> /*gradient*/) const {
  }

  // Whether E is a sum over values, each of its own value and constants alone. Nodes may then stand as lanes.
  [[nodiscard]] virtual bool is_separable() const { return false; }

  // A lane's error as a mean over values of squared differences, given its E; NaN where that means nothing.
  [[nodiscard]] virtual double mse(const TermInput<T>& /*at*/, std::size_t /*lane*/, double /*error*/) const;

  // Throws std::invalid_argument where values of such nodes are none that this can be asked of.
  virtual void check(Activation /*activation*/) const {}
};

// When an error is small enough: E <= value, or, for a mean, E <= value * (sum of the sample's weights).
struct Tolerance {
  double value = 1e-3;
  bool mean = true;
};

}  // namespace lso
