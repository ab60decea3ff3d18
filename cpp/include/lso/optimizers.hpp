// How values are moved by their derivatives: an optimizer's settings, each with its default. What each does is in a
// file of its own: cpp/src/optimize for inputs, cpp/src/train for parameters.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <variant>

namespace lso {

template <class T>
struct Job;  // a run of `optimize`
template <class T>
class Tile;  // some of its starts, iterated together

// One of a struct's settings by its name, for faces in other languages.
template <class Struct, class Value>
struct Setting {
  constexpr Setting(const char* its_name, Value Struct::* member) : name(its_name), value(member) {}

  const char* name;
  Value Struct::* value;
};

// The paper's Algorithm 3: add D * C / S to the values V, S the sum of the squared derivatives D.
struct NormalizedGradientDescent {
  double desired_change = -1.0;  // C of Algorithm 3, the change of the error that a step asks for: negative to descend
  bool proportional = true;      // C = desired_change * E, else C = desired_change
  std::optional<double> max_step = std::nullopt;  // the length that no step exceeds: C is nearer to 0 where it would

  // C, which a step of length |C| / sqrt(S) asks for.
  [[nodiscard]] double change(double error, double squared_norm) const {
    const double asked = proportional ? desired_change * error : desired_change;
    if (!max_step) return asked;
    const double most = *max_step * std::sqrt(squared_norm);
    return std::abs(asked) > most ? std::copysign(most, asked) : asked;
  }

  static constexpr std::string_view name = "NormalizedGradientDescent";
  static constexpr auto settings() {
    using Self = NormalizedGradientDescent;
    return std::tuple{Setting{"desired_change", &Self::desired_change}, Setting{"proportional", &Self::proportional},
                      Setting{"max_step", &Self::max_step}};
  }
  template <class T>
  [[nodiscard]] std::unique_ptr<Tile<T>> tile(Job<T>& job, std::size_t lanes) const;
};

// Levenberg-Marquardt (Marquardt 1963, Nielsen 1999), for sums of squares: each iteration solves the linearized
// problem, damped.
struct LevenbergMarquardt {
  double damping = 1e-3;  // where mu begins, as a share of the mean squared length of a residual's gradient
  std::optional<double> max_step = std::nullopt;  // the length that no step exceeds: longer ones are cut to it

  static constexpr std::string_view name = "LevenbergMarquardt";
  static constexpr auto settings() {
    using Self = LevenbergMarquardt;
    return std::tuple{Setting{"damping", &Self::damping}, Setting{"max_step", &Self::max_step}};
  }
  // Throws std::invalid_argument where a term is no sum of squares.
  template <class T>
  [[nodiscard]] std::unique_ptr<Tile<T>> tile(Job<T>& job, std::size_t lanes) const;
};

// Kingma and Ba 2015, Algorithm 1, for training.
struct Adam {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  static constexpr std::string_view name = "Adam";
  static constexpr auto settings() {
    return std::tuple{Setting{"learning_rate", &Adam::learning_rate}, Setting{"beta1", &Adam::beta1},
                      Setting{"beta2", &Adam::beta2}, Setting{"epsilon", &Adam::epsilon}};
  }
};

enum class StepOutcome : std::uint8_t { moved, stationary, diverged };

// What moves inputs, and what trains.
using Optimizer = std::variant<NormalizedGradientDescent, LevenbergMarquardt>;
using TrainOptimizer = std::variant<Adam, NormalizedGradientDescent>;

}  // namespace lso
