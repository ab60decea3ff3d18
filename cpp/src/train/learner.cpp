#include "lso/learner.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

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
Learner<T>::Learner(const Network<T>& network, const LearnerSettings& settings)
    : network_(std::make_shared<Network<T>>(network)),
      chain_({network_}),
      team_(resolve_threads(settings.threads)),
      adam_(settings.optimizer, network.parameters().size()),
      keep_(settings.average),
      average_(settings.average > 0 ? network.parameters().size() : 0),
      gradient_(network.parameters().size()),
      pieces_(parameter_pieces(chain_, 0)),
      transposed_(team_.size() * transposed_nodes * chunk_lanes) {}

template <class T>
Network<T> Learner<T>::averaged() const {
  Network<T> network = *network_;
  if (weight_ == 0) return network;
  const auto unbias = static_cast<T>(1 / weight_);
  std::ranges::transform(average_, network.parameters().begin(), [&](T value) { return value * unbias; });
  return network;
}

template <class T>
template <class Work>
void Learner<T>::share(std::size_t count, const Work& work) {
  if (n_rows_ > chunk_lanes && gradient_.size() * n_rows_ >= worth_threads) return team_.share(count, work);
  for (std::size_t i = 0; i < count; ++i) work(std::size_t{0}, i);
}

template <class T>
std::size_t Learner<T>::rows_of(std::size_t chunk) const {
  return std::min(chunk_lanes, n_rows_ - chunk * chunk_lanes);
}

template <class T>
void Learner<T>::forward(Rows<const T> x, Rows<T> y) {
  const std::size_t chunks = (x.rows + chunk_lanes - 1) / chunk_lanes;
  while (chunks_.size() < chunks) chunks_.emplace_back(chain_, chunk_lanes);
  n_rows_ = x.rows;
  share(chunks, [&](std::size_t, std::size_t c) {
    const std::size_t begin = c * chunk_lanes;
    Workspace<T>& workspace = chunks_[c];
    workspace.set_lanes(rows_of(c));
    load_lanes<T>(rows_of(c), [&](std::size_t i) { return x[begin + i].data(); }, workspace.inputs());
    lso::forward(chain_, workspace);
    const Lanes<T> out = workspace.outputs();
    transpose<T>(out.nodes, rows_of(c), [&](std::size_t node) { return out[node]; }, y[begin].data(), y.cols);
  });
}

template <class T>
void Learner<T>::backward(Rows<const T> output_gradient, Backward how, Rows<T> input_gradient) {
  if (n_rows_ == 0) throw std::invalid_argument("backward: expected a forward before it, got none");
  if (output_gradient.rows != n_rows_) refuse_rows(n_rows_, output_gradient);
  const std::size_t chunks = (n_rows_ + chunk_lanes - 1) / chunk_lanes;
  const std::size_t last = chain_.stages().size() - 1;
  const std::size_t first_stage = input_gradient.rows > 0 || network_->layers().front().bias ? 0 : 1;
  share(chunks, [&](std::size_t, std::size_t c) {
    const std::size_t begin = c * chunk_lanes;
    Workspace<T>& workspace = chunks_[c];
    const Lanes<T> delta = workspace.deltas(last);
    clear_lanes_from(delta, rows_of(c));
    load_lanes<T>(rows_of(c), [&](std::size_t i) { return output_gradient[begin + i].data(); }, delta);
    if (!how.linear) activate_backward<T>(chain_.output_activation(), workspace.kept(last), delta, delta);
    backward_nodes(chain_, workspace, first_stage);
    if (input_gradient.rows > 0) {
      const Lanes<T> nd = workspace.deltas(0);
      transpose<T>(
          nd.nodes, rows_of(c), [&](std::size_t node) { return nd[node]; }, input_gradient[begin].data(),
          input_gradient.cols);
    }
  });
  if (!how.learn) return;
  share(pieces_.size(), [&](std::size_t thread, std::size_t i) {
    T* transposed = transposed_.data() + thread * transposed_nodes * chunk_lanes;
    for (std::size_t c = 0; c < chunks; ++c) {
      backward_piece<T>(chain_, chunks_[c], pieces_[i], transposed, gradient_, gathered_ || c > 0);
    }
  });
  gathered_ = true;
}

template <class T>
StepOutcome Learner<T>::step() {
  if (!gathered_) return StepOutcome::stationary;
  gathered_ = false;
  const double norm = squared_norm<T>(gradient_);
  if (!std::isfinite(static_cast<T>(norm))) return StepOutcome::diverged;  // Adam squares in T
  adam_.step(network_->parameters(), gradient_);
  if (keep_ > 0) {
    const auto keep = static_cast<T>(keep_);
    weight_ = keep_ * weight_ + (1 - keep_);
    std::ranges::transform(average_, std::as_const(*network_).parameters(), average_.begin(),
                           [&](T average, T value) { return keep * average + (1 - keep) * value; });
  }
  return norm == 0 ? StepOutcome::stationary : StepOutcome::moved;
}

template class Learner<float>;
template class Learner<double>;

}  // namespace lso
