// Activation functions and their derivatives, on node values laid out in lanes.
//
// Lanes: values of one layer for many samples at once, shape (n_nodes, stride), sample s in column s.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lso {

enum class Activation : std::uint8_t { linear, sigmoid, tanh, relu, leaky_relu, softplus, softmax };

inline constexpr double leaky_relu_slope = 0.01;

[[nodiscard]] std::string_view name(Activation activation);

// Throws std::invalid_argument naming the known activations.
[[nodiscard]] Activation parse_activation(std::string_view name);

// A matrix in lane layout: element (node, lane) at data[node * stride + lane]; `lanes` of them count.
template <class T>
struct Lanes {
  T* data = nullptr;
  std::size_t nodes = 0;
  std::size_t lanes = 0;
  std::size_t stride = 0;

  [[nodiscard]] T* operator[](std::size_t node) const { return data + node * stride; }
  operator Lanes<const T>() const { return {data, nodes, lanes, stride}; }
};

// Forward: z (n_nodes, lanes) -> y = f(z), in place. The bias is in z already.
template <class T>
void activate(Activation activation, Lanes<T> z);

// Backward: g = dE/dy (n_nodes, lanes) -> out = dE/dz, from the values y alone: the paper's "adjust ND by N's
// activation function" (Algorithm 1). out may be g.
template <class T>
void activate_backward(Activation activation, Lanes<const T> y, Lanes<const T> g, Lanes<T> out);

// y = x + bias (n_nodes,), or x itself where bias is null: what an input node does.
template <class T>
void add_bias(Lanes<const T> x, const T* bias, Lanes<T> y);

}  // namespace lso
