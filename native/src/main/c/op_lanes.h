/* Sums and maxima of many values; NaN wins. */
#include "lanes.h"

/* max: one of 0 and 1, a constant. */
TW_INLINE vec vec_join(vec a, vec b, int max) {
    if (max) return vec_max(a, b);
    return a + b;
}

static inline vec vec_start(int max) { return vec_set1(max ? -__builtin_inff() : 0.0f); }

TW_INLINE vec vec_finish(vec x, int max, float divisor) {
    if (max) return x;
    return x / vec_set1(divisor);
}

/* All lanes joined, in every lane. */
TW_INLINE vec lanes_join(vec x, const int max) {
    TW_UNROLL for (int distance = VL / 2; distance > 0; distance /= 2)
        x = vec_join(x, lanes_swap(x, distance), max);
    return x;
}

/* Lanes of x from n on replaced. */
static inline vec lanes_first(vec x, int64_t n, float rest) {
    static const float numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return vec_if_greater(vec_set1((float)n), vec_load(numbers), x, vec_set1(rest));
}

/* In every lane. Four chains: a maximum that keeps NaN takes three instructions, one after the other. */
static inline vec row_max(const float *x, int64_t n) {
    vec max[4];
    TW_UNROLL for (int j = 0; j < 4; j++) max[j] = vec_set1(-__builtin_inff());
    int64_t i = 0;
    for (; i + 4 * VL <= n; i += 4 * VL)
        TW_UNROLL for (int j = 0; j < 4; j++) max[j] = vec_max(max[j], vec_load(x + i + j * VL));
    for (; i + VL <= n; i += VL)
        max[0] = vec_max(max[0], vec_load(x + i));
    if (i < n)
        max[0] = vec_max(max[0], lanes_first(op_load(x + i, n - i), n - i, -__builtin_inff()));
    return lanes_join(vec_max(vec_max(max[0], max[1]), vec_max(max[2], max[3])), 1);
}

/* Blocks bound the error of float sums. */
#define SUM_BLOCK 64
