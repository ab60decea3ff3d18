// learner.hpp
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>

#include "arrays.hpp"
#include "bindings.hpp"
#include "lso/learner.hpp"

namespace lso::bindings {

namespace {
template <class T>
Contiguous<T> learner_forward(Learner<T>& learner, const py::object& x) {
  const Held<T> held = rows<T>(x, "x", learner.network().n_inputs());
  const auto made = new_rows<T>(held.rows.rows, learner.network().n_outputs());
  const Rows<T> out = made.second;
  {
    const py::gil_scoped_release release;
    learner.forward(held.rows, out);
  }
  return made.first;
}

template <class T>
std::optional<Contiguous<T>> learner_backward(Learner<T>& learner, const py::object& output_gradient, bool learn,
                                              bool linear, bool inputs) {
  if (learner.n_rows() == 0) throw py::value_error("backward: expected a forward before it, got none");
  const Held<T> held = rows<T>(output_gradient, "output_gradient", learner.network().n_outputs(), learner.n_rows());
  std::optional<Contiguous<T>> array;
  Rows<T> view{};
  if (inputs) {
    auto made = new_rows<T>(learner.n_rows(), learner.network().n_inputs());
    array = made.first;
    view = made.second;
  }
  {
    const py::gil_scoped_release release;
    learner.backward(held.rows, {learn, linear}, view);
  }
  return array;
}

template <class T>
void bind_learner_class(py::module_& module, const char* class_name) {
  using L = Learner<T>;
  py::class_<L>(module, class_name)
      .def(py::init([](const Network<T>& network, double learning_rate, double beta1, double beta2, double epsilon,
                       double average, std::size_t threads) {
             return std::make_unique<L>(network,
                                        LearnerSettings{{learning_rate, beta1, beta2, epsilon}, average, threads});
           }),
           py::arg("network"), py::kw_only(), py::arg("learning_rate"), py::arg("beta1"), py::arg("beta2"),
           py::arg("epsilon"), py::arg("average"), py::arg("threads"))
      .def("forward", &learner_forward<T>, py::arg("x"))
      .def("backward", &learner_backward<T>, py::arg("output_gradient"), py::kw_only(), py::arg("learn"),
           py::arg("linear"), py::arg("inputs"))
      .def(
          "step",
          [](L& learner) {
            const py::gil_scoped_release release;
            return learner.step() != StepOutcome::diverged;
          },
          "False where a derivative is not finite: the network is as it was.")
      .def("gradient",
           [](const L& learner) {
             const auto values = learner.gradient();
             return Contiguous<T>(static_cast<py::ssize_t>(values.size()), values.data());
           })
      .def("network", [](const L& learner) { return std::make_shared<Network<T>>(learner.network()); })
      .def("averaged", [](const L& learner) { return std::make_shared<Network<T>>(learner.averaged()); });
}
}  // namespace

void bind_learner(py::module_& module) {
  bind_learner_class<float>(module, "Learner32");
  bind_learner_class<double>(module, "Learner64");
}

}  // namespace lso::bindings
