// learner.hpp
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "interrupt.hpp"
#include "lso/learner.hpp"
#include "settings.hpp"

namespace lso::bindings {

namespace {
// Serves Python threads that call it at a time one after the other.
template <class T>
class SharedLearner {
 public:
  SharedLearner(const Network<T>& network, const LearnerSettings& settings)
      : n_inputs(network.n_inputs()), n_outputs(network.n_outputs()), learner_(network, settings) {}

  // call(learner), without the GIL.
  template <class Call>
  auto use(Call call) {
    const WithoutGil released;
    const std::scoped_lock lock(mutex_);
    return call(learner_);
  }
  // call(learner, stop), which Ctrl-C ends.
  template <class Call>
  void use_interruptibly(Call call) {
    interruptible([&](StopSignal* stop) {
      const std::scoped_lock lock(mutex_);
      call(learner_, stop);
    });
  }

  const std::size_t n_inputs;
  const std::size_t n_outputs;

 private:
  Learner<T> learner_;
  std::mutex mutex_;
};

template <class T>
Contiguous<T> learner_forward(SharedLearner<T>& shared, const py::object& x) {
  const Held<T> held = rows<T>(x, "x", shared.n_inputs);
  const auto made = new_rows<T>(held.rows.rows, shared.n_outputs);
  const Rows<T> out = made.second;
  shared.use_interruptibly([&](Learner<T>& learner, StopSignal* stop) { learner.forward(held.rows, out, stop); });
  return made.first;
}

template <class T>
std::optional<Contiguous<T>> learner_backward(SharedLearner<T>& shared, const py::object& output_gradient, bool learn,
                                              bool linear, bool inputs) {
  const Held<T> held = rows<T>(output_gradient, "output_gradient", shared.n_outputs);
  std::optional<Contiguous<T>> array;
  Rows<T> view{};
  if (inputs) std::tie(array, view) = new_rows<T>(held.rows.rows, shared.n_inputs);
  shared.use_interruptibly(
      [&](Learner<T>& learner, StopSignal* stop) { learner.backward(held.rows, {learn, linear}, view, stop); });
  return array;
}

template <class T>
Contiguous<T> learner_gradient(SharedLearner<T>& shared) {
  const std::vector<T> values = shared.use(
      [](const Learner<T>& learner) { return std::vector<T>(learner.gradient().begin(), learner.gradient().end()); });
  return Contiguous<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

template <class T>
void bind_learner_class(py::module_& module, const char* class_name) {
  using L = SharedLearner<T>;
  py::class_<L>(module, class_name)
      .def(py::init<const Network<T>&, const LearnerSettings&>(), py::arg("network"), py::arg("settings"))
      .def("forward", &learner_forward<T>, py::arg("x"))
      .def("backward", &learner_backward<T>, py::arg("output_gradient"), py::kw_only(), py::arg("learn"),
           py::arg("linear"), py::arg("inputs"))
      .def(
          "step",
          [](L& shared) {
            return shared.use([](Learner<T>& learner) { return learner.step() != StepOutcome::diverged; });
          },
          "False where a derivative is not finite: the network is as it was.")
      .def("gradient", &learner_gradient<T>)
      .def("network",
           [](L& shared) {
             return shared.use(
                 [](const Learner<T>& learner) { return std::make_shared<Network<T>>(learner.network()); });
           })
      .def("averaged", [](L& shared) {
        return shared.use([](const Learner<T>& learner) { return std::make_shared<Network<T>>(learner.averaged()); });
      });
}
}  // namespace

void bind_learner(py::module_& module) {
  bind_settings<LearnerSettings>(module, "LearnerSettings");
  bind_learner_class<float>(module, "Learner32");
  bind_learner_class<double>(module, "Learner64");
}

}  // namespace lso::bindings
