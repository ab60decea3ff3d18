// The scores of train.hpp.
#include <algorithm>
#include <atomic>
#include <vector>

#include "batch.hpp"
#include "lso/train.hpp"

namespace lso {

namespace {
constexpr std::size_t score_lanes = 64;

// A lane's squared error an output, whatever the loss is.
template <class T>
double lane_mse(const ObjectiveLanes<T>& objective, Lanes<const T> y, std::size_t lane, double loss,
                double total_weight) {
  if (objective.loss == Loss::squared_error || objective.loss == Loss::interval) return loss / total_weight;
  double sum = 0;
  for (std::size_t node = 0; node < y.nodes; ++node) {
    const double difference = static_cast<double>(y[node][lane]) - static_cast<double>(objective.target[node][lane]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(y.nodes);
}
}  // namespace

template <class T>
Score score(const Chain<T>& chain, const Samples<T>& data, std::size_t threads, StopSignal* stop) {
  std::vector<Score> each(data.x.rows);
  const std::size_t tiles = (data.x.rows + score_lanes - 1) / score_lanes;
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t thread) {
    Batch<T> batch(chain, data, std::min(score_lanes, data.x.rows));
    for (std::size_t begin = next++ * score_lanes; begin < each.size() && !(stop != nullptr && stop->stops(thread));
         begin = next++ * score_lanes) {
      const std::size_t count = std::min(score_lanes, data.x.rows - begin);
      batch.load(count, [&](std::size_t lane) { return begin + lane; });
      batch.run(chain);
      for (std::size_t lane = 0; lane < count; ++lane) {
        const double loss = batch.error(lane);
        each[begin + lane] = {loss, lane_mse<T>(batch.objective(), batch.workspace().outputs(), lane, loss,
                                                data.objective.total_weight(begin + lane))};
      }
    }
  };
  run_threads(resolve_threads(threads, tiles, chain.n_parameters() * data.x.rows), work, stop);
  Score total;
  double weight = 0;
  for (std::size_t i = 0; i < each.size(); ++i) {
    const double w = sample_weight(data, i);
    total.loss += w * each[i].loss;
    total.mse += w * each[i].mse;
    weight += w;
  }
  return {total.loss / weight, total.mse / weight};
}

template Score score(const Chain<float>&, const Samples<float>&, std::size_t, StopSignal*);
template Score score(const Chain<double>&, const Samples<double>&, std::size_t, StopSignal*);

}  // namespace lso
