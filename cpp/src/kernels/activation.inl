// Activations and their slopes on a tile (rows, cols) of nodes and lanes.
#pragma once

#include <type_traits>

#include "kernels/kernels.hpp"
#include "kernels/math.inl"
#include "lso/activation.hpp"

namespace lso::kernels {
namespace {

// Rows that lie next to each other are one long row.
template <class T, class F>
LSO_INLINE void map(Tile<T> of, F f) {
  if (of.ldin == of.cols && of.ldout == of.cols && of.ldy == of.cols) {
    of.cols *= of.rows;
    of.rows = 1;
  }
  for (size_t i = 0; i < of.rows; ++i) {
    const T* in = of.in + i * of.ldin;
    const T* y = of.y + i * of.ldy;
    T* out = of.out + i * of.ldout;
    for_packs<T>(of.cols, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      f(P::load(in + j, count), P::load(y + j, count)).store(out + j, count);
    });
  }
}

template <class T>
void add_bias(const Tile<T>& of, const T* bias) {
  if (of.cols == 1 && of.ldin == 1 && of.ldout == 1) {  // one lane: the biases stand beside the values
    const Tile<T> row{1, of.rows, of.in, of.rows, bias, of.rows, of.out, of.rows};
    return map<T>(row, [](const auto& x, const auto& b) LSO_INLINED { return x + b; });
  }
  for (size_t i = 0; i < of.rows; ++i) {
    for_packs<T>(of.cols, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      (P::load(of.in + i * of.ldin + j, count) + P(bias[i])).store(of.out + i * of.ldout + j, count);
    });
  }
}

// A function of z and y, both packs P. Comparisons let NaN pass.
#define LSO_TILE_FUNCTION(name, formula)                      \
  template <class T>                                          \
  void name(const Tile<T>& of) {                              \
    map<T>(of, [](const auto& z, const auto& y) LSO_INLINED { \
      using P = std::remove_cvref_t<decltype(z)>;             \
      (void)y;                                                \
      return P(formula);                                      \
    });                                                       \
  }

LSO_TILE_FUNCTION(exp_forward, kernels::exp(z))
LSO_TILE_FUNCTION(sigmoid_forward, sigmoid(z))
LSO_TILE_FUNCTION(tanh_forward, kernels::tanh(z))
LSO_TILE_FUNCTION(relu_forward, where_below<P>(z, 0, P(0), z))
LSO_TILE_FUNCTION(leaky_relu_forward, where_below<P>(z, 0, z* P(T(leaky_relu_slope)), z))

LSO_TILE_FUNCTION(sigmoid_backward, z*(y*(P(1) - y)))
LSO_TILE_FUNCTION(tanh_backward, z* fused_pack<P>(-y, y, P(1)))
LSO_TILE_FUNCTION(relu_backward, where_above<P>(y, 0, z, z* P(0)))
LSO_TILE_FUNCTION(leaky_relu_backward, where_above<P>(y, 0, z, z* P(T(leaky_relu_slope))))

#undef LSO_TILE_FUNCTION

}  // namespace
}  // namespace lso::kernels
