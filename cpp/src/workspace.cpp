#include "lso/workspace.hpp"

#include <algorithm>
#include <new>

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
  std::size_t widest = chain.n_inputs();
  std::size_t rows = chain.n_inputs();
  for (const auto& stage : chain.stages()) {
    rows += 2 * stage.size;  // a value and a derivative for each node
    widest = std::max(widest, stage.size);
  }
  return rows + widest;  // and the scratch
}
}  // namespace

template <class T>
Workspace<T>::Workspace(const Chain<T>& chain, std::size_t capacity)
    : capacity_(round_up_lanes(capacity)),
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
template void load_lane(std::span<const float>, Lanes<float>, std::size_t);
template void load_lane(std::span<const double>, Lanes<double>, std::size_t);
template void store_lane(Lanes<const float>, std::size_t, std::span<float>);
template void store_lane(Lanes<const double>, std::size_t, std::span<double>);

}  // namespace lso
