// The scores of train.hpp.
#include <algorithm>
#include <atomic>
#include <vector>

#include "lso/train.hpp"
#include "team.hpp"
#include "train/batch.hpp"

namespace lso {

namespace {
constexpr std::size_t score_lanes = 2 * tile_lanes;
}  // namespace

template <class T>
Score score(const Chain<T>& chain, const Samples<T>& data, std::size_t threads, StopSignal* stop) {
  std::vector<Score> each(data.x.rows);
  const std::size_t tiles = (data.x.rows + score_lanes - 1) / score_lanes;
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t /*thread*/) {
    Batch<T> batch(chain, data, std::min(score_lanes, data.x.rows));
    batch.workspace().heed(stop);
    for (std::size_t begin = next++ * score_lanes; begin < each.size() && !(stop != nullptr && stop->stops());
         begin = next++ * score_lanes) {
      const std::size_t count = std::min(score_lanes, data.x.rows - begin);
      batch.load(count, [&](std::size_t lane) { return begin + lane; });
      batch.run(chain);
      for (std::size_t lane = 0; lane < count; ++lane) {
        each[begin + lane] = {batch.error(lane), batch.mse(lane)};
      }
    }
  };
  const std::size_t most = chain.is_concurrent() ? threads : 1;
  run_threads(resolve_threads(most, tiles, chain.n_parameters() * data.x.rows), work, stop);
  Score total;
  double weight = 0;
  for (std::size_t i = 0; i < each.size(); ++i) {
    const double w = sample_weight(data, i);
    total.loss += w * each[i].loss;
    total.mse += w * each[i].mse;
    weight += w;
  }
  return {.loss = total.loss / weight, .mse = total.mse / weight};
}

template Score score(const Chain<float>&, const Samples<float>&, std::size_t, StopSignal*);
template Score score(const Chain<double>&, const Samples<double>&, std::size_t, StopSignal*);

}  // namespace lso
