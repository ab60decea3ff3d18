#include "lso/activation.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iomanip>
#include <locale>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "kernels/kernels.hpp"

namespace lso {

namespace {
// The same records in every set; the baseline's are there before anything runs.
const kernels::ActivationTable<double>& table() { return kernels::kernel_sets[0].float64->activations; }

std::string refusal(std::string_view argument, const std::string& expected, std::string_view text) {
  return std::string(argument) + ": expected " + expected + ", got '" + std::string(text) + "'";
}

std::string known_names() {
  std::string known;
  for (const Activation& each : Activation::all()) {
    const ActivationTraits& traits = each.traits();
    if (!known.empty()) known += ", ";
    known += traits.name;
    if (traits.parameter.name != nullptr) known += std::string("[(") + traits.parameter.name + ")]";
  }
  return known;
}

std::optional<double> to_number(const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double value = 0;
  const bool read = static_cast<bool>(stream >> std::noskipws >> value);
  return read && stream.peek() == std::istringstream::traits_type::eof() ? std::optional(value) : std::nullopt;
}

// As few digits as give the number back.
std::string to_text(double value) {
  for (int digits = 6;; ++digits) {
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    stream << std::setprecision(digits) << value;
    if (to_number(stream.str()) == value) return stream.str();
  }
}

bool allowed(const ActivationParameter& parameter, double value) {
  return value >= parameter.least && (!parameter.whole || value == std::floor(value));
}

template <class T>
void copy_lanes(Lanes<const T> from, Lanes<T> to) {
  if (from.lanes == 1 && from.stride == 1 && to.stride == 1) {  // a single sample's nodes are neighbours
    std::memcpy(to.data, from.data, from.nodes * sizeof(T));
    return;
  }
  for (std::size_t node = 0; node < from.nodes; ++node) std::memcpy(to[node], from[node], from.lanes * sizeof(T));
}
}  // namespace

Activation::Activation(std::string_view text, std::string_view argument) {
  const std::size_t bracket = std::min(text.find('('), text.size());
  const std::string_view name = text.substr(0, bracket);
  const std::string_view number = text.substr(bracket);
  for (const Activation& each : all()) {
    const ActivationParameter& parameter = each.traits().parameter;
    if (name != each.traits().name || (!number.empty() && parameter.name == nullptr)) continue;
    *this = each;
    if (number.empty()) return;
    const std::optional<double> value =
        number.back() == ')' ? to_number(std::string(number.substr(1, number.size() - 2))) : std::nullopt;
    if (!value || !allowed(parameter, *value)) {
      const std::string kind = parameter.whole ? "a whole " : "a ";
      throw std::invalid_argument(refusal(argument,
                                          std::string(name) + "(" + parameter.name + ") with " + kind + parameter.name +
                                              " of at least " + to_text(parameter.least),
                                          text));
    }
    parameter_ = *value;
    return;
  }
  throw std::invalid_argument(refusal(argument, "one of " + known_names(), text));
}

std::vector<Activation> Activation::all() {
  std::vector<Activation> all;
  for (std::size_t i = 0; i < table().size(); ++i) {
    all.push_back(Activation(static_cast<std::uint8_t>(i)));
    all.back().parameter_ = all.back().traits().parameter.standard;
  }
  return all;
}

std::string Activation::name() const {
  const std::string name = traits().name;
  return parameter_ == traits().parameter.standard ? name : name + "(" + to_text(parameter_) + ")";
}

const ActivationTraits& Activation::traits() const { return table()[index_].traits; }

std::size_t Activation::group(std::size_t n_nodes) const {
  if (!traits().mixes_nodes) return 1;
  return parameter_ > 0 ? static_cast<std::size_t>(parameter_) : n_nodes;
}

template <class T>
void activate(Activation activation, Lanes<T> z, Lanes<T> kept) {
  if (const auto forward = kernels::kernels<T>().activations[activation.index()].forward) {
    forward({.rows = z.nodes,
             .cols = z.lanes,
             .in = z.data,
             .ldin = z.stride,
             .kept = kept.data,
             .ldkept = kept.stride,
             .out = z.data,
             .ldout = z.stride,
             .parameter = activation.parameter()});
  }
}

template <class T>
void activate_backward(Activation activation, Lanes<const T> kept, Lanes<const T> g, Lanes<T> out) {
  if (const auto backward = kernels::kernels<T>().activations[activation.index()].backward) {
    backward({.rows = g.nodes,
              .cols = g.lanes,
              .in = g.data,
              .ldin = g.stride,
              .kept = kept.data,
              .ldkept = kept.stride,
              .out = out.data,
              .ldout = out.stride,
              .parameter = activation.parameter()});
  } else if (g.data != out.data) {
    copy_lanes(g, out);
  }
}

template <class T>
void add_bias(Lanes<const T> x, const T* bias, Lanes<T> y) {
  if (bias == nullptr) return copy_lanes(x, y);
  if (x.lanes == 1 && x.stride == 1 && y.stride == 1) {
    for (std::size_t node = 0; node < x.nodes; ++node) y.data[node] = x.data[node] + bias[node];
    return;
  }
  kernels::kernels<T>().add_bias(
      {.rows = x.nodes, .cols = x.lanes, .in = x.data, .ldin = x.stride, .out = y.data, .ldout = y.stride}, bias);
}

#define LSO_INSTANTIATE(T)                                                               \
  template void activate(Activation, Lanes<T>, Lanes<T>);                                \
  template void activate_backward(Activation, Lanes<const T>, Lanes<const T>, Lanes<T>); \
  template void add_bias(Lanes<const T>, const T*, Lanes<T>);
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
