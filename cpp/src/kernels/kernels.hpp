// What the engine runs on vectors: a table of functions for each instruction set. reference.hpp has the plain loops
// that say what each of them means.
//
// Values are in lane layout: (nodes, lanes), a node's lanes next to each other, nodes `ld...` apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lso/activation.hpp"

namespace lso::kernels {

// Values are padded to multiples of this, with zeros, where a kernel says so.
inline constexpr std::size_t padding = 16;

// C (m, n) = A (m, k) B (k, n). Element (i, p) of A at a[i * a_row + p * a_col], one of the two steps being 1; rows of
// B and C are contiguous. Every element of C is one chain of additions in the order of p, on whatever tile it falls.
// The sums begin at C (accumulate), at bias (m,), or at zero.
template <class T>
struct Product {
  std::size_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  std::size_t a_row = 0, a_col = 0;
  const T* b = nullptr;
  std::size_t ldb = 0;
  T* c = nullptr;
  std::size_t ldc = 0;
  const T* bias = nullptr;
  bool accumulate = false;
  T* scratch = nullptr;  // for k * n values, which a large product is faster with
  bool packed = false;   // A is what pack made of it; nothing is accumulated then
};

// Bytes from which A is large: the second-level cache has better to hold.
inline constexpr std::size_t large_bytes = std::size_t{1} << 19;

// out (rows, cols) = f(in, kept); out may be in.
template <class T, class Kept = const T>
struct Tile {
  std::size_t rows = 0, cols = 0;
  const T* in = nullptr;
  std::size_t ldin = 0;
  Kept* kept = nullptr;
  std::size_t ldkept = 0;
  T* out = nullptr;
  std::size_t ldout = 0;
  double parameter = 0;
};

template <class T>
using Map = void (*)(const Tile<T>&);

// One activation. Null functions: y = z.
template <class T>
struct ActivationRecord {
  ActivationTraits traits;
  void (*forward)(const Tile<T, T>&);  // out = f(in), and kept = f'(in) where it keeps its slope
  Map<T> backward;                     // out = dE/dz from in = dE/dy, kept what forward kept, or its out
};
template <class T>
using ActivationTable = std::span<const ActivationRecord<T>>;

// Adam's step t with the moments' bias taken out of them: with c = sqrt(1 - beta2^t), rate = learning rate * c /
// (1 - beta1^t), and epsilon is times c as well (Kingma and Ba 2015, end of section 2).
template <class T>
struct AdamStep {
  T beta1, beta2, epsilon, rate;
};

// Rows y (nodes, lanes) against low and high, each with its weight; high and weight may be null: high = low, weight 1.
template <class T>
struct Requirement {
  std::size_t nodes, lanes;
  const T* y;
  std::size_t ldy;
  const T* low;
  const T* high;
  const T* weight;
  std::size_t ld;
};

// Algorithm 3 on lanes: x (nodes, lanes) += derivatives * scale[lane], in double, then within [lower, upper] (nodes,),
// both null for no bounds. moved[lane] = sum over nodes of how far a value went; not finite where a value is not.
template <class T>
struct LaneStep {
  std::size_t nodes, lanes, ld;
  T* x;
  const T* derivatives;
  const double* scale;
  const T* lower;
  const T* upper;
  double* moved;
};

// W (m, n) += scale (m,) x^T (n,), unless scale is null; then y (m,) = W next (n,) + bias (m,), or no bias where null.
// n is a multiple of `padding`.
template <class T>
struct Outer {
  std::size_t m, n;
  T* w;
  const T* scale;
  const T* x;
  const T* next;
  const T* bias;
  T* y;
};

// What lso::Random is made of.
struct RandomKey {
  std::uint64_t seed;
  std::uint32_t stream, substream;
};

template <class T>
struct Kernels {
  void (*gemm)(const Product<T>&);
  // The same product for one column, b and c contiguous; bit for bit gemm's. A is packed, or its rows are next to each
  // other (a_row = 1) and can be read up to a multiple of `padding`.
  void (*gemv)(const Product<T>&);
  // A (m, k) into out, (m + padding) * k values: for products of one column where n = 1, else for those of more, in
  // multiples of what fills 16 bytes.
  void (*pack)(const Product<T>&, T* out);

  ActivationTable<T> activations;  // by Activation::index, the same in every set
  Map<T> exp;                      // e^in
  // out = in + bias (rows,), a bias for each row
  void (*add_bias)(const Tile<T>&, const T* bias);
  // out[col * ld + r] = row[r][col]
  void (*transpose)(std::size_t rows, std::size_t cols, const T* const* row, T* out, std::size_t ld);

  // error[lane] = sum over nodes of weight * excess^2, in double, excess the distance of y from [low, high] with its
  // sign; g (nodes, lanes) = 2 * weight * excess. Either may be null.
  void (*squared_excess)(const Requirement<T>&, double* error, T* g, std::size_t ldg);

  void (*move_lanes)(const LaneStep<T>&);
  // best (nodes, lanes) = x where wanted[lane] is not zero
  void (*keep_lanes)(std::size_t nodes, std::size_t lanes, std::size_t ld, const T* x, const T* wanted, T* best);
  // out[lane] = sum over nodes of x^2, in double
  void (*squared_norms)(std::size_t nodes, std::size_t lanes, const T* x, std::size_t ld, double* out);

  // sum of x^2, in T over stretches of 1,024 values at most, in double over those
  double (*squared_norm)(std::size_t n, const T* x);
  // y += scale * x
  void (*add_scaled)(std::size_t n, T scale, const T* x, T* y);
  // average = keep * average + (1 - keep) * x
  void (*average)(std::size_t n, T keep, const T* x, T* average);
  void (*adam)(std::size_t n, const AdamStep<T>&, const T* gradient, T* first, T* second, T* values);
  // x (nodes, lanes) *= factor (lanes,)
  void (*scale_lanes)(std::size_t nodes, std::size_t lanes, const T* factor, T* x, std::size_t ld);
  // out[node] += sum over lanes of x
  void (*sum_lanes)(std::size_t nodes, std::size_t lanes, const T* x, std::size_t ld, T* out);

  void (*update_and_apply)(const Outer<T>&);
  // adam for a layer's weights (m, n) whose derivatives are delta (m,) x^T (n,); n is a multiple of `padding`
  void (*adam_outer)(std::size_t m, std::size_t n, const AdamStep<T>&, const T* delta, const T* x, T* first, T* second,
                     T* w);

  // out (n,) = uniform, and normal, numbers of the indices from `first` on
  void (*uniforms)(const RandomKey&, std::uint64_t first, std::size_t n, T* out);
  void (*normals)(const RandomKey&, std::uint64_t first, std::size_t n, T* out);

  // Multiply-adds as fast as they go, n of them on whole vectors; returns how many floating-point operations that was.
  double (*multiply_add)(std::size_t n);
};

struct KernelSet {
  const char* name;
  const Kernels<float>* float32;
  const Kernels<double>* float64;
  bool (*runs_here)();
};

// All sets of this build, the baseline first, each better than the one before.
extern const KernelSet kernel_sets[];
extern const std::size_t kernel_set_count;

// The one in use.
[[nodiscard]] const KernelSet& active();

template <class T>
[[nodiscard]] inline const Kernels<T>& kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return *active().float32;
  } else {
    return *active().float64;
  }
}

}  // namespace lso::kernels
