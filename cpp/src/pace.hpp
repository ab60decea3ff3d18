// How often long work asks whether to stop: by what was done, so that no size of a network or of its data makes it
// deaf.
#pragma once

#include <cstddef>

#include "lso/threads.hpp"

namespace lso {

// Of one thread. Asks after every so many multiply-adds, and throws Interruption where the answer is yes.
class Pace {
 public:
  explicit Pace(StopSignal* stop = nullptr) : stop_(stop) {}

  void worked(std::size_t multiply_adds) {
    work_ += multiply_adds;
    if (work_ >= between_looks) look();
  }

 private:
  static constexpr std::size_t between_looks = 4 * worth_threads;

  void look() {
    work_ = 0;
    if (stop_ != nullptr) stop_->look();
  }

  StopSignal* stop_;
  std::size_t work_ = 0;
};

}  // namespace lso
