// A view of rows that somebody else owns: (rows, cols), row-major, contiguous.
#pragma once

#include <cstddef>
#include <span>

namespace lso {

template <class T>
struct Rows {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;

  [[nodiscard]] std::span<T> operator[](std::size_t row) const { return {data + row * cols, cols}; }
  [[nodiscard]] std::size_t size() const { return rows * cols; }
  [[nodiscard]] bool empty() const { return data == nullptr; }
  operator Rows<const T>() const { return {data, rows, cols}; }
};

}  // namespace lso
