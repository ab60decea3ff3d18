// Training sample by sample, as the paper's program did it. The gradient of a layer's weights is MD N^T (Algorithm 2),
// and is never written down: its squared norm is |MD|^2 |N|^2, and Algorithm 3's step is put off until the next sample
// passes through the layer, so that each weight is read and written once.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"
#include "lso/backprop.hpp"
#include "lso/objective.hpp"
#include "trainer.hpp"

namespace lso {

template <class T>
class OnlineTrainer final : public Trainer<T> {
 public:
  OnlineTrainer(const Chain<T>& chain, const Samples<T>& data, const TrainSettings& settings)
      : Trainer<T>(chain, data, settings), objective_(data.objective, 1) {
    for (std::size_t s = 0; s < chain_.stages().size(); ++s) {
      const std::size_t size = chain_.stages()[s].size;
      for (auto* values : {&now_, &before_}) values->emplace_back(size);
      delta_.emplace_back(size);
      scale_.emplace_back(size);
    }
  }

 private:
  using Trainer<T>::data_, Trainer<T>::settings_, Trainer<T>::parts_, Trainer<T>::chain_, Trainer<T>::trained_;
  using Trainer<T>::adam_, Trainer<T>::first_stage_;
  using Column = std::vector<AlignedBuffer<T>>;  // (size of the stage,) for each stage

  static Lanes<T> lane(AlignedBuffer<T>& buffer) { return {buffer.data(), buffer.size(), 1, 1}; }

  StepOutcome step(std::span<const std::size_t> samples, StopSignal& /*stop*/) override {
    const std::size_t sample = samples.front();
    if (!data_.weights.empty() && data_.weights[sample] == T(0)) return StepOutcome::stationary;
    std::swap(now_, before_);
    forward(data_.x[sample].data());
    objective_.load(sample, 0);
    double error = 0;
    objective_delta<T>(objective_.lanes(1), chain_.output_activation(), lane(now_.back()), lane(delta_.back()), &error);
    if (!std::isfinite(error)) return StepOutcome::diverged;
    backward();
    return adam_.empty() ? descend_all(std::get<DesiredChange>(settings_.optimizer)(error)) : adam_all();
  }

  // Every layer: the step that the sample before asked for, and this sample's values.
  void forward(const T* x) {
    for (std::size_t s = 0; s < chain_.stages().size(); ++s) {
      const auto& stage = chain_.stages()[s];
      Network<T>& network = *parts_[stage.part];
      if (stage.layer == 0) {
        const Lanes<const T> from{s == 0 ? x : now_[s - 1].data(), stage.size, 1, 1};
        add_bias(from, network.bias(0), lane(now_[s]));
      } else {
        apply(s, now_[s - 1].data(), network.bias(stage.layer), now_[s].data());
        activate(network.layers()[stage.layer].activation, lane(now_[s]));
      }
    }
    pending_ = false;
  }

  void apply(std::size_t s, const T* next, const T* bias, T* y) {
    const auto& stage = chain_.stages()[s];
    Network<T>& network = *parts_[stage.part];
    const bool moves = pending_ && this->trainable(stage.part);
    kernels::kernels<T>().update_and_apply({stage.size, chain_.stages()[s - 1].size,
                                            network.parameters().data() + network.weight_offset(stage.layer),
                                            moves ? scale_[s].data() : nullptr, before_[s - 1].data(), next, bias, y});
  }

  // Algorithm 1.
  void backward() {
    for (std::size_t s = chain_.stages().size() - 1; s > first_stage_; --s) {
      const auto& stage = chain_.stages()[s];
      const auto& below = chain_.stages()[s - 1];
      if (stage.layer > 0) {
        kernels::kernels<T>().gemv({below.size, 1, stage.size, parts_[stage.part]->weight(stage.layer), 1, below.size,
                                    delta_[s].data(), 1, delta_[s - 1].data(), 1});
      }
      AlignedBuffer<T>& from = stage.layer > 0 ? delta_[s - 1] : delta_[s];
      activate_backward<T>(parts_[below.part]->layers()[below.layer].activation, lane(now_[s - 1]), lane(from),
                           lane(delta_[s - 1]));
    }
  }

  // each(stage, its part's number among those trained, its layer) for the stages whose parameters are trained.
  template <class Each>
  void for_trained(Each each) {
    for (std::size_t i = 0; i < trained_.size(); ++i) {
      const std::size_t first = chain_.first_stage(trained_[i]);
      const std::size_t layers = parts_[trained_[i]]->layers().size();
      for (std::size_t l = 0; l < layers; ++l) each(first + l, i, l);
    }
  }

  [[nodiscard]] double square(const AlignedBuffer<T>& values) const {
    return squared_norm<T>(std::span<const T>(values.data(), values.size()));
  }

  // Algorithm 3: the biases now, the weights when the next sample comes.
  StepOutcome descend_all(double change) {
    double norm = 0;
    for_trained([&](std::size_t s, std::size_t i, std::size_t l) {
      const double md = square(delta_[s]);
      if (parts_[trained_[i]]->layers()[l].bias) norm += md;
      if (l > 0) norm += md * square(now_[s - 1]);
    });
    if (!std::isfinite(norm)) return StepOutcome::diverged;
    const StepOutcome outcome = check_step<T>(change, norm);
    if (outcome != StepOutcome::moved) return outcome;
    const double scale = change / norm;
    for_trained([&](std::size_t s, std::size_t i, std::size_t l) {
      for (std::size_t n = 0; n < delta_[s].size(); ++n) {
        scale_[s].data()[n] = static_cast<T>(scale * static_cast<double>(delta_[s].data()[n]));
      }
      Network<T>& network = *parts_[trained_[i]];
      if (!network.layers()[l].bias) return;
      T* bias = network.parameters().data() + network.bias_offset(l);
      for (std::size_t n = 0; n < scale_[s].size(); ++n) bias[n] += scale_[s].data()[n];
    });
    pending_ = true;
    return outcome;
  }

  StepOutcome adam_all() {
    for (AdamState<T>& adam : adam_) adam.begin_step();
    for_trained([&](std::size_t s, std::size_t i, std::size_t l) {
      Network<T>& network = *parts_[trained_[i]];
      const std::span<T> parameters = network.parameters();
      if (l > 0) {
        const std::size_t first = network.weight_offset(l);
        adam_[i].move_outer(first, delta_[s].size(), now_[s - 1].size(), delta_[s].data(), now_[s - 1].data(),
                            parameters.data() + first);
      }
      if (network.layers()[l].bias) {
        const std::size_t first = network.bias_offset(l);
        adam_[i].move(first, parameters.subspan(first, delta_[s].size()), {delta_[s].data(), delta_[s].size()});
      }
    });
    return StepOutcome::moved;
  }

  void flush() override {
    if (!pending_) return;
    std::swap(now_, before_);
    for (std::size_t s = 1; s < chain_.stages().size(); ++s) {
      if (chain_.stages()[s].layer > 0) apply(s, before_[s - 1].data(), nullptr, now_[s].data());
    }
    pending_ = false;
  }

  ObjectiveBuffer<T> objective_;
  Column now_, before_;  // values at this sample, and at the one before
  Column delta_;
  Column scale_;  // C / S times MD: what a weight moves by, times N
  bool pending_ = false;
};

}  // namespace lso
