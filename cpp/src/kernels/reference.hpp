// The plain loops that say what each kernel means, and that every kernel is tested against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/kernels.hpp"

namespace lso::kernels::reference {

template <class T>
void product(const Product<T>& of) {
  for (std::size_t i = 0; i < of.m; ++i) {
    for (std::size_t j = 0; j < of.n; ++j) {
      T& c = of.c[i * of.ldc + j];
      T sum = of.accumulate ? c : (of.bias != nullptr ? of.bias[i] : T(0));
      for (std::size_t p = 0; p < of.k; ++p) sum += of.a[i * of.a_row + p * of.a_col] * of.b[p * of.ldb + j];
      c = sum;
    }
  }
}

template <class T>
void transpose(std::size_t rows, std::size_t cols, const T* const* row, T* out, std::size_t ld) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) out[c * ld + r] = row[r][c];
  }
}

template <class T>
void squared_excess(const Requirement<T>& of, double* error, T* g, std::size_t ldg) {
  std::fill_n(error, of.lanes, 0.0);
  for (std::size_t node = 0; node < of.nodes; ++node) {
    for (std::size_t lane = 0; lane < of.lanes; ++lane) {
      const T y = of.y[node * of.ldy + lane];
      const T low = of.low[node * of.ld + lane];
      const T high = of.high != nullptr ? of.high[node * of.ld + lane] : low;
      const T weight = of.weight != nullptr ? of.weight[node * of.ld + lane] : T(1);
      const T excess = y < low ? y - low : (y > high ? y - high : T(0));
      error[lane] += static_cast<double>(weight) * static_cast<double>(excess) * static_cast<double>(excess);
      g[node * ldg + lane] = T(2) * weight * excess;
    }
  }
}

template <class T>
void move_lanes(const LaneStep<T>& step) {
  std::fill_n(step.moved, step.lanes, 0.0);
  for (std::size_t node = 0; node < step.nodes; ++node) {
    for (std::size_t lane = 0; lane < step.lanes; ++lane) {
      T& x = step.x[node * step.ld + lane];
      const T old = x;
      x = static_cast<T>(static_cast<double>(old) +
                         static_cast<double>(step.derivatives[node * step.ld + lane]) * step.scale[lane]);
      if (step.lower != nullptr) x = std::clamp(x, step.lower[node], step.upper[node]);
      step.moved[lane] += static_cast<double>(std::abs(x - old));
    }
  }
}

template <class T>
double squared_norm(std::size_t n, const T* x) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

template <class T>
void average(std::size_t n, T keep, const T* x, T* average) {
  for (std::size_t i = 0; i < n; ++i) average[i] = keep * average[i] + (T(1) - keep) * x[i];
}

template <class T>
void update_and_apply(const Outer<T>& of) {
  for (std::size_t i = 0; i < of.m; ++i) {
    of.y[i] = of.bias != nullptr ? of.bias[i] : T(0);
    for (std::size_t j = 0; j < of.n; ++j) {
      T& w = of.w[i * of.n + j];
      if (of.scale != nullptr) w += of.scale[i] * of.x[j];
      of.y[i] += w * of.next[j];
    }
  }
}

template <class T>
void adam(std::size_t n, const AdamStep<T>& step, const T* gradient, T* first, T* second, T* values) {
  for (std::size_t i = 0; i < n; ++i) {
    first[i] = step.beta1 * first[i] + (T(1) - step.beta1) * gradient[i];
    second[i] = step.beta2 * second[i] + (T(1) - step.beta2) * gradient[i] * gradient[i];
    values[i] -= step.rate * first[i] / (std::sqrt(second[i]) + step.epsilon);
  }
}

}  // namespace lso::kernels::reference
