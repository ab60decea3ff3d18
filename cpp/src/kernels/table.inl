// The table of one instruction set, from the templates. The including file names it with LSO_ISA.
#include "kernels/activation.inl"
#include "kernels/elementwise.inl"
#include "kernels/gemm.inl"
#include "kernels/lanes.inl"
#include "kernels/online.inl"

namespace lso::kernels {
namespace {

template <class T>
constexpr Kernels<T> table() {
  return {
      gemm<T>,           gemv<T>,        activations<T>, exp_tile<T>,         add_bias<T>,     transpose<T>,
      squared_excess<T>, move_lanes<T>,  keep_lanes<T>,  squared_norms<T>,    squared_norm<T>, add_scaled<T>,
      adam<T>,           scale_lanes<T>, sum_lanes<T>,   update_and_apply<T>, adam_outer<T>,   multiply_add<T>,
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
