// What the engine's tests share: random data, small networks, and a plain forward pass to compare with.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <span>
#include <string_view>
#include <vector>

#include "lso/network.hpp"
#include "lso/problem.hpp"
#include "lso/random.hpp"
#include "lso/terms/squared_distance.hpp"
#include "lso/view.hpp"
#include "workspace.hpp"

namespace support {

using lso::Activation;

inline std::vector<Activation> hidden_activations() {
  std::vector<Activation> hidden = Activation::all();
  std::erase_if(hidden, [](const Activation& each) { return each.traits().output_only; });
  hidden.emplace_back("leaky_relu(0.2)");
  return hidden;
}

template <class T>
std::vector<T> uniform(std::size_t n, std::uint64_t seed, double low = -1.0, double high = 1.0) {
  const lso::Random random(seed, lso::Stream::uniform);
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = static_cast<T>(low + (high - low) * random.uniform<double>(i));
  }
  return values;
}

template <class T>
lso::Rows<const T> rows(const std::vector<T>& values, std::size_t cols) {
  return {values.data(), values.size() / cols, cols};
}

template <class T>
lso::Rows<T> rows(std::vector<T>& values, std::size_t cols) {
  return {values.data(), values.size() / cols, cols};
}

// Layers of the given sizes; `bias` says which of them have one, the input layer first.
inline std::vector<lso::Layer> layers(const std::vector<std::size_t>& sizes, Activation hidden, Activation output,
                                      const std::vector<bool>& bias) {
  std::vector<lso::Layer> made;
  for (std::size_t l = 0; l < sizes.size(); ++l) {
    const Activation activation = l == 0 ? Activation::linear : l + 1 < sizes.size() ? hidden : output;
    made.push_back({.size = sizes[l], .activation = activation, .bias = bias[l]});
  }
  return made;
}

// The paper's convention: a bias on every layer but the last.
inline std::vector<lso::Layer> paper_layers(const std::vector<std::size_t>& sizes, Activation hidden,
                                            Activation output) {
  std::vector<bool> bias(sizes.size(), true);
  bias.back() = false;
  return layers(sizes, hidden, output, bias);
}

// A network with parameters, biases too, uniform in -scale .. scale.
template <class T>
std::shared_ptr<const lso::Network<T>> network(const std::vector<lso::Layer>& layers, std::uint64_t seed,
                                               double scale = 1.0) {
  auto made = std::make_shared<lso::Network<T>>(layers);
  const std::vector<T> values = uniform<T>(made->parameters().size(), seed, -scale, scale);
  for (std::size_t i = 0; i < values.size(); ++i) made->parameters()[i] = values[i];
  return made;
}

template <class T>
lso::Chain<T> chain(std::vector<std::shared_ptr<const lso::Network<T>>> parts) {
  return lso::Chain<T>(std::move(parts));
}

// A chain whose outputs one term looks at.
template <class T>
lso::Problem<T> problem(const lso::Chain<T>& trunk, std::shared_ptr<const lso::Term<T>> term) {
  return {trunk, {{std::nullopt, {{std::move(term)}}}}};
}

template <class T>
lso::Problem<T> problem(const lso::Chain<T>& trunk, const std::vector<T>& target, lso::Tolerance tolerance = {},
                        lso::Rows<const T> weights = {}) {
  return problem<T>(trunk, std::make_shared<lso::SquaredError<T>>(rows(target, trunk.n_outputs()), weights, tolerance));
}

inline double plain_activation(Activation activation, double z) {
  const std::string_view name = activation.traits().name;
  if (name == "sigmoid") return 1.0 / (1.0 + std::exp(-z));
  if (name == "tanh") return std::tanh(z);
  if (name == "relu") return z > 0.0 ? z : 0.0;
  if (name == "leaky_relu") return z > 0.0 ? z : activation.parameter() * z;
  if (name == "softplus") return z > 0.0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z));
  if (name == "elu") return z > 0.0 ? z : std::expm1(z);
  if (name == "silu") return z / (1.0 + std::exp(-z));
  if (name == "gelu") return 0.5 * z * std::erfc(-z / std::numbers::sqrt2);
  return z;
}

// A layer's pre-activations to its values.
inline void plain_activate(Activation activation, std::vector<double>& z) {
  if (!activation.traits().mixes_nodes) {
    for (double& value : z) value = plain_activation(activation, value);
    return;
  }
  const std::size_t size = activation.group(z.size());
  for (auto group = z.begin(); group != z.end(); group += static_cast<std::ptrdiff_t>(size)) {
    const auto end = group + static_cast<std::ptrdiff_t>(size);
    const double largest = *std::max_element(group, end);
    double sum = 0.0;
    for (auto value = group; value != end; ++value) sum += std::exp(*value - largest);
    for (auto value = group; value != end; ++value) {
      const double logarithm = *value - largest - std::log(sum);
      *value = std::string_view(activation.traits().name) == "log_softmax" ? logarithm : std::exp(logarithm);
    }
  }
}

// Every layer's node values for one sample, by plain loops in double.
template <class T>
std::vector<std::vector<double>> plain_nodes(const lso::Network<T>& network, const std::vector<double>& x) {
  std::vector<std::vector<double>> nodes;
  for (std::size_t l = 0; l < network.layers().size(); ++l) {
    const lso::Layer& layer = network.layers()[l];
    std::vector<double> z = l == 0 ? x : std::vector<double>(layer.size, 0.0);
    for (std::size_t i = 0; i < layer.size; ++i) {
      for (std::size_t j = 0; l > 0 && j < nodes.back().size(); ++j) {
        z[i] += static_cast<double>(network.weight(l)[i * nodes.back().size() + j]) * nodes.back()[j];
      }
      if (layer.bias) z[i] += static_cast<double>(network.bias(l)[i]);
    }
    plain_activate(layer.activation, z);
    nodes.push_back(std::move(z));
  }
  return nodes;
}

// A block in lane layout that owns its memory.
template <class T>
class LaneBlock {
 public:
  LaneBlock(std::size_t nodes, std::size_t lanes)
      : nodes_(nodes), lanes_(lso::round_up_lanes(lanes)), buffer_(nodes * lanes_) {}

  [[nodiscard]] lso::Lanes<T> view() { return {buffer_.data(), nodes_, lanes_, lanes_}; }
  [[nodiscard]] T& operator()(std::size_t node, std::size_t lane) { return buffer_.data()[node * lanes_ + lane]; }
  [[nodiscard]] std::size_t lanes() const { return lanes_; }

 private:
  std::size_t nodes_;
  std::size_t lanes_;
  lso::AlignedBuffer<T> buffer_;
};

template <class T>
LaneBlock<T> copy(LaneBlock<T>& from) {
  LaneBlock<T> to(from.view().nodes, from.lanes());
  std::copy_n(from.view().data, from.view().nodes * from.lanes(), to.view().data);
  return to;
}

// What activate_backward reads: y, or the slope that activate put there.
template <class T>
lso::Lanes<T> kept(Activation activation, LaneBlock<T>& y, LaneBlock<T>& slope) {
  return activation.traits().keeps_slope ? slope.view() : y.view();
}

}  // namespace support
