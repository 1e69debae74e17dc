/* 16 float32 lanes; AVX-512F only. The vector interface of gemm_tile.h, depthwise_tile.h and
 * activation.h; + - * / are the compiler's own on vector types. */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define VL 16
typedef __m512 vec;
typedef __mmask16 vec_mask;

static inline vec vec_set1(float x) { return _mm512_set1_ps(x); }
static inline vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vec_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
/* The first n lanes; none if n <= 0, all if n >= VL. */
static inline vec_mask vec_first(int n) {
    return n >= VL ? 0xffff : n <= 0 ? 0 : (vec_mask)((1u << n) - 1);
}
/* Lanes that are off read as 0 and touch no memory. */
static inline vec vec_load_mask(const float *p, vec_mask m) { return _mm512_maskz_loadu_ps(m, p); }
static inline void vec_store_mask(float *p, vec_mask m, vec x) { _mm512_mask_storeu_ps(p, m, x); }
/* p[0], p[1], p[0], .. */
static inline vec vec_set2(const float *p) {
    double both;
    memcpy(&both, p, sizeof both);
    return _mm512_castpd_ps(_mm512_set1_pd(both));
}
#define vec_set2 vec_set2
/* x0 + x1, x2 + x3, .. in the first half. */
static inline vec vec_pair_sums(vec x) {
    const __m512i first = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14);
    return _mm512_permutexvar_ps(first, x + _mm512_permute_ps(x, 0xb1));
}
/* a * b + c */
static inline vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
/* NaN in x stays: the instruction returns its second operand if either is NaN. */
static inline vec vec_at_least(vec x, vec low) { return _mm512_max_ps(low, x); }
static inline vec vec_at_most(vec x, vec high) { return _mm512_min_ps(high, x); }
/* The greater and the smaller; NaN in either gives NaN: the instruction returns its second operand then, and is
 * masked off where b is NaN. A chain of maxima in a waits for one instruction each: the mask needs only b. */
static inline vec vec_max(vec a, vec b) {
    return _mm512_mask_max_ps(b, _mm512_cmp_ps_mask(b, b, _CMP_ORD_Q), b, a);
}
static inline vec vec_min(vec a, vec b) {
    return _mm512_mask_min_ps(b, _mm512_cmp_ps_mask(b, b, _CMP_ORD_Q), b, a);
}
/* Lane i is lane index[i] - base of x; any lane if that is none. */
static inline vec vec_pick(vec x, const int32_t *index, int32_t base) {
    const __m512i at = _mm512_sub_epi32(_mm512_loadu_si512(index), _mm512_set1_epi32(base));
    return _mm512_permutexvar_ps(at, x);
}
static inline vec vec_sqrt(vec x) { return _mm512_sqrt_ps(x); }
static inline vec vec_abs(vec x) { return _mm512_abs_ps(x); }
/* a > b ? yes : no; NaN gives no. */
static inline vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), no, yes);
}
/* x * 2^n for integral n, where x and the result are normal; NaN stays NaN. sum: n + TW_ROUND. This one takes
 * n's floor instead. */
static inline vec vec_scale(vec x, vec n, vec sum) {
    (void)sum;
    return _mm512_scalef_ps(x, n);
}
/* 2^(i / 16) of the integer i that the last four bits of each lane are. Only here: elsewhere no one
 * instruction looks them up. */
static inline vec vec_sixteenth(vec x) {
    const vec powers = _mm512_setr_ps(1.0f, 1.04427378f, 1.09050773f, 1.13878863f, 1.18920712f, 1.24185781f,
                                     1.29683955f, 1.35425555f, 1.41421356f, 1.47682615f, 1.54221083f, 1.61049033f,
                                     1.68179283f, 1.75625216f, 1.83400809f, 1.91520656f);
    return _mm512_permutexvar_ps(_mm512_castps_si512(x), powers);
}
#define vec_sixteenth vec_sixteenth
/* x / y, 1 / y being within 1 ulp, for y that is normal and finite: a third of a division's time. */
static inline vec vec_quotient(vec x, vec y) {
    const vec r = _mm512_rcp14_ps(y); /* within 2^-14; one step of Newton doubles the bits */
    return x * _mm512_fmadd_ps(r, _mm512_fnmadd_ps(y, r, _mm512_set1_ps(1.0f)), r);
}
