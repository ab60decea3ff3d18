// The memory that one thread needs to run a chain forward and backward on some lanes of samples.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "lso/network.hpp"
#include "lso/view.hpp"

namespace lso {

// Lanes come in groups of this many, so that every instruction set sees whole vectors.
inline constexpr std::size_t lane_group = 16;

[[nodiscard]] constexpr std::size_t round_up_lanes(std::size_t n) {
  return (n + lane_group - 1) / lane_group * lane_group;
}

// A zeroed array of T that starts on a cache line.
template <class T>
class AlignedBuffer {
 public:
  explicit AlignedBuffer(std::size_t size);
  [[nodiscard]] T* data() { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(T* pointer) const;
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t size_;
};

template <class T>
class Workspace {
 public:
  // Room for `capacity` samples, rounded up to whole groups.
  Workspace(const Chain<T>& chain, std::size_t capacity);

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // How many lanes the next passes compute: rounded up to whole groups, at most the capacity.
  void set_lanes(std::size_t n) { lanes_ = round_up_lanes(n); }
  [[nodiscard]] std::size_t lanes() const { return lanes_; }

  [[nodiscard]] Lanes<T> inputs() { return view(inputs_, n_inputs_); }  // (n_inputs, lanes)
  [[nodiscard]] Lanes<T> values(std::size_t stage) { return view(values_[stage], sizes_[stage]); }
  [[nodiscard]] Lanes<T> deltas(std::size_t stage) { return view(deltas_[stage], sizes_[stage]); }
  [[nodiscard]] Lanes<T> outputs() { return values(sizes_.size() - 1); }
  [[nodiscard]] T* scratch() { return scratch_; }  // (lanes, widest layer)

 private:
  [[nodiscard]] Lanes<T> view(T* data, std::size_t nodes) const { return {data, nodes, lanes_, capacity_}; }

  std::size_t capacity_;
  std::size_t lanes_;
  std::size_t n_inputs_;
  std::vector<std::size_t> sizes_;
  AlignedBuffer<T> buffer_;
  T* inputs_ = nullptr;
  T* scratch_ = nullptr;
  std::vector<T*> values_;
  std::vector<T*> deltas_;
};

// Sample in `row` (n_features,) into lane `lane` of `lanes` (n_features, stride), and back.
template <class T>
void load_lane(std::span<const T> row, Lanes<T> lanes, std::size_t lane);
template <class T>
void store_lane(Lanes<const T> lanes, std::size_t lane, std::span<T> row);

}  // namespace lso
