#include "passes.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace lso {

namespace {
// Multiply-adds of one call of a kernel, which nothing stops.
constexpr std::size_t most_at_once = 1'000'000'000;

// With A packed, where it is; else some rows at a time where there are many.
template <class T>
void multiply(kernels::Product<T> product, const T* packed, Workspace<T>& workspace) {
  const std::size_t row = product.n * product.k;
  if (packed != nullptr) {
    product.a = packed;
    product.packed = true;
    kernels::kernels<T>().gemm(product);
    return workspace.worked(product.m * row);
  }
  const std::size_t rows = std::max(most_at_once / row, std::size_t{1});
  for (std::size_t left = product.m; left > 0; left -= product.m) {
    product.m = std::min(rows, left);
    kernels::kernels<T>().gemm(product);
    workspace.worked(product.m * row);
    product.a += product.m * product.a_row;
    product.c += product.m * product.ldc;
    if (product.bias != nullptr) product.bias += product.m;
  }
}

// y (n_out, lanes) = f(W (n_out, n_in) x (n_in, lanes) + b).
template <class T>
void layer_forward(const Network<T>& network, std::size_t stage, std::size_t layer, Workspace<T>& workspace,
                   Lanes<const T> x) {
  const Lanes<T> y = workspace.values(stage);
  multiply<T>({.m = y.nodes,
               .n = y.lanes,
               .k = x.nodes,
               .a = network.weight(layer),
               .a_row = x.nodes,
               .a_col = 1,
               .b = x.data,
               .ldb = x.stride,
               .c = y.data,
               .ldc = y.stride,
               .bias = network.bias(layer),
               .scratch = workspace.gemm_scratch()},
              workspace.packed_forward(stage), workspace);
  activate(network.layers()[layer].activation, y, workspace.kept(stage));
}

// Algorithm 1: ND (n_in, lanes) = W^T (n_in, n_out) MD (n_out, lanes), then adjusted by N's own activation f'.
template <class T>
void layer_backward(const Network<T>& network, std::size_t stage, std::size_t layer, Workspace<T>& workspace,
                    Activation activation) {
  const Lanes<T> md = workspace.deltas(stage);
  const Lanes<T> nd = workspace.deltas(stage - 1);
  multiply<T>({.m = nd.nodes,
               .n = nd.lanes,
               .k = md.nodes,
               .a = network.weight(layer),
               .a_row = 1,
               .a_col = nd.nodes,
               .b = md.data,
               .ldb = md.stride,
               .c = nd.data,
               .ldc = nd.stride,
               .scratch = workspace.gemm_scratch()},
              workspace.packed_backward(stage), workspace);
  activate_backward<T>(activation, workspace.kept(stage - 1), nd, nd);
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
      layer_forward(network, s, stage.layer, workspace, x);
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
      layer_backward(network, s, stage.layer, workspace, activation);
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
    workspace.worked(chain.parts()[part]->layers()[piece.layer].size * transposed_nodes * workspace.lanes());
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
