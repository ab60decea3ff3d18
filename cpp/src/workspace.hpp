// The memory that one thread needs to run a chain forward and backward on some lanes of samples.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/kernels.hpp"
#include "lso/memory.hpp"
#include "lso/network.hpp"
#include "lso/view.hpp"
#include "pace.hpp"

namespace lso {

// Lanes come in groups of this many, so that no instruction set wastes more than half a vector.
inline constexpr std::size_t lane_group = 8;
// Rows of this many values begin on a cache line in either precision.
[[nodiscard]] constexpr std::size_t round_up_row(std::size_t n) { return (n + 15) / 16 * 16; }
// Lanes that a sum over samples takes together. Chunks of whole such groups give the same bits whatever their size.
inline constexpr std::size_t summed_lanes = 128;
// Samples that pass through together: three vectors of AVX-512, whose values stay in the second-level cache beside the
// weights.
inline constexpr std::size_t tile_lanes = 48;
// Input nodes that Algorithm 2 takes at a time.
inline constexpr std::size_t transposed_nodes = 48;

[[nodiscard]] constexpr std::size_t round_up_lanes(std::size_t n) {
  return (n + lane_group - 1) / lane_group * lane_group;
}

// Samples that pass together through a chain or a problem, some of which functions compute.
template <class Of>
[[nodiscard]] std::size_t lanes_together(const Of& of, std::size_t otherwise = tile_lanes) {
  return of.lanes_per_call() == 0 ? otherwise : round_up_lanes(of.lanes_per_call());
}

// An array of T that starts on a cache line, zeroed unless told otherwise.
template <class T>
class AlignedBuffer {
 public:
  explicit AlignedBuffer(std::size_t size, bool zeroed = true);
  [[nodiscard]] T* data() { return data_.get(); }
  [[nodiscard]] const T* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    std::size_t bytes;
    void operator()(T* pointer) const { free_aligned(pointer, bytes); }
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t size_;
};

template <class T>
class Workspace {
 public:
  // For `capacity` samples, rounded up to whole groups. Passes, and packing, throw Interruption where `stop` says so.
  Workspace(const Chain<T>& chain, std::size_t capacity, StopSignal* stop = nullptr)
      : Workspace(chain, capacity, false, stop) {}

  // For many passes of as many, with room to pack the weights of the chain, which must stay where it is. One sample
  // takes no whole group, and its weights are packed at once.
  [[nodiscard]] static Workspace repeated(const Chain<T>& chain, std::size_t capacity, StopSignal* stop = nullptr) {
    return Workspace(chain, capacity, true, stop);
  }

  // Copies the weights as the products read them faster: the results are the same, bit for bit. Nothing where there is
  // no room. The chain's parameters must not change from now on.
  void pack_weights();

  void heed(StopSignal* stop) { pace_ = Pace(stop); }  // from now on
  void worked(std::size_t multiply_adds) { pace_.worked(multiply_adds); }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // How many lanes the next passes compute: rounded up to whole groups, at most the capacity.
  void set_lanes(std::size_t n) {
    samples_ = n;
    lanes_ = is_single() ? n : round_up_lanes(n);
  }
  [[nodiscard]] std::size_t lanes() const { return lanes_; }

  [[nodiscard]] Lanes<T> inputs() { return view(inputs_, n_inputs_); }  // (n_inputs, lanes)
  [[nodiscard]] Lanes<T> values(std::size_t stage) { return view(values_[stage], sizes_[stage]); }
  // The pass of a stage that a function computes, and the lanes of it that hold samples.
  [[nodiscard]] DifferentiablePass<T>& pass(std::size_t stage) { return *passes_[stage]; }
  template <class U>
  [[nodiscard]] Lanes<U> of_samples(Lanes<U> lanes) const {
    lanes.lanes = samples_;
    return lanes;
  }
  // What activate_backward reads of a stage: its values, or the slopes that its activation kept.
  [[nodiscard]] Lanes<T> kept(std::size_t stage) { return view(kept_[stage], sizes_[stage]); }
  [[nodiscard]] Lanes<T> deltas(std::size_t stage) { return view(deltas_[stage], sizes_[stage]); }
  [[nodiscard]] Lanes<T> outputs() { return values(sizes_.size() - 1); }
  [[nodiscard]] T* transpose_scratch() { return transpose_scratch_; }  // (lanes, transposed_nodes)
  // For the products with a large layer's weights (kernels.hpp): its nodes on either side x lanes; else null.
  [[nodiscard]] T* gemm_scratch() { return gemm_scratch_.size() > 0 ? gemm_scratch_.data() : nullptr; }
  // A stage's weights as the kernels pack them for the way forward or back, or null.
  [[nodiscard]] const T* packed_forward(std::size_t stage) const { return forward_[stage]; }
  [[nodiscard]] const T* packed_backward(std::size_t stage) const { return backward_[stage]; }

 private:
  struct Packing {
    std::size_t stage;
    bool backward;
    kernels::Product<T> product;
  };

  Workspace(const Chain<T>& chain, std::size_t capacity, bool repeated, StopSignal* stop);
  void reserve_packed(const Chain<T>& chain);
  [[nodiscard]] bool is_single() const { return capacity_ == 1; }
  [[nodiscard]] Lanes<T> view(T* data, std::size_t nodes) const { return {data, nodes, lanes_, capacity_}; }

  Pace pace_;
  std::size_t capacity_;
  std::size_t lanes_;
  std::size_t samples_;
  std::size_t n_inputs_;
  std::vector<std::size_t> sizes_;
  AlignedBuffer<T> buffer_;
  T* inputs_ = nullptr;
  T* transpose_scratch_ = nullptr;
  std::vector<T*> values_;
  std::vector<T*> kept_;
  std::vector<T*> deltas_;
  std::vector<std::unique_ptr<DifferentiablePass<T>>> passes_;  // of each stage, or null
  AlignedBuffer<T> gemm_scratch_;
  std::vector<Packing> packings_;  // in the order of their use
  AlignedBuffer<T> packed_{0};
  std::vector<const T*> forward_, backward_;  // in packed_, of each stage, or null
};

// Sample in `row` (n_features,) into lane `lane` of `lanes` (n_features, stride), and back.
template <class T>
void load_lane(std::span<const T> row, Lanes<T> lanes, std::size_t lane);
template <class T>
void store_lane(Lanes<const T> lanes, std::size_t lane, std::span<T> row);

// Zeros in the lanes from `count` on, which only fill a group up: sums over lanes do not see them.
template <class T>
void clear_lanes_from(Lanes<T> lanes, std::size_t count);

// out[col * ld + r] = rows[r][col].
template <class T>
void transpose_rows(std::size_t n_rows, std::size_t n_cols, const T* const* rows, T* out, std::size_t ld);

// out[col * ld + r] = row(r)[col] for r < rows, col < cols, some rows at a time.
template <class T, class Row>
void transpose(std::size_t rows, std::size_t cols, Row row, T* out, std::size_t ld) {
  constexpr std::size_t some = 64;
  const T* pointers[some];
  for (std::size_t begin = 0; begin < rows; begin += some) {
    const std::size_t count = std::min(some, rows - begin);
    for (std::size_t i = 0; i < count; ++i) pointers[i] = row(begin + i);
    transpose_rows(count, cols, pointers, out + begin, ld);
  }
}

// The same for many: row(i) begins sample i, of `count`, and stands in lane i.
template <class T, class Row>
void load_lanes(std::size_t count, Row row, Lanes<T> lanes) {
  transpose<T>(count, lanes.nodes, row, lanes.data, lanes.stride);
}

}  // namespace lso
