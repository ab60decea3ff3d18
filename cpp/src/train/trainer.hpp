// The networks that are being trained, and an epoch of steps on them.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "descent.hpp"
#include "lso/random.hpp"
#include "lso/threads.hpp"
#include "lso/train.hpp"
#include "train/average.hpp"

namespace lso {

template <class T>
class Trainer {
 public:
  // Throws Interruption where `stop` says so while copies are made.
  Trainer(const Chain<T>& chain, const Samples<T>& data, const TrainSettings& settings, StopSignal& stop)
      : data_(data),
        settings_(settings),
        parts_(copy_parts(chain, stop)),
        chain_(std::vector<typename Chain<T>::Part>(parts_.begin(), parts_.end())),
        shown_(settings.average > 0 ? copy_parts(chain, stop) : parts_),
        shown_chain_(std::vector<typename Chain<T>::Part>(shown_.begin(), shown_.end())),
        order_(data.x.rows) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (!trainable(p)) continue;
      trained_.push_back(p);
      averages_.emplace_back(settings.average, parts_[p]->parameters().size());
      stop.look();
    }
    const std::size_t first = trained_.front();
    first_stage_ = chain_.first_stage(first) + (parts_[first]->layers().front().bias ? 0 : 1);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;
  virtual ~Trainer() = default;

  // With averaged parameters, if they are asked for.
  [[nodiscard]] const Chain<T>& chain() const { return shown_chain_; }

  // One pass over the data. Empty when it went through, else why it ended.
  std::optional<TrainStatus> epoch(std::size_t number, StopSignal& stop) {
    if (settings_.shuffle) {
      shuffle(order_, Random(settings_.seed, Stream::shuffle, static_cast<std::uint32_t>(number)), &stop);
      if (stop.stopped()) return TrainStatus::interrupted;
    }
    bool moved = false;
    for (std::size_t begin = 0; begin < order_.size(); begin += settings_.batch_size) {
      const std::size_t count = std::min(settings_.batch_size, order_.size() - begin);
      const StepOutcome outcome = step(std::span(order_).subspan(begin, count), stop);
      if (outcome == StepOutcome::diverged) return TrainStatus::diverged;
      moved = moved || outcome == StepOutcome::moved;
      if (settings_.average > 0) average();
      if (stop.check()) {
        show();
        return TrainStatus::interrupted;
      }
    }
    show();
    return moved ? std::nullopt : std::optional(TrainStatus::stationary);
  }

  void save(std::vector<std::vector<T>>& parameters) const {
    parameters.resize(trained_.size());
    for (std::size_t i = 0; i < trained_.size(); ++i) {
      const std::span<const T> current = std::as_const(*shown_[trained_[i]]).parameters();
      parameters[i].assign(current.begin(), current.end());
    }
  }

  void restore(const std::vector<std::vector<T>>& parameters) {
    for (std::size_t i = 0; i < trained_.size(); ++i) {
      std::ranges::copy(parameters[i], shown_[trained_[i]]->parameters().begin());
    }
    reload();
  }

 protected:
  // One minibatch: its error and gradient, the means over its samples by weight, and one step.
  virtual StepOutcome step(std::span<const std::size_t> samples, StopSignal& stop) = 0;
  // What a step has put off until the parameters are looked at.
  virtual void flush() {}
  // Parameters were put back.
  virtual void reload() {}

  [[nodiscard]] bool trainable(std::size_t part) const {
    return settings_.trainable.empty() || settings_.trainable[part];
  }

  const Samples<T>& data_;
  const TrainSettings& settings_;
  std::vector<std::shared_ptr<Network<T>>> parts_;
  Chain<T> chain_;
  std::vector<std::size_t> trained_;  // parts
  std::size_t first_stage_ = 0;       // how far down Algorithm 1 must go

 private:
  void average() {
    for (std::size_t i = 0; i < trained_.size(); ++i) {
      averages_[i].add(std::as_const(*parts_[trained_[i]]).parameters());
    }
  }

  void show() {
    flush();
    for (std::size_t i = 0; i < trained_.size(); ++i) averages_[i].copy_to(shown_[trained_[i]]->parameters());
  }

  static std::vector<std::shared_ptr<Network<T>>> copy_parts(const Chain<T>& chain, StopSignal& stop) {
    std::vector<std::shared_ptr<Network<T>>> copies;
    for (const auto& part : chain.parts()) {
      copies.push_back(std::make_shared<Network<T>>(*part));
      stop.look();
    }
    return copies;
  }

  std::vector<std::shared_ptr<Network<T>>> shown_;  // parts_, or copies with averaged parameters
  Chain<T> shown_chain_;
  std::vector<Average<T>> averages_;  // one for each of trained_
  std::vector<std::size_t> order_;
};

// By minibatches, or sample by sample where a minibatch is one. Throws Interruption where `stop` says so meanwhile.
template <class T>
[[nodiscard]] std::unique_ptr<Trainer<T>> make_trainer(const Chain<T>& chain, const Samples<T>& data,
                                                       const TrainSettings& settings, StopSignal& stop);

}  // namespace lso
