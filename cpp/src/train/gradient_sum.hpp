// The gradient of a chain's parameters, summed over samples (Algorithm 2), and a step along it. Samples come in chunks
// of lanes, the gradient is cut into pieces, both of one size whatever the number of threads, and a piece adds its
// chunks up in their order: so threads change no bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "descent.hpp"
#include "passes.hpp"
#include "team.hpp"
#include "workspace.hpp"

namespace lso {

// Threads for pieces of work, where the work is worth more than one.
struct Sharing {
  Team& team;
  bool worth = true;
  StopSignal* stop = nullptr;  // after which pieces are left out

  template <class Work>
  void share(std::size_t count, const Work& work) const {
    if (worth) return team.share(count, work);
    for (std::size_t i = 0; i < count; ++i) work(std::size_t{0}, i);
  }
};

// A piece of work that a StopSignal ends half way, of which whoever asked is to see it too.
template <class Work>
void stops_quietly(const Work& work) {
  try {
    work();
  } catch (const Interruption&) {
    return;  // `stop` tells
  }
}

template <class T>
class GradientSum {
 public:
  using Parts = std::vector<std::shared_ptr<Network<T>>>;

  // Of the parts `trained`, whose networks `parts` holds, with chunks of at most so many lanes.
  GradientSum(const Chain<T>& chain, const Parts& parts, const std::vector<std::size_t>& trained, std::size_t threads,
              std::size_t chunk_lanes)
      : chain_(chain), chunk_lanes_(chunk_lanes), transposed_(threads * transposed_nodes * chunk_lanes) {
    for (const std::size_t part : trained) {
      const std::size_t size = parts[part]->parameters().size();
      const std::size_t index = networks_.size();
      networks_.push_back(parts[part]);
      gradients_.emplace_back(size);
      for (const ParameterPiece& piece : parameter_pieces(chain, part)) pieces_.push_back({index, piece});
      for (std::size_t first = 0; first < size; first += block_values) {
        blocks_.push_back({index, first, std::min(block_values, size - first)});
      }
    }
    norms_.resize(blocks_.size());
    // the largest first, so that threads end together
    std::ranges::stable_sort(pieces_, std::greater{}, [&](const Piece& piece) { return work_of(piece); });
  }

  [[nodiscard]] std::span<const T> gradient(std::size_t index) const { return gradients_[index]; }

  // Puts, or adds, the sum over chunks, each of which stands in workspace(c) after Algorithm 1.
  template <class WorkspaceOf>
  void gather(const Sharing& sharing, std::size_t chunks, const WorkspaceOf& workspace, bool add) {
    sharing.share(pieces_.size(), [&](std::size_t thread, std::size_t i) {
      if (sharing.stop != nullptr && sharing.stop->stops()) return;
      T* transposed = transposed_.data() + thread * transposed_nodes * chunk_lanes_;
      for (std::size_t c = 0; c < chunks; ++c) {
        backward_piece<T>(chain_, workspace(c), pieces_[i].piece, transposed, gradients_[pieces_[i].index],
                          add || c > 0);
      }
    });
  }

  // S of Algorithm 3, over all parts.
  [[nodiscard]] double squared_norm(const Sharing& sharing) {
    sharing.share(blocks_.size(),
                  [&](std::size_t, std::size_t i) { norms_[i] = lso::squared_norm<T>(gradient_of(blocks_[i])); });
    double norm = 0;
    for (const double part : norms_) norm += part;
    return norm;
  }

  // One step of Adam, its state one for each part.
  void step(const Sharing& sharing, std::vector<AdamState<T>>& adam) {
    for (AdamState<T>& each : adam) each.begin_step();
    sharing.share(blocks_.size(), [&](std::size_t, std::size_t i) {
      adam[blocks_[i].index].move(blocks_[i].first, values_of(blocks_[i]), gradient_of(blocks_[i]));
    });
  }

  // One step of Algorithm 3, given S.
  StepOutcome step(const Sharing& sharing, double change, double norm) {
    const StepOutcome outcome = check_step<T>(change, norm);
    if (outcome != StepOutcome::moved) return outcome;
    sharing.share(blocks_.size(), [&](std::size_t, std::size_t i) {
      descend<T>(values_of(blocks_[i]), gradient_of(blocks_[i]), change, norm);
    });
    return outcome;
  }

 private:
  static constexpr std::size_t block_values = 16384;

  struct Piece {
    std::size_t index = 0;  // of the gradient
    ParameterPiece piece;
  };
  struct Block {
    std::size_t index, first, count;
  };

  [[nodiscard]] std::size_t work_of(const Piece& piece) const {
    const std::vector<Layer>& layers = networks_[piece.index]->layers();
    const std::size_t n_in = piece.piece.layer > 0 ? layers[piece.piece.layer - 1].size : 0;
    return layers[piece.piece.layer].size * std::min(transposed_nodes, n_in - std::min(n_in, piece.piece.first_node));
  }
  [[nodiscard]] std::span<const T> gradient_of(const Block& block) const {
    return std::span(gradients_[block.index]).subspan(block.first, block.count);
  }
  [[nodiscard]] std::span<T> values_of(const Block& block) const {
    return networks_[block.index]->parameters().subspan(block.first, block.count);
  }

  const Chain<T>& chain_;
  std::size_t chunk_lanes_;
  Parts networks_;                                              // those that are trained
  std::vector<std::vector<T, AlignedAllocator<T>>> gradients_;  // one each
  AlignedBuffer<T> transposed_;                                 // scratch for each thread
  std::vector<Piece> pieces_;
  std::vector<Block> blocks_;
  std::vector<double> norms_;
};

}  // namespace lso
