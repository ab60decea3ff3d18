// A term with its constants of the samples that stand in the lanes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lso/term.hpp"
#include "workspace.hpp"

namespace lso {

template <class T>
class TermLanes {
 public:
  // On the values of nodes of this activation. Refers to the term, which must outlive it.
  TermLanes(const Term<T>& term, Activation activation, std::size_t capacity)
      : term_(&term), activation_(activation), closed_(term.has_closed_form(activation)), rows_(term.constants()) {
    for (const Rows<const T>& rows : rows_) {
      buffers_.emplace_back(rows.cols * capacity);
      lanes_.push_back({buffers_.back().data(), rows.cols, capacity, capacity});
      views_.push_back(lanes_.back());
    }
  }

  [[nodiscard]] const Term<T>& term() const { return *term_; }

  void load(std::size_t sample, std::size_t lane) {
    for (std::size_t c = 0; c < rows_.size(); ++c) load_lane<T>(row(c, sample), lanes_[c], lane);
  }

  // sample(i) into lane i, for `count` of them.
  template <class Sample>
  void load_all(std::size_t count, Sample sample) {
    for (std::size_t c = 0; c < rows_.size(); ++c) {
      if (views_[c].data != lanes_[c].data) continue;
      load_lanes<T>(count, [&](std::size_t i) { return row(c, sample(i)).data(); }, lanes_[c]);
    }
  }

  // These lanes, which hold the same numbers, stand for a constant from now on.
  void stand_in(std::size_t constant, Lanes<const T> lanes) { views_[constant] = lanes; }

  // What the term says of the values; true where its gradient is dE/dz already, z what the nodes' activation takes.
  [[nodiscard]] bool evaluate(const TermInput<T>& at, const TermOutput<T>& out) const {
    if (closed_) {
      term_->evaluate_closed(at, activation_, out);
    } else {
      term_->evaluate(at, out);
    }
    return closed_;
  }

  [[nodiscard]] TermInput<T> at(Lanes<const T> values, std::span<const std::size_t> samples) const {
    return {values, views_, samples};
  }

 private:
  [[nodiscard]] std::span<const T> row(std::size_t constant, std::size_t sample) const {
    const Rows<const T>& rows = rows_[constant];
    return rows[rows.rows == 1 ? 0 : sample];
  }

  const Term<T>* term_;
  Activation activation_;
  bool closed_;
  std::vector<Rows<const T>> rows_;
  std::vector<AlignedBuffer<T>> buffers_;
  std::vector<Lanes<T>> lanes_;
  std::vector<Lanes<const T>> views_;
};

}  // namespace lso
