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

namespace {
// Long enough for the calling thread's work between two pieces, short enough to leave the processor to others.
constexpr int spins = 4000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Until the value is another than `old`.
void wait_for_change(const std::atomic<std::size_t>& value, std::size_t old) {
  for (int i = 0; i < spins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}
}  // namespace

Team::Team(std::size_t threads) {
  for (std::size_t i = 1; i < threads; ++i) others_.emplace_back([this, i] { serve(i); });
}

Team::~Team() {
  over_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void Team::run(std::size_t count, Call call, void* context) {
  count_ = count;
  call_ = call;
  context_ = context;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(others_.size(), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  take(0);
  for (std::size_t left = busy_.load(std::memory_order_acquire); left != 0;
       left = busy_.load(std::memory_order_acquire)) {
    wait_for_change(busy_, left);
  }
}

void Team::serve(std::size_t thread) {
  for (std::size_t seen = 0;; ++seen) {
    wait_for_change(round_, seen);
    if (over_.load(std::memory_order_relaxed)) return;
    take(thread);
    busy_.fetch_sub(1, std::memory_order_release);
    busy_.notify_all();
  }
}

void Team::take(std::size_t thread) {
  for (std::size_t i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
       i = next_.fetch_add(1, std::memory_order_relaxed)) {
    call_(context_, thread, i);
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
