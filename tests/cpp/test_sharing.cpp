// Many threads that work with the same networks at a time, each as the engine's caller, as Python's threads do: each
// gets what it gets alone, to the bit. ThreadSanitizer sees what they share.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include "check.hpp"
#include "lso/threads.hpp"
#include "team.hpp"
#include "work.hpp"

namespace {

constexpr std::size_t callers = 16;
constexpr std::size_t jobs_each = 4;
#ifdef __SANITIZE_THREAD__
constexpr std::size_t fewest_threads = 16;  // it sees no more in fewer
#else
constexpr std::size_t fewest_threads = 2;
#endif

// Each begins at another job, so that all kinds run beside one another.
template <class T>
void check_shared() {
  const std::vector<work::Job> jobs = work::jobs<T>();
  std::vector<work::Numbers> alone(jobs.size());
  std::ranges::transform(jobs, alone.begin(), [](const work::Job& job) { return job.run(1); });
  std::vector<std::size_t> right(callers);
  {
    std::vector<lso::JoinedThread> threads;
    threads.reserve(callers);
    for (std::size_t caller = 0; caller < callers; ++caller) {
      threads.emplace_back([&, caller] {
        for (std::size_t i = 0; i < jobs_each; ++i) {
          const std::size_t job = (i + caller) % jobs.size();
          right[caller] += jobs[job].run(1 + caller % 3) == alone[job] ? std::size_t{1} : std::size_t{0};
        }
      });
    }
  }
  for (const std::size_t each : right) CHECK(each == jobs_each);
}

TEST("sixteen callers of the same networks get what each gets alone, float32") { check_shared<float>(); }
TEST("sixteen callers of the same networks get what each gets alone, float64") { check_shared<double>(); }

TEST("from one thread to sixteen: the same bits of every job") {
  for (const std::vector<work::Job>& jobs : {work::jobs<float>(), work::jobs<double>()}) {
    for (const work::Job& job : jobs) {
      const work::Numbers one = job.run(1);
      CHECK(!one.empty());
      for (std::size_t threads = fewest_threads; threads <= 16; ++threads) CHECK(job.run(threads) == one);
    }
  }
}

TEST("a stopped caller stops no other") {
  const work::Shared<float> shared;
  const work::Numbers alone = shared.forward(1);
  std::atomic<bool> over{false};
  bool interrupted = false;
  std::vector<int> right(4);
  {
    std::vector<lso::JoinedThread> threads;
    threads.emplace_back([&] {
      lso::OptimizeSettings settings;
      settings.optimizer = lso::NormalizedGradientDescent{.desired_change = -1e-6};
      settings.max_iterations = std::size_t{1} << 40;
      settings.threads = 2;
      settings.poll = [&](std::size_t) { return over.load(); };
      interrupted = lso::optimize(support::problem(shared.model, shared.targets, {.value = 1e-30, .mean = true}),
                                  shared.starts(), {}, settings)
                        .interrupted;
    });
    {
      std::vector<lso::JoinedThread> others;
      others.reserve(right.size());
      for (int& count : right) {
        others.emplace_back([&] {
          for (int round = 0; round < 5; ++round) count += shared.forward(2) == alone ? 1 : 0;
        });
      }
    }
    over = true;
  }
  CHECK(interrupted);
  for (const int each : right) CHECK(each == 5);
}

}  // namespace
