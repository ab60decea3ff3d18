#include "lso/workspace.hpp"

#include <algorithm>
#include <new>

#include "kernels/kernels.hpp"

namespace lso {

namespace {
constexpr std::align_val_t cache_line{64};
}

template <class T>
AlignedBuffer<T>::AlignedBuffer(std::size_t size)
    : data_(static_cast<T*>(::operator new(std::max<std::size_t>(size, 1) * sizeof(T), cache_line))), size_(size) {
  std::fill_n(data_.get(), size, T(0));
}

template <class T>
void AlignedBuffer<T>::Free::operator()(T* pointer) const {
  ::operator delete(pointer, cache_line);
}

namespace {
template <class T>
std::size_t rows_needed(const Chain<T>& chain) {
  std::size_t rows = chain.n_inputs();
  for (const auto& stage : chain.stages()) {
    rows += 2 * stage.size;  // a value and a derivative for each node
  }
  return rows + turned_nodes;  // and the scratch
}
}  // namespace

template <class T>
Workspace<T>::Workspace(const Chain<T>& chain, std::size_t capacity, bool lone)
    : capacity_(lone ? 1 : round_up_lanes(capacity)),
      lanes_(capacity_),
      n_inputs_(chain.n_inputs()),
      buffer_(rows_needed(chain) * capacity_) {
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
    deltas_.push_back(take(stage.size));
  }
  scratch_ = next;
  if (lone) turn_weights(chain);
}

template <class T>
void Workspace<T>::turn_weights(const Chain<T>& chain) {
  std::size_t size = 0;
  for (const auto& stage : chain.stages()) {
    turned_offsets_.push_back(size);
    if (stage.layer > 0) size += stage.size * chain.parts()[stage.part]->layers()[stage.layer - 1].size;
  }
  turned_ = AlignedBuffer<T>(size);
  for (std::size_t s = 0; s < chain.stages().size(); ++s) {
    const auto& stage = chain.stages()[s];
    if (stage.layer == 0) continue;
    const Network<T>& network = *chain.parts()[stage.part];
    const std::size_t n_in = network.layers()[stage.layer - 1].size;
    const T* weight = network.weight(stage.layer);
    turn<T>(
        stage.size, n_in, [&](std::size_t i) { return weight + i * n_in; }, turned_.data() + turned_offsets_[s],
        stage.size);
  }
}

template <class T>
void turn_rows(std::size_t n_rows, std::size_t n_cols, const T* const* rows, T* out, std::size_t ld) {
  kernels::kernels<T>().transpose(n_rows, n_cols, rows, out, ld);
}

template <class T>
void load_lane(std::span<const T> row, Lanes<T> lanes, std::size_t lane) {
  for (std::size_t i = 0; i < row.size(); ++i) lanes[i][lane] = row[i];
}

template <class T>
void store_lane(Lanes<const T> lanes, std::size_t lane, std::span<T> row) {
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = lanes[i][lane];
}

template class AlignedBuffer<float>;
template class AlignedBuffer<double>;
template class Workspace<float>;
template class Workspace<double>;
template void turn_rows(std::size_t, std::size_t, const float* const*, float*, std::size_t);
template void turn_rows(std::size_t, std::size_t, const double* const*, double*, std::size_t);
template void load_lane(std::span<const float>, Lanes<float>, std::size_t);
template void load_lane(std::span<const double>, Lanes<double>, std::size_t);
template void store_lane(Lanes<const float>, std::size_t, std::span<float>);
template void store_lane(Lanes<const double>, std::size_t, std::span<double>);

}  // namespace lso
