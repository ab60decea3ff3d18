// network.hpp and backprop.hpp
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "bindings.hpp"
#include "interrupt.hpp"
#include "lso/backprop.hpp"
#include "lso/network.hpp"
#include "python_differentiable.hpp"

namespace lso::bindings {

namespace {
std::vector<Layer> make_layers(const std::vector<std::size_t>& sizes, const std::vector<std::string>& activations,
                               const std::vector<bool>& bias) {
  if (activations.size() + 1 != sizes.size() || bias.size() != sizes.size()) {
    throw py::value_error("layers: expected one activation for each layer after the input and one bias flag a layer");
  }
  std::vector<Layer> layers;
  layers.reserve(sizes.size());
  for (std::size_t l = 0; l < sizes.size(); ++l) {
    layers.push_back(
        {.size = sizes[l], .activation = l == 0 ? Activation() : Activation(activations[l - 1]), .bias = bias[l]});
  }
  return layers;
}

template <class T>
std::vector<std::string> activation_names(const Network<T>& network) {
  std::vector<std::string> names;
  for (std::size_t l = 1; l < network.layers().size(); ++l) names.push_back(network.layers()[l].activation.name());
  return names;
}

void bind_activation(py::module_& module) {
  py::class_<Activation>(module, "Activation")
      .def(py::init<std::string_view, std::string_view>(), py::arg("name"), py::arg("argument") = "activation")
      .def_property_readonly("name", &Activation::name)
      .def_property_readonly("gain", [](const Activation& self) { return self.traits().gain; })
      .def_property_readonly("range",
                             [](const Activation& self) { return std::pair(self.traits().low, self.traits().high); })
      .def_property_readonly("output_only", [](const Activation& self) { return self.traits().output_only; })
      .def("group", &Activation::group, py::arg("n_nodes"))
      .def("__repr__", [](const Activation& self) { return "Activation('" + self.name() + "')"; })
      .def("__eq__",
           [](const Activation& self, const py::object& other) {
             return py::isinstance<Activation>(other) && self == other.cast<Activation>();
           })
      .def("__hash__", [](const Activation& self) { return py::hash(py::str(self.name())); });
  module.def("activations", &Activation::all);
}

// A read-only view into the network's parameters, which keeps the network alive.
template <class T>
py::array parameter_view(const py::object& self, const T* data, std::vector<py::ssize_t> shape) {
  Contiguous<T> array(std::move(shape), data, self);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

template <class T>
void bind_network_class(py::module_& module, const char* class_name) {
  using Net = Network<T>;
  py::class_<Net, std::shared_ptr<Net>>(module, class_name)
      .def(py::init([](const std::vector<std::size_t>& sizes, const std::vector<std::string>& activations,
                       const std::vector<bool>& bias, std::optional<std::uint64_t> seed) {
             auto network = std::make_shared<Net>(make_layers(sizes, activations, bias));
             if (seed) {  // else all zero, for parameters that come from elsewhere
               interruptible([&](StopSignal* stop) { initialize(*network, *seed, stop); });
             }
             return network;
           }),
           py::arg("sizes"), py::arg("activations"), py::arg("bias"), py::arg("seed"))
      .def_static(
          "of_function",
          [](py::function function, std::size_t n_inputs, std::size_t n_outputs, std::size_t lanes_per_call) {
            return std::make_shared<Net>(
                std::make_shared<PythonDifferentiable<T>>(std::move(function), n_inputs, n_outputs, lanes_per_call));
          },
          py::arg("function"), py::arg("n_inputs"), py::arg("n_outputs"), py::arg("lanes_per_call"))
      .def_property_readonly("sizes",
                             [](const Net& net) {
                               std::vector<std::size_t> sizes;
                               for (const Layer& layer : net.layers()) sizes.push_back(layer.size);
                               return sizes;
                             })
      .def_property_readonly("activations", &activation_names<T>)
      .def_property_readonly("bias",
                             [](const Net& net) {
                               std::vector<bool> flags;
                               for (const Layer& layer : net.layers()) flags.push_back(layer.bias);
                               return flags;
                             })
      .def_property_readonly("parameters",
                             [](const py::object& self) {
                               const Net& net = self.cast<const Net&>();
                               const auto size = static_cast<py::ssize_t>(net.parameters().size());
                               return parameter_view<T>(self, net.parameters().data(), {size});
                             })
      .def(
          "weight",
          [](const py::object& self, std::size_t layer) {
            const Net& net = self.cast<const Net&>();
            return parameter_view<T>(self, net.weight(layer),
                                     {static_cast<py::ssize_t>(net.layers().at(layer).size),
                                      static_cast<py::ssize_t>(net.layers().at(layer - 1).size)});
          },
          py::arg("layer"))
      .def(
          "bias_of",
          [](const py::object& self, std::size_t layer) -> std::optional<py::array> {
            const Net& net = self.cast<const Net&>();
            if (!net.layers().at(layer).bias) return std::nullopt;
            return parameter_view<T>(self, net.bias(layer), {static_cast<py::ssize_t>(net.layers()[layer].size)});
          },
          py::arg("layer"))
      .def(
          "replace",
          [](const Net& net, const py::object& parameters) {
            const auto values = vector<T>(parameters, "parameters", net.parameters().size());
            return std::make_shared<Net>(net.layers(), std::vector<T>(values.data(), values.data() + values.size()));
          },
          py::arg("parameters"))
      .def("equals", [](const Net& net, const Net& other) { return net == other; }, py::arg("other"));
}

template <class T>
using Arrays = std::vector<Contiguous<T>>;

// A fresh array for each size, and its views.
template <class T>
Arrays<T> new_arrays(std::size_t rows, const std::vector<std::size_t>& sizes, std::vector<Rows<T>>& views) {
  Arrays<T> arrays;
  for (const std::size_t size : sizes) {
    auto [array, view] = new_rows<T>(rows, size);
    arrays.push_back(array);
    views.push_back(view);
  }
  return arrays;
}

template <class T>
std::vector<std::size_t> stage_sizes(const Chain<T>& chain) {
  std::vector<std::size_t> sizes;
  for (const auto& stage : chain.stages()) sizes.push_back(stage.size);
  return sizes;
}

template <class T>
Contiguous<T> chain_forward(const Chain<T>& chain, const py::object& x, std::size_t threads) {
  const Held<T> held = rows<T>(x, "x", chain.n_inputs());
  const auto made = new_rows<T>(held.rows.rows, chain.n_outputs());
  const Rows<T> out = made.second;
  interruptible([&](StopSignal* stop) { evaluate<T>(chain, held.rows, out, {}, threads, stop); });
  warn_of_overflow<T>(out, "outputs");
  return made.first;
}

// (outputs, [value at each seam])
template <class T>
std::pair<Contiguous<T>, Arrays<T>> chain_seams(const Chain<T>& chain, const py::object& x, std::size_t threads) {
  const Held<T> held = rows<T>(x, "x", chain.n_inputs());
  std::vector<std::size_t> sizes;
  for (std::size_t p = 0; p + 1 < chain.parts().size(); ++p) sizes.push_back(chain.parts()[p]->n_outputs());
  std::vector<Rows<T>> views;
  Arrays<T> seams = new_arrays<T>(held.rows.rows, sizes, views);
  const auto made = new_rows<T>(held.rows.rows, chain.n_outputs());
  const Rows<T> out = made.second;
  interruptible([&](StopSignal* stop) { evaluate<T>(chain, held.rows, out, views, threads, stop); });
  warn_of_overflow<T>(out, "outputs");
  return {made.first, std::move(seams)};
}

template <class T>
Arrays<T> chain_nodes(const Chain<T>& chain, const py::object& x) {
  const Held<T> held = rows<T>(x, "x", chain.n_inputs());
  std::vector<Rows<T>> views;
  Arrays<T> nodes = new_arrays<T>(held.rows.rows, stage_sizes(chain), views);
  interruptible([&](StopSignal* stop) { evaluate_nodes<T>(chain, held.rows, views, stop); });
  warn_of_overflow<T>(views.back(), "outputs");
  return nodes;
}

// ([derivative of each stage's nodes], [flat parameter gradient of each part])
template <class T>
std::pair<Arrays<T>, Arrays<T>> chain_backprop(const Chain<T>& chain, const py::object& x,
                                               const py::object& output_gradient) {
  const Held<T> held = rows<T>(x, "x", chain.n_inputs());
  const Held<T> gradient = rows<T>(output_gradient, "output_gradient", chain.n_outputs(), held.rows.rows);
  std::vector<Rows<T>> views;
  Arrays<T> nodes = new_arrays<T>(held.rows.rows, stage_sizes(chain), views);
  Arrays<T> parameters;
  std::vector<std::span<T>> parameter_views;
  for (const auto& part : chain.parts()) {
    const std::size_t size = part->parameters().size();
    parameters.emplace_back(static_cast<py::ssize_t>(size));
    parameter_views.emplace_back(parameters.back().mutable_data(), size);
    std::ranges::fill(parameter_views.back(), T(0));
  }
  interruptible([&](StopSignal* stop) { backprop<T>(chain, held.rows, gradient.rows, views, parameter_views, stop); });
  warn_of_overflow<T>(views.front(), "derivatives");
  return {std::move(nodes), std::move(parameters)};
}

template <class T>
Contiguous<T> chain_input_gradient(const Chain<T>& chain, const py::object& x, const py::object& output_gradient) {
  const Held<T> held = rows<T>(x, "x", chain.n_inputs());
  const Held<T> gradient = rows<T>(output_gradient, "output_gradient", chain.n_outputs(), held.rows.rows);
  const auto made = new_rows<T>(held.rows.rows, chain.n_inputs());
  const Rows<T> view = made.second;
  interruptible([&](StopSignal* stop) { backprop<T>(chain, held.rows, gradient.rows, {view}, {}, stop); });
  warn_of_overflow<T>(view, "derivatives");
  return made.first;
}

template <class T>
void bind_chain_class(py::module_& module, const char* class_name) {
  py::class_<Chain<T>>(module, class_name)
      .def(py::init([](const std::vector<std::shared_ptr<Network<T>>>& parts) {
             return Chain<T>({parts.begin(), parts.end()});
           }),
           py::arg("parts"))
      .def_property_readonly("n_inputs", &Chain<T>::n_inputs)
      .def_property_readonly("n_outputs", &Chain<T>::n_outputs)
      .def("forward", &chain_forward<T>, py::arg("x"), py::arg("threads") = 1)
      .def("seams", &chain_seams<T>, py::arg("x"), py::arg("threads") = 1)
      .def("nodes", &chain_nodes<T>, py::arg("x"))
      .def("backprop", &chain_backprop<T>, py::arg("x"), py::arg("output_gradient"))
      .def("input_gradient", &chain_input_gradient<T>, py::arg("x"), py::arg("output_gradient"));
}
}  // namespace

void bind_network(py::module_& module) {
  bind_activation(module);
  bind_network_class<float>(module, "Network32");
  bind_network_class<double>(module, "Network64");
  bind_chain_class<float>(module, "Chain32");
  bind_chain_class<double>(module, "Chain64");
}

}  // namespace lso::bindings
