// Threads of our own: all work is done, errors come back, and a stop is seen by all.
#include "lso/threads.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "check.hpp"
#include "processors.hpp"
#include "refused_threads.hpp"
#include "team.hpp"

namespace {

TEST("each index runs once, index 0 on the calling thread") {
  std::vector<std::thread::id> ran(5);
  lso::run_threads(5, [&](std::size_t index) { ran[index] = std::this_thread::get_id(); });
  CHECK(ran[0] == std::this_thread::get_id());
  for (std::size_t i = 1; i < 5; ++i) {
    CHECK(ran[i] != std::thread::id());
    CHECK(ran[i] != ran[0]);
  }
}

TEST("an exception of any thread comes back after all have ended") {
  for (const std::size_t thrower : {std::size_t{0}, std::size_t{2}}) {
    std::atomic<int> ended{0};
    const auto work = [&](std::size_t index) {
      if (index == thrower) throw std::runtime_error("work failed");
      ++ended;
    };
    CHECK_THROWS(lso::run_threads(3, work), std::runtime_error, "work failed");
    CHECK(ended == 2);
  }
}

TEST("0 asks for the processors, a number for itself, an absurd one for some") {
  CHECK(lso::resolve_threads(0) == lso::processors());
  CHECK(lso::resolve_threads(1) == 1);
  CHECK(lso::resolve_threads(7) == 7);
  CHECK(lso::resolve_threads(64) == 64);
  const std::size_t most = std::max<std::size_t>(64, 4 * lso::processors());
  CHECK(lso::resolve_threads(1'000'000) == most);
  CHECK(lso::resolve_threads(std::numeric_limits<std::size_t>::max()) == most);
}

TEST("no more threads than pieces of work, and of its own accord none that is not worth it") {
  constexpr std::size_t worth = lso::worth_threads;
  CHECK(lso::resolve_threads(7, 3, worth) == 3);
  CHECK(lso::resolve_threads(7, 3, 1) == 3);
  CHECK(lso::resolve_threads(7, 1, worth) == 1);
  CHECK(lso::resolve_threads(7, 0, 0) == 1);
  CHECK(lso::resolve_threads(0, 1000, worth - 1) == 1);
  CHECK(lso::resolve_threads(0, 1000, worth) == std::min<std::size_t>(1000, lso::processors()));
}

#ifdef __GLIBC__
TEST("a system that grants no thread leaves all to the calling one") {
  const RefusedThreads refused;
  bool granted = true;
  try {
    std::thread([] {}).join();
  } catch (const std::system_error&) {
    granted = false;
  }
  CHECK(!granted);
  std::atomic<std::size_t> next{0};
  std::size_t done = 0;
  lso::StopSignal stop(nullptr);
  lso::run_threads(
      5,
      [&](std::size_t thread) {
        CHECK(thread == 0);
        while (next++ < 100) ++done;
      },
      &stop);
  CHECK(done == 100);
}
#endif

TEST("a stop is asked for no more often than the interval, and then stays") {
  int asked = 0;
  lso::StopSignal stop([&] {
    ++asked;
    return true;
  });
  CHECK(!stop.check());  // the first interval has only begun
  CHECK(asked == 0);
  CHECK(!stop.stopped());
  std::this_thread::sleep_for(lso::StopSignal::interval);
  CHECK(stop.check());
  CHECK(stop.stopped());
  CHECK(stop.check());
  CHECK(asked == 1);
}

// Work that ends by a stop alone.
void spin(const lso::StopSignal& stop) {
  while (!stop.stopped()) std::this_thread::yield();
}

TEST("the calling thread goes on asking when its own share is done") {
  lso::StopSignal stop([] { return true; });
  const auto work = [&](std::size_t index) {
    if (index == 1) spin(stop);
  };
  lso::run_threads(2, work, &stop);
  CHECK(stop.stopped());
}

TEST("an exception, of the work or of the question, stops the other threads") {
  for (const std::size_t thrower : {std::size_t{0}, std::size_t{1}}) {
    lso::StopSignal stop(nullptr);
    const auto work = [&](std::size_t index) {
      if (index == thrower) throw std::runtime_error("work failed");
      spin(stop);
    };
    CHECK_THROWS(lso::run_threads(2, work, &stop), std::runtime_error, "work failed");
  }
  lso::StopSignal stop([]() -> bool { throw std::runtime_error("question failed"); });
  const auto work = [&](std::size_t index) {
    if (index == 1) spin(stop);
  };
  CHECK_THROWS(lso::run_threads(2, work, &stop), std::runtime_error, "question failed");
}

TEST("without a question there is no stop") {
  lso::StopSignal stop(nullptr);
  std::this_thread::sleep_for(lso::StopSignal::interval);
  CHECK(!stop.check());
}

}  // namespace
