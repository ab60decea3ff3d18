// Long work asks by what it has done whether to stop, and ends half way where the answer is yes: a pass, a solve, a
// draw.
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.hpp"
#include "lso/backprop.hpp"
#include "lso/learner.hpp"
#include "lso/random.hpp"
#include "optimize/marquardt.hpp"
#include "pace.hpp"
#include "passes.hpp"
#include "support.hpp"
#include "team.hpp"
#include "train/trainer.hpp"

namespace {

using lso::Activation;
using lso::Chain;
using lso::Interruption;
using lso::Layer;
using lso::StopSignal;

// A StopSignal that says so the first time that it is asked, and how often that was.
struct Asked {
  int times = 0;
  StopSignal stop{[this] { return ++times > 0; }};

  Asked() { std::this_thread::sleep_for(StopSignal::interval); }
};

Chain<float> large(std::size_t n_layers) {
  const std::vector<Layer> layers(n_layers, Layer{.size = 600, .activation = Activation::tanh, .bias = true});
  std::vector<Layer> some = layers;
  some.front().activation = Activation::linear;
  return Chain<float>({support::network<float>(some, 1)});
}

TEST("so much work is one question, and less is none") {
  Asked asked;
  lso::Pace pace(&asked.stop);
  for (int i = 0; i < 100; ++i) pace.worked(1000);
  CHECK(asked.times == 0);
  CHECK_THROWS(pace.worked(1'000'000'000), Interruption, "interrupted");
  CHECK(asked.times == 1);
}

TEST("a pass through a large network ends half way, and through a small one does not") {
  for (const bool single : {false, true}) {
    const Chain<float> chain = large(single ? 70 : 4);
    Asked asked;
    if (single) {
      CHECK_THROWS(static_cast<void>(lso::Workspace<float>::repeated(chain, 1, &asked.stop)), Interruption,
                   "interrupted");
    }
    auto workspace = single ? lso::Workspace<float>::repeated(chain, 1) : lso::Workspace<float>(chain, 48);
    lso::forward(chain, workspace);
    workspace.heed(&asked.stop);
    CHECK_THROWS(lso::forward(chain, workspace), Interruption, "interrupted");
    CHECK_THROWS(lso::backward_nodes(chain, workspace), Interruption, "interrupted");
  }
  const Chain<float> small = large(2);
  Asked asked;
  lso::Workspace<float> workspace(small, 8, &asked.stop);
  lso::forward(small, workspace);
  CHECK(asked.times == 0);
}

TEST("a damped step of many inputs ends half way") {
  constexpr std::size_t n = 400;
  const std::vector<double> row = support::uniform<double>(n, 1);
  lso::LinearModel model(n, n);
  model.begin();
  const lso::Lanes<const double> lanes{.data = row.data(), .nodes = n, .lanes = 1, .stride = 1};
  for (std::size_t r = 0; r < n; ++r) model.set(r, 1.0, lanes, 0);
  Asked asked;
  lso::DampedSolver solver(n, n, &asked.stop);
  const auto free = [](std::size_t, double) { return false; };
  CHECK_THROWS(static_cast<void>(solver.step(model, {}, free)), Interruption, "interrupted");
}

TEST("an interruption is told by the signal, whatever thread it came up in") {
  for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
    StopSignal stop(nullptr);
    lso::run_threads(
        threads,
        [&](std::size_t thread) {
          if (thread + 1 == threads) throw Interruption();
        },
        &stop);
    CHECK(stop.stopped());
    const auto work = [&](std::size_t thread) {
      if (thread == 0) throw Interruption();
    };
    CHECK_THROWS(lso::run_threads(threads, work), Interruption, "interrupted");
  }
}

TEST("a learner that was stopped has gathered nothing, and goes on from where it was") {
  const Chain<float> chain = large(4);
  constexpr std::size_t n = 48;
  const std::vector<float> x = support::uniform<float>(n * 600, 1);
  std::vector<float> y(x.size());
  lso::Learner<float> learner(*chain.parts()[0], {});
  Asked asked;
  learner.forward(support::rows(x, 600), support::rows(y, 600), &asked.stop);
  CHECK(asked.stop.stopped());
  CHECK_THROWS(learner.backward(support::rows(x, 600), {}, {}), std::invalid_argument, "forward");
  learner.forward(support::rows(x, 600), support::rows(y, 600));
  Asked again;
  learner.backward(support::rows(x, 600), {}, {}, &again.stop);
  CHECK(again.stop.stopped());
  CHECK(learner.step() == lso::StepOutcome::stationary);
  CHECK(learner.network() == *chain.parts()[0]);
}

TEST("what a learner and a trainer need is not made to its end") {
  const auto small = support::network<float>(support::paper_layers({2, 2}, Activation::tanh, Activation::linear), 1);
  const std::vector<float> x = support::uniform<float>(2000, 1);
  std::vector<float> y(x.size());
  lso::Learner<float> learner(*small, {});
  Asked forward;
  learner.forward(support::rows(x, 2), support::rows(y, 2), &forward.stop);
  CHECK(forward.stop.stopped());
  const Chain<float> chain({small});
  const lso::Samples<float> samples{
      .x = support::rows(x, 2), .term = std::make_shared<lso::SquaredError<float>>(support::rows(x, 2)), .weights = {}};
  for (const std::size_t batch_size : {std::size_t{1}, std::size_t{32}}) {
    lso::TrainSettings settings;
    settings.batch_size = batch_size;
    Asked asked;
    CHECK_THROWS(static_cast<void>(lso::make_trainer(chain, samples, settings, asked.stop)), Interruption,
                 "interrupted");
  }
}

TEST("weights and orders that are drawn end half way") {
  lso::Network<float> network({{.size = 1000, .activation = Activation::linear, .bias = true},
                               {.size = 1000, .activation = Activation::tanh, .bias = true}});
  Asked asked;
  lso::initialize(network, 1, &asked.stop);
  CHECK(network.weight(1)[0] != 0);
  CHECK(network.weight(1)[999'999] == 0);
}

}  // namespace
