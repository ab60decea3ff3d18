// Training by minibatches. A minibatch is cut into chunks of lanes and a gradient into pieces, both of one size
// whatever the number of threads, and a piece adds its chunks up in their order: so threads change no bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"
#include "lso/backprop.hpp"
#include "train/batch.hpp"
#include "train/trainer.hpp"

namespace lso {

template <class T>
class MinibatchTrainer final : public Trainer<T> {
 public:
  MinibatchTrainer(const Chain<T>& chain, const Samples<T>& data, const TrainSettings& settings)
      : Trainer<T>(chain, data, settings),
        batch_size_(std::min(settings.batch_size, data.x.rows)),
        team_(threads_that_pay()),
        chunk_lanes_(lanes_that_pay()),
        transposed_(team_.size() * transposed_nodes * chunk_lanes_) {
    const std::size_t chunks = (batch_size_ + chunk_lanes_ - 1) / chunk_lanes_;
    const std::size_t kept = std::min(chunks, chunks_at_once());
    for (std::size_t c = 0; c < kept; ++c) {
      batches_.emplace_back(chain_, data, std::min(chunk_lanes_, batch_size_));
      shares_.emplace_back(batches_.back().workspace().capacity());
    }
    errors_.resize(kept * (chunk_lanes_ / summed_lanes));
    for (const std::size_t part : trained_) {
      const std::size_t size = parts_[part]->parameters().size();
      gradients_.emplace_back(size);
      if (const Adam* adam = std::get_if<Adam>(&settings.optimizer)) adam_.emplace_back(*adam, size);
      for (const ParameterPiece& piece : parameter_pieces(chain_, part))
        pieces_.push_back({gradients_.size() - 1, piece});
      for (std::size_t first = 0; first < size; first += block_values) {
        blocks_.push_back({gradients_.size() - 1, first, std::min(block_values, size - first)});
      }
    }
    norms_.resize(blocks_.size());
    // the largest first, so that threads end together
    std::ranges::stable_sort(pieces_, std::greater{}, [&](const Piece& piece) {
      const std::vector<Layer>& layers = parts_[piece.piece.part]->layers();
      const std::size_t n_in = piece.piece.layer > 0 ? layers[piece.piece.layer - 1].size : 0;
      return layers[piece.piece.layer].size * std::min(transposed_nodes, n_in - std::min(n_in, piece.piece.first_node));
    });
  }

 private:
  using Trainer<T>::data_, Trainer<T>::settings_, Trainer<T>::parts_, Trainer<T>::chain_, Trainer<T>::trained_;
  using Trainer<T>::first_stage_;

  static constexpr std::size_t block_values = 16384;
  static constexpr std::size_t second_level_cache = std::size_t{1} << 20;

  struct Piece {
    std::size_t gradient = 0;
    ParameterPiece piece;
  };
  struct Block {
    std::size_t gradient, first, count;
  };

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
    double error = 0;
    const std::size_t at_once = batches_.size() * chunk_lanes_;
    for (std::size_t begin = 0; begin < samples.size(); begin += at_once) {
      const std::size_t count = std::min(at_once, samples.size() - begin);
      error = accumulate(samples.subspan(begin, count), total_weight, begin > 0, error);
      if (stop.check()) return StepOutcome::stationary;  // a large minibatch is given up half way
    }
    if (!std::isfinite(error)) return StepOutcome::diverged;
    return move(error);
  }

  // Puts, or adds, these samples' share of the minibatch's gradient; returns the error with their share added, group by
  // group, so that its last bit does not depend on how many are worked on at once.
  double accumulate(std::span<const std::size_t> samples, double total_weight, bool add, double error) {
    const std::size_t chunks = (samples.size() + chunk_lanes_ - 1) / chunk_lanes_;
    std::ranges::fill(errors_, 0.0);
    team_.share(chunks, [&](std::size_t, std::size_t c) {
      const std::size_t begin = c * chunk_lanes_;
      backward_chunk(c, samples.subspan(begin, std::min(chunk_lanes_, samples.size() - begin)), total_weight);
    });
    team_.share(pieces_.size(), [&](std::size_t thread, std::size_t i) {
      T* transposed = transposed_.data() + thread * transposed_nodes * chunk_lanes_;
      for (std::size_t c = 0; c < chunks; ++c) {
        backward_piece<T>(chain_, batches_[c].workspace(), pieces_[i].piece, transposed,
                          gradients_[pieces_[i].gradient], add || c > 0);
      }
    });
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
    team_.share(blocks_.size(), [&](std::size_t, std::size_t i) { norms_[i] = squared_norm<T>(gradient(blocks_[i])); });
    double norm = 0;
    for (const double part : norms_) norm += part;
    if (!std::isfinite(norm)) return StepOutcome::diverged;
    if (!adam_.empty()) {
      if (!std::isfinite(static_cast<T>(norm))) return StepOutcome::diverged;  // it squares in T
      for (AdamState<T>& adam : adam_) adam.begin_step();
      team_.share(blocks_.size(), [&](std::size_t, std::size_t i) {
        adam_[blocks_[i].gradient].move(blocks_[i].first, values(blocks_[i]), gradient(blocks_[i]));
      });
      return StepOutcome::moved;
    }
    const double change = std::get<NormalizedGradientDescent>(settings_.optimizer).change(error);
    const StepOutcome outcome = check_step<T>(change, norm);
    if (outcome == StepOutcome::moved) {
      team_.share(blocks_.size(), [&](std::size_t, std::size_t i) {
        descend<T>(values(blocks_[i]), gradient(blocks_[i]), change, norm);
      });
    }
    return outcome;
  }

  [[nodiscard]] std::span<const T> gradient(const Block& block) const {
    return std::span(gradients_[block.gradient]).subspan(block.first, block.count);
  }
  [[nodiscard]] std::span<T> values(const Block& block) const {
    return parts_[trained_[block.gradient]]->parameters().subspan(block.first, block.count);
  }

  std::size_t batch_size_;
  Team team_;
  std::size_t chunk_lanes_;        // of summed_lanes
  std::vector<Batch<T>> batches_;  // one for each chunk that is worked on at once
  std::vector<std::vector<T>> shares_;
  std::vector<double> errors_;                                  // of each summed_lanes samples
  AlignedBuffer<T> transposed_;                                 // scratch of each thread
  std::vector<std::vector<T, AlignedAllocator<T>>> gradients_;  // one for each part that is trained
  std::vector<AdamState<T>> adam_;                              // the same, if it is Adam
  std::vector<Piece> pieces_;
  std::vector<Block> blocks_;
  std::vector<double> norms_;
};

}  // namespace lso
