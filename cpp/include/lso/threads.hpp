// Threads of our own, started for one call and joined at its end, so that nothing outlives a fork.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>

namespace lso {

// 0 asks for one thread a processor that this process may use.
[[nodiscard]] std::size_t resolve_threads(std::size_t requested);

// Asks, at most every `interval`, a question that only the calling thread may ask (was Ctrl-C pressed?), and tells
// the other threads of a yes.
class StopSignal {
 public:
  static constexpr std::chrono::milliseconds interval{50};

  explicit StopSignal(std::function<bool()> poll) : poll_(std::move(poll)) {}

  bool check();  // calling thread only
  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  // What a worker asks: thread 0 is the calling one.
  bool stops(std::size_t thread) { return thread == 0 ? check() : stopped(); }
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::function<bool()> poll_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + interval;
  std::atomic<bool> stopped_{false};
};

// Runs work(0) on the calling thread and work(1) ... work(threads - 1) on others. Once its own share is done the
// calling thread goes on checking `stop`, where given. An exception stops all, and the first is rethrown.
void run_threads(std::size_t threads, const std::function<void(std::size_t)>& work, StopSignal* stop = nullptr);

}  // namespace lso
