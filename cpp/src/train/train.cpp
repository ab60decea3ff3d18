#include "lso/train.hpp"

#include <array>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "lso/threads.hpp"
#include "train/trainer.hpp"

namespace lso {

std::string_view name(TrainStatus status) {
  constexpr std::array<std::string_view, 7> names{"max_epochs", "reached_mse", "early_stopped", "stationary",
                                                  "diverged",   "interrupted", "stopped"};
  return names[static_cast<std::size_t>(status)];
}

namespace {
// Functions have no weights.
template <class T>
void check_parts(const Chain<T>& chain) {
  if (!chain.has_functions()) return;
  throw std::invalid_argument("model: expected networks, whose weights can be trained, got a part that is a function");
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The epochs: scores, the best parameters, and when to end.
template <class T>
TrainStatus run_epochs(Trainer<T>& trainer, const Samples<T>& data, const Samples<T>* validation,
                       const TrainSettings& settings, StopSignal& stop, TrainResult<T>& result) {
  std::vector<std::vector<T>> kept;
  trainer.save(kept);
  double best = std::numeric_limits<double>::infinity();
  std::size_t best_epoch = 0;
  const auto score_of = [&](const Samples<T>& samples) {
    const bool worth = trainer.chain().n_parameters() * samples.x.rows >= worth_threads;
    return score(trainer.chain(), samples, worth ? settings.threads : 1, &stop);
  };
  // what the epochs after the kept one did is undone, unless there is nothing better to keep
  const auto end = [&](TrainStatus status) {
    const bool better = validation != nullptr && best_epoch > 0;
    if (better || status == TrainStatus::diverged) trainer.restore(kept);
    return status;
  };
  for (std::size_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    if (const auto ended = trainer.epoch(epoch, stop)) return end(*ended);
    if (epoch % settings.score_every != 0 && epoch != settings.epochs) {
      result.epochs = epoch;
      continue;
    }
    EpochReport report{epoch, score_of(data), {nan, nan}};
    if (validation != nullptr) report.validation = score_of(*validation);
    if (stop.stopped()) return end(TrainStatus::interrupted);
    if (!std::isfinite(report.train.loss)) return end(TrainStatus::diverged);
    result.history.push_back(report);
    result.epochs = epoch;
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
  check_parts(chain);
  data.term->check(chain.output_activation());
  StopSignal stop(settings.poll);
  TrainResult<T> result;
  std::unique_ptr<Trainer<T>> trainer;
  try {
    trainer = make_trainer(chain, data, settings, stop);
  } catch (const Interruption&) {
    result.parts = chain.parts();
    result.status = TrainStatus::interrupted;
    return result;
  }
  result.status = run_epochs(*trainer, data, validation, settings, stop, result);
  for (std::size_t p = 0; p < chain.parts().size(); ++p) {
    const bool frozen = !settings.trainable.empty() && !settings.trainable[p];
    result.parts.push_back(frozen ? chain.parts()[p] : trainer->chain().parts()[p]);
  }
  return result;
}

#define LSO_INSTANTIATE(T) \
  template TrainResult<T> train(const Chain<T>&, const Samples<T>&, const Samples<T>*, const TrainSettings&);
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
