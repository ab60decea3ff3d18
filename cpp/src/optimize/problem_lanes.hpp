// A problem on some lanes of samples: values forward, errors, derivatives backward. Once made it allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lso/optimize.hpp"
#include "lso/problem.hpp"
#include "passes.hpp"
#include "terms/term_lanes.hpp"
#include "workspace.hpp"

namespace lso {

template <class T>
class ProblemLanes {
 public:
  // repeated: as many samples over and over, one of them even with no lanes beside it. Passes throw Interruption where
  // `stop` says so.
  ProblemLanes(const Problem<T>& problem, std::size_t lanes, bool repeated, StopSignal* stop = nullptr);
  ProblemLanes(const ProblemLanes&) = delete;
  ProblemLanes& operator=(const ProblemLanes&) = delete;
  ~ProblemLanes() = default;

  [[nodiscard]] std::size_t capacity() const { return trunk_.capacity(); }
  [[nodiscard]] std::size_t n_terms() const { return asked_.size(); }
  [[nodiscard]] std::size_t n_residuals() const;

  // Of what is repeated: worth its while before some iterations, and the results stay the same.
  void pack_weights();

  // A sample's constants into a lane; its inputs are the caller's to put there.
  void load(std::size_t sample, std::size_t lane);
  void set_samples(std::span<const std::size_t> samples);  // those in the first lanes, from now on
  [[nodiscard]] Lanes<T> inputs() { return trunk_.inputs(); }

  // inputs (n_inputs, lanes) -> the sample, and the outputs of every head.
  void forward();
  // Of the values that forward left: each lane's E, and whether every hard term is met.
  void evaluate();
  // And dE/d(inputs), Algorithm 1 through every head and the trunk.
  void evaluate_backward();
  // After one of these.
  [[nodiscard]] double error(std::size_t lane) const { return only_term_ ? errors_[lane] : total_[lane]; }
  [[nodiscard]] bool met(std::size_t lane) const;
  [[nodiscard]] Lanes<T> gradient() { return trunk_.deltas(0); }
  [[nodiscard]] Lanes<T> samples() { return trunk_.outputs(); }

  // Every residual of E: each(index, r (lanes,), dr/d(inputs) (n_inputs, lanes)), a pass of Algorithm 1 each.
  template <class Each>
  void linearize(Each each) {
    std::size_t index = 0;
    for (const Placed& placed : asked_) {
      const TermInput<T> at = placed.lanes.at(values(placed.place), samples_);
      for (std::size_t i = 0; i < placed.lanes.term().n_residuals(); ++i) {
        placed.lanes.term().residual(at, i, residual_.data(), deltas(placed.place));
        backward_residual(placed);
        each(index++, residual_.data(), trunk_.deltas(0));
      }
    }
  }

  // What forward left in a lane, into the sample's rows of a result, and what evaluate left.
  void store_values(std::size_t lane, std::size_t sample, OptimizeResult<T>& result);
  void store_terms(std::size_t lane, std::size_t sample, OptimizeResult<T>& result);

 private:
  // A term where it stands: on the outputs of head `place`, on those of the trunk, or on the latent.
  static constexpr std::size_t on_sample = ~std::size_t{0};
  static constexpr std::size_t on_latent = on_sample - 1;
  struct Placed {
    TermLanes<T> lanes;
    double weight;
    bool hard;
    std::size_t place;
  };

  void place(const Asked<T>& asked, std::size_t where, Activation activation);
  [[nodiscard]] Lanes<T> values(std::size_t place);
  [[nodiscard]] Lanes<T> deltas(std::size_t place);
  [[nodiscard]] TermOutput<T> output(std::size_t term, Lanes<T> gradient);
  void ask(std::size_t term, Lanes<T> delta, bool add);
  bool ask_all(std::size_t place, bool add);
  [[nodiscard]] Lanes<T> backward_heads();
  void backward_residual(const Placed& placed);
  void before_activation(std::size_t place, Lanes<const T> g, Lanes<T> out);
  void add_up();

  const Problem<T>& problem_;
  Workspace<T> trunk_;
  std::vector<const Chain<T>*> chains_;  // of the heads
  std::vector<Workspace<T>> heads_;
  std::vector<Placed> asked_;
  bool only_term_;                  // of weight 1: its E is all of E
  std::vector<double> errors_;      // (n_terms, capacity)
  std::vector<std::uint8_t> mets_;  // (n_terms, capacity)
  std::vector<double> total_;       // (capacity,)
  std::vector<double> residual_;    // (capacity,)
  AlignedBuffer<T> scratch_;        // (widest place, capacity), where terms are added up
  std::span<const std::size_t> samples_;
};

}  // namespace lso
