// Threads of our own, started for one call and joined at its end, so that nothing outlives a fork.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace lso {

// Multiply-adds, some 100 microseconds of one thread, from which sharing them out saves more than waking others costs.
inline constexpr std::size_t worth_threads = 5'000'000;

// 0 asks for one thread a processor that this process may use, by its affinity and its cgroup's quota. More than 64, or
// than 4 a processor where that is more, are never started.
[[nodiscard]] std::size_t resolve_threads(std::size_t requested);
// The same for so many pieces of work, of which each thread takes one at least. 0 is one thread where the work, so many
// multiply-adds in all, is not worth more.
[[nodiscard]] std::size_t resolve_threads(std::size_t requested, std::size_t pieces, std::size_t multiply_adds);

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

// Threads that share many short pieces of work in one call. Between two pieces they wait by spinning for a while, then
// asleep. In a forked child, to which they did not come along, the calling thread works alone.
class Team {
 public:
  // As many as asked for, or as the system grants.
  explicit Team(std::size_t threads);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  [[nodiscard]] std::size_t size() const { return others_.size() + 1; }

  // work(thread, i) for i < count, each on whatever thread is free; the calling one, 0, takes part. Nothing may throw.
  template <class Work>
  void share(std::size_t count, const Work& work) {
    if (others_.empty() || count <= 1) {
      for (std::size_t i = 0; i < count; ++i) work(0, i);
      return;
    }
    run(
        count,
        [](const void* context, std::size_t thread, std::size_t i) { (*static_cast<const Work*>(context))(thread, i); },
        &work);
  }

 private:
  using Call = void (*)(const void* context, std::size_t thread, std::size_t i);
  void run(std::size_t count, Call call, const void* context);
  void serve(std::size_t thread);
  void take(std::size_t thread);
  void leave_others_to_parent();

  std::atomic<std::size_t> round_{0};  // raised for each piece of work, and at the end
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> busy_{0};
  std::atomic<bool> over_{false};
  std::size_t count_ = 0;
  Call call_ = nullptr;
  const void* context_ = nullptr;
  long process_;
  std::vector<std::jthread> others_;
};

// Runs work(0) on the calling thread and work(1) ... work(threads - 1) on others, or on as many of them as the system
// grants: each is to take pieces off one queue until it is empty. Once its own share is done the calling thread goes on
// checking `stop`, where given. An exception stops all, and the first is rethrown.
void run_threads(std::size_t threads, const std::function<void(std::size_t)>& work, StopSignal* stop = nullptr);

}  // namespace lso
