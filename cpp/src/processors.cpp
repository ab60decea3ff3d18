#include "processors.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <thread>
#include <utility>

#ifdef __linux__
#include <sched.h>

#include <vector>
#endif

namespace lso {

namespace {
using Quota = std::optional<std::size_t>;

// Files that do not hold a positive number each ("max", -1, no file at all) set no quota.
Quota whole_processors(std::istream& quota_file, std::istream& period_file, long long default_period) {
  long long quota = 0;
  long long period = default_period;
  if (!(quota_file >> quota) || quota <= 0) return std::nullopt;
  if (long long given = 0; period_file >> given) period = given;
  if (period <= 0) return std::nullopt;
  return static_cast<std::size_t>(quota / period + (quota % period != 0 ? 1 : 0));
}

Quota quota_of(const std::filesystem::path& group) {
  constexpr long long usual_period = 100'000;  // microseconds
  if (std::ifstream both(group / "cpu.max"); both) return whole_processors(both, both, usual_period);
  std::ifstream quota(group / "cpu.cfs_quota_us");
  std::ifstream period(group / "cpu.cfs_period_us");
  return whole_processors(quota, period, usual_period);
}

void tighten(Quota& least, const Quota& other) {
  if (other) least = std::min(least.value_or(*other), *other);
}

// Seen from inside a container the path may be the host's, of which only the mount's root is there.
Quota least_quota(const std::filesystem::path& mount, const std::filesystem::path& path) {
  std::filesystem::path group = mount;
  Quota least = quota_of(group);
  for (const std::filesystem::path& part : path.relative_path()) tighten(least, quota_of(group /= part));
  return least;
}
}  // namespace

std::optional<std::size_t> cgroup_quota(const std::string& membership, const std::filesystem::path& mount) {
  Quota least;
  std::istringstream lines(membership);
  std::string number;
  std::string controllers;
  std::string path;
  // number:controllers:path, the controllers empty in version 2
  while (std::getline(lines, number, ':') && std::getline(lines, controllers, ':') && std::getline(lines, path)) {
    if (controllers.empty()) tighten(least, least_quota(mount, path));
    if (("," + controllers + ",").find(",cpu,") != std::string::npos) tighten(least, least_quota(mount / "cpu", path));
  }
  return least;
}

#ifdef __linux__
namespace {
std::size_t affinity() {
  // the kernel refuses a set that is smaller than its own
  for (std::size_t words = 16; words <= std::size_t{1} << 14; words *= 2) {
    std::vector<cpu_set_t> set((words * sizeof(unsigned long) + sizeof(cpu_set_t) - 1) / sizeof(cpu_set_t));
    const std::size_t bytes = set.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, set.data()) == 0) return static_cast<std::size_t>(CPU_COUNT_S(bytes, set.data()));
  }
  return std::thread::hardware_concurrency();
}

std::size_t read_quota() {
  std::ifstream file("/proc/self/cgroup");
  const std::string membership{std::istreambuf_iterator<char>(file), {}};
  return cgroup_quota(membership, "/sys/fs/cgroup").value_or(std::numeric_limits<std::size_t>::max());
}

std::size_t recent_quota() {
  using Clock = std::chrono::steady_clock;
  static std::atomic<Clock::rep> until{std::numeric_limits<Clock::rep>::min()};
  static std::atomic<std::size_t> quota{1};
  const Clock::time_point now = Clock::now();
  if (now.time_since_epoch().count() >= until.load(std::memory_order_acquire)) {
    quota.store(read_quota(), std::memory_order_relaxed);
    until.store((now + std::chrono::seconds(1)).time_since_epoch().count(), std::memory_order_release);
  }
  return quota.load(std::memory_order_relaxed);
}
}  // namespace

std::size_t processors() {
  const std::size_t allowed = affinity();
  return std::max<std::size_t>(1, allowed > 1 ? std::min(allowed, recent_quota()) : allowed);
}
#else
std::size_t processors() { return std::max(1U, std::thread::hardware_concurrency()); }
#endif

}  // namespace lso
