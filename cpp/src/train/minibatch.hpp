// Training by minibatches, cut into chunks of lanes (gradient_sum.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"
#include "passes.hpp"
#include "team.hpp"
#include "train/batch.hpp"
#include "train/gradient_sum.hpp"
#include "train/trainer.hpp"

namespace lso {

template <class T>
class MinibatchTrainer final : public Trainer<T> {
 public:
  MinibatchTrainer(const Chain<T>& chain, const Samples<T>& data, const TrainSettings& settings, StopSignal& stop)
      : Trainer<T>(chain, data, settings, stop),
        batch_size_(std::min(settings.batch_size, data.x.rows)),
        team_(threads_that_pay()),
        chunk_lanes_(lanes_that_pay()),
        sum_(chain_, parts_, trained_, team_.size(), chunk_lanes_) {
    const std::size_t chunks = (batch_size_ + chunk_lanes_ - 1) / chunk_lanes_;
    const std::size_t kept = std::min(chunks, chunks_at_once());
    for (std::size_t c = 0; c < kept; ++c) {
      batches_.emplace_back(chain_, data, std::min(chunk_lanes_, batch_size_));
      shares_.emplace_back(batches_.back().workspace().capacity());
      stop.look();
    }
    errors_.resize(kept * (chunk_lanes_ / summed_lanes));
    const Adam* adam = std::get_if<Adam>(&settings.optimizer);
    for (const std::size_t part : trained_) {
      if (adam != nullptr) adam_.emplace_back(*adam, parts_[part]->parameters().size());
      stop.look();
    }
  }

 private:
  using Trainer<T>::data_, Trainer<T>::settings_, Trainer<T>::parts_, Trainer<T>::chain_, Trainer<T>::trained_;
  using Trainer<T>::first_stage_;

  static constexpr std::size_t second_level_cache = std::size_t{1} << 20;

  [[nodiscard]] std::size_t threads_that_pay() const {
    // forward, nodes and parameters, shared out in two
    const bool worth = batch_size_ > summed_lanes && 3 * chain_.n_parameters() * batch_size_ / 2 >= worth_threads;
    return worth ? resolve_threads(settings_.threads) : 1;
  }

  // Weights that no near cache holds are better read for more lanes at once, as long as every thread has some.
  [[nodiscard]] std::size_t lanes_that_pay() const {
    const bool large = chain_.n_parameters() * sizeof(T) > second_level_cache;
    return large && batch_size_ >= 2 * summed_lanes * team_.size() ? 2 * summed_lanes : summed_lanes;
  }

  // A single thread takes one at a time, which stays in the cache; unless it is the gradient that does not, and is
  // better walked through once for some of them.
  [[nodiscard]] std::size_t chunks_at_once() const {
    const bool large = chain_.n_parameters() * sizeof(T) > second_level_cache;
    return team_.size() > 1 || large ? 4 * summed_lanes / chunk_lanes_ * team_.size() : 1;
  }

  StepOutcome step(std::span<const std::size_t> samples, StopSignal& stop) override {
    double total_weight = 0;
    for (const std::size_t sample : samples) total_weight += sample_weight(data_, sample);
    if (total_weight == 0) return StepOutcome::stationary;
    for (Batch<T>& batch : batches_) batch.workspace().heed(&stop);
    double error = 0;
    const std::size_t at_once = batches_.size() * chunk_lanes_;
    for (std::size_t begin = 0; begin < samples.size(); begin += at_once) {
      const std::size_t count = std::min(at_once, samples.size() - begin);
      error = accumulate(samples.subspan(begin, count), total_weight, begin > 0, error, stop);
      if (stop.check()) return StepOutcome::stationary;  // a large minibatch is given up half way
    }
    if (!std::isfinite(error)) return StepOutcome::diverged;
    return move(error);
  }

  // Puts, or adds, these samples' share of the minibatch's gradient; returns the error with their share added, group by
  // group, so that its last bit does not depend on how many are worked on at once.
  double accumulate(std::span<const std::size_t> samples, double total_weight, bool add, double error,
                    StopSignal& stop) {
    const std::size_t chunks = (samples.size() + chunk_lanes_ - 1) / chunk_lanes_;
    std::ranges::fill(errors_, 0.0);
    team_.share(chunks, [&](std::size_t, std::size_t c) {
      const std::size_t begin = c * chunk_lanes_;
      stops_quietly([&] {
        backward_chunk(c, samples.subspan(begin, std::min(chunk_lanes_, samples.size() - begin)), total_weight);
      });
    });
    sum_.gather(
        {team_, true, &stop}, chunks, [&](std::size_t c) -> Workspace<T>& { return batches_[c].workspace(); }, add);
    for (const double part : errors_) error += part;
    return error;
  }

  void backward_chunk(std::size_t chunk, std::span<const std::size_t> samples, double total_weight) {
    Batch<T>& batch = batches_[chunk];
    Workspace<T>& workspace = batch.workspace();
    batch.load(samples.size(), [&](std::size_t lane) { return samples[lane]; });
    const Lanes<T> delta = workspace.deltas(chain_.stages().size() - 1);
    batch.run(chain_, delta);
    weigh(chunk, samples, total_weight, delta);
    backward_nodes(chain_, workspace, first_stage_);
  }

  // Each lane's share by its sample's weight; none for the lanes that only fill a group up.
  void weigh(std::size_t chunk, std::span<const std::size_t> samples, double total_weight, Lanes<T> delta) {
    std::vector<T>& shares = shares_[chunk];
    double* errors = errors_.data() + chunk * (chunk_lanes_ / summed_lanes);
    for (std::size_t lane = 0; lane < samples.size(); ++lane) {
      const double share = sample_weight(data_, samples[lane]) / total_weight;
      shares[lane] = static_cast<T>(share);
      errors[lane / summed_lanes] += share * batches_[chunk].error(lane);
    }
    kernels::kernels<T>().scale_lanes(delta.nodes, samples.size(), shares.data(), delta.data, delta.stride);
    clear_lanes_from(delta, samples.size());
  }

  StepOutcome move(double error) {
    const double norm = sum_.squared_norm({team_});
    if (!std::isfinite(norm)) return StepOutcome::diverged;
    if (adam_.empty()) {
      const auto& descent = std::get<NormalizedGradientDescent>(settings_.optimizer);
      return sum_.step({team_}, descent.change(error, norm), norm);
    }
    if (!std::isfinite(static_cast<T>(norm))) return StepOutcome::diverged;  // it squares in T
    sum_.step({team_}, adam_);
    return StepOutcome::moved;
  }

  std::size_t batch_size_;
  Team team_;
  std::size_t chunk_lanes_;  // of summed_lanes
  GradientSum<T> sum_;
  std::vector<AdamState<T>> adam_;  // one for each part that is trained, if it is Adam
  std::vector<Batch<T>> batches_;   // one for each chunk that is worked on at once
  std::vector<std::vector<T>> shares_;
  std::vector<double> errors_;  // of each summed_lanes samples
};

}  // namespace lso
