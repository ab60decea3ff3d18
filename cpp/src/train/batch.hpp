// Some lanes of training samples with what is asked of them: what a training step and a score share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lso/train.hpp"
#include "passes.hpp"
#include "terms/term_lanes.hpp"
#include "workspace.hpp"

namespace lso {

template <class T>
class Batch {
 public:
  Batch(const Chain<T>& chain, const Samples<T>& data, std::size_t capacity)
      : data_(data),
        workspace_(chain, capacity),
        term_(*data.term, chain.output_activation(), workspace_.capacity()),
        samples_(workspace_.capacity()),
        error_(workspace_.capacity()) {
    // an autoencoder's targets are its inputs, the same rows, and need not be put into lanes twice
    const std::vector<Rows<const T>> constants = data.term->constants();
    for (std::size_t c = 0; c < constants.size(); ++c) {
      if (same(constants[c], data.x)) term_.stand_in(c, workspace_.inputs());
    }
  }

  // index(i) is the sample of lane i.
  template <class Index>
  void load(std::size_t count, Index index) {
    workspace_.set_lanes(count);
    load_lanes<T>(count, [&](std::size_t lane) { return data_.x[index(lane)].data(); }, workspace_.inputs());
    term_.load_all(count, index);
    count_ = count;
    for (std::size_t lane = 0; lane < count; ++lane) samples_[lane] = index(lane);
  }

  // Forward, and each lane's error.
  void run(const Chain<T>& chain) {
    forward(chain, workspace_);
    static_cast<void>(term_.evaluate(at(), {.error = error_.data()}));
  }
  // And dE/dz of the outputs, delta (n_outputs, lanes).
  void run(const Chain<T>& chain, Lanes<T> delta) {
    forward(chain, workspace_);
    if (term_.evaluate(at(), {.error = error_.data(), .gradient = delta})) return;
    backward_outputs<T>(chain, workspace_, delta, delta);
  }

  [[nodiscard]] Workspace<T>& workspace() { return workspace_; }
  [[nodiscard]] double error(std::size_t lane) const { return error_[lane]; }
  // Term::mse, after run.
  [[nodiscard]] double mse(std::size_t lane) { return term_.term().mse(at(), lane, error_[lane]); }

 private:
  [[nodiscard]] TermInput<T> at() { return term_.at(workspace_.outputs(), std::span(samples_).first(count_)); }

  static bool same(Rows<const T> a, Rows<const T> b) {
    return a.data == b.data && a.rows == b.rows && a.cols == b.cols;
  }

  const Samples<T>& data_;
  Workspace<T> workspace_;
  TermLanes<T> term_;
  std::size_t count_ = 0;
  std::vector<std::size_t> samples_;  // of the lanes
  std::vector<double> error_;
};

template <class T>
double sample_weight(const Samples<T>& data, std::size_t sample) {
  return data.weights.empty() ? 1.0 : static_cast<double>(data.weights[sample]);
}

}  // namespace lso
