#include "workspace.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace lso {

template <class T>
AlignedBuffer<T>::AlignedBuffer(std::size_t size)
    : data_(static_cast<T*>(allocate_aligned(size * sizeof(T))), Free{size * sizeof(T)}), size_(size) {
  std::fill_n(data_.get(), size, T(0));
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
std::size_t rows_of_gemm_scratch(const Chain<T>& chain) {
  std::size_t rows = 0;
  for (const auto& stage : chain.stages()) {
    if (!has_weights(chain, stage)) continue;
    const std::size_t n_in = stage_inputs(chain, stage);
    if (stage.size * n_in * sizeof(T) > kernels::large_bytes) rows = std::max({rows, stage.size, n_in});
  }
  return rows;
}
}  // namespace

template <class T>
Workspace<T>::Workspace(const Chain<T>& chain, std::size_t capacity, bool single)
    : capacity_(single ? 1 : round_up_lanes(capacity)),
      lanes_(capacity_),
      samples_(capacity_),
      n_inputs_(chain.n_inputs()),
      buffer_(rows_needed(chain) * capacity_),
      gemm_scratch_(single ? 0 : rows_of_gemm_scratch(chain) * capacity_) {
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
  if (single) copy_weights(chain);
}

template <class T>
void Workspace<T>::copy_weights(const Chain<T>& chain) {
  const auto n_in = [&](const auto& stage) { return stage_inputs(chain, stage); };
  std::size_t size = 0;
  for (const auto& stage : chain.stages()) {
    if (has_weights(chain, stage))
      size += stage.size * round_up_row(n_in(stage)) + n_in(stage) * round_up_row(stage.size);
  }
  weight_copies_ = AlignedBuffer<T>(size);
  T* next = weight_copies_.data();
  for (const auto& stage : chain.stages()) {
    weights_.emplace_back();
    transposed_.emplace_back();
    if (!has_weights(chain, stage)) continue;
    const std::size_t inputs = n_in(stage);
    const T* weight = chain.parts()[stage.part]->weight(stage.layer);
    weights_.back() = {next, round_up_row(inputs)};
    for (std::size_t i = 0; i < stage.size; ++i) {
      std::copy_n(weight + i * inputs, inputs, next + i * weights_.back().stride);
    }
    next += stage.size * weights_.back().stride;
    transposed_.back() = {next, round_up_row(stage.size)};
    transpose<T>(
        stage.size, inputs, [&](std::size_t i) { return weight + i * inputs; }, next, transposed_.back().stride);
    next += inputs * transposed_.back().stride;
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
