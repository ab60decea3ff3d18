// Two threads of the engine that count in one plain number: what ThreadSanitizer must see, or its silence says nothing.
#include <atomic>
#include <cstdio>
#include <thread>

#include "team.hpp"

int main() {
  long count = 0;
  std::atomic<int> begun{0};
  lso::Team team(2);
  team.share(2, [&](std::size_t, std::size_t) {
    ++begun;
    while (begun < 2) std::this_thread::yield();  // neither does both
    ++count;
  });
  std::printf("counted %ld\n", count);
  return 0;
}
