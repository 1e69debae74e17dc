/* 4 float32 lanes in the compiler's vector extension: SSE2 on x86, NEON on aarch64, scalars where
 * there is neither. The interface is described in vec_avx512.h. */
#include <string.h>

#define VL 4
typedef float vec __attribute__((vector_size(16)));
typedef int32_t vec_int __attribute__((vector_size(16)));
typedef uint32_t vec_uint __attribute__((vector_size(16)));
typedef int vec_mask; /* number of lanes that are on */

static inline vec vec_set1(float x) { return (vec){x, x, x, x}; }
static inline vec vec_load(const float *p) {
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}
static inline void vec_store(float *p, vec x) { memcpy(p, &x, sizeof x); }
static inline vec_mask vec_first(int n) { return n >= VL ? VL : n <= 0 ? 0 : n; }
static inline vec vec_load_mask(const float *p, vec_mask m) {
    vec x = {0, 0, 0, 0};
    memcpy(&x, p, (size_t)m * sizeof(float));
    return x;
}
static inline void vec_store_mask(float *p, vec_mask m, vec x) {
    memcpy(p, &x, (size_t)m * sizeof(float));
}
static inline vec vec_fma(vec a, vec b, vec c) { return a * b + c; }
static inline vec vec_choose(vec_int m, vec yes, vec no) {
    return (vec)(((vec_int)yes & m) | ((vec_int)no & ~m));
}
static inline vec vec_at_least(vec x, vec low) { return vec_choose(x < low, low, x); }
static inline vec vec_at_most(vec x, vec high) { return vec_choose(x > high, high, x); }
static inline vec vec_max(vec a, vec b) { return vec_choose((a > b) | (a != a), a, b); }
static inline vec vec_min(vec a, vec b) { return vec_choose((a < b) | (a != a), a, b); }
static inline vec vec_pick(vec x, const int32_t *index, int32_t base) {
    float lanes[VL];
    memcpy(lanes, &x, sizeof lanes);
    return (vec){lanes[(index[0] - base) & 3], lanes[(index[1] - base) & 3],
                 lanes[(index[2] - base) & 3], lanes[(index[3] - base) & 3]};
}
static inline vec vec_sqrt(vec x) {
    for (int i = 0; i < VL; i++)
        x[i] = __builtin_sqrtf(x[i]);
    return x;
}
static inline vec vec_abs(vec x) { return (vec)((vec_int)x & 0x7fffffff); }
static inline vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return vec_choose(a > b, yes, no);
}
static inline vec vec_scale(vec x, vec n, vec sum) {
    (void)n;
    return x * (vec)((vec_uint)sum << 23);
}
static inline vec vec_quotient(vec x, vec y) { return x / y; }
