// Prints which instruction sets run here, then every number of work.hpp's jobs, exactly: a job a line.
#include <cstdio>
#include <string_view>

#include "lso/simd.hpp"
#include "work.hpp"

namespace {
template <class T>
void print(const char* precision) {
  for (const work::Job& job : work::jobs<T>()) {
    std::printf("%s %s:", precision, job.name.c_str());
    for (const double number : job.run(1)) std::printf(" %a", number);
    std::printf("\n");
  }
}
}  // namespace

int main() {
  std::printf("sets:");
  for (const std::string_view set : lso::simd_available()) {
    std::printf(" %.*s", static_cast<int>(set.size()), set.data());
  }
  std::printf("\n");
  print<float>("float32");
  print<double>("float64");
  return 0;
}
