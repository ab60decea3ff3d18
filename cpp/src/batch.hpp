// Some lanes of training samples with what is asked of them: what a training step and a score share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lso/backprop.hpp"
#include "lso/objective.hpp"
#include "lso/train.hpp"
#include "lso/workspace.hpp"

namespace lso {

template <class T>
class Batch {
 public:
  Batch(const Chain<T>& chain, const Samples<T>& data, std::size_t capacity)
      : data_(data),
        workspace_(chain, capacity),
        objective_(data.objective, workspace_.capacity()),
        error_(workspace_.capacity()),
        reproduces_(reproduces(data)) {}

  // index(i) is the sample of lane i.
  template <class Index>
  void load(std::size_t count, Index index) {
    workspace_.set_lanes(count);
    load_lanes<T>(count, [&](std::size_t lane) { return data_.x[index(lane)].data(); }, workspace_.inputs());
    objective_.load_all(count, index, !reproduces_);
  }

  // Forward, and each lane's error.
  void run(const Chain<T>& chain) {
    forward(chain, workspace_);
    objective_value<T>(objective(), workspace_.outputs(), error_.data());
  }

  [[nodiscard]] Workspace<T>& workspace() { return workspace_; }
  [[nodiscard]] double error(std::size_t lane) const { return error_[lane]; }
  [[nodiscard]] double* errors() { return error_.data(); }
  [[nodiscard]] ObjectiveLanes<T> objective() {
    ObjectiveLanes<T> lanes = objective_.lanes(workspace_.lanes());
    if (reproduces_) lanes.target = workspace_.inputs();
    return lanes;
  }

 private:
  // An autoencoder's targets are its inputs, and need not be transposed into lanes twice.
  static bool reproduces(const Samples<T>& data) {
    const Rows<const T>& target = data.objective.target;
    return target.rows == data.x.rows && target.cols == data.x.cols &&
           (target.data == data.x.data || std::equal(target.data, target.data + target.size(), data.x.data));
  }

  const Samples<T>& data_;
  Workspace<T> workspace_;
  ObjectiveBuffer<T> objective_;
  std::vector<double> error_;
  bool reproduces_;
};

template <class T>
double sample_weight(const Samples<T>& data, std::size_t sample) {
  return data.weights.empty() ? 1.0 : static_cast<double>(data.weights[sample]);
}

}  // namespace lso
