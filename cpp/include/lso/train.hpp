// Minibatch training of a chain, all parts or some, with Algorithm 3 or Adam.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "lso/network.hpp"
#include "lso/optimizers.hpp"
#include "lso/term.hpp"
#include "lso/threads.hpp"
#include "lso/view.hpp"

namespace lso {

enum class TrainStatus : std::uint8_t {
  max_epochs,
  reached_mse,
  early_stopped,
  stationary,
  diverged,
  interrupted,
  stopped,
};
[[nodiscard]] std::string_view name(TrainStatus status);

// Weighted means over samples: of E, and of the squared error an output.
struct Score {
  double loss = 0.0;
  double mse = 0.0;
};

struct EpochReport {
  std::size_t epoch = 0;  // from 1
  Score train;
  Score validation;  // NaN without validation data
};

struct TrainSettings {
  static constexpr auto settings() {
    using Self = TrainSettings;
    return std::tuple{Setting{"optimizer", &Self::optimizer},     Setting{"batch_size", &Self::batch_size},
                      Setting{"epochs", &Self::epochs},           Setting{"score_every", &Self::score_every},
                      Setting{"stop_at_mse", &Self::stop_at_mse}, Setting{"patience", &Self::patience},
                      Setting{"shuffle", &Self::shuffle},         Setting{"seed", &Self::seed},
                      Setting{"trainable", &Self::trainable},     Setting{"threads", &Self::threads},
                      Setting{"average", &Self::average}};
  }

  TrainOptimizer optimizer;
  std::size_t batch_size = 50;
  std::size_t epochs = 100;
  std::size_t score_every = 1;  // epochs between scores, which is when training may stop; the last epoch has one
  double stop_at_mse = -std::numeric_limits<double>::infinity();
  std::size_t patience = 0;  // epochs without a better validation loss; 0: no early stopping
  bool shuffle = true;
  double average = 0;  // of the averaged parameters that stays at each step; scored and returned are the averages
  std::uint64_t seed = 0;
  std::vector<bool> trainable;                       // one a part; empty: all
  std::size_t threads = 0;                           // 0: all processors, where they pay; they do not change the result
  std::function<bool()> poll;                        // true interrupts
  std::function<bool(const EpochReport&)> on_epoch;  // true stops
};

// Samples x (n, n_inputs), what is asked of them (n, n_outputs), and their weights (n,), empty for all ones.
template <class T>
struct Samples {
  Rows<const T> x;
  std::shared_ptr<const Term<T>> term;
  std::span<const T> weights;
};

template <class T>
struct TrainResult {
  std::vector<std::shared_ptr<const Network<T>>> parts;
  std::vector<EpochReport> history;  // of the epochs that were scored
  std::size_t epochs = 0;            // that were finished
  TrainStatus status = TrainStatus::max_epochs;
};

// The error of a minibatch is the weighted mean of its samples' errors. With `validation`, the parameters of the
// epoch with the lowest validation loss are returned; after divergence, those of the last finite epoch that
// was scored.
template <class T>
[[nodiscard]] TrainResult<T> train(const Chain<T>& chain, const Samples<T>& data, const Samples<T>* validation,
                                   const TrainSettings& settings);

// A `stop` that says so ends it early, and the score is then of no use.
template <class T>
[[nodiscard]] Score score(const Chain<T>& chain, const Samples<T>& data, std::size_t threads = 1,
                          StopSignal* stop = nullptr);

}  // namespace lso
