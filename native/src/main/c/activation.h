/* Activations on one vector and on a tile of rows; included once by every file that stores results,
 * after its vec_*.h. Every function keeps NaN. */
#include <stddef.h>

#include "kernel.h"

/* Vectors that go through a function side by side: each is one long chain of dependent instructions,
 * and a core's scheduler holds those of few. A tile of 6 x 16 of AVX2, 1, 2, 3 and 4 together, ns a vector: Zen 1
 * SiLU 11.0, 11.0, 9.5, 10.1, GELU 23, 20, 19, 20; Zen 3, 1, 2 and 4, SiLU 3.4, 3.0, 2.9, GELU 4.8, 4.4, 4.5.
 * A tile of 14 x 32, 2, 4 and 8 together, cycles a vector (Zen 5, AVX-512): SiLU 10.4, 9.3, 9.5, GELU 12.9,
 * 12.5, 12.7. */
#define ACT_TOGETHER (VL < 8 ? 2 : VL < 16 ? 3 : 4)

/* The functions below work in place on n vectors; n is a constant where they are inlined. */
#define ACT_EACH TW_UNROLL for (int i = 0; i < n; i++)

/* sign x = m ln 2 + r, where sign is 1 or -1: x becomes r times sign, exponent m. Adding magic, 1.5 times a
 * power of 2 and perhaps an integer, rounds m to the last digit of the sum, which `rounded` becomes. */
TW_INLINE void act_reduce(vec *x, vec *exponent, vec *rounded, const float magic, const float sign,
                          const int n) {
    ACT_EACH rounded[i] = vec_fma(x[i], vec_set1(sign * 1.44269504f), vec_set1(magic));
    ACT_EACH exponent[i] = rounded[i] - vec_set1(magic);
    ACT_EACH x[i] = vec_fma(exponent[i], vec_set1(sign * -0.693359375f), x[i]);
    ACT_EACH x[i] = vec_fma(exponent[i], vec_set1(sign * 2.12194440e-4f), x[i]);
}

/* x becomes what vec_scale makes e^(sign x) of with the other two. 1-2 ulp. */
TW_INLINE void act_exp_fraction(vec *x, vec *exponent, vec *rounded, const float sign, const int n) {
    vec p[ACT_TOGETHER];
#ifdef vec_sixteenth
    /* Tang 1989: m is a multiple of 1/16, so that |r| <= ln 2 / 32 and four terms of the series do, times the
     * power of 2 of m's fraction from a table. Cycles a vector of a tile, instead of with the polynomial below
     * (Zen 5): SiLU 7.4, 9.3, GELU 11.0, 12.5, tanh 11.2, 12.9. */
    act_reduce(x, exponent, rounded, 0x1.8p19f, sign, n);
    vec power[ACT_TOGETHER];
    ACT_EACH power[i] = vec_sixteenth(rounded[i]);
    ACT_EACH p[i] = vec_fma(x[i], vec_set1(sign / 6), vec_set1(0.5f));
    ACT_EACH p[i] = vec_fma(p[i], x[i], vec_set1(sign));
    ACT_EACH x[i] = vec_fma(power[i] * x[i], p[i], power[i]);
#else
    /* m is integral and |r| <= ln 2 / 2; a polynomial in sign r, fitted to 0.06 u of e^r. */
    act_reduce(x, exponent, rounded, TW_ROUND, sign, n);
    ACT_EACH p[i] = vec_fma(x[i], vec_set1(1.3814558e-3f), vec_set1(sign * 8.368736e-3f));
    ACT_EACH p[i] = vec_fma(p[i], x[i], vec_set1(4.166839e-2f));
    ACT_EACH p[i] = vec_fma(p[i], x[i], vec_set1(sign * 1.6666521e-1f));
    ACT_EACH p[i] = vec_fma(p[i], x[i], vec_set1(4.9999994e-1f));
    ACT_EACH p[i] = vec_fma(p[i], x[i], vec_set1(sign));
    ACT_EACH x[i] = vec_fma(p[i], x[i], vec_set1(1.0f));
#endif
}

/* e^(sign x), clamped where the result or its reciprocal would leave the normal range. */
TW_INLINE void act_exp(vec *x, const float sign, const int n) {
    vec exponent[ACT_TOGETHER], rounded[ACT_TOGETHER];
    ACT_EACH x[i] = vec_at_least(vec_at_most(x[i], vec_set1(87.0f)), vec_set1(-87.0f));
    act_exp_fraction(x, exponent, rounded, sign, n);
    ACT_EACH x[i] = vec_scale(x[i], exponent[i], rounded[i]);
}

/* x / (1 + e^-x), or with 1 for the first x. */
TW_INLINE void act_sigmoid(vec *x, const int times_x, const int n) {
    vec e[ACT_TOGETHER];
    ACT_EACH e[i] = x[i];
    act_exp(e, -1, n);
    ACT_EACH x[i] = vec_quotient(times_x ? x[i] : vec_set1(1.0f), e[i] + vec_set1(1.0f));
}

static inline vec act_unit(vec x) {
    return vec_at_least(vec_at_most(x, vec_set1(1.0f)), vec_set1(0.0f));
}

/* Cephes tanhf: an odd polynomial below 0.625, 1 - 2 / (e^2x + 1) above; the exponential alone would
 * cancel all digits of a small x. */
TW_INLINE void act_tanh(vec *x, const int n) {
    vec large[ACT_TOGETHER], z[ACT_TOGETHER], p[ACT_TOGETHER];
    ACT_EACH large[i] = x[i] + x[i];
    act_exp(large, 1, n);
    ACT_EACH large[i] =
        vec_set1(1.0f) - vec_quotient(vec_set1(2.0f), large[i] + vec_set1(1.0f));
    ACT_EACH z[i] = x[i] * x[i];
    ACT_EACH p[i] = vec_fma(z[i], vec_set1(-5.70498872745e-3f), vec_set1(2.06390887954e-2f));
    ACT_EACH p[i] = vec_fma(p[i], z[i], vec_set1(-5.37397155531e-2f));
    ACT_EACH p[i] = vec_fma(p[i], z[i], vec_set1(1.33314422036e-1f));
    ACT_EACH p[i] = vec_fma(p[i], z[i], vec_set1(-3.33332819422e-1f));
    ACT_EACH p[i] = vec_fma(p[i] * z[i], x[i], x[i]);
    ACT_EACH x[i] = vec_if_greater(z[i], vec_set1(0.625f * 0.625f), large[i], p[i]);
}

/* 0.5 x (1 + erf(x / sqrt 2)) with erf from Abramowitz and Stegun 1964, 7.1.26: error of erf below
 * 1.5e-7 everywhere. */
TW_INLINE void act_gelu(vec *x, const int n) {
    vec a[ACT_TOGETHER], e[ACT_TOGETHER], exponent[ACT_TOGETHER], rounded[ACT_TOGETHER];
    vec t[ACT_TOGETHER], p[ACT_TOGETHER];
    /* From here on the rest is below the normal range. */
    ACT_EACH a[i] = vec_at_most(vec_abs(x[i]), vec_set1(13.1f));
    ACT_EACH t[i] = vec_quotient(
        vec_set1(1.0f), vec_fma(a[i], vec_set1(0.3275911f * 0.70710678f), vec_set1(1.0f)));
    ACT_EACH e[i] = vec_set1(-0.5f) * a[i] * a[i];
    act_exp_fraction(e, exponent, rounded, 1, n);
    ACT_EACH e[i] = a[i] * vec_scale(e[i], exponent[i], rounded[i]);
    ACT_EACH p[i] = vec_fma(t[i], vec_set1(0.5f * 1.061405429f), vec_set1(0.5f * -1.453152027f));
    ACT_EACH p[i] = vec_fma(p[i], t[i], vec_set1(0.5f * 1.421413741f));
    ACT_EACH p[i] = vec_fma(p[i], t[i], vec_set1(0.5f * -0.284496736f));
    ACT_EACH p[i] = vec_fma(p[i], t[i], vec_set1(0.5f * 0.254829592f));
    /* The result is -|x| erfc(|x| / sqrt 2) / 2 below 0, and x more above. */
    ACT_EACH x[i] = vec_at_least(x[i], vec_set1(0.0f)) - p[i] * t[i] * e[i];
}

TW_INLINE void act_apply(vec *x, const int32_t kind, vec a, vec b, const int n) {
    const vec zero = vec_set1(0.0f);
    switch (kind) {
    case TW_CLIP: ACT_EACH x[i] = vec_at_most(vec_at_least(x[i], a), b); break;
    case TW_LEAKY_RELU: ACT_EACH x[i] = vec_if_greater(x[i], zero, x[i], a * x[i]); break;
    case TW_SIGMOID: act_sigmoid(x, 0, n); break;
    case TW_HARD_SIGMOID: ACT_EACH x[i] = act_unit(vec_fma(a, x[i], b)); break;
    case TW_SILU: act_sigmoid(x, 1, n); break;
    case TW_HARD_SWISH:
        ACT_EACH x[i] = x[i] * act_unit(vec_fma(x[i], vec_set1(1.0f / 6), vec_set1(0.5f)));
        break;
    case TW_GELU: act_gelu(x, n); break;
    case TW_TANH: act_tanh(x, n); break;
    default: break;
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

/* n vectors, each `step` floats after the one before, in place. */
TW_INLINE void act_side_by_side(float *at, ptrdiff_t step, int32_t kind, vec a, vec b, const int n) {
    vec x[ACT_TOGETHER];
    ACT_EACH x[i] = vec_load(at + i * step);
    act_apply(x, kind, a, b, n);
    ACT_EACH vec_store(at + i * step, x[i]);
}

TW_INLINE void act_vectors(float *at, ptrdiff_t step, int count, int32_t kind, vec a, vec b) {
    int i = 0;
    for (; i + ACT_TOGETHER <= count; i += ACT_TOGETHER)
        act_side_by_side(at + i * step, step, kind, a, b, ACT_TOGETHER);
    if (ACT_TOGETHER > 2 && i + 2 <= count) {
        act_side_by_side(at + i * step, step, kind, a, b, 2);
        i += 2;
    }
    for (; i < count; i++) act_side_by_side(at + i * step, step, kind, a, b, 1);
}

/* Down the columns of a tile, along the rows of what is wider than high. What is left of a row beside
 * whole vectors is put together with that of the next rows. */
TW_INLINE void act_rows_of(float *dst, ptrdiff_t stride, int rows, int columns, int32_t kind, vec a,
                           vec b) {
    const int step = ACT_TOGETHER * VL, rest = columns % VL, whole = columns - rest;
    if (whole <= rows * VL)
        for (int c = 0; c < whole; c += VL) act_vectors(dst + c, stride, rows, kind, a, b);
    else
        for (int r = 0; r < rows; r++) act_vectors(dst + r * stride, VL, whole / VL, kind, a, b);
    if (rest == 0) return;
    const vec_mask mask = vec_first(rest);
    float ends[(ACT_TOGETHER + 1) * VL] = {0};
    for (int r = 0, count; r < rows; r += count) {
        float *at = dst + r * stride + whole;
        count = tw_min(rows - r, step / rest);
        for (int i = 0; i < count; i++)
            vec_store(ends + i * rest, vec_load_mask(at + i * stride, mask));
        act_side_by_side(ends, VL, kind, a, b, ACT_TOGETHER);
        for (int i = 0; i < count; i++)
            vec_store_mask(at + i * stride, mask, vec_load(ends + i * rest));
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
