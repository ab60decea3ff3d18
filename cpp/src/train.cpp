#include "lso/train.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "batch.hpp"
#include "lso/backprop.hpp"
#include "lso/random.hpp"
#include "lso/threads.hpp"

namespace lso {

std::string_view name(TrainStatus status) {
  constexpr std::array<std::string_view, 7> names{"max_epochs", "reached_mse", "early_stopped", "stationary",
                                                  "diverged",   "interrupted", "stopped"};
  return names[static_cast<std::size_t>(status)];
}

namespace {
constexpr std::size_t chunk_lanes = 256;

// The networks that are being changed, their gradients and their optimizer.
template <class T>
class Trainer {
 public:
  Trainer(const Chain<T>& chain, const Samples<T>& data, const TrainSettings& settings)
      : data_(data),
        settings_(settings),
        parts_(copy_trainable(chain)),
        chain_(std::vector<typename Chain<T>::Part>(parts_.begin(), parts_.end())),
        batch_(chain_, data, std::min({chunk_lanes, settings.batch_size, data.x.rows})),
        order_(data.x.rows),
        shares_(batch_.workspace().capacity()) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (!trainable(p)) continue;
      trained_.push_back({p, std::vector<T>(parts_[p]->parameters().size()), std::nullopt});
      if (const Adam* adam = std::get_if<Adam>(&settings.optimizer)) {
        trained_.back().adam.emplace(*adam, parts_[p]->parameters().size());
      }
    }
    const std::size_t first = trained_.front().part;
    first_stage_ = chain_.first_stage(first) + (parts_[first]->layers().front().bias ? 0 : 1);
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
  }

  [[nodiscard]] const Chain<T>& chain() const { return chain_; }

  // One pass over the data. Empty when it went through, else why it ended.
  std::optional<TrainStatus> epoch(std::size_t number, StopSignal& stop) {
    if (settings_.shuffle) {
      shuffle(order_, Random(settings_.seed, Stream::shuffle, static_cast<std::uint32_t>(number)));
    }
    bool moved = false;
    for (std::size_t begin = 0; begin < order_.size(); begin += settings_.batch_size) {
      const std::size_t count = std::min(settings_.batch_size, order_.size() - begin);
      const StepOutcome outcome = step(std::span(order_).subspan(begin, count), stop);
      if (outcome == StepOutcome::diverged) return TrainStatus::diverged;
      moved = moved || outcome == StepOutcome::moved;
      if (stop.check()) return TrainStatus::interrupted;
    }
    return moved ? std::nullopt : std::optional(TrainStatus::stationary);
  }

  void save(std::vector<std::vector<T>>& parameters) const {
    parameters.resize(trained_.size());
    for (std::size_t i = 0; i < trained_.size(); ++i) {
      const std::span<const T> current = std::as_const(*parts_[trained_[i].part]).parameters();
      parameters[i].assign(current.begin(), current.end());
    }
  }

  void restore(const std::vector<std::vector<T>>& parameters) {
    for (std::size_t i = 0; i < trained_.size(); ++i) {
      std::ranges::copy(parameters[i], parts_[trained_[i].part]->parameters().begin());
    }
  }

 private:
  struct Trained {
    std::size_t part;
    std::vector<T> gradient;
    std::optional<AdamState<T>> adam;
  };

  [[nodiscard]] bool trainable(std::size_t part) const {
    return settings_.trainable.empty() || settings_.trainable[part];
  }

  static std::vector<std::shared_ptr<Network<T>>> copy_trainable(const Chain<T>& chain) {
    std::vector<std::shared_ptr<Network<T>>> copies;
    for (const auto& part : chain.parts()) copies.push_back(std::make_shared<Network<T>>(*part));
    return copies;
  }

  // One minibatch: its error and gradient, the means over its samples by weight, and one step.
  StepOutcome step(std::span<const std::size_t> samples, StopSignal& stop) {
    double total_weight = 0;
    for (const std::size_t sample : samples) total_weight += sample_weight(data_, sample);
    if (total_weight == 0) return StepOutcome::stationary;
    double error = 0;
    for (std::size_t begin = 0; begin < samples.size(); begin += batch_.workspace().capacity()) {
      const std::size_t count = std::min(batch_.workspace().capacity(), samples.size() - begin);
      error += accumulate(samples.subspan(begin, count), total_weight, begin > 0);
      if (stop.check()) return StepOutcome::stationary;  // a large minibatch is given up half way
    }
    if (!std::isfinite(error)) return StepOutcome::diverged;
    return move(error);
  }

  // Adds these samples' share of the minibatch's gradient; returns their share of its error.
  double accumulate(std::span<const std::size_t> samples, double total_weight, bool add) {
    Workspace<T>& workspace = batch_.workspace();
    batch_.load(samples.size(), [&](std::size_t lane) { return samples[lane]; });
    forward(chain_, workspace);
    const Lanes<T> delta = workspace.deltas(chain_.stages().size() - 1);
    objective_delta<T>(batch_.objective(), chain_.output_activation(), workspace.outputs(), delta, batch_.errors());
    const double error = weigh(samples, total_weight, delta);
    backward_nodes(chain_, workspace, first_stage_);
    for (Trained& trained : trained_) backward_parameters<T>(chain_, workspace, trained.part, trained.gradient, add);
    return error;
  }

  // Each lane's share by its sample's weight; none for the lanes that only fill a group up.
  double weigh(std::span<const std::size_t> samples, double total_weight, Lanes<T> delta) {
    double error = 0;
    for (std::size_t lane = 0; lane < samples.size(); ++lane) {
      const double share = sample_weight(data_, samples[lane]) / total_weight;
      shares_[lane] = static_cast<T>(share);
      error += share * batch_.error(lane);
    }
    for (std::size_t node = 0; node < delta.nodes; ++node) {
      T* row = delta[node];
      for (std::size_t lane = 0; lane < samples.size(); ++lane) row[lane] *= shares_[lane];
      std::fill(row + samples.size(), row + delta.lanes, T(0));
    }
    return error;
  }

  StepOutcome move(double error) {
    double norm = 0;
    for (const Trained& trained : trained_) norm += squared_norm<T>(trained.gradient);
    if (!std::isfinite(norm)) return StepOutcome::diverged;
    StepOutcome outcome = StepOutcome::moved;
    for (Trained& trained : trained_) {
      const std::span<T> values = parts_[trained.part]->parameters();
      if (trained.adam) {
        outcome = trained.adam->step(values, trained.gradient);
      } else {
        outcome = descend<T>(values, trained.gradient, std::get<DesiredChange>(settings_.optimizer)(error), norm);
      }
      if (outcome != StepOutcome::moved) return outcome;
    }
    return outcome;
  }

  const Samples<T>& data_;
  const TrainSettings& settings_;
  std::vector<std::shared_ptr<Network<T>>> parts_;
  Chain<T> chain_;
  Batch<T> batch_;
  std::vector<std::size_t> order_;
  std::vector<T> shares_;
  std::vector<Trained> trained_;
  std::size_t first_stage_ = 0;
};

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The epochs: scores, the best parameters, and when to end.
template <class T>
TrainStatus run_epochs(Trainer<T>& trainer, const Samples<T>& data, const Samples<T>* validation,
                       const TrainSettings& settings, std::vector<EpochReport>& history) {
  StopSignal stop(settings.poll);
  std::vector<std::vector<T>> kept;
  trainer.save(kept);
  double best = std::numeric_limits<double>::infinity();
  std::size_t best_epoch = 0;
  // what the epochs after the kept one did is undone, unless there is nothing better to keep
  const auto end = [&](TrainStatus status) {
    const bool better = validation != nullptr && best_epoch > 0;
    if (better || status == TrainStatus::diverged) trainer.restore(kept);
    return status;
  };
  for (std::size_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    if (const auto ended = trainer.epoch(epoch, stop)) return end(*ended);
    EpochReport report{epoch, score(trainer.chain(), data, settings.threads, &stop), {nan, nan}};
    if (validation != nullptr) report.validation = score(trainer.chain(), *validation, settings.threads, &stop);
    if (stop.stopped()) return end(TrainStatus::interrupted);
    if (!std::isfinite(report.train.loss)) return end(TrainStatus::diverged);
    history.push_back(report);
    if (validation == nullptr || report.validation.loss < best) {
      best = report.validation.loss;
      best_epoch = epoch;
      trainer.save(kept);
    }
    if (settings.on_epoch && settings.on_epoch(report)) return end(TrainStatus::stopped);
    if (report.train.mse <= settings.stop_at_mse) return end(TrainStatus::reached_mse);
    if (validation != nullptr && settings.patience > 0 && epoch - best_epoch >= settings.patience) {
      return end(TrainStatus::early_stopped);
    }
  }
  return end(TrainStatus::max_epochs);
}
}  // namespace

template <class T>
TrainResult<T> train(const Chain<T>& chain, const Samples<T>& data, const Samples<T>* validation,
                     const TrainSettings& settings) {
  Trainer<T> trainer(chain, data, settings);
  TrainResult<T> result;
  result.status = run_epochs(trainer, data, validation, settings, result.history);
  for (std::size_t p = 0; p < chain.parts().size(); ++p) {
    const bool frozen = !settings.trainable.empty() && !settings.trainable[p];
    result.parts.push_back(frozen ? chain.parts()[p] : trainer.chain().parts()[p]);
  }
  return result;
}

#define LSO_INSTANTIATE(T) \
  template TrainResult<T> train(const Chain<T>&, const Samples<T>&, const Samples<T>*, const TrainSettings&);
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
