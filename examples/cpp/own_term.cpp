// Latents of a decoder whose samples meet two requirements at once: a head says what its target asks, and the mean of
// the values is at least .1, which is a term of our own. Both networks are random: it is about the terms.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

#include "lso/optimize.hpp"
#include "lso/random.hpp"
#include "lso/terms/squared_distance.hpp"

namespace {

constexpr std::size_t n_latents = 5;
constexpr std::size_t n_values = 30;
constexpr std::size_t n_starts = 100;

// E = max(0, least + margin - mean)^2. The margin, since descent comes from outside, gets it in.
class MeanAtLeast final : public lso::Term<float> {
 public:
  MeanAtLeast(std::size_t values, double least) : values_(values), least_(least) {}

  [[nodiscard]] std::size_t n_values() const override { return values_; }

  void evaluate(const lso::TermInput<float>& at, const lso::TermOutput<float>& out) const override {
    for (std::size_t lane = 0; lane < at.values.lanes; ++lane) {
      double mean = 0;
      for (std::size_t i = 0; i < values_; ++i) mean += double{at.values[i][lane]} / static_cast<double>(values_);
      const double miss = std::max(0.0, least_ + 0.01 - mean);
      if (out.error != nullptr) out.error[lane] = miss * miss;
      if (out.met != nullptr) out.met[lane] = mean >= least_ ? 1 : 0;
      if (out.gradient.data == nullptr) continue;
      const auto slope = static_cast<float>(-2 * miss / static_cast<double>(values_));
      for (std::size_t i = 0; i < values_; ++i) out.gradient[i][lane] = slope;
    }
  }

 private:
  std::size_t values_;
  double least_;
};

lso::Chain<float> random_network(const std::vector<std::size_t>& sizes, std::uint64_t seed) {
  std::vector<lso::Layer> layers;
  for (const std::size_t size : sizes) {
    const bool input = layers.empty();
    layers.push_back(
        {.size = size, .activation = input ? lso::Activation::linear : lso::Activation::tanh, .bias = !input});
  }
  auto network = std::make_shared<lso::Network<float>>(layers);
  lso::initialize(*network, seed);
  return lso::Chain<float>({network});
}

}  // namespace

int main() {
  const std::vector<float> target{0.5F, -0.5F};
  const lso::Problem<float> problem{
      .trunk = random_network({n_latents, 16, n_values}, 1),
      .branches = {{.head = random_network({n_values, 8, 2}, 2),
                    .terms = {{std::make_shared<lso::SquaredError<float>>(
                        lso::Rows<const float>{target.data(), 1, target.size()})}}},
                   {.head = std::nullopt, .terms = {{std::make_shared<MeanAtLeast>(n_values, 0.1)}}}}};
  std::vector<float> starts(n_starts * n_latents);
  lso::Random(3, lso::Stream::normal).normals<float>(0, starts);

  const auto result = lso::optimize<float>(problem, {starts.data(), n_starts, n_latents}, {}, {});
  const auto met = [&](std::size_t term) {
    const auto& each = result.terms[term].met;
    return std::accumulate(each.begin(), each.end(), 0);
  };
  const auto both = std::ranges::count(result.status, lso::Status::converged);
  std::printf("of %zu starts %d meet the target, %d the mean, %td both\n", n_starts, met(0), met(1), both);
  return both > 0 ? 0 : 1;
}
