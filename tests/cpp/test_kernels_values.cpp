// The kernels that work value by value or lane by lane, of every instruction set that this processor runs.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string_view>
#include <utility>
#include <vector>

#include "check.hpp"
#include "kernel_sets.hpp"
#include "kernels/reference.hpp"
#include "lso/activation.hpp"
#include "support.hpp"

namespace {

using lso::Activation;
using lso::kernels::Kernels;
using lso::kernels::Map;
using lso::kernels::Requirement;

template <class T>
std::vector<T> mapped(Map<T> map, const std::vector<T>& x) {
  std::vector<T> out(x.size());
  map({.rows = 1, .cols = x.size(), .in = x.data(), .ldin = x.size(), .out = out.data(), .ldout = x.size()});
  return out;
}

// Values, and the slopes where they are kept.
template <class T>
std::vector<T> activated(const Kernels<T>& kernels, Activation activation, const std::vector<T>& x,
                         std::vector<T>* slope = nullptr) {
  std::vector<T> out(x.size()), kept(x.size());
  kernels.activations[activation.index()].forward({.rows = 1,
                                                   .cols = x.size(),
                                                   .in = x.data(),
                                                   .ldin = x.size(),
                                                   .kept = kept.data(),
                                                   .ldkept = x.size(),
                                                   .out = out.data(),
                                                   .ldout = x.size(),
                                                   .parameter = activation.parameter()});
  if (slope != nullptr) *slope = std::move(kept);
  return out;
}

// Steps of T's last digit between a result and the exact value.
template <class T>
double ulps(T got, long double exact) {
  const T rounded = static_cast<T>(exact);
  const T next = std::nextafter(std::abs(rounded), std::numeric_limits<T>::infinity());
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / (next - std::abs(rounded)));
}

// 20,001 points of [low, high].
template <class T>
std::vector<T> points(T low, T high) {
  constexpr std::size_t count = 20001;
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = low + (high - low) * static_cast<T>(i) / static_cast<T>(count - 1);
  return x;
}

template <class T, class F>
double worst(const std::vector<T>& x, const std::vector<T>& got, F exact) {
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) most = std::max(most, ulps(got[i], exact(static_cast<long double>(x[i]))));
  return most;
}

// The stated bounds: docs/performance.md.
constexpr double ulps_exp = 2.5;
constexpr double ulps_sigmoid = 4.0;
constexpr double ulps_tanh = 3.5;
constexpr double ulps_elu = 2.5;
constexpr double ulps_silu = 4.5;

template <class T, class F>
double worst(const Kernels<T>& kernels, Activation activation, T low, T high, F exact) {
  const std::vector<T> x = points(low, high);
  return worst(x, activated(kernels, activation, x), exact);
}

template <class T>
void check_functions(const Kernels<T>& kernels) {
  const T far = sizeof(T) == sizeof(float) ? T(87) : T(708);
  const auto exp = [](long double x) { return std::exp(x); };
  for (const std::vector<T>& x : {points(-far, far), points(T(-1), T(1))}) {
    CHECK(worst(x, mapped(kernels.exp, x), exp) <= ulps_exp);
  }
  const auto sigmoid = [](long double x) { return 1.0L / (1.0L + std::exp(-x)); };
  CHECK(worst(kernels, Activation::sigmoid, -far, far, sigmoid) <= ulps_sigmoid);
  CHECK(worst(kernels, Activation::sigmoid, T(-4), T(4), sigmoid) <= ulps_sigmoid);
  const auto tanh = [](long double x) { return std::tanh(x); };
  CHECK(worst(kernels, Activation::tanh, T(-20), T(20), tanh) <= ulps_tanh);
  CHECK(worst(kernels, Activation::tanh, T(-1), T(1), tanh) <= ulps_tanh);
  const auto elu = [](long double x) { return x < 0 ? std::expm1(x) : x; };
  CHECK(worst(kernels, Activation("elu"), T(-20), T(1), elu) <= ulps_elu);
  CHECK(worst(kernels, Activation("elu"), T(-1e-3), T(1e-3), elu) <= ulps_elu);
  const auto silu = [](long double x) { return x / (1.0L + std::exp(-x)); };
  CHECK(worst(kernels, Activation("silu"), -far / 2, far, silu) <= ulps_silu);
}

// y = z Phi(z) by the C library's erfc, and the slopes of those that keep them, which no value y could tell.
template <class T>
void check_slopes(const Kernels<T>& kernels) {
  const std::vector<T> x = points(T(-12), T(12));
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  std::vector<T> silu, gelu;
  const std::vector<T> y = activated(kernels, Activation("gelu"), x, &gelu);
  activated(kernels, Activation("silu"), x, &silu);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto z = static_cast<double>(x[i]);
    const double s = 1 / (1 + std::exp(-z));
    const double below = 0.5 * std::erfc(-z / std::numbers::sqrt2);
    CHECK_CLOSE(y[i], z * below, 0.0, 4 * epsilon * std::abs(z));
    CHECK_CLOSE(silu[i], s * (1 + z * (1 - s)), 0.0, 8 * epsilon);
    CHECK_CLOSE(gelu[i], below + z * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi), 0.0, 8 * epsilon);
  }
}

template <class T>
void check_ends(const Kernels<T>& kernels) {
  const T infinity = std::numeric_limits<T>::infinity();
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x{-infinity, T(-2000), T(0), T(2000), infinity, nan};
  const std::vector<T> exp = mapped(kernels.exp, x);
  CHECK(exp[0] == 0 && exp[1] == 0 && exp[2] == 1 && exp[3] == infinity && exp[4] == infinity && std::isnan(exp[5]));
  const std::vector<T> sigmoid = activated(kernels, Activation::sigmoid, x);
  CHECK(sigmoid[0] == 0 && sigmoid[1] == 0 && sigmoid[2] == T(0.5) && sigmoid[3] == 1 && sigmoid[4] == 1);
  const std::vector<T> tanh = activated(kernels, Activation::tanh, x);
  CHECK(tanh[0] == -1 && tanh[1] == -1 && tanh[2] == 0 && tanh[3] == 1 && tanh[4] == 1);
  const std::vector<T> elu = activated(kernels, Activation("elu"), x);
  CHECK(elu[0] == -1 && elu[1] == -1 && elu[2] == 0 && elu[3] == T(2000) && elu[4] == infinity);
  for (const char* name : {"silu", "gelu"}) {
    std::vector<T> slope;
    const std::vector<T> y = activated(kernels, Activation(name), x, &slope);
    CHECK(y[1] == 0 && y[2] == 0 && y[3] == T(2000) && slope[1] == 0 && slope[2] == T(0.5) && slope[3] == 1);
  }
  for (const Activation& each : support::hidden_activations()) {
    if (each != Activation::linear) CHECK(std::isnan(activated(kernels, each, x)[5]));
  }
}

// Each value alone, and each length: the same bits.
template <class T>
void check_places(const Kernels<T>& kernels) {
  const std::vector<T> x = support::uniform<T>(150, 3);
  for (const Activation& each : support::hidden_activations()) {
    if (each == Activation::linear) continue;
    std::vector<T> slopes, slope;
    const std::vector<T> whole = activated(kernels, each, x, &slopes);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(activated(kernels, each, {x[i]}, &slope)[0] == whole[i]);
      CHECK(slope[0] == slopes[i]);
    }
  }
}

// Every set has the same records in the same places.
template <class T>
void check_table(const Kernels<T>& kernels) {
  CHECK(kernels.activations.size() == Activation::all().size());
  for (const Activation& each : Activation::all()) {
    CHECK(std::string_view(kernels.activations[each.index()].traits.name) == each.traits().name);
  }
}

template <class T>
void check_excess(const Kernels<T>& kernels, std::size_t nodes, std::size_t lanes, bool interval, bool weighted) {
  const std::size_t ld = lanes + 5;
  const std::vector<T> y = support::uniform<T>(nodes * ld, 1);
  const std::vector<T> low = support::uniform<T>(nodes * ld, 2);
  std::vector<T> high = low;
  for (T& value : high) value += T(0.3);
  const std::vector<T> weight = support::uniform<T>(nodes * ld, 4);
  const Requirement<T> of{
      nodes, lanes, y.data(), ld, low.data(), interval ? high.data() : nullptr, weighted ? weight.data() : nullptr, ld};
  std::vector<double> error(lanes), expected(lanes);
  std::vector<T> g(nodes * ld), expected_g(nodes * ld);
  kernels.squared_excess(of, error.data(), g.data(), ld);
  lso::kernels::reference::squared_excess(of, expected.data(), expected_g.data(), ld);
  for (std::size_t lane = 0; lane < lanes; ++lane) CHECK_CLOSE(error[lane], expected[lane], 1e-13, 1e-13);
  CHECK(g == expected_g);
  kernels.squared_excess(of, nullptr, g.data(), ld);
  CHECK(g == expected_g);
}

template <class T>
void check_lane_kernels(const Kernels<T>& kernels, std::size_t nodes, std::size_t lanes) {
  const std::size_t ld = lanes + 3;
  const std::vector<T> d = support::uniform<T>(nodes * ld, 1);
  std::vector<T> x = support::uniform<T>(nodes * ld, 2);
  std::vector<T> expected = x;
  const std::vector<double> scale = support::uniform<double>(lanes, 3);
  const std::vector<T> lower(nodes, T(-0.4)), upper(nodes, T(0.6));
  std::vector<double> moved(lanes), expected_moved(lanes);
  for (const bool bounded : {false, true}) {
    const T* low = bounded ? lower.data() : nullptr;
    const T* high = bounded ? upper.data() : nullptr;
    kernels.move_lanes({nodes, lanes, ld, x.data(), d.data(), scale.data(), low, high, moved.data()});
    lso::kernels::reference::move_lanes<T>(
        {nodes, lanes, ld, expected.data(), d.data(), scale.data(), low, high, expected_moved.data()});
    const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
    for (std::size_t i = 0; i < x.size(); ++i) CHECK_CLOSE(x[i], expected[i], 0.0, epsilon);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      CHECK_CLOSE(moved[lane], expected_moved[lane], 0.0, static_cast<double>(2 * nodes) * epsilon);
    }
  }
  std::vector<T> wanted(lanes, T(0));
  for (std::size_t lane = 0; lane < lanes; lane += 2) wanted[lane] = T(1);
  std::vector<T> best(nodes * ld, T(9));
  kernels.keep_lanes(nodes, lanes, ld, x.data(), wanted.data(), best.data());
  std::vector<double> norms(lanes);
  kernels.squared_norms(nodes, lanes, x.data(), ld, norms.data());
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    double sum = 0;
    for (std::size_t node = 0; node < nodes; ++node) {
      CHECK(best[node * ld + lane] == (lane % 2 == 0 ? x[node * ld + lane] : T(9)));
      sum += static_cast<double>(x[node * ld + lane]) * static_cast<double>(x[node * ld + lane]);
    }
    CHECK_CLOSE(norms[lane], sum, 1e-13, 0.0);
  }
}

template <class T>
void check_sums(const Kernels<T>& kernels, std::size_t nodes, std::size_t lanes) {
  const std::size_t ld = lanes + 3;
  const std::vector<T> x = support::uniform<T>(nodes * ld, 1);
  const std::vector<T> before = support::uniform<T>(nodes + 1, 2);
  std::vector<T> out = before;
  kernels.sum_lanes(nodes, lanes, x.data(), ld, out.data());
  for (std::size_t node = 0; node < nodes; ++node) {
    double sum = static_cast<double>(before[node]);
    for (std::size_t lane = 0; lane < lanes; ++lane) sum += static_cast<double>(x[node * ld + lane]);
    const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
    CHECK_CLOSE(out[node], sum, 0.0, 2 * static_cast<double>(lanes + 1) * epsilon);
  }
  CHECK(out[nodes] == before[nodes]);
}

template <class T>
void check_whole_arrays(const Kernels<T>& kernels, std::size_t n) {
  const std::vector<T> x = support::uniform<T>(n, 1);
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  CHECK_CLOSE(kernels.squared_norm(n, x.data()), lso::kernels::reference::squared_norm(n, x.data()), 100 * epsilon,
              0.0);
  std::vector<T> y = support::uniform<T>(n, 2);
  const std::vector<T> before = y;
  kernels.add_scaled(n, T(0.3), x.data(), y.data());
  for (std::size_t i = 0; i < n; ++i) CHECK_CLOSE(y[i], T(0.3) * x[i] + before[i], 0.0, epsilon);

  std::vector<T> mean = before, mean2 = before;
  kernels.average(n, T(0.99), x.data(), mean.data());
  lso::kernels::reference::average(n, T(0.99), x.data(), mean2.data());
  for (std::size_t i = 0; i < n; ++i) CHECK_CLOSE(mean[i], mean2[i], 0.0, epsilon);

  std::vector<T> m(n), v(n), values = before, m2(n), v2(n), values2 = before;
  for (const int t : {1, 2, 3}) {
    const lso::kernels::AdamStep<T> step{T(0.9), T(0.999), T(1e-8), T(0.01) * static_cast<T>(t)};
    kernels.adam(n, step, x.data(), m.data(), v.data(), values.data());
    lso::kernels::reference::adam(n, step, x.data(), m2.data(), v2.data(), values2.data());
  }
  for (std::size_t i = 0; i < n; ++i) CHECK_CLOSE(values[i], values2[i], 4 * epsilon, 4 * epsilon);
}

template <class T>
void check_transpose(const Kernels<T>& kernels, std::size_t rows, std::size_t cols) {
  const std::vector<T> x = support::uniform<T>(rows * cols, 1);
  std::vector<const T*> row(rows);
  for (std::size_t r = 0; r < rows; ++r) row[r] = x.data() + r * cols;
  std::vector<T> out(cols * (rows + 2), T(5)), expected = out;
  kernels.transpose(rows, cols, row.data(), out.data(), rows + 2);
  lso::kernels::reference::transpose(rows, cols, row.data(), expected.data(), rows + 2);
  CHECK(out == expected);
}

const std::size_t sizes[] = {1, 2, 7, 8, 15, 16, 17, 33, 48, 100, 196};

TEST("exp and elu within 2.5 units of the last digit, sigmoid within 4, silu within 4.5, tanh within 3.5") {
  for_sets([](const auto& kernels) { check_functions(kernels); });
}

TEST("gelu's values, and the slopes that are kept") {
  for_sets([](const auto& kernels) { check_slopes(kernels); });
}

TEST("every instruction set has one table of activations") {
  for_sets([](const auto& kernels) { check_table(kernels); });
}

TEST("at the ends: zero, one, infinity; NaN stays NaN") {
  for_sets([](const auto& kernels) { check_ends(kernels); });
}

TEST("a value's bits do not depend on its place") {
  for_sets([](const auto& kernels) { check_places(kernels); });
}

TEST("squared errors and intervals, with and without weights") {
  for_sets([](const auto& kernels) {
    for (const std::size_t lanes : sizes) {
      for (const bool interval : {false, true}) {
        for (const bool weighted : {false, true}) check_excess(kernels, 10, lanes, interval, weighted);
      }
    }
  });
}

TEST("steps, best points and norms of lanes") {
  for_sets([](const auto& kernels) {
    for (const std::size_t lanes : sizes) check_lane_kernels(kernels, 5, lanes);
  });
}

TEST("sums over lanes") {
  for_sets([](const auto& kernels) {
    for (const std::size_t nodes : sizes) {
      for (const std::size_t lanes : sizes) check_sums(kernels, nodes, lanes);
    }
  });
}

TEST("norms and steps of whole arrays") {
  for_sets([](const auto& kernels) {
    for (const std::size_t n : sizes) check_whole_arrays(kernels, n);
    check_whole_arrays(kernels, 5000);
  });
}

TEST("transposes") {
  for_sets([](const auto& kernels) {
    for (const std::size_t rows : sizes) {
      for (const std::size_t cols : sizes) check_transpose(kernels, rows, cols);
    }
  });
}

}  // namespace
