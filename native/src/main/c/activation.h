/* Activations on one vector and on a tile of rows; included once by every file that stores results,
 * after its vec_*.h. Every function keeps NaN. */
#include <stddef.h>

#include "tilewright.h"

/* Cephes expf: x = n ln 2 + r with |r| <= ln 2 / 2; the result is e^r by a polynomial, to be scaled
 * by 2^n. 1-2 ulp. */
static inline vec act_exp_fraction(vec x, vec *exponent) {
    /* Adding 1.5 * 2^23 rounds to an integer. */
    const vec magic = vec_set1(12582912.0f);
    const vec n = vec_fma(x, vec_set1(1.44269504f), magic) - magic;
    vec r = vec_fma(n, vec_set1(-0.693359375f), x);
    r = vec_fma(n, vec_set1(2.12194440e-4f), r);
    vec p = vec_set1(1.9875691500e-4f);
    p = vec_fma(p, r, vec_set1(1.3981999507e-3f));
    p = vec_fma(p, r, vec_set1(8.3334519073e-3f));
    p = vec_fma(p, r, vec_set1(4.1665795894e-2f));
    p = vec_fma(p, r, vec_set1(1.6666665459e-1f));
    p = vec_fma(p, r, vec_set1(5.0000001201e-1f));
    p = vec_fma(p, r * r, r) + vec_set1(1.0f);
    *exponent = n;
    return p;
}

/* Clamped where the result or its reciprocal would leave the normal range. */
static inline vec act_exp(vec x) {
    vec n;
    const vec p = act_exp_fraction(vec_at_least(vec_at_most(x, vec_set1(87.0f)), vec_set1(-87.0f)), &n);
    return vec_scale(p, n);
}

static inline vec act_sigmoid(vec x) {
    const vec one = vec_set1(1.0f);
    return vec_reciprocal(one + act_exp(vec_set1(0.0f) - x));
}

static inline vec act_unit(vec x) {
    return vec_at_least(vec_at_most(x, vec_set1(1.0f)), vec_set1(0.0f));
}

/* Cephes tanhf: an odd polynomial below 0.625, 1 - 2 / (e^2x + 1) above; the exponential alone would
 * cancel all digits of a small x. */
static inline vec act_tanh(vec x) {
    const vec z = x * x;
    vec p = vec_set1(-5.70498872745e-3f);
    p = vec_fma(p, z, vec_set1(2.06390887954e-2f));
    p = vec_fma(p, z, vec_set1(-5.37397155531e-2f));
    p = vec_fma(p, z, vec_set1(1.33314422036e-1f));
    p = vec_fma(p, z, vec_set1(-3.33332819422e-1f));
    p = vec_fma(p * z, x, x);
    const vec one = vec_set1(1.0f);
    const vec large = one - vec_set1(2.0f) * vec_reciprocal(act_exp(x + x) + one);
    return vec_if_greater(z, vec_set1(0.625f * 0.625f), large, p);
}

/* 0.5 x (1 + erf(x / sqrt 2)) with erf from Abramowitz and Stegun 1964, 7.1.26: error of erf below
 * 1.5e-7 everywhere. */
static inline vec act_gelu(vec x) {
    /* From here on the rest is below the normal range. */
    const vec a = vec_at_most(vec_abs(x), vec_set1(13.1f));
    const vec t = vec_reciprocal(vec_fma(a, vec_set1(0.3275911f * 0.70710678f), vec_set1(1.0f)));
    vec p = vec_set1(0.5f * 1.061405429f);
    p = vec_fma(p, t, vec_set1(0.5f * -1.453152027f));
    p = vec_fma(p, t, vec_set1(0.5f * 1.421413741f));
    p = vec_fma(p, t, vec_set1(0.5f * -0.284496736f));
    p = vec_fma(p, t, vec_set1(0.5f * 0.254829592f));
    vec n;
    const vec e = act_exp_fraction(vec_set1(-0.5f) * a * a, &n);
    /* The result is -|x| erfc(|x| / sqrt 2) / 2 below 0, and x more above. */
    return vec_at_least(x, vec_set1(0.0f)) - a * (p * t * vec_scale(e, n));
}

static inline vec act_apply(vec x, int32_t kind, vec a, vec b) {
    switch (kind) {
    case TW_CLIP: return vec_at_most(vec_at_least(x, a), b);
    case TW_LEAKY_RELU: return vec_if_greater(x, vec_set1(0.0f), x, a * x);
    case TW_SIGMOID: return act_sigmoid(x);
    case TW_HARD_SIGMOID: return act_unit(vec_fma(a, x, b));
    case TW_SILU: return x * act_sigmoid(x);
    case TW_HARD_SWISH: return x * act_unit(vec_fma(x, vec_set1(1.0f / 6), vec_set1(0.5f)));
    case TW_GELU: return act_gelu(x);
    case TW_TANH: return act_tanh(x);
    default: return x;
    }
}

/* Clip is applied while the value is in a register; the others in a second pass over the tile just
 * stored (it is in L1), so that kernels need no code for them beside live accumulators. */
static inline int act_needs_pass(int32_t kind) { return kind > TW_CLIP; }

/* Bounds of the first step: clip's, or none. */
static inline float act_low(const tw_problem *p) {
    return p->activation == TW_CLIP ? p->activation_a : -__builtin_inff();
}
static inline float act_high(const tw_problem *p) {
    return p->activation == TW_CLIP ? p->activation_b : __builtin_inff();
}

static inline __attribute__((always_inline)) void
act_rows_of(float *dst, ptrdiff_t stride, int rows, int columns, int32_t kind, vec a, vec b) {
    for (int r = 0; r < rows; r++) {
        float *row = dst + r * stride;
        int c = 0;
        for (; c + VL <= columns; c += VL)
            vec_store(row + c, act_apply(vec_load(row + c), kind, a, b));
        if (c < columns) {
            const vec_mask m = vec_first(columns - c);
            vec_store_mask(row + c, m, act_apply(vec_load_mask(row + c, m), kind, a, b));
        }
    }
}

/* In place on rows x columns; the switch is outside the loops. */
static __attribute__((unused)) void
act_rows(float *dst, ptrdiff_t stride, int rows, int columns, const tw_problem *p) {
    const vec a = vec_set1(p->activation_a), b = vec_set1(p->activation_b);
    switch (p->activation) {
#define ACT_CASE(kind)                                                                             \
    case kind: act_rows_of(dst, stride, rows, columns, kind, a, b); break
        ACT_CASE(TW_LEAKY_RELU);
        ACT_CASE(TW_SIGMOID);
        ACT_CASE(TW_HARD_SIGMOID);
        ACT_CASE(TW_SILU);
        ACT_CASE(TW_HARD_SWISH);
        ACT_CASE(TW_GELU);
        ACT_CASE(TW_TANH);
#undef ACT_CASE
    default: break;
    }
}
