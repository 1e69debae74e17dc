/* 8 float32 lanes; AVX2 and FMA. The interface is described in vec_avx512.h. */
#include <immintrin.h>
#include <stdint.h>

#define VL 8
typedef __m256 vec;
typedef __m256i vec_mask;

static inline vec vec_set1(float x) { return _mm256_set1_ps(x); }
static inline vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vec_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
static inline vec_mask vec_first(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vec vec_load_mask(const float *p, vec_mask m) { return _mm256_maskload_ps(p, m); }
static inline void vec_store_mask(float *p, vec_mask m, vec x) { _mm256_maskstore_ps(p, m, x); }
static inline vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec vec_at_least(vec x, vec low) { return _mm256_max_ps(low, x); }
static inline vec vec_at_most(vec x, vec high) { return _mm256_min_ps(high, x); }
/* The instruction returns its second operand if either is NaN; where b is, all bits set are NaN too. */
static inline vec vec_max(vec a, vec b) {
    return _mm256_or_ps(_mm256_max_ps(b, a), _mm256_cmp_ps(b, b, _CMP_UNORD_Q));
}
static inline vec vec_min(vec a, vec b) {
    return _mm256_or_ps(_mm256_min_ps(b, a), _mm256_cmp_ps(b, b, _CMP_UNORD_Q));
}
static inline vec vec_pick(vec x, const int32_t *index, int32_t base) {
    const __m256i at = _mm256_loadu_si256((const __m256i *)index);
    return _mm256_permutevar8x32_ps(x, _mm256_sub_epi32(at, _mm256_set1_epi32(base)));
}
static inline vec vec_sqrt(vec x) { return _mm256_sqrt_ps(x); }
static inline vec vec_abs(vec x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
static inline vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_GT_OQ));
}
static inline vec vec_scale(vec x, vec n, vec sum) {
    (void)n;
    return x * _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(sum), 23));
}
static inline vec vec_quotient(vec x, vec y) { return x / y; }
