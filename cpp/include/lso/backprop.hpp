// A chain's values and derivatives for many samples: forward, and the paper's Algorithms 1 and 2.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lso/network.hpp"
#include "lso/threads.hpp"
#include "lso/view.hpp"

namespace lso {

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
