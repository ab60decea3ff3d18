// Dense networks as values: an architecture and one flat buffer of parameters.
//
// Flat order: for each layer l, its weights W_l (n_l, n_{l-1}), row-major, then its bias b_l (n_l,) if it has one.
// The input layer has no weights. Under the paper's convention every layer but the output's has a bias,
// the input layer included: an input node's value is x + bias.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lso/activation.hpp"
#include "lso/differentiable.hpp"
#include "lso/memory.hpp"
#include "lso/threads.hpp"

namespace lso {

struct Layer {
  std::size_t size = 0;
  Activation activation;  // the input layer's is always linear
  bool bias = false;

  bool operator==(const Layer&) const = default;
};

template <class T>
class Network {
 public:
  // All parameters zero. Throws std::invalid_argument when the layers make no network.
  explicit Network(std::vector<Layer> layers);
  Network(std::vector<Layer> layers, const std::vector<T>& parameters);
  // One layer without parameters, which a function computes: linear nodes, as far as anybody can tell.
  explicit Network(std::shared_ptr<const Differentiable<T>> function);

  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  [[nodiscard]] std::size_t n_inputs() const { return layers_.front().size; }
  [[nodiscard]] std::size_t n_outputs() const { return layers_.back().size; }

  // What computes the layer; null for weights and an activation.
  [[nodiscard]] const Differentiable<T>* function() const { return function_.get(); }

  [[nodiscard]] std::span<const T> parameters() const { return parameters_; }
  [[nodiscard]] std::span<T> parameters() { return parameters_; }

  // Where a layer's weights (none for layer 0) and bias begin in the flat buffer.
  [[nodiscard]] std::size_t weight_offset(std::size_t layer) const { return offsets_[layer]; }
  [[nodiscard]] std::size_t bias_offset(std::size_t layer) const;

  [[nodiscard]] const T* weight(std::size_t layer) const;
  [[nodiscard]] const T* bias(std::size_t layer) const;  // null where the layer has none

  bool operator==(const Network&) const = default;

 private:
  std::vector<Layer> layers_;
  std::vector<std::size_t> offsets_;
  std::vector<T, AlignedAllocator<T>> parameters_;
  std::shared_ptr<const Differentiable<T>> function_;
};

// Uniform weights in +-gain * sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010), the gain the activation's:
// 4 for sigmoid, sqrt(2) for the relu family; biases zero. Keyed by (seed, parameter index).
template <class T>
void initialize(Network<T>& network, std::uint64_t seed, StopSignal* stop = nullptr);

// Networks run one after the other: part p + 1 takes the output of part p. Composition copies no parameter.
template <class T>
class Chain {
 public:
  using Part = std::shared_ptr<const Network<T>>;

  // Throws std::invalid_argument when there is no part or two neighbours do not fit.
  explicit Chain(std::vector<Part> parts);

  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  [[nodiscard]] std::size_t n_inputs() const { return parts_.front()->n_inputs(); }
  [[nodiscard]] std::size_t n_outputs() const { return parts_.back()->n_outputs(); }
  [[nodiscard]] std::size_t n_parameters() const;
  // What the functions among the parts ask for, and whether there are any.
  [[nodiscard]] std::size_t lanes_per_call() const;
  [[nodiscard]] bool is_concurrent() const;
  [[nodiscard]] bool has_functions() const;
  [[nodiscard]] Activation output_activation() const { return parts_.back()->layers().back().activation; }

  // All layers of all parts in order, each called a stage. A seam is two stages: outputs, then inputs.
  struct Stage {
    std::size_t part = 0;
    std::size_t layer = 0;
    std::size_t size = 0;
  };
  [[nodiscard]] const std::vector<Stage>& stages() const { return stages_; }
  [[nodiscard]] std::size_t first_stage(std::size_t part) const { return first_stage_[part]; }

 private:
  std::vector<Part> parts_;
  std::vector<Stage> stages_;
  std::vector<std::size_t> first_stage_;
};

}  // namespace lso
