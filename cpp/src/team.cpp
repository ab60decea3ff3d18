#include "team.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace lso {

namespace {
// run(1) ... run(count), each on a thread of its own, for as many as the system grants.
template <class Run>
std::vector<JoinedThread> start_threads(std::size_t count, Run run) {
  std::vector<JoinedThread> threads;
  threads.reserve(count);
  try {
    for (std::size_t index = 1; index <= count; ++index) threads.emplace_back(run, index);
  } catch (const std::system_error&) {
    return threads;  // the system grants no more
  } catch (const std::bad_alloc&) {
    return threads;  // nor has it memory for one
  }
  return threads;
}
}  // namespace

void run_threads(std::size_t threads, const std::function<void(std::size_t)>& work, StopSignal* stop) {
  if (threads == 1) {
    try {
      work(0);
    } catch (const Interruption&) {
      if (stop == nullptr) throw;
      stop->stop();
    }
    return;
  }
  std::mutex mutex;  // of all below
  std::condition_variable ended;
  std::size_t n_ended = 0;
  std::exception_ptr first;
  const auto attempt = [&](const auto& what) {
    try {
      what();
    } catch (const Interruption&) {
      const std::scoped_lock lock(mutex);
      if (stop != nullptr) {
        stop->stop();
      } else if (!first) {
        first = std::current_exception();
      }
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!first) first = std::current_exception();
      if (stop != nullptr) stop->stop();
    }
  };
  {
    const std::vector<JoinedThread> others = start_threads(threads - 1, [&](std::size_t index) {
      attempt([&] { work(index); });
      const std::scoped_lock lock(mutex);
      ++n_ended;
      ended.notify_one();
    });
    attempt([&] { work(0); });
    const auto all_ended = [&] {
      std::unique_lock lock(mutex);
      return ended.wait_for(lock, StopSignal::interval, [&] { return n_ended == others.size(); });
    };
    attempt([&] {
      while (stop != nullptr && !all_ended()) stop->check();
    });
  }
  if (first) std::rethrow_exception(first);
}

namespace {
// Long enough for the calling thread's work between two pieces, short enough to leave the processor to others.
constexpr int spins = 4000;

void pause() {
#ifdef __x86_64__
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

long process_id() {
#ifdef _WIN32
  return 0;  // it knows no fork
#else
  return getpid();
#endif
}
}  // namespace

Team::Team(std::size_t threads)
    : process_(process_id()), others_(start_threads(threads - 1, [this](std::size_t thread) { serve(thread); })) {}

Team::~Team() {
  leave_others_to_parent();
  over_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

// In a forked child their handles name no thread, and joining or freeing one would wait for ever: they are never freed.
void Team::leave_others_to_parent() {
  if (others_.empty() || process_ == process_id()) return;
  static_cast<void>(new std::vector<JoinedThread>(std::move(others_)));
  others_.clear();
}

void Team::run(std::size_t count, Call call, const void* context) {
  leave_others_to_parent();
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

}  // namespace lso
