#include "passes.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace lso {

namespace {
// y (n_out, lanes) = f(W (n_out, n_in) x (n_in, lanes) + b); transposed is W^T for a single sample, else nothing. Here
// and below, scratch is the workspace's for products.
template <class T>
void layer_forward(const Network<T>& network, std::size_t layer, typename Workspace<T>::Weights transposed,
                   Lanes<const T> x, Lanes<T> y, Lanes<T> kept, T* scratch) {
  const T* bias = network.bias(layer);
  if (transposed.data != nullptr) {
    kernels::kernels<T>().gemv({.m = y.nodes,
                                .n = 1,
                                .k = x.nodes,
                                .a = transposed.data,
                                .a_row = 1,
                                .a_col = transposed.stride,
                                .b = x.data,
                                .ldb = 1,
                                .c = y.data,
                                .ldc = 1,
                                .bias = bias});
  } else {
    kernels::kernels<T>().gemm({.m = y.nodes,
                                .n = y.lanes,
                                .k = x.nodes,
                                .a = network.weight(layer),
                                .a_row = x.nodes,
                                .a_col = 1,
                                .b = x.data,
                                .ldb = x.stride,
                                .c = y.data,
                                .ldc = y.stride,
                                .bias = bias,
                                .scratch = scratch});
  }
  activate(network.layers()[layer].activation, y, kept);
}

// Algorithm 1: ND (n_in, lanes) = W^T (n_in, n_out) MD (n_out, lanes), then adjusted by N's own activation f'; weights
// is W for a single sample, else nothing.
template <class T>
void layer_backward(const Network<T>& network, std::size_t layer, typename Workspace<T>::Weights weights,
                    Lanes<const T> md, Activation activation, Lanes<const T> kept, Lanes<T> nd, T* scratch) {
  if (weights.data != nullptr) {
    kernels::kernels<T>().gemv({.m = nd.nodes,
                                .n = 1,
                                .k = md.nodes,
                                .a = weights.data,
                                .a_row = 1,
                                .a_col = weights.stride,
                                .b = md.data,
                                .ldb = 1,
                                .c = nd.data,
                                .ldc = 1});
  } else {
    kernels::kernels<T>().gemm({.m = nd.nodes,
                                .n = nd.lanes,
                                .k = md.nodes,
                                .a = network.weight(layer),
                                .a_row = 1,
                                .a_col = nd.nodes,
                                .b = md.data,
                                .ldb = md.stride,
                                .c = nd.data,
                                .ldc = nd.stride,
                                .scratch = scratch});
  }
  activate_backward<T>(activation, kept, nd, nd);
}

// Algorithm 2: NWM (n_out, n_in) (+)= MD (n_out, lanes) N^T (lanes, n_in), some of the nodes N from `begin` on;
// transposed (lanes, transposed_nodes) is scratch for their N^T.
template <class T>
void layer_backward_weights(Lanes<const T> md, Lanes<const T> n, std::size_t begin, T* transposed, T* gradient,
                            bool add) {
  const std::size_t count = std::min(transposed_nodes, n.nodes - begin);
  transpose<T>(count, n.lanes, [&](std::size_t node) { return n[begin + node]; }, transposed, transposed_nodes);
  kernels::kernels<T>().gemm({.m = md.nodes,
                              .n = count,
                              .k = n.lanes,
                              .a = md.data,
                              .a_row = md.stride,
                              .a_col = 1,
                              .b = transposed,
                              .ldb = transposed_nodes,
                              .c = gradient + begin,
                              .ldc = n.nodes,
                              .accumulate = add});
}

// Algorithm 2: NB (n,) (+)= ND (n, lanes) summed over lanes.
template <class T>
void layer_backward_bias(Lanes<const T> nd, T* gradient, bool add) {
  if (!add) std::fill_n(gradient, nd.nodes, T(0));
  for (std::size_t lane = 0; lane < nd.lanes; lane += summed_lanes) {
    const std::size_t count = std::min(summed_lanes, nd.lanes - lane);
    kernels::kernels<T>().sum_lanes(nd.nodes, count, nd.data + lane, nd.stride, gradient);
  }
}
}  // namespace

template <class T>
void forward(const Chain<T>& chain, Workspace<T>& workspace) {
  forward<T>(chain, workspace, workspace.inputs());
}

template <class T>
void backward_outputs(const Chain<T>& chain, Workspace<T>& workspace, Lanes<const T> g, Lanes<T> out) {
  activate_backward<T>(chain.output_activation(), workspace.kept(chain.stages().size() - 1), g, out);
}

template <class T>
void forward(const Chain<T>& chain, Workspace<T>& workspace, Lanes<const T> x) {
  for (std::size_t s = 0; s < chain.stages().size(); ++s) {
    const auto& stage = chain.stages()[s];
    const Network<T>& network = *chain.parts()[stage.part];
    const Lanes<T> y = workspace.values(s);
    if (stage.layer == 0) {  // input nodes: x + bias
      add_bias(x, network.bias(0), y);
    } else if (network.function() != nullptr) {
      workspace.pass(s).forward(workspace.of_samples(x), workspace.of_samples(y));
    } else {
      layer_forward(network, stage.layer, workspace.transposed(s), x, y, workspace.kept(s), workspace.gemm_scratch());
    }
    x = y;
  }
}

template <class T>
void backward_nodes(const Chain<T>& chain, Workspace<T>& workspace, std::size_t first_stage) {
  for (std::size_t s = chain.stages().size() - 1; s > first_stage; --s) {
    const auto& below = chain.stages()[s - 1];
    const Activation activation = chain.parts()[below.part]->layers()[below.layer].activation;
    const auto& stage = chain.stages()[s];
    const Network<T>& network = *chain.parts()[stage.part];
    if (network.function() != nullptr && stage.layer > 0) {  // its input nodes are linear
      const auto lanes = [&](Lanes<T> of) { return workspace.of_samples(of); };
      workspace.pass(s).backward(lanes(workspace.values(s - 1)), lanes(workspace.values(s)), lanes(workspace.deltas(s)),
                                 lanes(workspace.deltas(s - 1)));
    } else if (stage.layer == 0) {  // a seam: each output node feeds one input node with weight one
      activate_backward<T>(activation, workspace.kept(s - 1), workspace.deltas(s), workspace.deltas(s - 1));
    } else {
      layer_backward<T>(network, stage.layer, workspace.weights(s), workspace.deltas(s), activation,
                        workspace.kept(s - 1), workspace.deltas(s - 1), workspace.gemm_scratch());
    }
  }
}

template <class T>
std::vector<ParameterPiece> parameter_pieces(const Chain<T>& chain, std::size_t part) {
  std::vector<ParameterPiece> pieces;
  if (chain.parts()[part]->function() != nullptr) return pieces;
  const std::vector<Layer>& layers = chain.parts()[part]->layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::size_t n_in = l > 0 ? layers[l - 1].size : 0;
    for (std::size_t node = 0; node < n_in; node += transposed_nodes)
      pieces.push_back({.part = part, .layer = l, .first_node = node});
    if (layers[l].bias) pieces.push_back({.part = part, .layer = l, .first_node = n_in});
  }
  return pieces;
}

template <class T>
void backward_piece(const Chain<T>& chain, Workspace<T>& workspace, const ParameterPiece& piece, T* transposed,
                    std::span<T> gradient, bool add) {
  const Network<T>& network = *chain.parts()[piece.part];
  const std::size_t stage = chain.first_stage(piece.part) + piece.layer;
  if (piece.layer == 0 || piece.first_node >= network.layers()[piece.layer - 1].size) {
    layer_backward_bias<T>(workspace.deltas(stage), gradient.data() + network.bias_offset(piece.layer), add);
  } else {
    layer_backward_weights<T>(workspace.deltas(stage), workspace.values(stage - 1), piece.first_node, transposed,
                              gradient.data() + network.weight_offset(piece.layer), add);
  }
}

template <class T>
void backward_parameters(const Chain<T>& chain, Workspace<T>& workspace, std::size_t part, std::span<T> gradient) {
  for (const ParameterPiece& piece : parameter_pieces(chain, part)) {
    backward_piece(chain, workspace, piece, workspace.transpose_scratch(), gradient, true);
  }
}

#define LSO_INSTANTIATE(T)                                                                                     \
  template void forward(const Chain<T>&, Workspace<T>&);                                                       \
  template void forward(const Chain<T>&, Workspace<T>&, Lanes<const T>);                                       \
  template void backward_outputs(const Chain<T>&, Workspace<T>&, Lanes<const T>, Lanes<T>);                    \
  template void backward_nodes(const Chain<T>&, Workspace<T>&, std::size_t);                                   \
  template std::vector<ParameterPiece> parameter_pieces(const Chain<T>&, std::size_t);                         \
  template void backward_piece(const Chain<T>&, Workspace<T>&, const ParameterPiece&, T*, std::span<T>, bool); \
  template void backward_parameters(const Chain<T>&, Workspace<T>&, std::size_t, std::span<T>);
LSO_INSTANTIATE(float)
LSO_INSTANTIATE(double)
#undef LSO_INSTANTIATE

}  // namespace lso
