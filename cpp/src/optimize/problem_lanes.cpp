#include "optimize/problem_lanes.hpp"

#include <algorithm>
#include <cmath>

namespace lso {

namespace {
// Whether one term's E is all of E.
template <class T>
bool is_one_unweighted_term(const Problem<T>& problem) {
  bool unweighted = true;
  problem.for_each_term([&](const Asked<T>& asked) { unweighted = unweighted && asked.weight == 1; });
  return problem.n_terms() == 1 && unweighted;
}

template <class T>
Workspace<T> workspace(const Chain<T>& chain, std::size_t lanes, bool repeated, StopSignal* stop) {
  return repeated ? Workspace<T>::repeated(chain, lanes, stop) : Workspace<T>(chain, lanes, stop);
}
}  // namespace

template <class T>
ProblemLanes<T>::ProblemLanes(const Problem<T>& problem, std::size_t lanes, bool repeated, StopSignal* stop)
    : problem_(problem),
      trunk_(workspace(problem.trunk, lanes, repeated, stop)),
      only_term_(is_one_unweighted_term(problem)),
      total_(capacity()),
      residual_(capacity()),
      scratch_(0) {
  for (const Branch<T>& branch : problem.branches) {
    if (branch.head) {
      chains_.push_back(&*branch.head);
      heads_.push_back(workspace(*branch.head, lanes, repeated, stop));
    }
    const std::size_t where = branch.head ? heads_.size() - 1 : on_sample;
    for (const Asked<T>& asked : branch.terms) place(asked, where, problem.chain(branch).output_activation());
  }
  for (const Asked<T>& asked : problem.latent) place(asked, on_latent, Activation::linear);
  errors_.resize(asked_.size() * capacity());
  mets_.resize(errors_.size());
  std::size_t widest = 0;
  for (const Placed& placed : asked_) widest = std::max(widest, placed.lanes.term().n_values());
  if (!only_term_) scratch_ = AlignedBuffer<T>(widest * capacity());
}

template <class T>
void ProblemLanes<T>::place(const Asked<T>& asked, std::size_t where, Activation activation) {
  asked_.push_back({TermLanes<T>(*asked.term, activation, capacity()), asked.weight, asked.hard, where});
}

template <class T>
std::size_t ProblemLanes<T>::n_residuals() const {
  std::size_t count = 0;
  for (const Placed& placed : asked_) count += placed.lanes.term().n_residuals();
  return count;
}

template <class T>
void ProblemLanes<T>::pack_weights() {
  trunk_.pack_weights();
  for (Workspace<T>& head : heads_) head.pack_weights();
}

template <class T>
void ProblemLanes<T>::load(std::size_t sample, std::size_t lane) {
  for (Placed& placed : asked_) placed.lanes.load(sample, lane);
}

template <class T>
void ProblemLanes<T>::set_samples(std::span<const std::size_t> samples) {
  samples_ = samples;
  trunk_.set_lanes(samples.size());
  for (Workspace<T>& head : heads_) head.set_lanes(samples.size());
}

template <class T>
Lanes<T> ProblemLanes<T>::values(std::size_t place) {
  if (place == on_latent) return trunk_.inputs();
  return place == on_sample ? trunk_.outputs() : heads_[place].outputs();
}

template <class T>
Lanes<T> ProblemLanes<T>::deltas(std::size_t place) {
  if (place == on_latent) return trunk_.deltas(0);
  if (place == on_sample) return trunk_.deltas(problem_.trunk.stages().size() - 1);
  return heads_[place].deltas(chains_[place]->stages().size() - 1);
}

template <class T>
bool ProblemLanes<T>::met(std::size_t lane) const {
  for (std::size_t term = 0; term < asked_.size(); ++term) {
    if (asked_[term].hard && mets_[term * capacity() + lane] == 0) return false;
  }
  return true;
}

template <class T>
void ProblemLanes<T>::forward() {
  lso::forward(problem_.trunk, trunk_);
  for (std::size_t h = 0; h < heads_.size(); ++h) lso::forward<T>(*chains_[h], heads_[h], trunk_.outputs());
}

template <class T>
TermOutput<T> ProblemLanes<T>::output(std::size_t term, Lanes<T> gradient) {
  return {errors_.data() + term * capacity(), gradient, mets_.data() + term * capacity()};
}

template <class T>
void ProblemLanes<T>::evaluate() {
  for (std::size_t term = 0; term < asked_.size(); ++term) {
    const TermLanes<T>& lanes = asked_[term].lanes;
    static_cast<void>(lanes.evaluate(lanes.at(values(asked_[term].place), samples_), output(term, {})));
  }
  add_up();
}

template <class T>
void ProblemLanes<T>::add_up() {
  if (only_term_) return;
  std::ranges::fill(total_, 0.0);
  for (std::size_t term = 0; term < asked_.size(); ++term) {
    const double* error = errors_.data() + term * capacity();
    for (std::size_t lane = 0; lane < samples_.size(); ++lane) total_[lane] += asked_[term].weight * error[lane];
  }
}

// g (n, lanes) = dE/dy -> out = dE/dz of a place's nodes; a latent has no activation.
template <class T>
void ProblemLanes<T>::before_activation(std::size_t place, Lanes<const T> g, Lanes<T> out) {
  if (place == on_latent) return;
  backward_outputs<T>(place == on_sample ? problem_.trunk : *chains_[place],
                      place == on_sample ? trunk_ : heads_[place], g, out);
}

// A term's E, and its dE/dz put into `delta`, or added.
template <class T>
void ProblemLanes<T>::ask(std::size_t term, Lanes<T> delta, bool add) {
  const Placed& placed = asked_[term];
  const bool direct = !add && placed.weight == 1;
  const Lanes<T> g = direct ? delta : Lanes<T>{scratch_.data(), delta.nodes, delta.lanes, delta.stride};
  const TermInput<T> at = placed.lanes.at(values(placed.place), samples_);
  if (!placed.lanes.evaluate(at, output(term, g))) before_activation(placed.place, g, g);
  if (direct) return;
  const auto weight = static_cast<T>(placed.weight);
  for (std::size_t i = 0; i < g.nodes; ++i) {
    for (std::size_t lane = 0; lane < g.lanes; ++lane) {
      delta[i][lane] = (add ? delta[i][lane] : T(0)) + weight * g[i][lane];
    }
  }
}

// All terms of a place; whether its deltas hold something now.
template <class T>
bool ProblemLanes<T>::ask_all(std::size_t place, bool add) {
  for (std::size_t term = 0; term < asked_.size(); ++term) {
    if (asked_[term].place != place) continue;
    ask(term, deltas(place), add);
    add = true;
  }
  return add;
}

// The heads' dE/d(sample), added up in the first that has any; null where none has.
template <class T>
Lanes<T> ProblemLanes<T>::backward_heads() {
  Lanes<T> sum;
  for (std::size_t h = 0; h < heads_.size(); ++h) {
    if (!ask_all(h, false)) continue;
    backward_nodes(*chains_[h], heads_[h]);
    const Lanes<T> each = heads_[h].deltas(0);
    if (sum.data == nullptr) {
      sum = each;
      continue;
    }
    for (std::size_t i = 0; i < sum.nodes; ++i) {
      for (std::size_t lane = 0; lane < sum.lanes; ++lane) sum[i][lane] += each[i][lane];
    }
  }
  return sum;
}

template <class T>
void ProblemLanes<T>::evaluate_backward() {
  const Lanes<T> from_heads = backward_heads();
  if (from_heads.data != nullptr) before_activation(on_sample, from_heads, deltas(on_sample));
  const bool through_trunk = ask_all(on_sample, from_heads.data != nullptr);
  if (through_trunk) backward_nodes(problem_.trunk, trunk_);
  ask_all(on_latent, through_trunk);
  add_up();
}

// From a residual's derivatives at its place down to the inputs. Where all are zero (don't care, no end, inside) there
// is nothing to pass on.
template <class T>
void ProblemLanes<T>::backward_residual(const Placed& placed) {
  const Lanes<T> delta = deltas(placed.place);
  bool any = false;
  for (std::size_t i = 0; i < delta.nodes; ++i) {
    any = any || std::any_of(delta[i], delta[i] + delta.lanes, [](T value) { return value != T(0); });
  }
  if (!any) {
    const Lanes<T> gradient = trunk_.deltas(0);
    for (std::size_t i = 0; i < gradient.nodes; ++i) std::fill_n(gradient[i], gradient.lanes, T(0));
    return;
  }
  if (placed.weight != 1) {
    const double root = std::sqrt(placed.weight);
    for (double& r : residual_) r *= root;
    for (std::size_t i = 0; i < delta.nodes; ++i) {
      for (std::size_t lane = 0; lane < delta.lanes; ++lane) delta[i][lane] *= static_cast<T>(root);
    }
  }
  before_activation(placed.place, delta, delta);
  if (placed.place == on_latent) return;
  if (placed.place != on_sample) {
    backward_nodes(*chains_[placed.place], heads_[placed.place]);
    before_activation(on_sample, heads_[placed.place].deltas(0), deltas(on_sample));
  }
  backward_nodes(problem_.trunk, trunk_);
}

template <class T>
void ProblemLanes<T>::store_values(std::size_t lane, std::size_t sample, OptimizeResult<T>& result) {
  const auto row = [&](std::vector<T>& values, Lanes<const T> lanes) {
    store_lane<T>(lanes, lane, std::span(values).subspan(sample * lanes.nodes, lanes.nodes));
  };
  row(result.samples, trunk_.outputs());
  std::size_t head = 0;
  for (std::size_t b = 0; b < problem_.branches.size(); ++b) {
    if (problem_.branches[b].head) row(result.outputs[b], heads_[head++].outputs());
  }
}

template <class T>
void ProblemLanes<T>::store_terms(std::size_t lane, std::size_t sample, OptimizeResult<T>& result) {
  for (std::size_t term = 0; term < asked_.size(); ++term) {
    const std::size_t at = term * capacity() + lane;
    const TermLanes<T>& lanes = asked_[term].lanes;
    result.terms[term].loss[sample] = errors_[at];
    result.terms[term].met[sample] = mets_[at];
    result.terms[term].mse[sample] =
        lanes.term().mse(lanes.at(values(asked_[term].place), samples_), lane, errors_[at]);
  }
}

template class ProblemLanes<float>;
template class ProblemLanes<double>;

}  // namespace lso
