// Threads of our own, started for one call and joined at its end, so that nothing outlives a fork.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "lso/threads.hpp"

namespace lso {

// Ends before its handle does. std::jthread, which macOS has in its newest releases only.
class JoinedThread {
 public:
  template <class... Call>
  explicit JoinedThread(Call&&... call) : thread_(std::forward<Call>(call)...) {}
  JoinedThread(const JoinedThread&) = delete;
  JoinedThread& operator=(const JoinedThread&) = delete;
  JoinedThread(JoinedThread&&) noexcept = default;
  JoinedThread& operator=(JoinedThread&&) = delete;
  ~JoinedThread() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
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
  std::vector<JoinedThread> others_;
};

// Runs work(0) on the calling thread and work(1) ... work(threads - 1) on others, or on as many of them as the system
// grants: each is to take pieces off one queue until it is empty. Once its own share is done the calling thread goes on
// checking `stop`, where given. An exception stops all, and the first is rethrown; an Interruption is one that `stop`
// tells of.
void run_threads(std::size_t threads, const std::function<void(std::size_t)>& work, StopSignal* stop = nullptr);

}  // namespace lso
