// Runs a check on the kernels of every instruction set that this processor has, in both precisions.
#pragma once

#include "kernels/kernels.hpp"

template <class Check>
void for_sets(Check check) {
  for (std::size_t s = 0; s < lso::kernels::kernel_set_count; ++s) {
    const lso::kernels::KernelSet& set = lso::kernels::kernel_sets[s];
    if (!set.runs_here()) continue;
    check(*set.float32);
    check(*set.float64);
  }
}
