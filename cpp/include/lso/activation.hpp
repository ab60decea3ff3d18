// Activation functions and their derivatives, on node values laid out in lanes.
//
// Lanes: values of one layer for many samples at once, shape (n_nodes, stride), sample s in column s.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace lso {

// A number that belongs to an activation, written behind its name: "leaky_relu(0.2)".
struct ActivationParameter {
  const char* name = nullptr;  // null: it has none
  double standard = 0;         // where the name stands alone
  double least = 0;
  bool whole = false;
};

// What an activation is, whatever the precision. kernels/activation.inl has the table of them all.
struct ActivationTraits {
  const char* name = "";
  double gain = 1;                                        // of the initial weights (initialize)
  double low = -std::numeric_limits<double>::infinity();  // no output is below
  double high = std::numeric_limits<double>::infinity();  // nor above
  bool output_only = false;
  bool mixes_nodes = false;  // a node's value depends on others'
  bool keeps_slope = false;  // the values y do not tell f'(z), so the forward pass leaves it for the backward pass
  ActivationParameter parameter = {};
};

class Activation {
 public:
  constexpr Activation() = default;  // linear
  // From a name, with its parameter or without. Throws std::invalid_argument, which names `argument` and the known
  // ones.
  explicit Activation(std::string_view text, std::string_view argument = "activation");
  // All there are, with their standard parameters.
  [[nodiscard]] static std::vector<Activation> all();

  [[nodiscard]] std::string name() const;  // what the constructor takes
  [[nodiscard]] const ActivationTraits& traits() const;
  [[nodiscard]] double parameter() const { return parameter_; }
  [[nodiscard]] constexpr std::size_t index() const { return index_; }  // in the table
  // Neighbours that depend on each other, in a layer of so many nodes: one but for softmax and log_softmax.
  [[nodiscard]] std::size_t group(std::size_t n_nodes) const;

  bool operator==(const Activation&) const = default;

  // Those that C++ code refers to.
  static const Activation linear, sigmoid, tanh, relu, softplus, softmax;

 private:
  constexpr explicit Activation(std::uint8_t index) : index_(index) {}

  std::uint8_t index_ = 0;
  double parameter_ = 0;
};

inline constexpr Activation Activation::linear{std::uint8_t{0}};
inline constexpr Activation Activation::sigmoid{std::uint8_t{1}};
inline constexpr Activation Activation::tanh{std::uint8_t{2}};
inline constexpr Activation Activation::relu{std::uint8_t{3}};
inline constexpr Activation Activation::softplus{std::uint8_t{5}};
inline constexpr Activation Activation::softmax{std::uint8_t{6}};

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

// Forward: z (n_nodes, lanes) -> y = f(z), in place. The bias is in z already. kept (n_nodes, lanes) takes f'(z) where
// the activation keeps its slope, and is not touched where it does not.
template <class T>
void activate(Activation activation, Lanes<T> z, Lanes<T> kept);

// Backward: g = dE/dy (n_nodes, lanes) -> out = dE/dz, the paper's "adjust ND by N's activation function" (Algorithm
// 1). kept is what forward kept, the values y where it kept nothing. out may be g.
template <class T>
void activate_backward(Activation activation, Lanes<const T> kept, Lanes<const T> g, Lanes<T> out);

// y = x + bias (n_nodes,), or x itself where bias is null: what an input node does.
template <class T>
void add_bias(Lanes<const T> x, const T* bias, Lanes<T> y);

}  // namespace lso
