#include "lso/activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "names.hpp"

namespace lso {

namespace {
constexpr std::array<std::string_view, 7> names{"linear",     "sigmoid",  "tanh",   "relu",
                                                "leaky_relu", "softplus", "softmax"};

// y = f(z + b), one node at a time over its lanes.
template <class T, class F>
void map_nodes(const T* bias, Lanes<T> z, F f) {
  for (std::size_t node = 0; node < z.nodes; ++node) {
    T* row = z[node];
    const T b = bias != nullptr ? bias[node] : T(0);
    for (std::size_t lane = 0; lane < z.lanes; ++lane) row[lane] = f(row[lane] + b);
  }
}

// g *= f'(y), with f' written in terms of the value y.
template <class T, class F>
void scale_nodes(Lanes<const T> y, Lanes<T> g, F slope) {
  for (std::size_t node = 0; node < g.nodes; ++node) {
    const T* values = y[node];
    T* row = g[node];
    for (std::size_t lane = 0; lane < g.lanes; ++lane) row[lane] *= slope(values[lane]);
  }
}

// Shifted by the largest z of the lane, so that no exponential overflows.
template <class T>
void softmax(const T* bias, Lanes<T> z) {
  map_nodes(bias, z, [](T v) { return v; });
  for (std::size_t lane = 0; lane < z.lanes; ++lane) {
    T largest = z[0][lane];
    for (std::size_t node = 1; node < z.nodes; ++node) largest = std::max(largest, z[node][lane]);
    T sum = 0;
    for (std::size_t node = 0; node < z.nodes; ++node) sum += z[node][lane] = std::exp(z[node][lane] - largest);
    for (std::size_t node = 0; node < z.nodes; ++node) z[node][lane] /= sum;
  }
}

// dE/dz_i = y_i (g_i - sum_j g_j y_j).
template <class T>
void softmax_backward(Lanes<const T> y, Lanes<T> g) {
  for (std::size_t lane = 0; lane < g.lanes; ++lane) {
    T dot = 0;
    for (std::size_t node = 0; node < g.nodes; ++node) dot += g[node][lane] * y[node][lane];
    for (std::size_t node = 0; node < g.nodes; ++node) g[node][lane] = y[node][lane] * (g[node][lane] - dot);
  }
}
}  // namespace

std::string_view name(Activation activation) { return names[static_cast<std::size_t>(activation)]; }

Activation parse_activation(std::string_view text) { return parse_name<Activation>("activation", names, text); }

template <class T>
void activate(Activation activation, const T* bias, Lanes<T> z) {
  switch (activation) {
    case Activation::linear:
      if (bias != nullptr) map_nodes(bias, z, [](T v) { return v; });
      return;
    case Activation::sigmoid:
      return map_nodes(bias, z, [](T v) { return T(1) / (T(1) + std::exp(-v)); });
    case Activation::tanh:
      return map_nodes(bias, z, [](T v) { return std::tanh(v); });
    case Activation::relu:
      return map_nodes(bias, z, [](T v) { return v < T(0) ? T(0) : v; });
    case Activation::leaky_relu:
      return map_nodes(bias, z, [](T v) { return v < T(0) ? T(leaky_relu_slope) * v : v; });
    case Activation::softplus:
      // log(1 + e^v) without overflow
      return map_nodes(bias, z, [](T v) { return std::max(v, T(0)) + std::log1p(std::exp(-std::abs(v))); });
    case Activation::softmax:
      return softmax(bias, z);
  }
}

template <class T>
void activate_backward(Activation activation, Lanes<const T> y, Lanes<T> g) {
  switch (activation) {
    case Activation::linear:
      return;
    case Activation::sigmoid:
      return scale_nodes(y, g, [](T v) { return v * (T(1) - v); });
    case Activation::tanh:
      return scale_nodes(y, g, [](T v) { return T(1) - v * v; });
    case Activation::relu:
      return scale_nodes(y, g, [](T v) { return v > T(0) ? T(1) : T(0); });
    case Activation::leaky_relu:
      return scale_nodes(y, g, [](T v) { return v > T(0) ? T(1) : T(leaky_relu_slope); });
    case Activation::softplus:
      // sigmoid(z) = 1 - e^-y
      return scale_nodes(y, g, [](T v) { return -std::expm1(-v); });
    case Activation::softmax:
      return softmax_backward(y, g);
  }
}

template void activate(Activation, const float*, Lanes<float>);
template void activate(Activation, const double*, Lanes<double>);
template void activate_backward(Activation, Lanes<const float>, Lanes<float>);
template void activate_backward(Activation, Lanes<const double>, Lanes<double>);

}  // namespace lso
