// The processors that this process may use: affinity, and the quotas of cgroups of both versions.
#include "processors.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "check.hpp"

#ifdef __linux__
#include <sched.h>
#endif

namespace {

using lso::cgroup_quota;
using Quota = std::optional<std::size_t>;

// A folder of its own, which stands for where cgroups are mounted.
class Mount {
 public:
  Mount() { std::filesystem::create_directories(path_); }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  ~Mount() { std::filesystem::remove_all(path_); }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
  }
  [[nodiscard]] Quota quota(const std::string& membership) const { return cgroup_quota(membership, path_); }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("lso-cgroups-" + std::to_string(std::random_device{}()));
};

TEST("a quota is rounded up") {
  for (const auto& [text, expected] : {std::pair{"200000 100000\n", 2U},
                                       {"150000 100000\n", 2U},
                                       {"1000 100000\n", 1U},
                                       {"50000 50000", 1U},
                                       {"300000", 3U}}) {
    const Mount mount;
    mount.write("cpu.max", text);
    CHECK(mount.quota("0::/\n") == Quota(expected));
  }
}

TEST("what is no quota sets none") {
  for (const std::string text : {"max 100000\n", "", "-1 100000", "0 100000", "200000 0", "200000 -5", "two 100000",
                                 "99999999999999999999999 100000"}) {
    const Mount mount;
    mount.write("cpu.max", text);
    CHECK(!mount.quota("0::/\n"));
  }
  CHECK(!Mount().quota("0::/\n"));
  const Mount mount;
  mount.write("cpu.max", "200000 100000");
  for (const std::string membership : {"", "\n", ":", "::", "0:", "rubbish", "3:memory:/"}) {
    CHECK(!mount.quota(membership));
  }
}

TEST("the least of a group's and its ancestors' quotas counts") {
  const Mount mount;
  mount.write("a/cpu.max", "400000 100000");
  mount.write("a/b/cpu.max", "max 100000");
  mount.write("a/b/c/cpu.max", "800000 100000");
  CHECK(mount.quota("0::/a/b/c\n") == Quota(4));
  CHECK(mount.quota("0::/a/b\n") == Quota(4));
  CHECK(!mount.quota("0::/other\n"));
  mount.write("cpu.max", "300000 100000");
  CHECK(mount.quota("0::/a/b/c\n") == Quota(3));
}

TEST("a path that is the host's falls back to the mount's root") {
  const Mount mount;
  mount.write("cpu.max", "200000 100000");
  CHECK(mount.quota("0::/docker/0123456789abcdef\n") == Quota(2));
  CHECK(mount.quota("0::/../neighbour\n") == Quota(2));
}

TEST("version 1 keeps quota and period apart, in the processor controller's tree") {
  const Mount mount;
  mount.write("cpu/jobs/cpu.cfs_quota_us", "250000\n");
  mount.write("cpu/jobs/cpu.cfs_period_us", "100000\n");
  CHECK(mount.quota("9:name=systemd:/\n4:cpu,cpuacct:/jobs\n0::/\n") == Quota(3));
  CHECK(mount.quota("4:cpuacct,cpu:/jobs/one\n") == Quota(3));
  CHECK(!mount.quota("4:cpuacct,cpuset:/jobs\n"));
  mount.write("cpu/jobs/cpu.cfs_quota_us", "-1\n");
  CHECK(!mount.quota("4:cpu,cpuacct:/jobs\n"));
}

#ifdef __linux__
TEST("affinity bounds the processors, when it is asked for") {
  const std::size_t before = lso::processors();
  CHECK(before >= 1);
  cpu_set_t all;
  CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
  CHECK(std::cmp_less_equal(before, CPU_COUNT(&all)));
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(lso::processors() == 1);
  CHECK(sched_setaffinity(0, sizeof all, &all) == 0);
  CHECK(lso::processors() == before);
}
#endif

}  // namespace
