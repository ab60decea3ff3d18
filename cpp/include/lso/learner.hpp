// A network that learns from an error worked out elsewhere: forward, backward from dE/dy, step. For models whose parts
// train each other (a generator through its discriminator), which one objective cannot say.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <tuple>

#include "lso/network.hpp"
#include "lso/optimizers.hpp"
#include "lso/threads.hpp"
#include "lso/view.hpp"

namespace lso {

struct LearnerSettings {
  static constexpr auto settings() {
    using Self = LearnerSettings;
    return std::tuple{Setting{"optimizer", &Self::optimizer}, Setting{"average", &Self::average},
                      Setting{"threads", &Self::threads}};
  }

  Adam optimizer;
  double average = 0;  // of the averaged parameters that stays at each step; 0 averages nothing
  std::size_t threads = 1;
};

template <class T>
class Learner {
 public:
  Learner(const Network<T>& network, const LearnerSettings& settings);
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;
  Learner(Learner&&) noexcept;
  Learner& operator=(Learner&&) noexcept;
  ~Learner();

  [[nodiscard]] const Network<T>& network() const;
  // The same with averaged parameters: (1 - a) sum over steps s of a^(last - s) P_s, over (1 - a^last).
  [[nodiscard]] Network<T> averaged() const;

  // x (n, n_inputs) -> y (n, n_outputs). Remembers the nodes' values for backward. Allocates where n grows. A `stop`
  // that says so ends it, or backward, half way: as if no row had been forwarded, and nothing gathered, since the last
  // step.
  void forward(Rows<const T> x, Rows<T> y, StopSignal* stop = nullptr);

  // From dE/dy (n, n_outputs) of the rows last forwarded, or, with `linear`, from the derivatives by the output nodes'
  // pre-activations: adds dE/d(parameters) to what the next step takes, if `learn`; puts dE/dx in input_gradient
  // (n, n_inputs), unless that is empty. Throws std::invalid_argument for any other n.
  struct Backward {
    bool learn = true;
    bool linear = false;
  };
  void backward(Rows<const T> output_gradient, Backward how, Rows<T> input_gradient, StopSignal* stop = nullptr);

  // Adam with the derivatives gathered since the last step, which are then forgotten. Where one is not finite the
  // network stays as it is.
  StepOutcome step();

  [[nodiscard]] std::span<const T> gradient() const;

 private:
  struct Inside;  // the network, its gradient and the threads
  std::unique_ptr<Inside> inside_;
};

}  // namespace lso
