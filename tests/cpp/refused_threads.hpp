// A system that grants no thread.
#pragma once

#ifdef __GLIBC__
#include <pthread.h>

#include <cstddef>

// As long as it lives: a thread's stack would be larger than any memory.
class RefusedThreads {
 public:
  RefusedThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t greedy;
    pthread_attr_init(&greedy);
    pthread_attr_setstacksize(&greedy, std::size_t{1} << 47);
    pthread_setattr_default_np(&greedy);
    pthread_attr_destroy(&greedy);
  }
  RefusedThreads(const RefusedThreads&) = delete;
  RefusedThreads& operator=(const RefusedThreads&) = delete;
  ~RefusedThreads() { pthread_setattr_default_np(&before_); }

 private:
  pthread_attr_t before_{};
};
#endif
