// train.hpp
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "interrupt.hpp"
#include "lso/train.hpp"
#include "objective.hpp"

namespace lso::bindings {

namespace {
// Samples and the arrays behind them.
template <class T>
struct HeldSamples {
  Held<T> x;
  HeldObjective<T> objective;
  std::optional<Array<T>> weights;

  [[nodiscard]] Samples<T> view() const {
    Samples<T> samples{x.rows, objective.objective, {}};
    if (weights) samples.weights = {weights->data(), x.rows.rows};
    return samples;
  }
};

template <class T>
HeldSamples<T> hold_samples(const Chain<T>& chain, const py::object& x, const ObjectiveSpec& spec,
                            const py::object& sample_weight, const std::string& prefix = "") {
  HeldSamples<T> held;
  held.x = rows<T>(x, prefix + "x", chain.n_inputs());
  held.objective = hold<T>(spec, chain.n_outputs(), held.x.rows.rows, prefix + "y");
  if (!sample_weight.is_none()) held.weights = vector<T>(sample_weight, "sample_weight", held.x.rows.rows);
  return held;
}

std::variant<Adam, DesiredChange> make_optimizer(const std::string& kind, const py::dict& options) {
  if (kind == "adam") {
    return Adam{options["learning_rate"].cast<double>(), options["beta1"].cast<double>(),
                options["beta2"].cast<double>(), options["epsilon"].cast<double>()};
  }
  return DesiredChange{options["desired_change"].cast<double>(), options["proportional"].cast<bool>()};
}

template <class T>
py::tuple to_python(const TrainResult<T>& result) {
  py::list parts;
  for (const auto& part : result.parts) parts.append(std::const_pointer_cast<Network<T>>(part));
  py::list history;
  for (const EpochReport& report : result.history) {
    history.append(py::make_tuple(report.epoch, report.train.loss, report.train.mse, report.validation.loss,
                                  report.validation.mse));
  }
  return py::make_tuple(parts, history, result.epochs, std::string(name(result.status)));
}

template <class T>
void bind_train_functions(py::module_& module) {
  module.def(
      "train",
      [](const Chain<T>& chain, const py::object& x, const ObjectiveSpec& objective, const py::object& sample_weight,
         const py::object& validation_x, const std::optional<ObjectiveSpec>& validation_objective,
         const std::string& optimizer, const py::dict& options, std::size_t batch_size, std::size_t epochs,
         std::size_t score_every, std::optional<double> stop_at_mse, std::size_t patience, bool shuffle,
         std::uint64_t seed, const std::vector<bool>& trainable, std::size_t threads,
         const std::optional<py::function>& on_epoch) {
        const HeldSamples<T> held = hold_samples(chain, x, objective, sample_weight);
        std::optional<HeldSamples<T>> held_validation;
        if (validation_objective) {
          held_validation = hold_samples(chain, validation_x, *validation_objective, py::none(), "validation ");
        }
        TrainSettings settings{make_optimizer(optimizer, options)};
        settings.batch_size = batch_size;
        settings.epochs = epochs;
        settings.score_every = score_every;
        if (stop_at_mse) settings.stop_at_mse = *stop_at_mse;
        settings.patience = patience;
        settings.shuffle = shuffle;
        settings.seed = seed;
        settings.trainable = trainable;
        settings.threads = threads;
        settings.poll = [] {
          const WithGil acquired;
          return keyboard_interrupt();
        };
        bool interrupted = false;
        if (on_epoch) {
          settings.on_epoch = [&](const EpochReport& report) {
            const WithGil acquired;
            bool stop = false;
            interrupted = interrupted_by([&] {
              stop = call_python(*on_epoch, py::make_tuple(report.epoch, report.train.loss, report.train.mse,
                                                           report.validation.loss, report.validation.mse))
                         .cast<bool>();
            });
            return stop || interrupted;
          };
        }
        const Samples<T> data = held.view();
        const std::optional<Samples<T>> validation =
            held_validation ? std::optional(held_validation->view()) : std::nullopt;
        TrainResult<T> result;
        {
          const WithoutGil released;
          result = train<T>(chain, data, validation ? &*validation : nullptr, settings);
        }
        if (interrupted) result.status = TrainStatus::interrupted;
        return to_python(result);
      },
      py::arg("chain"), py::arg("x"), py::arg("objective"), py::kw_only(), py::arg("sample_weight"),
      py::arg("validation_x"), py::arg("validation_objective"), py::arg("optimizer"), py::arg("options"),
      py::arg("batch_size"), py::arg("epochs"), py::arg("score_every"), py::arg("stop_at_mse"), py::arg("patience"),
      py::arg("shuffle"), py::arg("seed"), py::arg("trainable"), py::arg("threads"), py::arg("on_epoch"));
}
}  // namespace

void bind_train(py::module_& module) {
  const TrainSettings defaults;
  module.attr("DEFAULT_BATCH_SIZE") = defaults.batch_size;
  module.attr("DEFAULT_EPOCHS") = defaults.epochs;
  const Adam adam;
  module.attr("ADAM_LEARNING_RATE") = adam.learning_rate;
  module.attr("ADAM_BETA1") = adam.beta1;
  module.attr("ADAM_BETA2") = adam.beta2;
  module.attr("ADAM_EPSILON") = adam.epsilon;
  bind_train_functions<float>(module);
  bind_train_functions<double>(module);
}

}  // namespace lso::bindings
