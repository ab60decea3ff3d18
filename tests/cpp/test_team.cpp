// Threads that share many short pieces of work.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "check.hpp"
#include "lso/threads.hpp"

namespace {

TEST("every piece is done once, by a thread of the team, round after round") {
  for (std::size_t threads = 1; threads <= 4; ++threads) {
    lso::Team team(threads);
    CHECK(team.size() == threads);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
      std::vector<std::atomic<int>> done(count);
      std::atomic<bool> known{true};
      for (int round = 0; round < 500; ++round) {
        team.share(count, [&](std::size_t thread, std::size_t i) {
          ++done[i];
          if (thread >= threads) known = false;
        });
      }
      for (const std::atomic<int>& times : done) CHECK(times == 500);
      CHECK(known);
    }
  }
}

TEST("a team that has gone to sleep wakes up, and one without work ends") {
  lso::Team team(3);
  std::atomic<int> done{0};
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    team.share(10, [&](std::size_t, std::size_t) { ++done; });
  }
  CHECK(done == 30);
  const lso::Team idle(4);
  CHECK(idle.size() == 4);
}

}  // namespace
