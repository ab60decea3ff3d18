// Parameters averaged over steps with the weights of an exponential moving average (Polyak and Juditsky 1992):
// (1 - a) sum over steps s of a^(last - s) P_s, over (1 - a^last).
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"

namespace lso {

template <class T>
class Average {
 public:
  // `keep` is a: the share of the average that stays at each step; 0 averages nothing.
  Average(double keep, std::size_t size) : keep_(static_cast<T>(keep)), values_(keep > 0 ? size : 0) {}

  void add(std::span<const T> parameters) {
    if (keep_ == 0) return;
    weight_ = keep_ * weight_ + (1 - keep_);
    kernels::kernels<T>().average(parameters.size(), keep_, parameters.data(), values_.data());
  }

  // Leaves `parameters` as they are where nothing was averaged.
  void copy_to(std::span<T> parameters) const {
    if (weight_ == 0) return;
    const auto unbias = static_cast<T>(1 / weight_);
    std::ranges::transform(values_, parameters.begin(), [&](T value) { return value * unbias; });
  }

 private:
  T keep_;             // in T, so that the values are divided by the very weight that they have
  double weight_ = 0;  // of the steps so far
  std::vector<T> values_;
};

}  // namespace lso
