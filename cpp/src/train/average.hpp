// Parameters averaged over steps with the weights of an exponential moving average (Polyak and Juditsky 1992):
// (1 - a) sum over steps s of a^(last - s) P_s, over (1 - a^last).
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace lso {

template <class T>
class Average {
 public:
  // `keep` is a: the share of the average that stays at each step; 0 averages nothing.
  Average(double keep, std::size_t size) : keep_(keep), values_(keep > 0 ? size : 0) {}

  void add(std::span<const T> parameters) {
    if (keep_ == 0) return;
    const auto keep = static_cast<T>(keep_);
    weight_ = keep_ * weight_ + (1 - keep_);
    std::ranges::transform(values_, parameters, values_.begin(),
                           [&](T average, T value) { return keep * average + (1 - keep) * value; });
  }

  // Leaves `parameters` as they are where nothing was averaged.
  void copy_to(std::span<T> parameters) const {
    if (weight_ == 0) return;
    const auto unbias = static_cast<T>(1 / weight_);
    std::ranges::transform(values_, parameters.begin(), [&](T value) { return value * unbias; });
  }

 private:
  double keep_;
  double weight_ = 0;  // of the steps so far
  std::vector<T> values_;
};

}  // namespace lso
