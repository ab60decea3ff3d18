#include "lso/network.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "lso/random.hpp"

namespace lso {

namespace {
[[noreturn]] void refuse(const std::string& message) { throw std::invalid_argument(message); }

constexpr double max_weights = 68719476736.0;  // 2^36: 256 GiB in float32

void check_activation(const Layer& layer, std::size_t l, bool is_output) {
  if (layer.activation.traits().output_only && !is_output) {
    refuse("activation: expected " + layer.activation.name() + " at the output layer only, got it at layer " +
           std::to_string(l));
  }
  if (layer.size % layer.activation.group(layer.size) != 0) {
    refuse("activation: expected groups of a size that divides the layer's " + std::to_string(layer.size) +
           " nodes, got " + layer.activation.name());
  }
}

void check_layers(const std::vector<Layer>& layers) {
  if (layers.size() < 2) {
    refuse("sizes: expected at least 2 layers (inputs and outputs), got " + std::to_string(layers.size()));
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (layers[l].size == 0) refuse("sizes: expected positive layer sizes, got 0 at layer " + std::to_string(l));
    check_activation(layers[l], l, l + 1 == layers.size());
  }
  double weights = 0;  // a double, since integers could overflow
  for (std::size_t l = 1; l < layers.size(); ++l) {
    weights += static_cast<double>(layers[l].size) * static_cast<double>(layers[l - 1].size);
  }
  if (weights > max_weights) {
    refuse("sizes: expected at most 2^36 weights (256 GiB in float32), got more");
  }
  if (layers.front().activation != Activation::linear) {
    refuse("activation: expected linear input nodes, got " + layers.front().activation.name());
  }
}
}  // namespace

template <class T>
Network<T>::Network(std::vector<Layer> layers) : layers_(std::move(layers)) {
  check_layers(layers_);
  std::size_t offset = 0;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    offsets_.push_back(offset);
    if (l > 0) offset += layers_[l].size * layers_[l - 1].size;
    if (layers_[l].bias) offset += layers_[l].size;
  }
  parameters_.assign(offset, T(0));
}

template <class T>
Network<T>::Network(std::vector<Layer> layers, const std::vector<T>& parameters) : Network(std::move(layers)) {
  if (parameters.size() != parameters_.size()) {
    refuse("parameters: expected " + std::to_string(parameters_.size()) + " values, got " +
           std::to_string(parameters.size()));
  }
  std::ranges::copy(parameters, parameters_.begin());
}

template <class T>
Network<T>::Network(std::shared_ptr<const Differentiable<T>> function)
    : layers_{Layer{function->n_inputs(), {}, false}, Layer{function->n_outputs(), {}, false}},
      offsets_{0, 0},
      function_(std::move(function)) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (layers_[l].size == 0) refuse(std::string(l == 0 ? "n_inputs" : "n_outputs") + ": expected at least 1, got 0");
  }
}

template <class T>
std::size_t Network<T>::bias_offset(std::size_t layer) const {
  return offsets_[layer] + (layer > 0 ? layers_[layer].size * layers_[layer - 1].size : 0);
}

template <class T>
const T* Network<T>::weight(std::size_t layer) const {
  return parameters_.data() + offsets_[layer];
}

template <class T>
const T* Network<T>::bias(std::size_t layer) const {
  return layers_[layer].bias ? parameters_.data() + bias_offset(layer) : nullptr;
}

template <class T>
void initialize(Network<T>& network, std::uint64_t seed, StopSignal* stop) {
  const Random random(seed, Stream::parameters);
  std::array<double, 1024> unit{};
  for (std::size_t l = 1; l < network.layers().size(); ++l) {
    const Layer& layer = network.layers()[l];
    const std::size_t fan_in = network.layers()[l - 1].size;
    const double limit = layer.activation.traits().gain * std::sqrt(6.0 / static_cast<double>(fan_in + layer.size));
    const std::size_t begin = network.weight_offset(l);
    const std::size_t end = begin + fan_in * layer.size;
    for (std::size_t i = begin; i < end; i += unit.size()) {
      const std::span some(unit.data(), std::min(unit.size(), end - i));
      random.uniforms<double>(i, some);
      std::ranges::transform(some, network.parameters().data() + i,
                             [&](double u) { return static_cast<T>(limit * (2.0 * u - 1.0)); });
      if (stop != nullptr && stop->check()) return;
    }
  }
}

template <class T>
Chain<T>::Chain(std::vector<Part> parts) : parts_(std::move(parts)) {
  if (parts_.empty()) refuse("parts: expected at least one network, got none");
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    if (p > 0 && parts_[p - 1]->n_outputs() != parts_[p]->n_inputs()) {
      refuse("compose: expected part " + std::to_string(p) + " to take the " +
             std::to_string(parts_[p - 1]->n_outputs()) + " outputs of part " + std::to_string(p - 1) + ", got " +
             std::to_string(parts_[p]->n_inputs()) + " inputs");
    }
    first_stage_.push_back(stages_.size());
    for (std::size_t l = 0; l < parts_[p]->layers().size(); ++l) {
      stages_.push_back({p, l, parts_[p]->layers()[l].size});
    }
  }
}

template <class T>
std::size_t Chain<T>::n_parameters() const {
  std::size_t n = 0;
  for (const Part& part : parts_) n += part->parameters().size();
  return n;
}

template <class T>
std::size_t Chain<T>::lanes_per_call() const {
  std::size_t lanes = 0;
  for (const Part& part : parts_) {
    if (part->function() != nullptr) lanes = common_lanes(lanes, part->function()->lanes_per_call());
  }
  return lanes;
}

template <class T>
bool Chain<T>::is_concurrent() const {
  return std::ranges::all_of(
      parts_, [](const Part& part) { return part->function() == nullptr || part->function()->is_concurrent(); });
}

template <class T>
bool Chain<T>::has_functions() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part->function() != nullptr; });
}

template class Network<float>;
template class Network<double>;
template class Chain<float>;
template class Chain<double>;
template void initialize(Network<float>&, std::uint64_t, StopSignal*);
template void initialize(Network<double>&, std::uint64_t, StopSignal*);

}  // namespace lso
