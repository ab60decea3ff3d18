#include "lso/problem.hpp"

#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

namespace lso {

namespace {
[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& got) {
  throw std::invalid_argument(what + ": expected " + expected + ", got " + got);
}

template <class T>
void check_term(const Asked<T>& asked, const std::string& place, std::size_t width, Activation activation,
                std::size_t n_samples) {
  const Term<T>& term = *asked.term;
  if (term.n_values() != width) {
    refuse(place, "terms on its " + std::to_string(width) + " values", "one on " + std::to_string(term.n_values()));
  }
  for (const Rows<const T>& constant : term.constants()) {
    if (constant.rows != 1 && constant.rows != n_samples) {
      refuse(place, "a row of constants for each of " + std::to_string(n_samples) + " samples, or one for all",
             std::to_string(constant.rows) + " rows");
    }
  }
  // beyond T's range it would count as 0, or as infinity
  if (!(asked.weight >= std::numeric_limits<T>::min() && asked.weight <= std::numeric_limits<T>::max())) {
    std::ostringstream got;
    got << asked.weight;
    refuse("weight", "a number above 0 in the range of the network's precision", got.str());
  }
  term.check(activation);
}
}  // namespace

template <class T>
void Problem<T>::for_each_term(const std::function<void(const Asked<T>&)>& visit) const {
  for (const Branch<T>& branch : branches) {
    for (const Asked<T>& asked : branch.terms) visit(asked);
  }
  for (const Asked<T>& asked : latent) visit(asked);
}

template <class T>
std::size_t Problem<T>::n_terms() const {
  std::size_t count = 0;
  for_each_term([&](const Asked<T>&) { ++count; });
  return count;
}

template <class T>
std::size_t Problem<T>::n_parameters() const {
  std::size_t count = trunk.n_parameters();
  for (const Branch<T>& branch : branches) count += branch.head ? branch.head->n_parameters() : 0;
  return count;
}

template <class T>
std::size_t Problem<T>::lanes_per_call() const {
  std::size_t lanes = trunk.lanes_per_call();
  for (const Branch<T>& branch : branches) {
    if (branch.head) lanes = common_lanes(lanes, branch.head->lanes_per_call());
  }
  return lanes;
}

template <class T>
bool Problem<T>::is_concurrent() const {
  return trunk.is_concurrent() && std::ranges::all_of(branches, [](const Branch<T>& branch) {
           return !branch.head || branch.head->is_concurrent();
         });
}

template <class T>
void Problem<T>::check(std::size_t n_samples) const {
  bool hard = false;
  for_each_term([&](const Asked<T>& asked) { hard = hard || asked.hard; });
  if (!hard) refuse("problem", "at least one term that must be met", "none");
  for (std::size_t b = 0; b < branches.size(); ++b) {
    const Branch<T>& branch = branches[b];
    const std::string place = "branch " + std::to_string(b);
    if (branch.head && branch.head->n_inputs() != trunk.n_outputs()) {
      refuse(place, "a head of " + std::to_string(trunk.n_outputs()) + " inputs, the sample's features",
             std::to_string(branch.head->n_inputs()));
    }
    const Chain<T>& values = chain(branch);
    for (const Asked<T>& asked : branch.terms) {
      check_term(asked, place, values.n_outputs(), values.output_activation(), n_samples);
    }
  }
  for (const Asked<T>& asked : latent) {
    check_term(asked, "latent", trunk.n_inputs(), Activation::linear, n_samples);
  }
}

template struct Problem<float>;
template struct Problem<double>;

}  // namespace lso
