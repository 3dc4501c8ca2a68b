#include "mesh_kernel.hpp"

#include <cmath>
#include <cstddef>

#include "nacre/core/vector_math.hpp"

namespace nacre::detail {
namespace {

constexpr int block = 16;  // atoms whose splines are built together

/// From the splines of order n - 1 in `value` to those of order n: M_n(t + j) for j < n.
template <int n>
NACRE_INLINE void raise(double (&value)[largest_mesh_order][block], double const* t) {
  constexpr double inverse = 1.0 / (n - 1);
  for (int b = 0; b < block; ++b) value[n - 1][b] = (1.0 - t[b]) * inverse * value[n - 2][b];
  for (int j = n - 2; j > 0; --j) {
    for (int b = 0; b < block; ++b) {
      value[j][b] = ((t[b] + j) * value[j][b] + (n - t[b] - j) * value[j - 1][b]) * inverse;
    }
  }
  for (int b = 0; b < block; ++b) value[0][b] = t[b] * inverse * value[0][b];
}

template <int n, int order>
NACRE_INLINE void raise_to(double (&value)[largest_mesh_order][block], double const* t) {
  if constexpr (n <= order) {
    raise<n>(value, t);
    raise_to<n + 1, order>(value, t);
  }
}

/// The spline at the point l0 - j is M(t + j); points are stored upward.
template <int order>
NACRE_INLINE void splines(int atoms, double const* place, int* first, double* weights, double* slopes) {
  for (int begin = 0; begin < atoms; begin += block) {
    int const count = atoms - begin < block ? atoms - begin : block;
    double t[block] = {}, value[largest_mesh_order][block];
    for (int b = 0; b < count; ++b) {
      double const whole = std::floor(place[begin + b]);
      first[begin + b] = static_cast<int>(whole) - order + 1;
      t[b] = place[begin + b] - whole;
    }
    for (int b = 0; b < block; ++b) value[0][b] = t[b], value[1][b] = 1.0 - t[b];
    raise_to<3, order - 1>(value, t);
    for (int b = 0; b < count; ++b) {
      double* const d = slopes + static_cast<std::ptrdiff_t>(begin + b) * order;
      d[order - 1] = value[0][b];
      for (int j = 1; j < order - 1; ++j) d[order - 1 - j] = value[j][b] - value[j - 1][b];
      d[0] = -value[order - 2][b];
    }
    raise<order>(value, t);
    for (int b = 0; b < count; ++b) {
      double* const w = weights + static_cast<std::ptrdiff_t>(begin + b) * order;
      for (int j = 0; j < order; ++j) w[order - 1 - j] = value[j][b];
    }
  }
}

/// Rows that an atom's spline covers along one of the first two axes.
template <int order>
NACRE_INLINE void wrapped_points(int first, int size, int (&points)[order]) {
  int p = first;
  while (p < 0) p += size;
  for (int a = 0; a < order; ++a) {
    points[a] = p;
    if (++p == size) p = 0;
  }
}

/// What an atom sees of the mesh: rows along the first two axes, and where its points begin in them.
template <int order>
struct Patch {
  int x[order], y[order], z;
  double const *wx, *wy, *wz, *dx, *dy, *dz;
};

template <int order>
NACRE_INLINE Patch<order> patch_of(MeshSplines const& s, int atoms, int i, MeshView const& mesh) {
  Patch<order> patch;
  auto const at = static_cast<std::size_t>(i) * order;
  patch.wx = &s.weights[0][at], patch.wy = &s.weights[1][at], patch.wz = &s.weights[2][at];
  patch.dx = &s.slopes[0][at], patch.dy = &s.slopes[1][at], patch.dz = &s.slopes[2][at];
  int const* const first = s.first.data();
  wrapped_points<order>(first[i], mesh.size[0], patch.x);
  wrapped_points<order>(first[atoms + i], mesh.size[1], patch.y);
  patch.z = first[2 * atoms + i];
  while (patch.z < 0) patch.z += mesh.size[2];
  return patch;
}

template <int order>
NACRE_INLINE void spread(MeshSplines const& s, int atoms, double const* charges, MeshView const& mesh) {
  for (int i = 0; i < atoms; ++i) {
    auto const patch = patch_of<order>(s, atoms, i, mesh);
    double w[order];
    for (int c = 0; c < order; ++c) w[c] = patch.wz[c];
    for (int a = 0; a < order; ++a) {
      double const qa = charges[i] * patch.wx[a];
      for (int b = 0; b < order; ++b) {
        double const qab = qa * patch.wy[b];
        double* __restrict row =
            mesh.values +
            (static_cast<std::ptrdiff_t>(patch.x[a]) * mesh.size[1] + patch.y[b]) * mesh.stride + patch.z;
        for (int c = 0; c < order; ++c) row[c] += qab * w[c];
      }
    }
  }
}

template <int order>
NACRE_INLINE void gather(MeshSplines const& s, int atoms, MeshView const& mesh, double* potential, double* slope0,
                         double* slope1, double* slope2) {
  for (int i = 0; i < atoms; ++i) {
    auto const patch = patch_of<order>(s, atoms, i, mesh);
    double v[order] = {}, vx[order] = {}, vy[order] = {};
    for (int a = 0; a < order; ++a) {
      for (int b = 0; b < order; ++b) {
        double const w = patch.wx[a] * patch.wy[b], wx = patch.dx[a] * patch.wy[b], wy = patch.wx[a] * patch.dy[b];
        double const* __restrict row =
            mesh.values +
            (static_cast<std::ptrdiff_t>(patch.x[a]) * mesh.size[1] + patch.y[b]) * mesh.stride + patch.z;
        for (int c = 0; c < order; ++c) {
          v[c] += w * row[c];
          vx[c] += wx * row[c];
          vy[c] += wy * row[c];
        }
      }
    }
    double p = 0.0, p0 = 0.0, p1 = 0.0, p2 = 0.0;
    for (int c = 0; c < order; ++c) {
      p += patch.wz[c] * v[c];
      p0 += patch.wz[c] * vx[c];
      p1 += patch.wz[c] * vy[c];
      p2 += patch.dz[c] * v[c];
    }
    potential[i] = p, slope0[i] = p0, slope1[i] = p1, slope2[i] = p2;
  }
}

NACRE_INLINE void weigh(MeshRow const& in) {
  double const h = in.first, k = in.second, hh = h * h, hk = h * k, kk = k * k;
  double* __restrict energy = in.energy;
  double* __restrict m0 = in.moments[0], * __restrict m1 = in.moments[1], * __restrict m2 = in.moments[2],
                     * __restrict m3 = in.moments[3], * __restrict m4 = in.moments[4], * __restrict m5 = in.moments[5];
  double* __restrict transform = in.transform;
  for (int l = 0; l < in.count; ++l) {
    double const re = transform[2 * l], im = transform[2 * l + 1], g = in.influence[l];
    double const e = g * (re * re + im * im), s = e * in.stretch[l];
    transform[2 * l] = g * re;
    transform[2 * l + 1] = g * im;
    energy[l] += e;
    m0[l] += s, m1[l] += h * s, m2[l] += k * s, m3[l] += hh * s, m4[l] += hk * s, m5[l] += kk * s;
  }
}

#define NACRE_VARIANTS(name, parameters, call)                  \
  template <int order>                                          \
  void name##_generic parameters {                              \
    call;                                                       \
  }                                                             \
  template <int order>                                          \
  __attribute__((target("avx2"))) void name##_avx2 parameters { \
    call;                                                       \
  }                                                             \
  template <int order>                                          \
  __attribute__((target("avx512f,avx512dq,avx512vl"))) void name##_avx512 parameters { \
    call;                                                       \
  }

NACRE_VARIANTS(splines, (int n, double const* place, int* first, double* w, double* d),
               splines<order>(n, place, first, w, d))
NACRE_VARIANTS(spread, (MeshSplines const& s, int n, double const* q, MeshView const& m), spread<order>(s, n, q, m))
NACRE_VARIANTS(gather,
               (MeshSplines const& s, int n, MeshView const& m, double* p, double* p0, double* p1, double* p2),
               gather<order>(s, n, m, p, p0, p1, p2))
NACRE_VARIANTS(weigh, (MeshRow const& row), weigh(row))
#undef NACRE_VARIANTS

/// Calls `run` with the order as a constant.
template <class Run>
void with_order(int order, Run&& run) {
  switch (order) {
    case 4: return run.template operator()<4>();
    case 6: return run.template operator()<6>();
    case 8: return run.template operator()<8>();
    case 10: return run.template operator()<10>();
    default: return run.template operator()<12>();
  }
}

}  // namespace

void fill_splines(Isa isa, int order, int atoms, double const* place, int* first, double* weights, double* slopes) {
  with_order(order, [&]<int p>() {
    auto const run = isa == Isa::avx512 ? splines_avx512<p> : isa == Isa::avx2 ? splines_avx2<p> : splines_generic<p>;
    run(atoms, place, first, weights, slopes);
  });
}

void spread_charges(Isa isa, MeshSplines const& splines, int atoms, double const* charges, MeshView const& mesh) {
  with_order(splines.order, [&]<int p>() {
    auto const run = isa == Isa::avx512 ? spread_avx512<p> : isa == Isa::avx2 ? spread_avx2<p> : spread_generic<p>;
    run(splines, atoms, charges, mesh);
  });
}

void gather_potential(Isa isa, MeshSplines const& splines, int atoms, MeshView const& mesh, double* potential,
                      double* slope0, double* slope1, double* slope2) {
  with_order(splines.order, [&]<int p>() {
    auto const run = isa == Isa::avx512 ? gather_avx512<p> : isa == Isa::avx2 ? gather_avx2<p> : gather_generic<p>;
    run(splines, atoms, mesh, potential, slope0, slope1, slope2);
  });
}

void weigh_row(Isa isa, MeshRow const& row) {
  auto const run = isa == Isa::avx512 ? weigh_avx512<0> : isa == Isa::avx2 ? weigh_avx2<0> : weigh_generic<0>;
  run(row);
}

}  // namespace nacre::detail
