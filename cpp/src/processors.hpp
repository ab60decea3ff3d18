// How many processors the system lets this process use.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace lso {

// Those of its affinity, or fewer where its cgroup has a quota of processor time, rounded up. At least 1. The quota is
// read at most once a second.
[[nodiscard]] std::size_t processors();

// The quota, in processors, of the cgroups (version 1 or 2, mounted at `mount`) that `membership`, the text of
// /proc/self/cgroup, tells of: the least of the group's and its ancestors'. Empty for none.
[[nodiscard]] std::optional<std::size_t> cgroup_quota(const std::string& membership,
                                                      const std::filesystem::path& mount);

}  // namespace lso
