/// The 3 x 3 matrices of TensorNet by their irreducible parts: the algebra that its layers need, each function with the way
/// back for derivatives.
#pragma once

#include <array>

namespace nacre::detail {

/// Parts of one matrix: a multiple of one, a skew vector, and xx, xy, xz, yy, yz of a traceless symmetric matrix.
struct Nine {
  float v[9];
};
struct Full {
  float m[3][3];
};

inline Full compose(Nine const& p) {
  auto const [i, a0, a1, a2, xx, xy, xz, yy, yz] = p.v;
  return {{{i + xx, xy - a2, xz + a1}, {xy + a2, i + yy, yz - a0}, {xz - a1, yz + a0, i - xx - yy}}};
}

inline Nine decompose(Full const& x) {
  auto const& m = x.m;
  float const i = (m[0][0] + m[1][1] + m[2][2]) / 3.0f;
  return {{i, 0.5f * (m[2][1] - m[1][2]), 0.5f * (m[0][2] - m[2][0]), 0.5f * (m[1][0] - m[0][1]), m[0][0] - i, 0.5f * (m[0][1] + m[1][0]),
           0.5f * (m[0][2] + m[2][0]), m[1][1] - i, 0.5f * (m[1][2] + m[2][1])}};
}

/// From the derivative by a matrix to that by its parts, and back for a function of the parts.
inline Nine compose_back(Full const& g) {
  auto const& m = g.m;
  return {{m[0][0] + m[1][1] + m[2][2], m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1], m[0][0] - m[2][2], m[0][1] + m[1][0],
           m[0][2] + m[2][0], m[1][1] - m[2][2], m[1][2] + m[2][1]}};
}

inline Full decompose_back(Nine const& g) {
  auto const [i, a0, a1, a2, xx, xy, xz, yy, yz] = g.v;
  float const rest = (i - xx - yy) / 3.0f;
  return {{{rest + xx, 0.5f * (xy - a2), 0.5f * (xz + a1)}, {0.5f * (xy + a2), rest + yy, 0.5f * (yz - a0)}, {0.5f * (xz - a1), 0.5f * (yz + a0), rest}}};
}

/// a b, with either transposed.
template <bool first, bool second>
inline Full product(Full const& a, Full const& b) {
  Full c{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) c.m[i][j] += (first ? a.m[k][i] : a.m[i][k]) * (second ? b.m[j][k] : b.m[k][j]);
  return c;
}

inline Full sum(Full a, Full const& b) {
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) a.m[i][j] += b.m[i][j];
  return a;
}

inline Nine sum(Nine a, Nine const& b) {
  for (int k = 0; k < 9; ++k) a.v[k] += b.v[k];
  return a;
}

inline Full anticommutator(Full const& m, Full const& y) { return sum(product<false, false>(m, y), product<false, false>(y, m)); }

/// Squares of the three parts, whose sum is the squared norm of the matrix.
inline std::array<float, 3> squares(Nine const& p) {
  auto const [i, a0, a1, a2, xx, xy, xz, yy, yz] = p.v;
  return {3.0f * i * i, 2.0f * (a0 * a0 + a1 * a1 + a2 * a2), xx * xx + yy * yy + (xx + yy) * (xx + yy) + 2.0f * (xy * xy + xz * xz + yz * yz)};
}

/// Their derivatives, each times a number.
inline Nine squares_back(Nine const& p, float gi, float ga, float gs) {
  auto const [i, a0, a1, a2, xx, xy, xz, yy, yz] = p.v;
  return {{6.0f * i * gi, 4.0f * a0 * ga, 4.0f * a1 * ga, 4.0f * a2 * ga, (4.0f * xx + 2.0f * yy) * gs, 4.0f * xy * gs, 4.0f * xz * gs,
           (4.0f * yy + 2.0f * xx) * gs, 4.0f * yz * gs}};
}

inline float norm2(Nine const& p) {
  auto const [i, a, s] = squares(p);
  return i + a + s;
}

/// p / (|p|^2 + 1) and the derivative by p of something that has g by the quotient.
inline Nine shrink(Nine p) {
  float const q = 1.0f / (norm2(p) + 1.0f);
  for (float& x : p.v) x *= q;
  return p;
}

inline Nine shrink_back(Nine const& p, Nine const& g) {
  float const q = 1.0f / (norm2(p) + 1.0f);
  float along = 0.0f;
  for (int k = 0; k < 9; ++k) along += g.v[k] * p.v[k];
  float const pull = -along * q * q;
  Nine result = squares_back(p, pull, pull, pull);
  for (int k = 0; k < 9; ++k) result.v[k] += q * g.v[k];
  return result;
}

}  // namespace nacre::detail
