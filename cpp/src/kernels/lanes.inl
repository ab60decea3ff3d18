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

template <class D, class P>
LSO_INLINE D wide(const P& p) {
  typename P::T values[P::U * P::W];
  p.store(values, P::U * P::W);
  return D::each([&](size_t u)
                     LSO_INLINED { return __builtin_convertvector(load<Part<P>>(values + u * D::W), typename D::V); });
}

template <class P, class D>
LSO_INLINE P narrow(const D& d) {
  typename P::T values[P::U * P::W];
  for (size_t u = 0; u < D::U; ++u) store(values + u * D::W, __builtin_convertvector(d.v[u], Part<P>));
  return P::load(values, P::U * P::W);
}

template <class T>
void squared_excess(const Requirement<T>& of, double* error, T* g, size_t ldg) {
  for (size_t lane = 0; error != nullptr && lane < of.lanes; ++lane) error[lane] = 0.0;
  for (size_t node = 0; node < of.nodes; ++node) {
    const T* y = of.y + node * of.ldy;
    const T* low = of.low + node * of.ld;
    const T* high = of.high != nullptr ? of.high + node * of.ld : nullptr;
    const T* weight = of.weight != nullptr ? of.weight + node * of.ld : nullptr;
    for_packs<T>(of.lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
      using P = decltype(pack);
      using D = Wide<P>;
      const P value = P::load(y + j, count);
      P excess = value - P::load(low + j, count);
      if (high != nullptr) {  // NaN is neither below nor above, and stays
        const P above = value - P::load(high + j, count);
        excess = where_below<P>(excess, 0, excess, where_above<P>(above, 0, above, excess * P(0)));
      }
      const P w = weight != nullptr ? P::load(weight + j, count) : P(1);
      if (error != nullptr) {
        const D exact = wide<D>(excess);
        fused_pack<D>(wide<D>(w) * exact, exact, D::load(error + j, count)).store(error + j, count);
      }
      if (g != nullptr) (P(2) * w * excess).store(g + node * ldg + j, count);
    });
  }
}

// NaN compares as different from everything, so it is not cut to a bound.
template <class T>
void move_lanes(const LaneStep<T>& step) {
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
