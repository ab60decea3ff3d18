// What is worked out for each lane by itself: errors, norms, steps. Sums over nodes are in double.
#pragma once

#include "kernels/kernels.hpp"
#include "kernels/vector.inl"

namespace lso::kernels {
namespace {

// The doubles beside a pack of T: in vectors as long as the pack's own, so twice as many beside floats.
template <class P>
constexpr size_t ratio = sizeof(double) / sizeof(typename P::T);
template <class P>
using Wide = Pack<double, P::W / ratio<P>, P::U * ratio<P>>;
template <class P>
using Part = Vector<typename P::T, P::W / ratio<P>>;

// Numbers u * D::W ... of a pack, of which a vector holds whole multiples.
template <class D, class P>
LSO_INLINE D wide(const P& p) {
  return D::each([&](size_t u) LSO_INLINED {
    if constexpr (ratio<P> == 1) {
      return p.v[u];
    } else {
      const Part<P> half = u % 2 == 0 ? half_of<false>(p.v[u / 2]) : half_of<true>(p.v[u / 2]);
      return __builtin_convertvector(half, typename D::V);
    }
  });
}

template <class P, class D>
LSO_INLINE P narrow(const D& d) {
  typename P::T values[P::U * P::W];
  for (size_t u = 0; u < D::U; ++u) store(values + u * D::W, __builtin_convertvector(d.v[u], Part<P>));
  return P::load(values, P::U * P::W);
}

// NaN is neither below nor above, and stays.
template <class P>
LSO_INLINE P excess_of(const P& value, const P& low, const typename P::T* high, size_t count) {
  const P below = value - low;
  if (high == nullptr) return below;
  const P above = value - P::load(high, count);
  return where_below<P>(below, 0, below, where_above<P>(above, 0, above, value - value));
}

template <class T>
void squared_excess(const Requirement<T>& of, double* error, T* g, size_t ldg) {
  for_packs<T, width<T>, 2>(0, of.lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
    using P = decltype(pack);
    using D = Wide<P>;
    D sum(0.0);
    for (size_t node = 0; node < of.nodes; ++node) {
      const size_t at = node * of.ld + j;
      const P excess = excess_of(P::load(of.y + node * of.ldy + j, count), P::load(of.low + at, count),
                                 of.high != nullptr ? of.high + at : nullptr, count);
      const D exact = wide<D>(excess);
      D weighted = exact;
      P slope = P(2) * excess;
      if (of.weight != nullptr) {
        const P weight = P::load(of.weight + at, count);
        weighted = wide<D>(weight) * exact;
        slope = P(2) * weight * excess;
      }
      if (error != nullptr) sum = fused_pack<D>(weighted, exact, sum);
      if (g != nullptr) slope.store(g + node * ldg + j, count);
    }
    if (error != nullptr) sum.store(error + j, count);
  });
}

// The same on one lane, value by value.
template <class T>
void move_one(const LaneStep<T>& step) {
  double moved = 0;
  for (size_t node = 0; node < step.nodes; ++node) {
    T& x = step.x[node * step.ld];
    const T old = x;
    T value = static_cast<T>(
        fused(static_cast<double>(step.derivatives[node * step.ld]), step.scale[0], static_cast<double>(old)));
    if (step.lower != nullptr && value < step.lower[node]) value = step.lower[node];
    if (step.lower != nullptr && value > step.upper[node]) value = step.upper[node];
    x = value;
    const T change = value - old;
    moved += static_cast<double>(change < 0 ? -change : change);
  }
  step.moved[0] = moved;
}

// NaN compares as different from everything, so it is not cut to a bound.
template <class T>
void move_lanes(const LaneStep<T>& step) {
  if (step.lanes == 1) return move_one(step);
  for (size_t lane = 0; lane < step.lanes; ++lane) step.moved[lane] = 0.0;
  for (size_t node = 0; node < step.nodes; ++node) {
    T* x = step.x + node * step.ld;
    const T* derivatives = step.derivatives + node * step.ld;
    for_packs<T>(step.lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      using D = Wide<P>;
      const P old = P::load(x + j, count);
      P value = narrow<P>(
          fused_pack<D>(wide<D>(P::load(derivatives + j, count)), D::load(step.scale + j, count), wide<D>(old)));
      if (step.lower != nullptr) {
        const P low = step.lower[node];
        const P high = step.upper[node];
        const P raised = where_below<P>(value - low, 0, low, value);
        value = where_above<P>(raised - high, 0, high, raised);
      }
      value.store(x + j, count);
      const P change = value - old;
      const P size = where_below<P>(change, 0, -change, change);
      (D::load(step.moved + j, count) + wide<D>(size)).store(step.moved + j, count);
    });
  }
}

template <class T>
void keep_lanes(size_t nodes, size_t lanes, size_t ld, const T* x, const T* wanted, T* best) {
  if (lanes == 1) {
    for (size_t node = 0; node < nodes && wanted[0] > 0; ++node) best[node * ld] = x[node * ld];
    return;
  }
  for (size_t node = 0; node < nodes; ++node) {
    for_packs<T>(lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      const P now = P::load(x + node * ld + j, count);
      const P before = P::load(best + node * ld + j, count);
      where_above<P>(P::load(wanted + j, count), 0, now, before).store(best + node * ld + j, count);
    });
  }
}

template <class T>
void squared_norms(size_t nodes, size_t lanes, const T* x, size_t ld, double* out) {
  if (lanes == 1) {
    double sum = 0;
    for (size_t node = 0; node < nodes; ++node) {
      const auto value = static_cast<double>(x[node * ld]);
      sum = fused(value, value, sum);
    }
    out[0] = sum;
    return;
  }
  for (size_t lane = 0; lane < lanes; ++lane) out[lane] = 0.0;
  for (size_t node = 0; node < nodes; ++node) {
    for_packs<T>(lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      using D = Wide<P>;
      const D value = wide<D>(P::load(x + node * ld + j, count));
      fused_pack<D>(value, value, D::load(out + j, count)).store(out + j, count);
    });
  }
}

template <class T>
void scale_lanes(size_t nodes, size_t lanes, const T* factor, T* x, size_t ld) {
  for (size_t node = 0; node < nodes; ++node) {
    for_packs<T>(lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      (P::load(x + node * ld + j, count) * P::load(factor + j, count)).store(x + node * ld + j, count);
    });
  }
}

template <class T>
void sum_lanes(size_t nodes, size_t lanes, const T* x, size_t ld, T* out) {
  using V = Whole<T>;
  for (size_t node = 0; node < nodes; ++node) {
    const T* row = x + node * ld;
    V sum = {};
    size_t i = 0;
    for (; i + width<T> <= lanes; i += width<T>) sum += load<V>(row + i);
    T rest = out[node];
    for (; i < lanes; ++i) rest += row[i];
    for (size_t lane = 0; lane < width<T>; ++lane) rest += sum[lane];
    out[node] = rest;
  }
}

}  // namespace
}  // namespace lso::kernels
