// The passes through a chain: forward, and the paper's Algorithms 1 and 2, on lanes of samples. Nothing here allocates.
//
// | the paper | our reading |
// | a node's derivative ND | derivative of E by the node's pre-activation, after "adjust by the activation" |
// | Algorithm 2 prints M x (derivative of M) | N x (derivative of M), by the chain rule |
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lso/network.hpp"
#include "workspace.hpp"

namespace lso {

// workspace.inputs() (n_inputs, lanes) -> workspace.values(stage) for every stage, workspace.outputs() the last.
template <class T>
void forward(const Chain<T>& chain, Workspace<T>& workspace);
// The same from x (n_inputs, lanes), which stands elsewhere.
template <class T>
void forward(const Chain<T>& chain, Workspace<T>& workspace, Lanes<const T> x);

// g (n_outputs, lanes) = dE/dy of the outputs that forward left -> out = dE/dz, the paper's ND. out may be g.
template <class T>
void backward_outputs(const Chain<T>& chain, Workspace<T>& workspace, Lanes<const T> g, Lanes<T> out);

// Algorithm 1. From workspace.deltas(last stage), which holds the output nodes' derivatives ND, down to the nodes of
// `first_stage`: stage 0 gives dE/dx, since an input node is linear.
template <class T>
void backward_nodes(const Chain<T>& chain, Workspace<T>& workspace, std::size_t first_stage = 0);

// Algorithm 2 for one part, after Algorithm 1: adds the sum over lanes to `gradient` (its flat parameter order).
template <class T>
void backward_parameters(const Chain<T>& chain, Workspace<T>& workspace, std::size_t part, std::span<T> gradient);

// The same in pieces that can be worked out apart, added to `gradient` or put there: the weights of some of a layer's
// input nodes, or its bias. transposed (lanes, transposed_nodes) is scratch.
struct ParameterPiece {
  std::size_t part = 0;
  std::size_t layer = 0;
  std::size_t first_node = 0;  // of at most transposed_nodes; past the last, the bias
};
template <class T>
[[nodiscard]] std::vector<ParameterPiece> parameter_pieces(const Chain<T>& chain, std::size_t part);
template <class T>
void backward_piece(const Chain<T>& chain, Workspace<T>& workspace, const ParameterPiece& piece, T* transposed,
                    std::span<T> gradient, bool add);

}  // namespace lso
