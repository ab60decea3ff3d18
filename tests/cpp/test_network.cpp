// Networks as values, and the forward pass against plain loops.
#include "lso/network.hpp"

#include <memory>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "lso/backprop.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::Chain;
using lso::Layer;
using lso::Network;

template <class T>
void check_forward(const std::vector<Layer>& layers, std::size_t n, double tolerance) {
  const auto part = support::network<T>(layers, 11);
  const std::size_t n_in = layers.front().size;
  const std::size_t n_out = layers.back().size;
  const std::vector<T> x = support::uniform<T>(n * n_in, 12, -2.0, 2.0);
  std::vector<T> y(n * n_out);
  lso::evaluate<T>(Chain<T>({part}), support::rows(x, n_in), support::rows(y, n_out));
  for (std::size_t s = 0; s < n; ++s) {
    const auto first = x.begin() + static_cast<std::ptrdiff_t>(s * n_in);
    const std::vector<double> sample(first, first + static_cast<std::ptrdiff_t>(n_in));
    const std::vector<double> expected = support::plain_nodes(*part, sample).back();
    for (std::size_t i = 0; i < n_out; ++i) CHECK_CLOSE(y[s * n_out + i], expected[i], tolerance, tolerance);
  }
}

TEST("the flat buffer holds, layer by layer, the weights row by row and then the bias") {
  const Network<double> network({{.size = 2, .activation = Activation::linear, .bias = true},
                                 {.size = 3, .activation = Activation::tanh, .bias = true},
                                 {.size = 1, .activation = Activation::linear}});
  CHECK(network.parameters().size() == 2 + (3 * 2 + 3) + 1 * 3);
  CHECK(network.bias_offset(0) == 0);
  CHECK(network.weight_offset(1) == 2);
  CHECK(network.bias_offset(1) == 8);
  CHECK(network.weight_offset(2) == 11);
  CHECK(network.bias(0) == network.parameters().data());
  CHECK(network.weight(2) == network.parameters().data() + 11);
  CHECK(network.bias(2) == nullptr);
}

TEST("layers that make no network are an error") {
  using Layers = std::vector<Layer>;
  CHECK_THROWS(Network<float>(Layers{}), std::invalid_argument, "");
  CHECK_THROWS(Network<float>(Layers{{3}}), std::invalid_argument, "");
  CHECK_THROWS(Network<float>(Layers{{3}, {0, Activation::sigmoid}}), std::invalid_argument, "");
  CHECK_THROWS(Network<float>(Layers{{3}, {2, Activation::softmax}, {1, Activation::sigmoid}}), std::invalid_argument,
               "softmax");
  CHECK_THROWS(Network<float>(Layers{{3}, {2, Activation::sigmoid}}, std::vector<float>(5)), std::invalid_argument,
               "6");
}

TEST("equal means the same architecture and the same parameters") {
  const Network<float> network({{.size = 2}, {.size = 1, .activation = Activation::sigmoid}}, {1.0F, 2.0F});
  CHECK(network == Network<float>(network));
  CHECK(!(network == Network<float>({{2}, {1, Activation::tanh}}, {1.0F, 2.0F})));
  CHECK(!(network == Network<float>({{2}, {1, Activation::sigmoid}}, {1.0F, 2.5F})));
}

TEST("initialization is keyed by the seed, stays in its range and leaves biases at zero") {
  const std::vector<Layer> layers = support::paper_layers({30, 20, 10}, Activation::tanh, Activation::linear);
  Network<double> first(layers);
  Network<double> second(layers);
  lso::initialize(first, 5);
  lso::initialize(second, 5);
  CHECK(first == second);
  lso::initialize(second, 6);
  CHECK(!(first == second));
  const double limit = std::sqrt(6.0 / (30 + 20));
  double largest = 0.0;
  for (std::size_t i = 0; i < 30 * 20; ++i) largest = std::max(largest, std::abs(first.weight(1)[i]));
  CHECK(largest <= limit);
  CHECK(largest > 0.95 * limit);
  for (std::size_t i = 0; i < 20; ++i) CHECK(first.bias(1)[i] == 0.0);
}

TEST("forward agrees with plain loops, for both bias conventions and every activation") {
  for (const Activation hidden : support::hidden_activations()) {
    check_forward<double>(support::paper_layers({5, 7, 3}, hidden, Activation::sigmoid), 4, 1e-13);
    check_forward<float>(support::paper_layers({5, 7, 3}, hidden, Activation::sigmoid), 4, 1e-5);
    for (const char* output : {"softmax", "log_softmax"}) {
      check_forward<double>(support::layers({5, 7, 3}, hidden, Activation(output), {false, true, true}), 4, 1e-13);
    }
  }
}

TEST("forward agrees with plain loops at awkward widths and sample counts") {
  for (const std::size_t n : {1U, 2U, 3U, 15U, 16U, 17U, 31U, 33U, 48U, 50U, 100U, 131U}) {
    check_forward<float>(support::paper_layers({20, 33, 10}, Activation::sigmoid, Activation::sigmoid), n, 1e-5);
    check_forward<double>(support::paper_layers({3, 1, 41, 2}, Activation::tanh, Activation::linear), n, 1e-12);
  }
}

TEST("a row's result is the same bits whatever its neighbours, and for any number of threads") {
  const std::vector<Layer> layers = support::paper_layers({20, 40, 10}, Activation::sigmoid, Activation::sigmoid);
  const Chain<float> chain({support::network<float>(layers, 3)});
  const std::size_t n = 103;
  const std::vector<float> x = support::uniform<float>(n * 20, 4);
  std::vector<float> together(n * 10);
  std::vector<float> threaded(n * 10);
  lso::evaluate<float>(chain, support::rows(x, 20), support::rows(together, 10));
  lso::evaluate<float>(chain, support::rows(x, 20), support::rows(threaded, 10), {}, 3);
  CHECK(together == threaded);
  for (std::size_t s = 0; s < n; ++s) {
    std::vector<float> alone(10);
    lso::evaluate<float>(chain, {.data = x.data() + s * 20, .rows = 1, .cols = 20}, support::rows(alone, 10));
    CHECK(std::equal(alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(s * 10)));
  }
}

TEST("a chain runs its parts one after the other, bit for bit, and shows the seam") {
  const auto front =
      support::network<float>(support::paper_layers({4, 9, 6}, Activation::sigmoid, Activation::sigmoid), 7);
  const auto back = support::network<float>(support::paper_layers({6, 5, 3}, Activation::tanh, Activation::sigmoid), 8);
  const Chain<float> both({front, back});
  CHECK(both.n_inputs() == 4);
  CHECK(both.n_outputs() == 3);
  CHECK(both.stages().size() == 6);
  CHECK(both.first_stage(1) == 3);
  CHECK(both.parts()[0] == front);

  const std::vector<float> x = support::uniform<float>(21 * 4, 9);
  std::vector<float> y(21 * 3);
  std::vector<float> seam(21 * 6);
  std::vector<float> middle(21 * 6);
  std::vector<float> expected(21 * 3);
  lso::evaluate<float>(both, support::rows(x, 4), support::rows(y, 3), {support::rows(seam, 6)});
  lso::evaluate<float>(Chain<float>({front}), support::rows(x, 4), support::rows(middle, 6));
  lso::evaluate<float>(Chain<float>({back}), support::rows<float>(std::as_const(middle), 6),
                       support::rows(expected, 3));
  CHECK(seam == middle);
  CHECK(y == expected);
}

TEST("networks that do not fit are an error that gives both widths") {
  const auto front = support::network<float>(support::paper_layers({4, 6}, Activation::tanh, Activation::tanh), 1);
  const auto back = support::network<float>(support::paper_layers({5, 3}, Activation::tanh, Activation::tanh), 2);
  CHECK_THROWS(Chain<float>({front, back}), std::invalid_argument, "6");
  CHECK_THROWS(Chain<float>({front, back}), std::invalid_argument, "5");
  CHECK_THROWS(Chain<float>(std::vector<Chain<float>::Part>{}), std::invalid_argument, "");
}

}  // namespace
