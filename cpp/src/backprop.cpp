#include "lso/backprop.hpp"

#include <algorithm>
#include <atomic>

#include "passes.hpp"
#include "team.hpp"
#include "workspace.hpp"

namespace lso {

namespace {
template <class T>
void load_tile(Rows<const T> x, std::size_t begin, Workspace<T>& workspace) {
  const std::size_t count = std::min(workspace.capacity(), x.rows - begin);
  workspace.set_lanes(count);
  load_lanes<T>(count, [&](std::size_t i) { return x[begin + i].data(); }, workspace.inputs());
}

template <class T>
void store_tile(Lanes<const T> lanes, std::size_t begin, Rows<T> out) {
  const std::size_t count = std::min(lanes.stride, out.rows - begin);
  transpose<T>(lanes.nodes, count, [&](std::size_t node) { return lanes[node]; }, out[begin].data(), out.cols);
}
}  // namespace

template <class T>
void evaluate(const Chain<T>& chain, Rows<const T> x, Rows<T> out, const std::vector<Rows<T>>& seams,
              std::size_t threads, StopSignal* stop) {
  const std::size_t together = lanes_together(chain);
  const std::size_t tiles = (x.rows + together - 1) / together;
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t /*thread*/) {
    Workspace<T> workspace(chain, std::min(together, x.rows), stop);
    for (std::size_t begin = next++ * together; begin < x.rows && !(stop != nullptr && stop->stops());
         begin = next++ * together) {
      load_tile(x, begin, workspace);
      forward(chain, workspace);
      store_tile<T>(workspace.outputs(), begin, out);
      for (std::size_t p = 0; p < seams.size(); ++p) {
        store_tile<T>(workspace.values(chain.first_stage(p + 1) - 1), begin, seams[p]);
      }
    }
  };
  const std::size_t most = chain.is_concurrent() ? threads : 1;
  run_threads(resolve_threads(most, tiles, chain.n_parameters() * x.rows), work, stop);
}

template <class T>
void evaluate_nodes(const Chain<T>& chain, Rows<const T> x, const std::vector<Rows<T>>& nodes, StopSignal* stop) {
  const std::size_t together = lanes_together(chain);
  Workspace<T> workspace(chain, std::min(together, x.rows), stop);
  for (std::size_t begin = 0; begin < x.rows && !(stop != nullptr && stop->check()); begin += together) {
    load_tile(x, begin, workspace);
    forward(chain, workspace);
    for (std::size_t s = 0; s < nodes.size(); ++s) store_tile<T>(workspace.values(s), begin, nodes[s]);
  }
}

template <class T>
void backprop(const Chain<T>& chain, Rows<const T> x, Rows<const T> output_gradient, const std::vector<Rows<T>>& nodes,
              const std::vector<std::span<T>>& parameters, StopSignal* stop) {
  const std::size_t together = lanes_together(chain);
  Workspace<T> workspace(chain, std::min(together, x.rows), stop);
  const std::size_t last = chain.stages().size() - 1;
  for (std::size_t begin = 0; begin < x.rows && !(stop != nullptr && stop->check()); begin += together) {
    load_tile(x, begin, workspace);
    forward(chain, workspace);
    const Lanes<T> delta = workspace.deltas(last);
    const std::size_t count = std::min(together, x.rows - begin);
    clear_lanes_from(delta, count);
    load_lanes<T>(count, [&](std::size_t i) { return output_gradient[begin + i].data(); }, delta);
    backward_outputs<T>(chain, workspace, delta, delta);
    backward_nodes(chain, workspace);
    for (std::size_t s = 0; s < nodes.size(); ++s) {
      if (!nodes[s].empty()) store_tile<T>(workspace.deltas(s), begin, nodes[s]);
    }
    for (std::size_t p = 0; p < parameters.size(); ++p) backward_parameters(chain, workspace, p, parameters[p]);
  }
}

#define LSO_INSTANTIATE(T)                                                                                  \
  template void evaluate(const Chain<T>&, Rows<const T>, Rows<T>, const std::vector<Rows<T>>&, std::size_t, \
                         StopSignal*);                                                                      \
  template void evaluate_nodes(const Chain<T>&, Rows<const T>, const std::vector<Rows<T>>&, StopSignal*);   \
  template void backprop(const Chain<T>&, Rows<const T>, Rows<const T>, const std::vector<Rows<T>>&,        \
                         const std::vector<std::span<T>>&, StopSignal*);
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
