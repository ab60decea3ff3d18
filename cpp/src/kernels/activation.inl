// The activations: each one says what it is, its values, and its derivatives, and stands in the table at the end. To
// add one, write it here.
#pragma once

#include <array>
#include <string_view>

#include "kernels/kernels.hpp"
#include "kernels/math.inl"
#include "lso/activation.hpp"

namespace lso::kernels {
namespace {

// body(pack, row, column, count) over a tile. Rows that lie next to each other are one long row.
template <class T, class Kept, class Body>
LSO_INLINE void for_tile(const Tile<T, Kept>& of, Body body) {
  const bool contiguous = of.ldin == of.cols && of.ldout == of.cols && (of.kept == nullptr || of.ldkept == of.cols);
  const size_t rows = contiguous ? 1 : of.rows;
  const size_t cols = contiguous ? of.rows * of.cols : of.cols;
  for (size_t i = 0; i < rows; ++i) {
    for_packs<T>(cols, [&](auto pack, size_t j, size_t count) LSO_INLINED { body(pack, i, j, count); });
  }
}

template <class T, class F>
LSO_INLINE void map(const Tile<T>& of, F f) {
  for_tile(of, [&](auto pack, size_t i, size_t j, size_t count) LSO_INLINED {
    using P = decltype(pack);
    f(P::load(of.in + i * of.ldin + j, count)).store(of.out + i * of.ldout + j, count);
  });
}

template <class T>
void exp_tile(const Tile<T>& of) {
  map<T>(of, [](const auto& x) LSO_INLINED { return kernels::exp(x); });
}

template <class T>
void add_bias(const Tile<T>& of, const T* bias) {
  if (of.cols == 1 && of.ldin == 1 && of.ldout == 1) {  // one lane: the biases stand beside the values
    return for_packs<T>(of.rows, [&](auto pack, size_t i, size_t count) LSO_INLINED {
      using P = decltype(pack);
      (P::load(of.in + i, count) + P::load(bias + i, count)).store(of.out + i, count);
    });
  }
  for (size_t i = 0; i < of.rows; ++i) {
    for_packs<T>(of.cols, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      (P::load(of.in + i * of.ldin + j, count) + P(bias[i])).store(of.out + i * of.ldout + j, count);
    });
  }
}

// Below, z are pre-activations, y values, g = dE/dy and the result of `adjust` dE/dz: packs P. Comparisons let NaN
// pass.

struct Linear {
  static constexpr ActivationTraits traits{.name = "linear"};
};

struct Sigmoid {
  static constexpr ActivationTraits traits{.name = "sigmoid", .gain = 4, .low = 0, .high = 1};
  template <class P>
  LSO_INLINE static P value(const P& z, double /*parameter*/) {
    return sigmoid(z);
  }
  template <class P>
  LSO_INLINE static P adjust(const P& g, const P& y, double /*parameter*/) {
    return g * (y * (P(1) - y));
  }
};

struct Tanh {
  static constexpr ActivationTraits traits{.name = "tanh", .low = -1, .high = 1};
  template <class P>
  LSO_INLINE static P value(const P& z, double /*parameter*/) {
    return kernels::tanh(z);
  }
  template <class P>
  LSO_INLINE static P adjust(const P& g, const P& y, double /*parameter*/) {
    return g * fused_pack<P>(-y, y, P(1));
  }
};

constexpr double relu_gain = 1.4142135623730951;

struct Relu {
  static constexpr ActivationTraits traits{.name = "relu", .gain = relu_gain, .low = 0};
  template <class P>
  LSO_INLINE static P value(const P& z, double /*parameter*/) {
    return where_below<P>(z, 0, P(0), z);
  }
  template <class P>
  LSO_INLINE static P adjust(const P& g, const P& y, double /*parameter*/) {
    return where_above<P>(y, 0, g, g * P(0));
  }
};

struct LeakyRelu {
  static constexpr ActivationTraits traits{
      .name = "leaky_relu", .gain = relu_gain, .parameter = {.name = "slope", .standard = 0.01}};
  template <class P>
  LSO_INLINE static P value(const P& z, double slope) {
    return where_below<P>(z, 0, z * P(static_cast<typename P::T>(slope)), z);
  }
  template <class P>
  LSO_INLINE static P adjust(const P& g, const P& y, double slope) {
    return where_above<P>(y, 0, g, g * P(static_cast<typename P::T>(slope)));
  }
};

// log(1 + e^z), without overflow.
struct Softplus {
  static constexpr ActivationTraits traits{.name = "softplus", .gain = relu_gain, .low = 0};
  template <class P>
  LSO_INLINE static P value(const P& z, double /*parameter*/) {
    return each_value(z, [](auto v) LSO_INLINED {
      using Math = Libm<decltype(v)>;
      return (v < 0 ? 0 : v) + Math::log1p(Math::exp(v < 0 ? v : -v));
    });
  }
  template <class P>
  LSO_INLINE static P adjust(const P& g, const P& y, double /*parameter*/) {  // sigmoid(z) = 1 - e^-y
    return g * -each_value(y, [](auto v) LSO_INLINED { return Libm<decltype(v)>::expm1(-v); });
  }
};

// Clevert, Unterthiner and Hochreiter 2016, alpha = 1: e^z - 1 below zero.
struct Elu {
  static constexpr ActivationTraits traits{.name = "elu", .gain = relu_gain, .low = -1};
  template <class P>
  LSO_INLINE static P value(const P& z, double /*parameter*/) {
    return where_below<P>(z, 0, expm1(z), z);
  }
  template <class P>
  LSO_INLINE static P adjust(const P& g, const P& y, double /*parameter*/) {
    return where_above<P>(y, 0, g, g * (y + P(1)));
  }
};

// z sigmoid(z), also called swish (Elfwing, Uchibe and Doya 2018).
struct Silu {
  static constexpr ActivationTraits traits{
      .name = "silu", .gain = relu_gain, .low = -0.27846454276107380, .keeps_slope = true};
  template <class P>
  LSO_INLINE static P value(const P& z, P& slope) {
    const P s = sigmoid(z);
    slope = s * fused_pack<P>(z, P(1) - s, P(1));
    return z * s;
  }
};

// z Phi(z), Phi the normal distribution itself and no approximation by tanh (Hendrycks and Gimpel 2016).
struct Gelu {
  static constexpr ActivationTraits traits{
      .name = "gelu", .gain = relu_gain, .low = -0.16997120747990370, .keeps_slope = true};
  template <class P>
  LSO_INLINE static P value(const P& z, P& slope) {
    using T = typename P::T;
    const P phi = P(T(0.5)) * each_value(z * P(T(-0.70710678118654752)), [](auto v) LSO_INLINED {
                    return Libm<decltype(v)>::erfc(v);  // value by value, since no kernel has it
                  });
    slope = fused_pack<P>(z * P(T(0.39894228040143268)), exp(z * z * P(T(-0.5))), phi);
    return z * phi;
  }
};

// e^z over its sum, of the whole layer or of each group of `size` neighbours: a distribution over categories.
struct Softmax {
  static constexpr ActivationTraits traits{.name = "softmax",
                                           .low = 0,
                                           .high = 1,
                                           .output_only = true,
                                           .mixes_nodes = true,
                                           .parameter = {.name = "size", .least = 1, .whole = true}};

  // body(first, last) over the groups.
  template <class T, class Kept, class Body>
  LSO_INLINE static void for_groups(const Tile<T, Kept>& of, Body body) {
    const size_t size = of.parameter > 0 ? static_cast<size_t>(of.parameter) : of.rows;
    for (size_t first = 0; first < of.rows; first += size) body(first, first + size);
  }

  // Shifted by the largest z, so that no exponential overflows.
  template <class T>
  static void forward(const Tile<T, T>& of) {
    T* out = of.out;
    const size_t ld = of.ldout;
    for_groups(of, [&](size_t first, size_t last) LSO_INLINED {
      for (size_t lane = 0; lane < of.cols; ++lane) {
        T largest = of.in[first * of.ldin + lane];
        for (size_t node = first + 1; node < last; ++node) {
          const T z = of.in[node * of.ldin + lane];
          largest = largest < z ? z : largest;
        }
        for (size_t node = first; node < last; ++node) out[node * ld + lane] = of.in[node * of.ldin + lane] - largest;
      }
    });
    exp_tile<T>({.rows = of.rows, .cols = of.cols, .in = out, .ldin = ld, .out = out, .ldout = ld});
    for_groups(of, [&](size_t first, size_t last) LSO_INLINED {
      for (size_t lane = 0; lane < of.cols; ++lane) {
        T sum = 0;
        for (size_t node = first; node < last; ++node) sum += out[node * ld + lane];
        for (size_t node = first; node < last; ++node) out[node * ld + lane] /= sum;
      }
    });
  }

  // dE/dz_i = y_i (g_i - sum_j g_j y_j).
  template <class T>
  static void backward(const Tile<T>& of) {
    for_groups(of, [&](size_t first, size_t last) LSO_INLINED {
      for (size_t lane = 0; lane < of.cols; ++lane) {
        T dot = 0;
        for (size_t node = first; node < last; ++node) {
          dot += of.in[node * of.ldin + lane] * of.kept[node * of.ldkept + lane];
        }
        for (size_t node = first; node < last; ++node) {
          of.out[node * of.ldout + lane] = of.kept[node * of.ldkept + lane] * (of.in[node * of.ldin + lane] - dot);
        }
      }
    });
  }
};

// The logarithm of softmax's values, z - log of the sum of e^z, which rounds none of them to log 0.
struct LogSoftmax {
  static constexpr ActivationTraits traits{.name = "log_softmax",
                                           .high = 0,
                                           .output_only = true,
                                           .mixes_nodes = true,
                                           .parameter = Softmax::traits.parameter};

  // body(pack, column, count, first, last) over packs of lanes and the groups.
  template <class T, class Kept, class Body>
  LSO_INLINE static void for_groups(const Tile<T, Kept>& of, Body body) {
    Softmax::for_groups(of, [&](size_t first, size_t last) LSO_INLINED {
      for_packs<T, width<T>, 2>(
          0, of.cols, [&](auto pack, size_t j, size_t count) LSO_INLINED { body(pack, j, count, first, last); });
    });
  }

  // Shifted by the largest z, so that no exponential overflows.
  template <class T>
  static void forward(const Tile<T, T>& of) {
    for_groups(of, [&](auto pack, size_t j, size_t count, size_t first, size_t last) LSO_INLINED {
      using P = decltype(pack);
      const auto z = [&](size_t node) LSO_INLINED { return P::load(of.in + node * of.ldin + j, count); };
      P largest = z(first);
      for (size_t node = first + 1; node < last; ++node) {
        largest = where_above<P>(z(node) - largest, 0, z(node), largest);
      }
      P sum(0);
      for (size_t node = first; node < last; ++node) sum = sum + kernels::exp(z(node) - largest);
      const P logarithm = each_value(sum, [](auto v) LSO_INLINED { return Libm<decltype(v)>::log(v); });
      for (size_t node = first; node < last; ++node) {
        (z(node) - largest - logarithm).store(of.out + node * of.ldout + j, count);
      }
    });
  }

  // dE/dz_i = g_i - e^y_i sum_j g_j.
  template <class T>
  static void backward(const Tile<T>& of) {
    for_groups(of, [&](auto pack, size_t j, size_t count, size_t first, size_t last) LSO_INLINED {
      using P = decltype(pack);
      const auto g = [&](size_t node) LSO_INLINED { return P::load(of.in + node * of.ldin + j, count); };
      P sum(0);
      for (size_t node = first; node < last; ++node) sum = sum + g(node);
      for (size_t node = first; node < last; ++node) {
        const P share = kernels::exp(P::load(of.kept + node * of.ldkept + j, count));
        (g(node) - share * sum).store(of.out + node * of.ldout + j, count);
      }
    });
  }
};

template <class A, class T>
void forward(const Tile<T, T>& of) {
  for_tile(of, [&](auto pack, size_t i, size_t j, size_t count) LSO_INLINED {
    using P = decltype(pack);
    const P z = P::load(of.in + i * of.ldin + j, count);
    if constexpr (A::traits.keeps_slope) {
      P slope;
      A::value(z, slope).store(of.out + i * of.ldout + j, count);
      slope.store(of.kept + i * of.ldkept + j, count);
    } else {
      A::value(z, of.parameter).store(of.out + i * of.ldout + j, count);
    }
  });
}

template <class A, class T>
void backward(const Tile<T>& of) {
  for_tile(of, [&](auto pack, size_t i, size_t j, size_t count) LSO_INLINED {
    using P = decltype(pack);
    const P g = P::load(of.in + i * of.ldin + j, count);
    const P kept = P::load(of.kept + i * of.ldkept + j, count);
    if constexpr (A::traits.keeps_slope) {
      (g * kept).store(of.out + i * of.ldout + j, count);
    } else {
      A::adjust(g, kept, of.parameter).store(of.out + i * of.ldout + j, count);
    }
  });
}

template <class A, class T>
constexpr ActivationRecord<T> record() {
  return {.traits = A::traits, .forward = forward<A, T>, .backward = backward<A, T>};
}

template <class T>
constexpr auto activations = std::to_array<ActivationRecord<T>>({
    {.traits = Linear::traits, .forward = nullptr, .backward = nullptr},
    record<Sigmoid, T>(),
    record<Tanh, T>(),
    record<Relu, T>(),
    record<LeakyRelu, T>(),
    record<Softplus, T>(),
    {.traits = Softmax::traits, .forward = Softmax::forward<T>, .backward = Softmax::backward<T>},
    record<Elu, T>(),
    record<Silu, T>(),
    record<Gelu, T>(),
    {.traits = LogSoftmax::traits, .forward = LogSoftmax::forward<T>, .backward = LogSoftmax::backward<T>},
});

// The names of activation.hpp.
constexpr bool stands_at(Activation constant, const ActivationTraits& traits) {
  return std::string_view(activations<float>[constant.index()].traits.name) == traits.name;
}
static_assert(stands_at(Activation::linear, Linear::traits) && stands_at(Activation::sigmoid, Sigmoid::traits) &&
              stands_at(Activation::tanh, Tanh::traits) && stands_at(Activation::relu, Relu::traits) &&
              stands_at(Activation::softplus, Softplus::traits) && stands_at(Activation::softmax, Softmax::traits));

}  // namespace
}  // namespace lso::kernels
