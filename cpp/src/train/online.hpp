// Training sample by sample, as the paper's program did it. The gradient of a layer's weights is MD N^T (Algorithm 2),
// and is never written down: its squared norm is |MD|^2 |N|^2, and Algorithm 3's step is put off until the next sample
// passes through the layer, so that each weight is read and written once.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kernels/kernels.hpp"
#include "passes.hpp"
#include "terms/term_lanes.hpp"
#include "train/trainer.hpp"

namespace lso {

template <class T>
class OnlineTrainer final : public Trainer<T> {
 public:
  OnlineTrainer(const Chain<T>& chain, const Samples<T>& data, const TrainSettings& settings, StopSignal& stop)
      : Trainer<T>(chain, data, settings, stop),
        term_(*data.term, chain.output_activation(), 1),
        separable_(data.term->is_separable() && !chain.output_activation().traits().mixes_nodes),
        errors_(chain.n_outputs()) {
    for (std::size_t s = 0; s < chain_.stages().size(); ++s) {
      stages_.push_back(make_stage(s));
      stop.look();
    }
    for (const Lanes<const T>& each : term_.at({}, {}).constants) constants_.push_back(lanes(each.data, each.nodes));
    reload();
  }

 private:
  using Trainer<T>::data_, Trainer<T>::settings_, Trainer<T>::parts_, Trainer<T>::chain_, Trainer<T>::first_stage_;

  // Of one stage: its nodes at this sample and at the one before, padded with zeros, and its layer's weights, their
  // rows padded as well.
  struct Stage {
    Network<T>* network;
    std::size_t layer, size, n_in, stride;
    bool trained;
    AlignedBuffer<T> now, before, delta;
    AlignedBuffer<T> slope;  // of an activation that keeps it
    AlignedBuffer<T> scale;  // C / S times MD: what a weight moves by, times N
    AlignedBuffer<T> weights;
    std::optional<AdamState<T>> weights_adam, bias_adam;

    [[nodiscard]] Activation activation() const { return network->layers()[layer].activation; }
    [[nodiscard]] bool has_bias() const { return network->layers()[layer].bias; }
    [[nodiscard]] T* bias() {
      return has_bias() ? network->parameters().data() + network->bias_offset(layer) : nullptr;
    }
    [[nodiscard]] Lanes<T> lane(AlignedBuffer<T>& buffer) const { return {buffer.data(), size, 1, 1}; }
    [[nodiscard]] Lanes<T> kept() { return lane(slope.size() > 0 ? slope : now); }
    [[nodiscard]] double square(const AlignedBuffer<T>& buffer) const {
      return squared_norm<T>(std::span<const T>(buffer.data(), size));
    }
  };

  [[nodiscard]] Stage make_stage(std::size_t s) const {
    const auto& stage = chain_.stages()[s];
    Network<T>* network = parts_[stage.part].get();
    const std::size_t n_in = stage.layer > 0 ? network->layers()[stage.layer - 1].size : 0;
    const std::size_t stride = round_up_row(n_in);
    const bool keeps_slope = network->layers()[stage.layer].activation.traits().keeps_slope;
    const auto column = [&] { return AlignedBuffer<T>(round_up_row(stage.size)); };
    Stage made{.network = network,
               .layer = stage.layer,
               .size = stage.size,
               .n_in = n_in,
               .stride = stride,
               .trained = this->trainable(stage.part),
               .now = column(),
               .before = column(),
               .delta = column(),
               .slope = AlignedBuffer<T>(keeps_slope ? round_up_row(stage.size) : 0),
               .scale = column(),
               .weights = AlignedBuffer<T>(stage.size * stride),
               .weights_adam = std::nullopt,
               .bias_adam = std::nullopt};
    if (const Adam* adam = std::get_if<Adam>(&settings_.optimizer); adam != nullptr && made.trained) {
      made.weights_adam.emplace(*adam, stage.size * stride);
      made.bias_adam.emplace(*adam, stage.size);
    }
    return made;
  }

  StepOutcome step(std::span<const std::size_t> samples, StopSignal& /*stop*/) override {
    const std::size_t sample = samples.front();
    if (!data_.weights.empty() && data_.weights[sample] == T(0)) return StepOutcome::stationary;
    for (Stage& stage : stages_) std::swap(stage.now, stage.before);
    forward(data_.x[sample].data());
    const double error = output_delta(sample);
    if (!std::isfinite(error)) return StepOutcome::diverged;
    backward();
    const auto* descent = std::get_if<NormalizedGradientDescent>(&settings_.optimizer);
    return descent != nullptr ? descend_all(*descent, error) : adam_all();
  }

  // Every layer: the step that the sample before asked for, and this sample's values.
  void forward(const T* x) {
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      Stage& stage = stages_[s];
      if (stage.layer == 0) {
        const Lanes<const T> from{s == 0 ? x : stages_[s - 1].now.data(), stage.size, 1, 1};
        add_bias(from, stage.bias(), stage.lane(stage.now));
      } else {
        apply(stage, stages_[s - 1], stages_[s - 1].now.data(), stage.bias(), stage.now.data());
        activate(stage.activation(), stage.lane(stage.now), stage.kept());
      }
    }
    pending_ = false;
  }

  void apply(Stage& stage, Stage& below, const T* next, const T* bias, T* y) {
    const T* scale = pending_ && stage.trained ? stage.scale.data() : nullptr;
    kernels::kernels<T>().update_and_apply({.m = stage.size,
                                            .n = stage.stride,
                                            .w = stage.weights.data(),
                                            .scale = scale,
                                            .x = below.before.data(),
                                            .next = next,
                                            .bias = bias,
                                            .y = y});
  }

  // Values of the outputs, one lane of them, or, where each has its own error, as many lanes of one node.
  template <class U>
  [[nodiscard]] Lanes<U> lanes(U* values, std::size_t n) const {
    return separable_ ? Lanes<U>{values, 1, n, n} : Lanes<U>{values, n, 1, 1};
  }

  // E, and dE/dz of the outputs.
  double output_delta(std::size_t sample) {
    Stage& output = stages_.back();
    term_.load(sample, 0);
    const Lanes<T> y = lanes(output.now.data(), output.size);
    const Lanes<T> delta = lanes(output.delta.data(), output.size);
    if (!term_.evaluate({y, constants_, {&sample, 1}}, {.error = errors_.data(), .gradient = delta})) {
      activate_backward<T>(output.activation(), lanes(output.kept().data, output.size), delta, delta);
    }
    double error = 0;
    for (std::size_t i = 0; i < y.lanes; ++i) error += errors_[i];
    return error;
  }

  // Algorithm 1.
  void backward() {
    for (std::size_t s = stages_.size() - 1; s > first_stage_; --s) {
      Stage& stage = stages_[s];
      Stage& below = stages_[s - 1];
      if (stage.layer > 0) {
        kernels::kernels<T>().gemv({.m = stage.n_in,
                                    .n = 1,
                                    .k = stage.size,
                                    .a = stage.weights.data(),
                                    .a_row = 1,
                                    .a_col = stage.stride,
                                    .b = stage.delta.data(),
                                    .ldb = 1,
                                    .c = below.delta.data(),
                                    .ldc = 1});
      }
      activate_backward<T>(below.activation(), below.kept(), below.lane(stage.layer > 0 ? below.delta : stage.delta),
                           below.lane(below.delta));
    }
  }

  // Algorithm 3: the biases now, the weights when the next sample comes.
  StepOutcome descend_all(const NormalizedGradientDescent& descent, double error) {
    double norm = 0;
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      const Stage& stage = stages_[s];
      if (!stage.trained || (stage.layer == 0 && !stage.has_bias())) continue;
      const double md = stage.square(stage.delta);
      if (stage.has_bias()) norm += md;
      if (stage.layer > 0) norm += md * stages_[s - 1].square(stages_[s - 1].now);
    }
    if (!std::isfinite(norm)) return StepOutcome::diverged;
    const double change = descent.change(error, norm);
    const StepOutcome outcome = check_step<T>(change, norm);
    if (outcome != StepOutcome::moved) return outcome;
    const double scale = change / norm;
    for (Stage& stage : stages_) {
      if (!stage.trained) continue;
      T* step = stage.scale.data();
      const T* delta = stage.delta.data();
      for (std::size_t n = 0; n < stage.size; ++n) step[n] = static_cast<T>(scale * static_cast<double>(delta[n]));
      T* bias = stage.bias();
      for (std::size_t n = 0; n < stage.size && bias != nullptr; ++n) bias[n] += step[n];
    }
    pending_ = true;
    return outcome;
  }

  StepOutcome adam_all() {
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      Stage& stage = stages_[s];
      if (!stage.weights_adam || !stage.bias_adam) continue;  // it does not train
      stage.weights_adam->begin_step();
      stage.bias_adam->begin_step();
      if (stage.layer > 0) {
        stage.weights_adam->move_outer(0, stage.size, stage.stride, stage.delta.data(), stages_[s - 1].now.data(),
                                       stage.weights.data());
      }
      if (stage.has_bias()) stage.bias_adam->move(0, {stage.bias(), stage.size}, {stage.delta.data(), stage.size});
    }
    return StepOutcome::moved;
  }

  // The weights into the network, with the step that still waits.
  void flush() override {
    for (Stage& stage : stages_) std::swap(stage.now, stage.before);
    for (std::size_t s = 1; s < stages_.size(); ++s) {
      Stage& stage = stages_[s];
      if (stage.layer == 0 || !stage.trained) continue;
      if (pending_) apply(stage, stages_[s - 1], stages_[s - 1].before.data(), nullptr, stage.now.data());
      T* weights = stage.network->parameters().data() + stage.network->weight_offset(stage.layer);
      for (std::size_t i = 0; i < stage.size; ++i) {
        std::copy_n(stage.weights.data() + i * stage.stride, stage.n_in, weights + i * stage.n_in);
      }
    }
    pending_ = false;
  }

  void reload() override {
    for (Stage& stage : stages_) {
      if (stage.layer == 0) continue;
      const T* weights = stage.network->weight(stage.layer);
      for (std::size_t i = 0; i < stage.size; ++i) {
        std::copy_n(weights + i * stage.n_in, stage.n_in, stage.weights.data() + i * stage.stride);
      }
    }
  }

  TermLanes<T> term_;
  bool separable_;                         // the outputs stand as lanes of one node
  std::vector<Lanes<const T>> constants_;  // of the term, as the outputs stand
  std::vector<double> errors_;
  std::vector<Stage> stages_;
  bool pending_ = false;
};

}  // namespace lso
