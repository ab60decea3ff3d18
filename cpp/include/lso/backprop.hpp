// Forward, and the paper's Algorithms 1 and 2, on lanes of samples. Nothing here allocates.
//
// | the paper | our reading |
// | a node's derivative ND | derivative of E by the node's pre-activation, after "adjust by the activation" |
// | Algorithm 2 prints M x (derivative of M) | N x (derivative of M), by the chain rule |
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lso/network.hpp"
#include "lso/threads.hpp"
#include "lso/view.hpp"
#include "lso/workspace.hpp"

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

// The chain's output for many samples: x (n, n_inputs) -> out (n, n_outputs), and, where asked, the value at each
// seam, seams[p] (n, parts[p].n_outputs). A row's result does not depend on its neighbours or on threads. Here and
// below, a `stop` that says so ends the work, and leaves what is not done yet as it was.
template <class T>
void evaluate(const Chain<T>& chain, Rows<const T> x, Rows<T> out, const std::vector<Rows<T>>& seams = {},
              std::size_t threads = 1, StopSignal* stop = nullptr);

// Every node's value for many samples: nodes[stage] (n, size of the stage).
template <class T>
void evaluate_nodes(const Chain<T>& chain, Rows<const T> x, const std::vector<Rows<T>>& nodes,
                    StopSignal* stop = nullptr);

// Algorithms 1 and 2 for many samples and a given dE/dy: x (n, n_inputs), output_gradient (n, n_outputs) ->
// nodes[stage] (n, size of the stage) and, summed over samples, parameters[part]. Empty vectors are skipped;
// of `nodes`, a view without data is skipped.
template <class T>
void backprop(const Chain<T>& chain, Rows<const T> x, Rows<const T> output_gradient, const std::vector<Rows<T>>& nodes,
              const std::vector<std::span<T>>& parameters, StopSignal* stop = nullptr);

}  // namespace lso
