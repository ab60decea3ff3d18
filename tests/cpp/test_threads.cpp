// Threads of our own: all work is done, errors come back, and a stop is seen by all.
#include "lso/threads.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.hpp"

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

TEST("0 asks for the processors, a number for itself") {
  CHECK(lso::resolve_threads(0) >= 1);
  CHECK(lso::resolve_threads(7) == 7);
}

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
