/* Small pieces of transposed planes in registers: values of 4 bytes; steps are in bytes. */

/* Columns of a transposition that are stored together, for they are a cache line: a line that waits for
 * the rest of its columns until other rows had theirs may be gone, for rows are often a multiple of 1024
 * bytes apart. 64 x 12544 values, 4 columns at a time and 16, us: AVX2 638 and 298 (Emerald Rapids). */
#define COPY_WIDE 16

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 copy_vector;
#define COPY_VECTOR(function) _mm512_##function
/* Rows of 4 values, `step` apart, into the quarters of a vector. */
static inline __m512 copy_lanes(const char *from, int64_t step) {
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps((const float *)from));
    x = _mm512_insertf32x4(x, _mm_loadu_ps((const float *)(from + step)), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps((const float *)(from + 2 * step)), 2);
    return _mm512_insertf32x4(x, _mm_loadu_ps((const float *)(from + 3 * step)), 3);
}
/* Value `at` of the interleaving of `of` vectors: its place in the first two of them, or, with the
 * places of the rest, in what that gave and the third. */
#define COPY_FIRST(at, of) ((at) % (of) % 2 * 16 + (at) / (of))
#define COPY_THIRD(at, of) ((at) % 3 == 2 ? 16 + (at) / 3 : (at) % 16)
#define COPY_PLACES(place, at, of)                                                                 \
    _mm512_setr_epi32(place(at, of), place(at + 1, of), place(at + 2, of), place(at + 3, of),      \
                      place(at + 4, of), place(at + 5, of), place(at + 6, of), place(at + 7, of),  \
                      place(at + 8, of), place(at + 9, of), place(at + 10, of), place(at + 11, of), \
                      place(at + 12, of), place(at + 13, of), place(at + 14, of), place(at + 15, of))
/* 2 x 16 and 3 x 16 values become adjacent columns. */
static inline void copy_pairs(char *to, const char *from, int64_t from_step) {
    const __m512 x = _mm512_loadu_ps((const float *)from);
    const __m512 y = _mm512_loadu_ps((const float *)(from + from_step));
    float *d = (float *)to;
    _mm512_storeu_ps(d, _mm512_permutex2var_ps(x, COPY_PLACES(COPY_FIRST, 0, 2), y));
    _mm512_storeu_ps(d + 16, _mm512_permutex2var_ps(x, COPY_PLACES(COPY_FIRST, 16, 2), y));
}
static inline void copy_triples(char *to, const char *from, int64_t from_step) {
    const __m512 x = _mm512_loadu_ps((const float *)from);
    const __m512 y = _mm512_loadu_ps((const float *)(from + from_step));
    const __m512 z = _mm512_loadu_ps((const float *)(from + 2 * from_step));
#define COPY_TRIPLES(at)                                                                           \
    _mm512_storeu_ps((float *)to + at,                                                             \
                     _mm512_permutex2var_ps(                                                       \
                         _mm512_permutex2var_ps(x, COPY_PLACES(COPY_FIRST, at, 3), y),             \
                         COPY_PLACES(COPY_THIRD, at, 3), z))
    COPY_TRIPLES(0);
    COPY_TRIPLES(16);
    COPY_TRIPLES(32);
#undef COPY_TRIPLES
}
/* Every second value of two vectors, from the first or second on. */
#define COPY_HALF(at, odd) (2 * (at) + (odd))
static inline __m512 copy_half(__m512 x, __m512 y, const int odd) {
    return _mm512_permutex2var_ps(
        x, odd ? COPY_PLACES(COPY_HALF, 0, 1) : COPY_PLACES(COPY_HALF, 0, 0), y);
}
/* 16 adjacent pairs become 16 values in each of two rows, 16 fours in each of four. */
static inline void copy_unpairs(char *to, int64_t to_step, const char *from) {
    const __m512 x = _mm512_loadu_ps((const float *)from), y = _mm512_loadu_ps((const float *)from + 16);
    _mm512_storeu_ps((float *)to, copy_half(x, y, 0));
    _mm512_storeu_ps((float *)(to + to_step), copy_half(x, y, 1));
}
static inline void copy_fours(char *const to[4], const char *from) {
    const float *a = (const float *)from;
    const __m512 w = _mm512_loadu_ps(a), x = _mm512_loadu_ps(a + 16);
    const __m512 y = _mm512_loadu_ps(a + 32), z = _mm512_loadu_ps(a + 48);
    const __m512 even_wx = copy_half(w, x, 0), even_yz = copy_half(y, z, 0);
    const __m512 odd_wx = copy_half(w, x, 1), odd_yz = copy_half(y, z, 1);
    _mm512_storeu_ps((float *)to[0], copy_half(even_wx, even_yz, 0));
    _mm512_storeu_ps((float *)to[1], copy_half(odd_wx, odd_yz, 0));
    _mm512_storeu_ps((float *)to[2], copy_half(even_wx, even_yz, 1));
    _mm512_storeu_ps((float *)to[3], copy_half(odd_wx, odd_yz, 1));
}
#undef COPY_FIRST
#undef COPY_THIRD
#undef COPY_HALF
#undef COPY_PLACES
#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256 copy_vector;
#define COPY_VECTOR(function) _mm256_##function
static inline __m256 copy_lanes(const char *from, int64_t step) {
    const __m256 x = _mm256_castps128_ps256(_mm_loadu_ps((const float *)from));
    return _mm256_insertf128_ps(x, _mm_loadu_ps((const float *)(from + step)), 1);
}
#endif

#if defined(COPY_VECTOR)
/* 16 rows of 4 values become 4 of 16. */
static inline void copy_wide(char *const to[4], const char *from, int64_t from_step) {
    const int64_t rows = sizeof(copy_vector) / 4;
    for (int64_t c = 0; c < COPY_WIDE; c += rows, from += rows * from_step) {
        const copy_vector w = copy_lanes(from, 4 * from_step);
        const copy_vector x = copy_lanes(from + from_step, 4 * from_step);
        const copy_vector y = copy_lanes(from + 2 * from_step, 4 * from_step);
        const copy_vector z = copy_lanes(from + 3 * from_step, 4 * from_step);
        const copy_vector wx0 = COPY_VECTOR(unpacklo_ps)(w, x), wx2 = COPY_VECTOR(unpackhi_ps)(w, x);
        const copy_vector yz0 = COPY_VECTOR(unpacklo_ps)(y, z), yz2 = COPY_VECTOR(unpackhi_ps)(y, z);
        COPY_VECTOR(storeu_ps)((float *)to[0] + c, COPY_VECTOR(shuffle_ps)(wx0, yz0, 0x44));
        COPY_VECTOR(storeu_ps)((float *)to[1] + c, COPY_VECTOR(shuffle_ps)(wx0, yz0, 0xee));
        COPY_VECTOR(storeu_ps)((float *)to[2] + c, COPY_VECTOR(shuffle_ps)(wx2, yz2, 0x44));
        COPY_VECTOR(storeu_ps)((float *)to[3] + c, COPY_VECTOR(shuffle_ps)(wx2, yz2, 0xee));
    }
}
#endif

/* 4 x 4 values of 4 bytes, rows become columns;
 * 2 x 4 and 3 x 4 values become adjacent columns; 4 adjacent pairs become 4 values in each of two rows. */
#if defined(__SSE__)
#include <xmmintrin.h>
#define COPY_SQUARES 1
static inline void copy_square(char *const to[4], const char *const from[4]) {
    __m128 w = _mm_loadu_ps((const float *)from[0]), x = _mm_loadu_ps((const float *)from[1]);
    __m128 y = _mm_loadu_ps((const float *)from[2]), z = _mm_loadu_ps((const float *)from[3]);
    _MM_TRANSPOSE4_PS(w, x, y, z);
    _mm_storeu_ps((float *)to[0], w);
    _mm_storeu_ps((float *)to[1], x);
    _mm_storeu_ps((float *)to[2], y);
    _mm_storeu_ps((float *)to[3], z);
}
static inline void copy_pair(char *to, const char *from, int64_t from_step) {
    const __m128 x = _mm_loadu_ps((const float *)from);
    const __m128 y = _mm_loadu_ps((const float *)(from + from_step));
    _mm_storeu_ps((float *)to, _mm_unpacklo_ps(x, y));
    _mm_storeu_ps((float *)to + 4, _mm_unpackhi_ps(x, y));
}
static inline void copy_triple(char *to, const char *from, int64_t from_step) {
    const __m128 x = _mm_loadu_ps((const float *)from);
    const __m128 y = _mm_loadu_ps((const float *)(from + from_step));
    const __m128 z = _mm_loadu_ps((const float *)(from + 2 * from_step));
    const __m128 z0x1 = _mm_shuffle_ps(z, x, _MM_SHUFFLE(1, 1, 0, 0));
    const __m128 y1z1 = _mm_shuffle_ps(y, z, _MM_SHUFFLE(1, 1, 1, 1));
    const __m128 z2x3 = _mm_shuffle_ps(z, x, _MM_SHUFFLE(3, 3, 2, 2));
    const __m128 y3z3 = _mm_shuffle_ps(y, z, _MM_SHUFFLE(3, 3, 3, 3));
    const __m128 low = _mm_unpacklo_ps(x, y), high = _mm_unpackhi_ps(x, y);
    _mm_storeu_ps((float *)to, _mm_shuffle_ps(low, z0x1, _MM_SHUFFLE(2, 0, 1, 0)));
    _mm_storeu_ps((float *)to + 4, _mm_shuffle_ps(y1z1, high, _MM_SHUFFLE(1, 0, 2, 0)));
    _mm_storeu_ps((float *)to + 8, _mm_shuffle_ps(z2x3, y3z3, _MM_SHUFFLE(2, 0, 2, 0)));
}
static inline void copy_unpair(char *to, int64_t to_step, const char *from) {
    const __m128 x = _mm_loadu_ps((const float *)from), y = _mm_loadu_ps((const float *)from + 4);
    _mm_storeu_ps((float *)to, _mm_shuffle_ps(x, y, _MM_SHUFFLE(2, 0, 2, 0)));
    _mm_storeu_ps((float *)(to + to_step), _mm_shuffle_ps(x, y, _MM_SHUFFLE(3, 1, 3, 1)));
}
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#define COPY_SQUARES 1
static inline void copy_square(char *const to[4], const char *const from[4]) {
    /* Pairs of rows, then halves of pairs. */
    const float32x4x2_t even =
        vzipq_f32(vld1q_f32((const float *)from[0]), vld1q_f32((const float *)from[2]));
    const float32x4x2_t odd =
        vzipq_f32(vld1q_f32((const float *)from[1]), vld1q_f32((const float *)from[3]));
    const float32x4x2_t upper = vzipq_f32(even.val[0], odd.val[0]);
    const float32x4x2_t lower = vzipq_f32(even.val[1], odd.val[1]);
    vst1q_f32((float *)to[0], upper.val[0]);
    vst1q_f32((float *)to[1], upper.val[1]);
    vst1q_f32((float *)to[2], lower.val[0]);
    vst1q_f32((float *)to[3], lower.val[1]);
}
static inline void copy_pair(char *to, const char *from, int64_t from_step) {
    const float32x4x2_t xy = {
        {vld1q_f32((const float *)from), vld1q_f32((const float *)(from + from_step))}};
    vst2q_f32((float *)to, xy);
}
static inline void copy_triple(char *to, const char *from, int64_t from_step) {
    const float32x4x3_t xyz = {{vld1q_f32((const float *)from),
                                vld1q_f32((const float *)(from + from_step)),
                                vld1q_f32((const float *)(from + 2 * from_step))}};
    vst3q_f32((float *)to, xyz);
}
static inline void copy_unpair(char *to, int64_t to_step, const char *from) {
    const float32x4x2_t xy = vld2q_f32((const float *)from);
    vst1q_f32((float *)to, xy.val[0]);
    vst1q_f32((float *)(to + to_step), xy.val[1]);
}
#endif

#if defined(COPY_SQUARES) && !defined(COPY_VECTOR)
static inline void copy_wide(char *const to[4], const char *from, int64_t from_step) {
    for (int64_t c = 0; c < COPY_WIDE; c += 4, from += 4 * from_step) {
        char *const next[] = {to[0] + 4 * c, to[1] + 4 * c, to[2] + 4 * c, to[3] + 4 * c};
        const char *const rows[] = {from, from + from_step, from + 2 * from_step, from + 3 * from_step};
        copy_square(next, rows);
    }
}
#endif
