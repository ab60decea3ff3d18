#include "lso/threads.hpp"

#include <algorithm>

#include "processors.hpp"

namespace lso {

std::size_t resolve_threads(std::size_t requested) {
  constexpr std::size_t always_granted = 64;
  if (requested == 0) return processors();
  return requested <= always_granted ? requested : std::min(requested, std::max(always_granted, 4 * processors()));
}

std::size_t resolve_threads(std::size_t requested, std::size_t pieces, std::size_t multiply_adds) {
  if (pieces <= 1 || (requested == 0 && multiply_adds < worth_threads)) return 1;
  return std::min(pieces, resolve_threads(requested));
}

bool StopSignal::check() {
  if (stopped()) return true;
  const auto now = std::chrono::steady_clock::now();
  if (!poll_ || now < next_) return false;
  next_ = now + interval;
  if (poll_()) stopped_.store(true, std::memory_order_relaxed);
  return stopped();
}

}  // namespace lso
