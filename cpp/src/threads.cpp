#include "lso/threads.hpp"

#include <algorithm>
#include <exception>
#include <latch>
#include <thread>
#include <vector>

namespace lso {

namespace {
// Until all are done, asks what only this thread may ask.
std::exception_ptr watch(StopSignal& stop, const std::latch& done) {
  try {
    while (!done.try_wait()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      stop.check();
    }
  } catch (...) {
    stop.stop();
    return std::current_exception();
  }
  return nullptr;
}
}  // namespace

std::size_t resolve_threads(std::size_t requested) {
  return requested > 0 ? requested : std::max(1U, std::thread::hardware_concurrency());
}

void run_threads(std::size_t threads, const std::function<void(std::size_t)>& work, StopSignal* stop) {
  std::vector<std::exception_ptr> errors(threads);
  std::latch done(static_cast<std::ptrdiff_t>(threads));
  const auto guarded = [&](std::size_t index) {
    try {
      work(index);
    } catch (...) {
      errors[index] = std::current_exception();
      if (stop != nullptr) stop->stop();
    }
    done.count_down();
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t index = 1; index < threads; ++index) others.emplace_back(guarded, index);
    guarded(0);
    if (stop != nullptr) errors[0] = errors[0] ? errors[0] : watch(*stop, done);
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
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
