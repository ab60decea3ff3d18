#include "lso/memory.hpp"

#include <algorithm>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace lso {

namespace {
constexpr std::size_t cache_line = 64;
constexpr std::size_t large_page = std::size_t{1} << 21;

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= 2 * large_page ? large_page : cache_line};
}
}  // namespace

void* allocate_aligned(std::size_t bytes) {
  void* pointer = ::operator new(std::max<std::size_t>(bytes, 1), alignment_of(bytes));
#ifdef __linux__
  // a wish: what cannot be had is done without
  if (bytes >= 2 * large_page) static_cast<void>(madvise(pointer, bytes / large_page * large_page, MADV_HUGEPAGE));
#endif
  return pointer;
}

void free_aligned(void* pointer, std::size_t bytes) noexcept { ::operator delete(pointer, alignment_of(bytes)); }

}  // namespace lso
