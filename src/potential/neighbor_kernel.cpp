#include "neighbor_kernel.hpp"

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstddef>

#include "nacre/core/vector_math.hpp"

namespace nacre::detail {
namespace {

int search_generic(NeighborSearch const& in, int begin, int end, int count) {
  for (int k = begin; k < end; ++k) {
    float const dx = in.xs[k] - in.x, dy = in.ys[k] - in.y, dz = in.zs[k] - in.z;
    float const r2 = dx * dx + dy * dy + dz * dz;
    in.found[count] = in.numbers[k];
    count += static_cast<int>(r2 < in.limit) & static_cast<int>(in.numbers[k] > in.floor);
  }
  return count;
}

/// For each mask of four, the bytes that move its members to the front.
constexpr std::array<std::array<char, 16>, 16> make_packing() {
  std::array<std::array<char, 16>, 16> table{};
  for (std::size_t mask = 0; mask < 16; ++mask) {
    std::size_t place = 0;
    for (std::size_t lane = 0; lane < 4; ++lane) {
      if ((mask >> lane & 1) == 0) continue;
      for (std::size_t byte = 0; byte < 4; ++byte) table[mask][place++] = static_cast<char>(4 * lane + byte);
    }
  }
  return table;
}
alignas(16) constexpr auto packing = make_packing();

__attribute__((target("avx2"))) int search_avx2(NeighborSearch const& in, int begin, int end, int count) {
  __m256 const x = _mm256_set1_ps(in.x), y = _mm256_set1_ps(in.y), z = _mm256_set1_ps(in.z);
  __m256 const limit = _mm256_set1_ps(in.limit);
  __m256i const floor = _mm256_set1_epi32(in.floor);
  int k = begin;
  for (; k + 8 <= end; k += 8) {
    __m256 const dx = _mm256_sub_ps(_mm256_loadu_ps(in.xs + k), x), dy = _mm256_sub_ps(_mm256_loadu_ps(in.ys + k), y),
                 dz = _mm256_sub_ps(_mm256_loadu_ps(in.zs + k), z);
    __m256 const r2 = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy)), _mm256_mul_ps(dz, dz));
    __m256i const numbers = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(in.numbers + k));
    __m256 const later = _mm256_castsi256_ps(_mm256_cmpgt_epi32(numbers, floor));
    auto const near =
        static_cast<unsigned>(_mm256_movemask_ps(_mm256_and_ps(_mm256_cmp_ps(r2, limit, _CMP_LT_OQ), later)));
    for (unsigned half = 0; half < 2; ++half) {
      unsigned const mask = near >> (4 * half) & 15;
      __m128i const bytes = _mm_load_si128(reinterpret_cast<__m128i const*>(packing[mask].data()));
      __m128i const four = half == 0 ? _mm256_castsi256_si128(numbers) : _mm256_extracti128_si256(numbers, 1);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(in.found + count), _mm_shuffle_epi8(four, bytes));
      count += std::popcount(mask);
    }
  }
  return search_generic(in, k, end, count);
}

/// Sixteen at a time, the near ones moved together in their register.
__attribute__((target("avx512f,avx512dq,avx512vl"))) int search_avx512(NeighborSearch const& in, int begin, int end,
                                                                       int count) {
  __m512 const x = _mm512_set1_ps(in.x), y = _mm512_set1_ps(in.y), z = _mm512_set1_ps(in.z);
  __m512 const limit = _mm512_set1_ps(in.limit);
  __m512i const floor = _mm512_set1_epi32(in.floor);
  for (int k = begin; k < end; k += 16) {
    auto const there = static_cast<__mmask16>(end - k >= 16 ? 0xffff : (1 << (end - k)) - 1);
    __m512 const dx = _mm512_sub_ps(_mm512_maskz_loadu_ps(there, in.xs + k), x),
                 dy = _mm512_sub_ps(_mm512_maskz_loadu_ps(there, in.ys + k), y),
                 dz = _mm512_sub_ps(_mm512_maskz_loadu_ps(there, in.zs + k), z);
    __m512 const r2 = _mm512_add_ps(_mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy)), _mm512_mul_ps(dz, dz));
    __m512i const numbers = _mm512_maskz_loadu_epi32(there, in.numbers + k);
    __mmask16 const later = _mm512_mask_cmpgt_epi32_mask(there, numbers, floor);
    __mmask16 const near = _mm512_mask_cmp_ps_mask(later, r2, limit, _CMP_LT_OQ);
    _mm512_storeu_si512(in.found + count, _mm512_maskz_compress_epi32(near, numbers));
    count += std::popcount(static_cast<unsigned>(near));
  }
  return count;
}

using Index4 = std::int64_t __attribute__((vector_size(32)));

NACRE_INLINE void set_vector(PairGeometry const& in, Four const& center, int p, Four& v) {
  auto const [atom, shift] = in.entries[p];
  Four place, lattice_vector;
  load_four(in.atoms + 4 * static_cast<std::ptrdiff_t>(atom), place);
  load_four(in.shifts + 4 * static_cast<std::ptrdiff_t>(shift), lattice_vector);
  v = (place - center) + lattice_vector;
  store_four(in.vectors + 4 * static_cast<std::ptrdiff_t>(p), v);
}

/// Four pairs at a time, turned from x, y, z of each into each of x, y, z.
NACRE_INLINE void measure(PairGeometry& in) {
  Four center;
  load_four(in.center, center);
  Four const limit = Four{} + in.limit;
  Four nearest = Four{} + in.nearest;
  Index4 near = {};
  int p = 0;
  for (; p + 4 <= in.count; p += 4) {
    Four a, b, c, d;
    set_vector(in, center, p, a), set_vector(in, center, p + 1, b);
    set_vector(in, center, p + 2, c), set_vector(in, center, p + 3, d);
    Four const ab = __builtin_shuffle(a, b, Index4{0, 4, 2, 6}), cd = __builtin_shuffle(c, d, Index4{0, 4, 2, 6});
    Four const yab = __builtin_shuffle(a, b, Index4{1, 5, 3, 7}), ycd = __builtin_shuffle(c, d, Index4{1, 5, 3, 7});
    Four const x = __builtin_shuffle(ab, cd, Index4{0, 1, 4, 5}), z = __builtin_shuffle(ab, cd, Index4{2, 3, 6, 7});
    Four const y = __builtin_shuffle(yab, ycd, Index4{0, 1, 4, 5});
    Four const r2 = x * x + y * y + z * z;
    store_four(in.r2 + p, r2);
    nearest = r2 < nearest ? r2 : nearest;
    near -= r2 < limit;
  }
  for (int lane = 0; lane < 4; ++lane) {
    in.nearest = nearest[lane] < in.nearest ? nearest[lane] : in.nearest;
    in.near += near[lane];
  }
  for (; p < in.count; ++p) {
    Four v;
    set_vector(in, center, p, v);
    double const r2 = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    in.r2[p] = r2;
    in.nearest = r2 < in.nearest ? r2 : in.nearest;
    in.near += r2 < in.limit ? 1 : 0;
  }
}

void measure_generic(PairGeometry& in) { measure(in); }
__attribute__((target("avx2"))) void measure_avx2(PairGeometry& in) { measure(in); }
__attribute__((target("avx512f,avx512dq,avx512vl"))) void measure_avx512(PairGeometry& in) { measure(in); }

}  // namespace

SearchRange search_range(Isa isa) {
  return isa == Isa::avx512 ? search_avx512 : isa == Isa::avx2 ? search_avx2 : search_generic;
}

void measure_pairs(Isa isa, PairGeometry& pairs) {
  auto const run = isa == Isa::avx512 ? measure_avx512 : isa == Isa::avx2 ? measure_avx2 : measure_generic;
  run(pairs);
}

}  // namespace nacre::detail
