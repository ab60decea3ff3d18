// A team of threads: each piece of work is done once, whether the helpers are awake or asleep.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "check.hpp"
#include "refused_threads.hpp"
#include "team.hpp"

#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using lso::Team;

constexpr std::size_t sizes[] = {1, 2, 3, 4, 5};
constexpr std::size_t counts[] = {0, 1, 2, 1000};
constexpr std::chrono::milliseconds long_enough_to_sleep{10};

// Whether each index ran once. Plain numbers: what the helpers wrote must be visible when share returns.
bool once_each(Team& team, std::size_t count) {
  std::vector<int> ran(count);
  team.share(count, [&](std::size_t, std::size_t i) { ++ran[i]; });
  return std::ranges::all_of(ran, [](int times) { return times == 1; });
}

TEST("each index runs once, in thousands of rounds") {
  for (const std::size_t threads : sizes) {
    Team team(threads);
    std::size_t right = 0;
    for (std::size_t round = 0; round < 3000; ++round)
      right += once_each(team, counts[round % 4]) ? std::size_t{1} : std::size_t{0};
    CHECK(right == 3000);
  }
}

TEST("each thread has a number of its own, the calling one 0") {
  for (const std::size_t threads : sizes) {
    Team team(threads);
    std::vector<std::thread::id> ids(threads);
    std::atomic<std::size_t> begun{0};
    // pieces that wait for one another: each needs a thread to itself
    team.share(threads, [&](std::size_t thread, std::size_t) {
      ++begun;
      while (begun < threads) std::this_thread::yield();
      if (thread < threads) ids[thread] = std::this_thread::get_id();
    });
    CHECK(ids[0] == std::this_thread::get_id());
    std::ranges::sort(ids);
    CHECK(std::ranges::adjacent_find(ids) == ids.end());
    CHECK(ids[0] != std::thread::id());
  }
}

TEST("one piece stays on the calling thread") {
  Team team(3);
  std::thread::id ran;
  team.share(1, [&](std::size_t thread, std::size_t) {
    CHECK(thread == 0);
    ran = std::this_thread::get_id();
  });
  CHECK(ran == std::this_thread::get_id());
}

TEST("helpers that went to sleep wake up for the next round") {
  for (const std::size_t threads : {2U, 3U, 5U}) {
    Team team(threads);
    for (int round = 0; round < 8; ++round) {
      std::this_thread::sleep_for(long_enough_to_sleep);
      CHECK(once_each(team, 1000));
      CHECK(once_each(team, 2));
    }
  }
}

TEST("a team ends, awake or asleep, without work or right after it") {
  for (int round = 0; round < 300; ++round) {
    CHECK(Team(5).size() == 5);
    Team team(3);
    CHECK(once_each(team, 5));
  }
  const Team team(4);
  std::this_thread::sleep_for(long_enough_to_sleep);
  CHECK(team.size() == 4);
}

#ifdef __GLIBC__
TEST("a team that the system grants no thread is the calling one") {
  const RefusedThreads refused;
  Team team(5);
  CHECK(team.size() == 1);
  CHECK(once_each(team, 1000));
}
#endif

#if !defined(_WIN32) && !defined(__SANITIZE_THREAD__)  // whose runtime knows no threads of a forked child's own
TEST("a forked child, which has no helpers, does the work itself and ends") {
  Team team(3);
  CHECK(once_each(team, 100));
  const pid_t child = fork();
  if (child == 0) {
    bool right = once_each(team, 100);
    {
      Team own(3);
      right = right && own.size() == 3 && once_each(own, 100);
    }
    team.~Team();
    _exit(right ? 0 : 1);
  }
  CHECK(child > 0);
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK(once_each(team, 100));
}
#endif

}  // namespace
