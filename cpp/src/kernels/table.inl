// The table of one instruction set, from the templates. The including file names it with LSO_ISA.
#include "kernels/activation.inl"
#include "kernels/elementwise.inl"
#include "kernels/gemm.inl"
#include "kernels/lanes.inl"
#include "kernels/online.inl"
#include "kernels/random.inl"

namespace lso::kernels {
namespace {

template <class T>
constexpr Kernels<T> table() {
  return {
      .gemm = gemm<T>,
      .gemv = gemv<T>,
      .pack = pack<T>,
      .activations = activations<T>,
      .exp = exp_tile<T>,
      .add_bias = add_bias<T>,
      .transpose = transpose<T>,
      .squared_excess = squared_excess<T>,
      .move_lanes = move_lanes<T>,
      .keep_lanes = keep_lanes<T>,
      .squared_norms = squared_norms<T>,
      .squared_norm = squared_norm<T>,
      .add_scaled = add_scaled<T>,
      .average = average<T>,
      .adam = adam<T>,
      .scale_lanes = scale_lanes<T>,
      .sum_lanes = sum_lanes<T>,
      .update_and_apply = update_and_apply<T>,
      .adam_outer = adam_outer<T>,
      .uniforms = uniforms<T>,
      .normals = normals<T>,
      .multiply_add = multiply_add<T>,
  };
}

}  // namespace

#define LSO_JOIN_(a, b) a##b
#define LSO_JOIN(a, b) LSO_JOIN_(a, b)
extern const Kernels<float> LSO_JOIN(float32_, LSO_ISA);
extern const Kernels<double> LSO_JOIN(float64_, LSO_ISA);
const Kernels<float> LSO_JOIN(float32_, LSO_ISA) = table<float>();
const Kernels<double> LSO_JOIN(float64_, LSO_ISA) = table<double>();

}  // namespace lso::kernels
