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
  const auto part = [&](size_t u) LSO_INLINED { return __builtin_convertvector(d.v[u], Part<P>); };
  return P::each([&](size_t u) LSO_INLINED {
    if constexpr (ratio<P> == 1) {
      return part(u);
    } else {
      return beside(part(2 * u), part(2 * u + 1));
    }
  });
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

// x + derivatives * scale within the bounds. NaN compares as different from everything, so it is not cut to one.
template <class P>
LSO_INLINE P moved_value(const P& old, const P& derivatives, const Wide<P>& scale, const P* low, const P* high) {
  using D = Wide<P>;
  const P value = narrow<P>(fused_pack<D>(wide<D>(derivatives), scale, wide<D>(old)));
  if (low == nullptr) return value;
  const P raised = where_below<P>(value - *low, 0, *low, value);
  return where_above<P>(raised - *high, 0, *high, raised);
}

template <class P>
LSO_INLINE P size_of(const P& change) {
  return where_below<P>(change, 0, -change, change);
}

// One lane: its nodes are neighbours.
template <class T>
void move_one(const LaneStep<T>& step) {
  double moved = 0;
  for_packs<T, width<T>, 1>(0, step.nodes, [&](auto pack, size_t i, size_t count) LSO_INLINED {
    using P = decltype(pack);
    const bool bounded = step.lower != nullptr;
    const P low = bounded ? P::load(step.lower + i, count) : P(0);
    const P high = bounded ? P::load(step.upper + i, count) : P(0);
    const P old = P::load(step.x + i, count);
    const P value = moved_value<P>(old, P::load(step.derivatives + i, count), Wide<P>(step.scale[0]),
                                   bounded ? &low : nullptr, &high);
    value.store(step.x + i, count);
    T sizes[P::W];
    size_of<P>(value - old).store(sizes, P::W);
    for (size_t n = 0; n < count; ++n) moved += static_cast<double>(sizes[n]);
  });
  step.moved[0] = moved;
}

template <class T>
void move_lanes(const LaneStep<T>& step) {
  if (step.lanes == 1 && step.ld == 1) return move_one(step);
  for_packs<T, width<T>, 2>(0, step.lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
    using P = decltype(pack);
    using D = Wide<P>;
    const D scale = D::load(step.scale + j, count);
    D moved(0.0);
    for (size_t node = 0; node < step.nodes; ++node) {
      T* x = step.x + node * step.ld + j;
      const bool bounded = step.lower != nullptr;
      const P low = bounded ? step.lower[node] : T(0);
      const P high = bounded ? step.upper[node] : T(0);
      const P old = P::load(x, count);
      const P value = moved_value<P>(old, P::load(step.derivatives + node * step.ld + j, count), scale,
                                     bounded ? &low : nullptr, &high);
      value.store(x, count);
      moved = moved + wide<D>(size_of<P>(value - old));
    }
    moved.store(step.moved + j, count);
  });
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
  for_packs<T, width<T>, 2>(0, lanes, [&](auto pack, size_t j, size_t count) LSO_INLINED {
    using P = decltype(pack);
    using D = Wide<P>;
    D sum(0.0);
    for (size_t node = 0; node < nodes; ++node) {
      const D value = wide<D>(P::load(x + node * ld + j, count));
      sum = fused_pack<D>(value, value, sum);
    }
    sum.store(out + j, count);
  });
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
