// Algorithms 1 and 2 against central differences of the forward pass.
#include "lso/backprop.hpp"

#include <cmath>
#include <memory>
#include <vector>

#include "check.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Chain;
using lso::Layer;
using lso::Network;

using Part = Chain<double>::Part;

// Where a kinked activation has its kink, a difference is no derivative: keep the step small and the points random.
constexpr double step = 1e-6;
constexpr double tolerance = 1e-6;

struct Case {
  std::vector<Part> parts;
  std::vector<double> x;
  std::vector<double> direction;  // dE/dy: E = direction . y

  [[nodiscard]] std::size_t n_in() const { return parts.front()->n_inputs(); }
  [[nodiscard]] std::size_t n_out() const { return parts.back()->n_outputs(); }

  [[nodiscard]] double error() const {
    std::vector<double> y(direction.size());
    lso::evaluate<double>(Chain<double>(parts), support::rows(x, n_in()), support::rows(y, n_out()));
    double sum = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += direction[i] * y[i];
    return sum;
  }
};

Case make_case(const std::vector<std::vector<Layer>>& parts, std::size_t n) {
  Case made;
  for (std::size_t p = 0; p < parts.size(); ++p) made.parts.push_back(support::network<double>(parts[p], 20 + p));
  made.x = support::uniform<double>(n * made.n_in(), 30);
  made.direction = support::uniform<double>(n * made.n_out(), 31);
  return made;
}

struct Gradients {
  std::vector<std::vector<double>> nodes;
  std::vector<std::vector<double>> parameters;
};

Gradients backprop(const Case& given) {
  const Chain<double> chain(given.parts);
  const std::size_t n = given.x.size() / given.n_in();
  Gradients gradients;
  std::vector<lso::Rows<double>> nodes;
  std::vector<std::span<double>> parameters;
  gradients.nodes.reserve(chain.stages().size());
  gradients.parameters.reserve(given.parts.size());
  parameters.reserve(given.parts.size());
  for (const auto& stage : chain.stages()) {
    nodes.push_back(support::rows(gradients.nodes.emplace_back(n * stage.size), stage.size));
  }
  for (const Part& part : given.parts) {
    parameters.emplace_back(gradients.parameters.emplace_back(part->parameters().size()));
  }
  lso::backprop<double>(chain, support::rows(given.x, given.n_in()), support::rows(given.direction, given.n_out()),
                        nodes, parameters);
  return gradients;
}

void check_parameters(Case given, const Gradients& gradients) {
  for (std::size_t p = 0; p < given.parts.size(); ++p) {
    const Network<double> original = *given.parts[p];
    for (std::size_t i = 0; i < original.parameters().size(); ++i) {
      double errors[2] = {};
      for (const int sign : {0, 1}) {
        const auto moved = std::make_shared<Network<double>>(original);
        moved->parameters()[i] += sign == 0 ? step : -step;
        given.parts[p] = moved;
        errors[sign] = given.error();
      }
      CHECK_CLOSE(gradients.parameters[p][i], (errors[0] - errors[1]) / (2.0 * step), tolerance, tolerance);
    }
    given.parts[p] = std::make_shared<const Network<double>>(original);
  }
}

void check_inputs(Case given, const Gradients& gradients) {
  for (std::size_t i = 0; i < given.x.size(); ++i) {
    const double value = given.x[i];
    given.x[i] = value + step;
    const double above = given.error();
    given.x[i] = value - step;
    const double below = given.error();
    given.x[i] = value;
    CHECK_CLOSE(gradients.nodes[0][i], (above - below) / (2.0 * step), tolerance, tolerance);
  }
}

void check_gradients(const std::vector<std::vector<Layer>>& parts, std::size_t n) {
  const Case given = make_case(parts, n);
  const Gradients gradients = backprop(given);
  check_parameters(given, gradients);
  check_inputs(given, gradients);
}

TEST("every activation, the paper's biases") {
  for (const Activation hidden : support::hidden_activations()) {
    check_gradients({support::paper_layers({3, 5, 4, 2}, hidden, Activation::sigmoid)}, 3);
  }
}

TEST("every activation at the output, biases on all nodes but the inputs") {
  for (const Activation output : support::hidden_activations()) {
    check_gradients({support::layers({4, 6, 3}, Activation::tanh, output, {false, true, true})}, 2);
  }
  for (const char* output : {"softmax", "log_softmax", "softmax(2)", "log_softmax(2)"}) {
    check_gradients({support::layers({4, 6, 4}, Activation::tanh, Activation(output), {false, true, true})}, 2);
  }
}

TEST("no hidden layer, single nodes, no bias at all") {
  check_gradients({support::paper_layers({4, 3}, Activation::linear, Activation::tanh)}, 3);
  check_gradients({support::paper_layers({1, 1, 1}, Activation::sigmoid, Activation::sigmoid)}, 1);
  check_gradients({support::layers({3, 4, 2}, Activation::tanh, Activation::linear, {false, false, false})}, 2);
}

TEST("sums over more samples than one tile holds") {
  check_gradients({support::paper_layers({2, 3, 2}, Activation::tanh, Activation::sigmoid)}, 131);
}

TEST("through a seam, where the second part adds its input bias") {
  check_gradients({support::paper_layers({2, 4, 5}, Activation::sigmoid, Activation::sigmoid),
                   support::paper_layers({5, 3, 2}, Activation::tanh, Activation::sigmoid)},
                  3);
  check_gradients({support::paper_layers({2, 3}, Activation::tanh, Activation::softmax),
                   support::paper_layers({3, 2}, Activation::tanh, Activation::tanh),
                   support::paper_layers({2, 3}, Activation::tanh, Activation::linear)},
                  2);
}

TEST("ND of a node is its derivative by the pre-activation: that of a bias on the node, sample by sample") {
  const std::vector<Layer> layers = support::paper_layers({3, 4, 2}, Activation::sigmoid, Activation::tanh);
  const Case given = make_case({layers}, 5);
  const Gradients gradients = backprop(given);
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    const std::size_t size = layers[l].size;
    for (std::size_t i = 0; i < size; ++i) {
      double sum = 0.0;
      for (std::size_t s = 0; s < 5; ++s) sum += gradients.nodes[l][s * size + i];
      CHECK_CLOSE(gradients.parameters[0][given.parts[0]->bias_offset(l) + i], sum, 1e-13, 1e-15);
    }
  }
}

TEST("what is not asked for is skipped") {
  const Case given = make_case({support::paper_layers({3, 4, 2}, Activation::sigmoid, Activation::tanh)}, 5);
  const Gradients all = backprop(given);
  std::vector<double> inputs(5 * 3);
  lso::backprop<double>(Chain<double>(given.parts), support::rows(given.x, 3), support::rows(given.direction, 2),
                        {support::rows(inputs, 3)}, {});
  CHECK(inputs == all.nodes[0]);
}

TEST("evaluate_nodes gives every node's value, the input nodes with their bias") {
  const Case given = make_case({support::paper_layers({3, 4, 2}, Activation::sigmoid, Activation::tanh)}, 70);
  std::vector<double> first(70 * 3);
  std::vector<double> second(70 * 4);
  std::vector<double> third(70 * 2);
  lso::evaluate_nodes<double>(Chain<double>(given.parts), support::rows(given.x, 3),
                              {support::rows(first, 3), support::rows(second, 4), support::rows(third, 2)});
  for (const std::size_t s : {0U, 1U, 63U, 64U, 69U}) {
    const auto begin = given.x.begin() + static_cast<std::ptrdiff_t>(s * 3);
    const auto expected = support::plain_nodes(*given.parts[0], {begin, begin + 3});
    for (std::size_t i = 0; i < 3; ++i) CHECK_CLOSE(first[s * 3 + i], expected[0][i], 1e-14, 0.0);
    for (std::size_t i = 0; i < 4; ++i) CHECK_CLOSE(second[s * 4 + i], expected[1][i], 1e-13, 0.0);
    for (std::size_t i = 0; i < 2; ++i) CHECK_CLOSE(third[s * 2 + i], expected[2][i], 1e-13, 1e-15);
  }
}

}  // namespace
