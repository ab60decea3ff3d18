// An objective as Python gives it: arrays whose shapes are known only once the model and the samples are.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "arrays.hpp"
#include "lso/objective.hpp"

namespace lso::bindings {

struct ObjectiveSpec {
  Loss loss = Loss::squared_error;
  py::object target;
  py::object upper;
  py::object weights;
};

// The arrays that an engine objective looks at.
template <class T>
struct HeldObjective {
  Held<T> target;
  Held<T> upper;
  Held<T> weights;
  Objective<T> objective;
};

template <class T>
HeldObjective<T> hold(const ObjectiveSpec& spec, std::size_t n_outputs, std::size_t n_samples,
                      const std::string& target_name = "target") {
  HeldObjective<T> held;
  held.target = shared_rows<T>(spec.target, spec.upper.is_none() ? target_name : "low", n_outputs, n_samples);
  if (!spec.upper.is_none()) held.upper = shared_rows<T>(spec.upper, "high", n_outputs, n_samples);
  if (!spec.weights.is_none()) held.weights = shared_rows<T>(spec.weights, "weights", n_outputs, n_samples);
  held.objective = {spec.loss, held.target.rows, held.upper.rows, held.weights.rows};
  return held;
}

}  // namespace lso::bindings
