// What an optimization moves its inputs for: a trunk (the decoder) from the latent to the sample, branches with terms
// on the sample or on what a head makes of it, and terms on the latent itself.
//
//   latent --trunk--> sample --head--> values
//     |                 |                |
//   terms             terms            terms       E = sum over terms of weight * E of the term
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lso/network.hpp"
#include "lso/term.hpp"

namespace lso {

// A term and how much it counts. A hard one must be met for a sample to be done; a soft one is a preference.
template <class T>
struct Asked {
  std::shared_ptr<const Term<T>> term;
  double weight = 1.0;
  bool hard = true;
};

// Terms on the outputs of a head, a network on the sample; without a head, on the sample.
template <class T>
struct Branch {
  std::optional<Chain<T>> head;
  std::vector<Asked<T>> terms;
};

template <class T>
struct Problem {
  Chain<T> trunk;
  std::vector<Branch<T>> branches;
  std::vector<Asked<T>> latent{};

  // The chain whose outputs a branch's terms look at.
  [[nodiscard]] const Chain<T>& chain(const Branch<T>& branch) const { return branch.head ? *branch.head : trunk; }

  // All terms, the branches' in their order, then the latent's: the order of what a result tells of terms.
  void for_each_term(const std::function<void(const Asked<T>&)>& visit) const;
  [[nodiscard]] std::size_t n_terms() const;
  // Of the trunk and the heads: their parameters, and what the functions among their parts ask for.
  [[nodiscard]] std::size_t n_parameters() const;
  [[nodiscard]] std::size_t lanes_per_call() const;
  [[nodiscard]] bool is_concurrent() const;

  // Throws std::invalid_argument, naming what does not fit, where this is no problem for so many samples: no hard term,
  // a head or a term of another width than its place, constants for another number of samples, outputs that a term
  // cannot be asked of, a weight that is no number above 0.
  void check(std::size_t n_samples) const;
};

}  // namespace lso
