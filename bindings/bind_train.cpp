// train.hpp
#include <pybind11/stl.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "interrupt.hpp"
#include "lso/train.hpp"
#include "settings.hpp"

namespace lso::bindings {

namespace {
// Samples and the arrays behind them.
template <class T>
struct HeldSamples {
  Samples<T> samples;
  std::vector<py::object> arrays;
};

template <class T>
bool same_numbers(Rows<const T> a, Rows<const T> b) {
  return a.rows == b.rows && a.cols == b.cols && std::memcmp(a.data, b.data, a.size() * sizeof(T)) == 0;
}

template <class T>
HeldSamples<T> hold_samples(const Chain<T>& chain, const py::object& x, const std::shared_ptr<Term<T>>& term,
                            const py::object& weights, const std::string& prefix = "") {
  const Held<T> held = rows<T>(x, prefix + "x", chain.n_inputs());
  HeldSamples<T> made{{held.rows, term, {}}, {held.array}};
  for (const Rows<const T>& constant : term->constants()) {  // an autoencoder's targets: the same rows, and told so
    if (same_numbers(constant, held.rows)) made.samples.x = constant;
  }
  if (!weights.is_none()) {
    const Array<T> each = vector<T>(weights, prefix + "sample_weight", held.rows.rows);
    made.samples.weights = {each.data(), held.rows.rows};
    made.arrays.push_back(each);
  }
  return made;
}

template <class T>
void bind_train_functions(py::module_& module) {
  py::class_<HeldSamples<T>>(module, (std::string("Samples") + precision<T>).c_str())
      .def(py::init(&hold_samples<T>), py::arg("chain"), py::arg("x"), py::arg("term"), py::arg("weights"),
           py::arg("prefix") = "");
  py::class_<TrainResult<T>>(module, (std::string("TrainResult") + precision<T>).c_str())
      .def_property_readonly("parts",
                             [](const TrainResult<T>& result) {
                               std::vector<std::shared_ptr<Network<T>>> parts;
                               for (const auto& part : result.parts) {
                                 parts.push_back(std::const_pointer_cast<Network<T>>(part));
                               }
                               return parts;
                             })
      .def_readonly("history", &TrainResult<T>::history)
      .def_readonly("epochs", &TrainResult<T>::epochs)
      .def_property_readonly("status", [](const TrainResult<T>& result) { return std::string(name(result.status)); });
  module.def(
      "train",
      [](const Chain<T>& chain, const HeldSamples<T>& data, const std::optional<HeldSamples<T>>& validation,
         TrainSettings settings, const std::optional<py::function>& on_epoch) {
        settings.poll = [] {
          const WithGil acquired;
          return keyboard_interrupt();
        };
        bool interrupted = false;
        if (on_epoch) {
          settings.on_epoch = [&](const EpochReport& report) {
            const WithGil acquired;
            bool stop = false;
            interrupted = interrupted_by(
                [&] { stop = call_python(*on_epoch, py::make_tuple(py::cast(report))).template cast<bool>(); });
            return stop || interrupted;
          };
        }
        const WithoutGil released;
        TrainResult<T> result = train<T>(chain, data.samples, validation ? &validation->samples : nullptr, settings);
        if (interrupted) result.status = TrainStatus::interrupted;
        return result;
      },
      py::arg("chain"), py::arg("data"), py::arg("validation"), py::arg("settings"), py::arg("on_epoch"));
}
}  // namespace

void bind_train(py::module_& module) {
  py::class_<Score>(module, "Score").def_readonly("loss", &Score::loss).def_readonly("mse", &Score::mse);
  py::class_<EpochReport>(module, "EpochReport")
      .def_readonly("epoch", &EpochReport::epoch)
      .def_readonly("train", &EpochReport::train)
      .def_readonly("validation", &EpochReport::validation);
  bind_settings<TrainSettings>(module, "TrainSettings");
  bind_train_functions<float>(module);
  bind_train_functions<double>(module);
}

}  // namespace lso::bindings
