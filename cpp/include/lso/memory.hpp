// Where large arrays lie: on cache lines, and on large pages from some megabytes on, where the system has them to give.
// A weight matrix is walked by columns as well as by rows, and small pages would be looked up more often than numbers.
#pragma once

#include <cstddef>

namespace lso {

// Throws std::bad_alloc.
[[nodiscard]] void* allocate_aligned(std::size_t bytes);
void free_aligned(void* pointer, std::size_t bytes) noexcept;

// For std::vector.
template <class T>
struct AlignedAllocator {
  using value_type = T;

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as the standard asks

  [[nodiscard]] T* allocate(std::size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* pointer, std::size_t n) noexcept { free_aligned(pointer, n * sizeof(T)); }

  bool operator==(const AlignedAllocator&) const = default;
};

}  // namespace lso
