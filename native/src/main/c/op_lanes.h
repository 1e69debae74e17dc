/* Sums and maxima of many values; NaN wins. */

/* max: one of 0 and 1, a constant. */
static inline __attribute__((always_inline)) vec vec_join(vec a, vec b, int max) {
    if (max) return vec_max(a, b);
    return a + b;
}

static inline vec vec_start(int max) { return vec_set1(max ? -__builtin_inff() : 0.0f); }

static inline __attribute__((always_inline)) vec vec_finish(vec x, int max, float divisor) {
    if (max) return x;
    return x / vec_set1(divisor);
}

static float lanes_max(vec x) {
    float lanes[VL], max;
    vec_store(lanes, x);
    max = lanes[0];
    for (int i = 1; i < VL; i++)
        max = max > lanes[i] || max != max ? max : lanes[i];
    return max;
}

static double lanes_sum(vec x) {
    float lanes[VL];
    vec_store(lanes, x);
    double sum = 0;
    for (int i = 0; i < VL; i++)
        sum += lanes[i];
    return sum;
}

/* Lanes of x from n on replaced. */
static inline vec lanes_first(vec x, int64_t n, float rest) {
    float lanes[VL];
    vec_store(lanes, x);
    for (int64_t i = n; i < VL; i++)
        lanes[i] = rest;
    return vec_load(lanes);
}

static float row_max(const float *x, int64_t n) {
    vec max = vec_set1(-__builtin_inff());
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
        max = vec_max(max, vec_load(x + i));
    if (i < n) max = vec_max(max, lanes_first(op_load(x + i, n - i), n - i, -__builtin_inff()));
    return lanes_max(max);
}

/* Blocks bound the error of float sums. */
#define SUM_BLOCK 64
