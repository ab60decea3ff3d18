// Names of enumerators, in their order, and back.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lso {

// Throws std::invalid_argument that names the argument and what is known.
template <class Enum, std::size_t n>
Enum parse_name(std::string_view argument, const std::array<std::string_view, n>& names, std::string_view text) {
  std::string known;
  for (std::size_t i = 0; i < n; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
    if (i > 0) known.append(", ");
    known.append(names[i]);
  }
  std::string message(argument);
  message.append(": expected one of ").append(known).append(", got '").append(text).append("'");
  throw std::invalid_argument(message);
}

}  // namespace lso
