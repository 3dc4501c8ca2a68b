#include "neighbor_kernel.hpp"

#include <immintrin.h>

#include <bit>

namespace nacre::detail {
namespace {

int search_generic(NeighborSearch const& in, int begin, int end, int count) {
  for (int k = begin; k < end; ++k) {
    double const dx = in.xs[k] - in.x, dy = in.ys[k] - in.y, dz = in.zs[k] - in.z;
    double const r2 = dx * dx + dy * dy + dz * dz;
    in.dx[count] = dx, in.dy[count] = dy, in.dz[count] = dz, in.r2[count] = r2;
    in.atom[count] = in.atoms[k];
    in.shift[count] = in.shifts[k];
    count += static_cast<int>(r2 < in.limit) & static_cast<int>(in.ranks[k] > in.rank);
  }
  return count;
}

/// Four candidates at a time; the few that are near are copied one by one.
__attribute__((target("avx2"))) int search_avx2(NeighborSearch const& in, int begin, int end, int count) {
  __m256d const x = _mm256_set1_pd(in.x), y = _mm256_set1_pd(in.y), z = _mm256_set1_pd(in.z);
  __m256d const limit = _mm256_set1_pd(in.limit);
  __m128i const rank = _mm_set1_epi32(in.rank);
  int k = begin;
  for (; k + 4 <= end; k += 4) {
    __m256d const dx = _mm256_sub_pd(_mm256_loadu_pd(in.xs + k), x), dy = _mm256_sub_pd(_mm256_loadu_pd(in.ys + k), y),
                  dz = _mm256_sub_pd(_mm256_loadu_pd(in.zs + k), z);
    __m256d const r2 =
        _mm256_add_pd(_mm256_add_pd(_mm256_mul_pd(dx, dx), _mm256_mul_pd(dy, dy)), _mm256_mul_pd(dz, dz));
    __m128i const ranks = _mm_loadu_si128(reinterpret_cast<__m128i const*>(in.ranks + k));
    auto near = static_cast<unsigned>(_mm256_movemask_pd(_mm256_cmp_pd(r2, limit, _CMP_LT_OQ)) &
                                      _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(ranks, rank))));
    if (near == 0) continue;
    double d[4][4];
    _mm256_storeu_pd(d[0], dx), _mm256_storeu_pd(d[1], dy), _mm256_storeu_pd(d[2], dz), _mm256_storeu_pd(d[3], r2);
    for (; near != 0; near &= near - 1) {
      int const lane = std::countr_zero(near);
      in.dx[count] = d[0][lane], in.dy[count] = d[1][lane], in.dz[count] = d[2][lane], in.r2[count] = d[3][lane];
      in.atom[count] = in.atoms[k + lane];
      in.shift[count] = in.shifts[k + lane];
      ++count;
    }
  }
  return search_generic(in, k, end, count);
}

/// Eight at a time, the near ones moved together in their registers.
__attribute__((target("avx512f,avx512dq,avx512vl"))) int search_avx512(NeighborSearch const& in, int begin, int end,
                                                                       int count) {
  __m512d const x = _mm512_set1_pd(in.x), y = _mm512_set1_pd(in.y), z = _mm512_set1_pd(in.z);
  __m512d const limit = _mm512_set1_pd(in.limit);
  __m256i const rank = _mm256_set1_epi32(in.rank);
  for (int k = begin; k < end; k += 8) {
    auto const there = static_cast<__mmask8>(end - k >= 8 ? 0xff : (1 << (end - k)) - 1);
    __m512d const dx = _mm512_sub_pd(_mm512_maskz_loadu_pd(there, in.xs + k), x),
                  dy = _mm512_sub_pd(_mm512_maskz_loadu_pd(there, in.ys + k), y),
                  dz = _mm512_sub_pd(_mm512_maskz_loadu_pd(there, in.zs + k), z);
    __m512d const r2 =
        _mm512_add_pd(_mm512_add_pd(_mm512_mul_pd(dx, dx), _mm512_mul_pd(dy, dy)), _mm512_mul_pd(dz, dz));
    __mmask8 const above =
        _mm256_mask_cmpgt_epi32_mask(there, _mm256_maskz_loadu_epi32(there, in.ranks + k), rank);
    __mmask8 const near = _mm512_mask_cmp_pd_mask(above, r2, limit, _CMP_LT_OQ);
    if (near == 0) continue;
    _mm512_storeu_pd(in.dx + count, _mm512_maskz_compress_pd(near, dx));
    _mm512_storeu_pd(in.dy + count, _mm512_maskz_compress_pd(near, dy));
    _mm512_storeu_pd(in.dz + count, _mm512_maskz_compress_pd(near, dz));
    _mm512_storeu_pd(in.r2 + count, _mm512_maskz_compress_pd(near, r2));
    __m256i const atoms = _mm256_maskz_compress_epi32(near, _mm256_maskz_loadu_epi32(near, in.atoms + k));
    __m256i const shifts = _mm256_maskz_compress_epi32(near, _mm256_maskz_loadu_epi32(near, in.shifts + k));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(in.atom + count), atoms);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(in.shift + count), shifts);
    count += std::popcount(static_cast<unsigned>(near));
  }
  return count;
}

}  // namespace

SearchRange search_range(Isa isa) {
  return isa == Isa::avx512 ? search_avx512 : isa == Isa::avx2 ? search_avx2 : search_generic;
}

}  // namespace nacre::detail
