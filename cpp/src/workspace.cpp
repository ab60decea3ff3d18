#include "workspace.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace lso {

template <class T>
AlignedBuffer<T>::AlignedBuffer(std::size_t size, bool zeroed)
    : data_(static_cast<T*>(allocate_aligned(size * sizeof(T))), Free{size * sizeof(T)}), size_(size) {
  if (zeroed) std::fill_n(data_.get(), size, T(0));
}

namespace {
template <class T>
bool keeps_slope(const Chain<T>& chain, const typename Chain<T>::Stage& stage) {
  return chain.parts()[stage.part]->layers()[stage.layer].activation.traits().keeps_slope;
}

template <class T>
std::size_t rows_needed(const Chain<T>& chain) {
  std::size_t rows = chain.n_inputs();
  for (const auto& stage : chain.stages()) {
    rows +=
        (keeps_slope(chain, stage) ? 3 : 2) * stage.size;  // a value, a derivative and perhaps a slope for each node
  }
  return rows + transposed_nodes;  // and the scratch
}

template <class T>
bool has_weights(const Chain<T>& chain, const typename Chain<T>::Stage& stage) {
  return stage.layer > 0 && chain.parts()[stage.part]->function() == nullptr;
}

template <class T>
std::size_t stage_inputs(const Chain<T>& chain, const typename Chain<T>::Stage& stage) {
  return chain.parts()[stage.part]->layers()[stage.layer - 1].size;
}

template <class T>
bool is_large(std::size_t n_out, std::size_t n_in) {
  return n_out * n_in * sizeof(T) > kernels::large_bytes;
}

template <class T>
std::size_t packed_size(const kernels::Product<T>& of) {
  return round_up_row((of.m + kernels::padding) * of.k);
}

template <class T>
std::size_t rows_of_gemm_scratch(const Chain<T>& chain) {
  std::size_t rows = 0;
  for (const auto& stage : chain.stages()) {
    if (!has_weights(chain, stage)) continue;
    const std::size_t n_in = stage_inputs(chain, stage);
    if (is_large<T>(stage.size, n_in)) rows = std::max({rows, stage.size, n_in});
  }
  return rows;
}
}  // namespace

template <class T>
Workspace<T>::Workspace(const Chain<T>& chain, std::size_t capacity, bool repeated, StopSignal* stop)
    : pace_(stop),
      capacity_(repeated && capacity == 1 ? 1 : round_up_lanes(capacity)),
      lanes_(capacity_),
      samples_(capacity_),
      n_inputs_(chain.n_inputs()),
      buffer_(rows_needed(chain) * capacity_),
      gemm_scratch_(is_single() ? 0 : rows_of_gemm_scratch(chain) * capacity_) {
  T* next = buffer_.data();
  const auto take = [&](std::size_t nodes) {
    T* taken = next;
    next += nodes * capacity_;
    return taken;
  };
  inputs_ = take(n_inputs_);
  for (const auto& stage : chain.stages()) {
    sizes_.push_back(stage.size);
    values_.push_back(take(stage.size));
    kept_.push_back(keeps_slope(chain, stage) ? take(stage.size) : values_.back());
    deltas_.push_back(take(stage.size));
    const Differentiable<T>* function = chain.parts()[stage.part]->function();
    passes_.push_back(function != nullptr && stage.layer > 0 ? function->pass(capacity_) : nullptr);
  }
  transpose_scratch_ = next;
  forward_.resize(sizes_.size());
  backward_.resize(sizes_.size());
  if (repeated) reserve_packed(chain);
  if (is_single()) pack_weights();
}

// W (n_out, n_in) for the way forward, and its transpose for the way back. Of more samples than one, the products with
// large weights read them as they lie.
template <class T>
void Workspace<T>::reserve_packed(const Chain<T>& chain) {
  const auto want = [&](std::size_t s, bool backward) {
    const auto& stage = chain.stages()[s];
    if (!has_weights(chain, stage)) return;
    const std::size_t n_in = stage_inputs(chain, stage);
    if (!is_single() && is_large<T>(stage.size, n_in)) return;
    const T* w = chain.parts()[stage.part]->weight(stage.layer);
    if (backward) {
      packings_.push_back({s, true, {.m = n_in, .n = capacity_, .k = stage.size, .a = w, .a_row = 1, .a_col = n_in}});
    } else {
      packings_.push_back({s, false, {.m = stage.size, .n = capacity_, .k = n_in, .a = w, .a_row = n_in, .a_col = 1}});
    }
  };
  for (std::size_t s = 0; s < sizes_.size(); ++s) want(s, false);
  for (std::size_t s = sizes_.size(); s-- > 0;) want(s, true);
  std::size_t size = 0;
  for (const Packing& each : packings_) size += packed_size(each.product);
  packed_ = AlignedBuffer<T>(size, false);
}

template <class T>
void Workspace<T>::pack_weights() {
  T* next = packed_.data();
  for (const Packing& each : packings_) {
    kernels::kernels<T>().pack(each.product, next);
    worked(each.product.m * each.product.k);
    (each.backward ? backward_ : forward_)[each.stage] = next;
    next += packed_size(each.product);
  }
}

template <class T>
void transpose_rows(std::size_t n_rows, std::size_t n_cols, const T* const* rows, T* out, std::size_t ld) {
  kernels::kernels<T>().transpose(n_rows, n_cols, rows, out, ld);
}

template <class T>
void rows_to_lanes(Rows<const T> rows, Lanes<T> lanes) {
  load_lanes<T>(rows.rows, [&](std::size_t i) { return rows[i].data(); }, lanes);
}

template <class T>
void lanes_to_rows(Lanes<const T> lanes, Rows<T> rows) {
  transpose<T>(lanes.nodes, rows.rows, [&](std::size_t node) { return lanes[node]; }, rows.data, rows.cols);
}

template <class T>
void load_lane(std::span<const T> row, Lanes<T> lanes, std::size_t lane) {
  for (std::size_t i = 0; i < row.size(); ++i) lanes[i][lane] = row[i];
}

template <class T>
void store_lane(Lanes<const T> lanes, std::size_t lane, std::span<T> row) {
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = lanes[i][lane];
}

template <class T>
void clear_lanes_from(Lanes<T> lanes, std::size_t count) {
  for (std::size_t i = 0; i < lanes.nodes; ++i) std::fill(lanes[i] + count, lanes[i] + lanes.lanes, T(0));
}

template class AlignedBuffer<float>;
template class AlignedBuffer<double>;
template class Workspace<float>;
template class Workspace<double>;
template void transpose_rows(std::size_t, std::size_t, const float* const*, float*, std::size_t);
template void transpose_rows(std::size_t, std::size_t, const double* const*, double*, std::size_t);
template void rows_to_lanes(Rows<const float>, Lanes<float>);
template void rows_to_lanes(Rows<const double>, Lanes<double>);
template void lanes_to_rows(Lanes<const float>, Rows<float>);
template void lanes_to_rows(Lanes<const double>, Rows<double>);
template void load_lane(std::span<const float>, Lanes<float>, std::size_t);
template void load_lane(std::span<const double>, Lanes<double>, std::size_t);
template void store_lane(Lanes<const float>, std::size_t, std::span<float>);
template void store_lane(Lanes<const double>, std::size_t, std::span<double>);
template void clear_lanes_from(Lanes<float>, std::size_t);
template void clear_lanes_from(Lanes<double>, std::size_t);

}  // namespace lso
