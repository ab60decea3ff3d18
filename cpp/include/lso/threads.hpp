// How many threads a call takes, and what stops it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <thread>
#include <utility>

namespace lso {

// Multiply-adds, some 100 microseconds of one thread, from which sharing them out saves more than waking others costs.
inline constexpr std::size_t worth_threads = 5'000'000;

// 0 asks for one thread a processor that this process may use, by its affinity and its cgroup's quota. More than 64, or
// than 4 a processor where that is more, are never started.
[[nodiscard]] std::size_t resolve_threads(std::size_t requested);
// The same for so many pieces of work, of which each thread takes one at least. 0 is one thread where the work, so many
// multiply-adds in all, is not worth more.
[[nodiscard]] std::size_t resolve_threads(std::size_t requested, std::size_t pieces, std::size_t multiply_adds);

// What a term or a function throws to end a run as its poll does, with all that was reached.
struct Interruption : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

// Asks, at most every `interval`, a question that only the thread that made it may ask (was Ctrl-C pressed?), and tells
// the other threads of a yes.
class StopSignal {
 public:
  static constexpr std::chrono::milliseconds interval{50};

  explicit StopSignal(std::function<bool()> poll) : poll_(std::move(poll)) {}

  bool check();  // of the thread that made it
  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  // Of any thread.
  bool stops() { return std::this_thread::get_id() == asks_ ? check() : stopped(); }
  // Throws Interruption where it stops.
  void look() {
    if (stops()) throw Interruption();
  }
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::function<bool()> poll_;
  std::thread::id asks_ = std::this_thread::get_id();
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + interval;
  std::atomic<bool> stopped_{false};
};

}  // namespace lso
