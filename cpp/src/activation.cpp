#include "lso/activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "kernels/kernels.hpp"
#include "names.hpp"

namespace lso {

namespace {
constexpr std::array<std::string_view, 7> names{"linear",     "sigmoid",  "tanh",   "relu",
                                                "leaky_relu", "softplus", "softmax"};

template <class T>
void copy_lanes(Lanes<const T> from, Lanes<T> to) {
  for (std::size_t node = 0; node < from.nodes; ++node) std::memcpy(to[node], from[node], from.lanes * sizeof(T));
}

// v = f(v), one node at a time over its lanes.
template <class T, class F>
void map_nodes(Lanes<T> z, F f) {
  for (std::size_t node = 0; node < z.nodes; ++node) {
    T* row = z[node];
    for (std::size_t lane = 0; lane < z.lanes; ++lane) row[lane] = f(row[lane]);
  }
}

// out = g times f'(y)
template <class T, class F>
void scale_nodes(Lanes<const T> y, Lanes<const T> g, Lanes<T> out, F slope) {
  for (std::size_t node = 0; node < g.nodes; ++node) {
    for (std::size_t lane = 0; lane < g.lanes; ++lane) out[node][lane] = g[node][lane] * slope(y[node][lane]);
  }
}

template <class T>
void softplus(Lanes<T> z) {  // log(1 + e^v) without overflow
  map_nodes(z, [](T v) { return std::max(v, T(0)) + std::log1p(std::exp(-std::abs(v))); });
}

// Shifted by the largest z of the lane, so that no exponential overflows.
template <class T>
void softmax(Lanes<T> z) {
  for (std::size_t lane = 0; lane < z.lanes; ++lane) {
    T largest = z[0][lane];
    for (std::size_t node = 1; node < z.nodes; ++node) largest = std::max(largest, z[node][lane]);
    for (std::size_t node = 0; node < z.nodes; ++node) z[node][lane] -= largest;
  }
  kernels::kernels<T>().exp({z.nodes, z.lanes, z.data, z.stride, z.data, z.stride, z.data, z.stride});
  for (std::size_t lane = 0; lane < z.lanes; ++lane) {
    T sum = 0;
    for (std::size_t node = 0; node < z.nodes; ++node) sum += z[node][lane];
    for (std::size_t node = 0; node < z.nodes; ++node) z[node][lane] /= sum;
  }
}

// dE/dz_i = y_i (g_i - sum_j g_j y_j).
template <class T>
void softmax_backward(Lanes<const T> y, Lanes<const T> g, Lanes<T> out) {
  for (std::size_t lane = 0; lane < g.lanes; ++lane) {
    T dot = 0;
    for (std::size_t node = 0; node < g.nodes; ++node) dot += g[node][lane] * y[node][lane];
    for (std::size_t node = 0; node < g.nodes; ++node) {
      out[node][lane] = y[node][lane] * (g[node][lane] - dot);
    }
  }
}
}  // namespace

std::string_view name(Activation activation) { return names[static_cast<std::size_t>(activation)]; }

Activation parse_activation(std::string_view text) { return parse_name<Activation>("activation", names, text); }

template <class T>
void activate(Activation activation, Lanes<T> z) {
  if (activation == Activation::softplus) return softplus(z);
  if (activation == Activation::softmax) return softmax(z);
  if (const auto kernel = kernels::kernels<T>().activate[static_cast<std::size_t>(activation)]) {
    kernel({z.nodes, z.lanes, z.data, z.stride, z.data, z.stride, z.data, z.stride});
  }
}

template <class T>
void activate_backward(Activation activation, Lanes<const T> y, Lanes<const T> g, Lanes<T> out) {
  if (activation == Activation::softmax) return softmax_backward(y, g, out);
  if (activation == Activation::softplus) {  // sigmoid(z) = 1 - e^-y
    return scale_nodes(y, g, out, [](T v) { return -std::expm1(-v); });
  }
  if (const auto kernel = kernels::kernels<T>().activate_backward[static_cast<std::size_t>(activation)]) {
    kernel({g.nodes, g.lanes, g.data, g.stride, y.data, y.stride, out.data, out.stride});
  } else if (g.data != out.data) {
    copy_lanes(g, out);
  }
}

template <class T>
void add_bias(Lanes<const T> x, const T* bias, Lanes<T> y) {
  if (bias == nullptr) return copy_lanes(x, y);
  kernels::kernels<T>().add_bias({x.nodes, x.lanes, x.data, x.stride, nullptr, 0, y.data, y.stride}, bias);
}

#define LSO_INSTANTIATE(T)                                                               \
  template void activate(Activation, Lanes<T>);                                          \
  template void activate_backward(Activation, Lanes<const T>, Lanes<const T>, Lanes<T>); \
  template void add_bias(Lanes<const T>, const T*, Lanes<T>);
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
