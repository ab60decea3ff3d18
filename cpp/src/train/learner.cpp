#include "lso/learner.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "passes.hpp"
#include "team.hpp"
#include "train/average.hpp"
#include "train/gradient_sum.hpp"
#include "workspace.hpp"

namespace lso {

namespace {
constexpr std::size_t chunk_lanes = summed_lanes;

template <class T>
[[noreturn]] void refuse_rows(std::size_t expected, Rows<const T> got) {
  const std::string width = ", " + std::to_string(got.cols) + ")";
  throw std::invalid_argument("output_gradient: expected an array of shape (" + std::to_string(expected) + width +
                              ", got shape (" + std::to_string(got.rows) + width);
}
}  // namespace

template <class T>
struct Learner<T>::Inside {
  Inside(const Network<T>& start, const LearnerSettings& settings)
      : network(std::make_shared<Network<T>>(start)),
        chain({network}),
        team(resolve_threads(settings.threads)),
        sum(chain, {network}, {0}, team.size(), chunk_lanes),
        average(settings.average, start.parameters().size()) {
    adam.emplace_back(settings.optimizer, start.parameters().size());
  }

  // The threads, where so many rows are worth them.
  [[nodiscard]] Sharing sharing(StopSignal* stop = nullptr) {
    return {team, n_rows > chunk_lanes && chain.n_parameters() * n_rows >= worth_threads, stop};
  }
  // What was left half way is not there.
  void forget_if(StopSignal* stop) {
    if (stop == nullptr || !stop->stopped()) return;
    n_rows = 0;
    gathered = false;
  }
  [[nodiscard]] std::size_t n_chunks() const { return (n_rows + chunk_lanes - 1) / chunk_lanes; }
  [[nodiscard]] std::size_t rows_of(std::size_t chunk) const {
    return std::min(chunk_lanes, n_rows - chunk * chunk_lanes);
  }

  std::shared_ptr<Network<T>> network;
  Chain<T> chain;
  Team team;
  GradientSum<T> sum;
  bool gathered = false;
  std::vector<AdamState<T>> adam;
  Average<T> average;
  std::vector<Workspace<T>> chunks;
  std::size_t n_rows = 0;
};

template <class T>
Learner<T>::Learner(const Network<T>& network, const LearnerSettings& settings)
    : inside_(std::make_unique<Inside>(network, settings)) {}
template <class T>
Learner<T>::Learner(Learner&&) noexcept = default;
template <class T>
Learner<T>& Learner<T>::operator=(Learner&&) noexcept = default;
template <class T>
Learner<T>::~Learner() = default;

template <class T>
const Network<T>& Learner<T>::network() const {
  return *inside_->network;
}

template <class T>
std::span<const T> Learner<T>::gradient() const {
  return inside_->sum.gradient(0);
}

template <class T>
Network<T> Learner<T>::averaged() const {
  Network<T> network = *inside_->network;
  inside_->average.copy_to(network.parameters());
  return network;
}

template <class T>
void Learner<T>::forward(Rows<const T> x, Rows<T> y, StopSignal* stop) {
  Inside& in = *inside_;
  const std::size_t chunks = (x.rows + chunk_lanes - 1) / chunk_lanes;
  while (in.chunks.size() < chunks) {
    if (stop != nullptr && stop->check()) return in.forget_if(stop);
    in.chunks.emplace_back(in.chain, chunk_lanes);
  }
  in.n_rows = x.rows;
  in.sharing().share(chunks, [&](std::size_t, std::size_t c) {
    const std::size_t begin = c * chunk_lanes;
    const std::size_t count = in.rows_of(c);
    Workspace<T>& workspace = in.chunks[c];
    workspace.set_lanes(count);
    workspace.heed(stop);
    load_lanes<T>(count, [&](std::size_t i) { return x[begin + i].data(); }, workspace.inputs());
    stops_quietly([&] { lso::forward(in.chain, workspace); });
    const Lanes<T> out = workspace.outputs();
    transpose<T>(out.nodes, count, [&](std::size_t node) { return out[node]; }, y[begin].data(), y.cols);
  });
  in.forget_if(stop);
}

template <class T>
void Learner<T>::backward(Rows<const T> output_gradient, Backward how, Rows<T> input_gradient, StopSignal* stop) {
  Inside& in = *inside_;
  if (in.n_rows == 0) throw std::invalid_argument("backward: expected a forward before it, got none");
  if (output_gradient.rows != in.n_rows) refuse_rows(in.n_rows, output_gradient);
  const std::size_t last = in.chain.stages().size() - 1;
  const std::size_t first_stage = input_gradient.rows > 0 || in.network->layers().front().bias ? 0 : 1;
  in.sharing().share(in.n_chunks(), [&](std::size_t, std::size_t c) {
    const std::size_t begin = c * chunk_lanes;
    Workspace<T>& workspace = in.chunks[c];
    workspace.heed(stop);
    const Lanes<T> delta = workspace.deltas(last);
    clear_lanes_from(delta, in.rows_of(c));
    load_lanes<T>(in.rows_of(c), [&](std::size_t i) { return output_gradient[begin + i].data(); }, delta);
    if (!how.linear) backward_outputs<T>(in.chain, workspace, delta, delta);
    stops_quietly([&] { backward_nodes(in.chain, workspace, first_stage); });
    if (input_gradient.rows > 0) {
      const Lanes<T> nd = workspace.deltas(0);
      transpose<T>(
          nd.nodes, in.rows_of(c), [&](std::size_t node) { return nd[node]; }, input_gradient[begin].data(),
          input_gradient.cols);
    }
  });
  if (how.learn) {
    const auto workspace = [&](std::size_t c) -> Workspace<T>& { return in.chunks[c]; };
    in.sum.gather(in.sharing(stop), in.n_chunks(), workspace, in.gathered);
    in.gathered = true;
  }
  in.forget_if(stop);
}

template <class T>
StepOutcome Learner<T>::step() {
  Inside& in = *inside_;
  if (!in.gathered) return StepOutcome::stationary;
  in.gathered = false;
  const double norm = in.sum.squared_norm(in.sharing());
  if (!std::isfinite(static_cast<T>(norm))) return StepOutcome::diverged;  // Adam squares in T
  in.sum.step(in.sharing(), in.adam);
  in.average.add(std::as_const(*in.network).parameters());
  return norm == 0 ? StepOutcome::stationary : StepOutcome::moved;
}

template class Learner<float>;
template class Learner<double>;

}  // namespace lso
