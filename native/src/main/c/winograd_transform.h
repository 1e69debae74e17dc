/* The transforms of Winograd convolution over vectors of channels. Included by winograd_tile.h.
 *
 * The points are 0, p, -p, q, -q, .. and infinity. So rows of B^T come in pairs that differ in the
 * signs of their odd columns, and columns of A^T in pairs that differ in the signs of odd rows: what
 * a pair has in common is computed once. n and m are constants wherever these functions are inlined,
 * loops are unrolled and coefficients of 0, 1 and -1 disappear. */
#include "winograd.h"

/* Loops over the rows and columns of a tile: whole up to 6 x 6, which 32 registers nearly hold (input
 * 3.0 instead of 4.3 cycles a value); 8 x 8 would be spilt (output 4.1 instead of 2.8). */
#define OUTER _Pragma("GCC unroll 6")
#define MOST_OUTPUTS 6

static const float POINTS[4][4] = WINOGRAD_POINTS;

/* Coefficients, constant first, of the product of (u - p^2) over all positive points p but one (all:
 * but < 0); returns its degree. */
TW_INLINE int polynomial(int n, int but, float *c) {
    int degree = 0;
    c[0] = 1;
    TW_UNROLL for (int k = 0; k < n / 2 - 1; k++) {
        if (k == but) continue;
        const float square = POINTS[n / 2 - 2][k] * POINTS[n / 2 - 2][k];
        c[degree + 1] = 1;
        TW_UNROLL for (int i = degree; i > 0; i--) c[i] = c[i - 1] - square * c[i];
        c[0] *= -square;
        degree++;
    }
    return degree;
}

/* sum of c[i] x[2 i], c[degree] = 1 */
TW_INLINE vec every_second(int degree, const float *c, const vec *x) {
    vec sum = x[2 * degree];
    TW_UNROLL for (int i = degree - 1; i >= 0; i--) sum = x[2 * i] * vec_set1(c[i]) + sum;
    return sum;
}

/* y = B^T x, n of both. */
TW_INLINE void input_values(int n, const vec *x, vec *y) {
    float c[5];
    const int all = polynomial(n, -1, c);
    y[0] = every_second(all, c, x);
    y[n - 1] = every_second(all, c, x + 1);
    TW_UNROLL for (int k = 0; k < n / 2 - 1; k++) {
        const vec p = vec_set1(POINTS[n / 2 - 2][k]);
        const int degree = polynomial(n, k, c);
        const vec even = every_second(degree, c, x + 2), odd = every_second(degree, c, x + 1);
        y[2 * k + 1] = odd * p + even;
        y[2 * k + 2] = even - odd * p;
    }
}

/* y = A^T x, m of y and n of x. */
TW_INLINE void output_values(int n, int m, const vec *x, vec *y) {
    TW_UNROLL for (int i = 0; i < m; i++) y[i] = i == 0 ? x[0] : i == m - 1 ? x[n - 1] : vec_set1(0.0f);
    TW_UNROLL for (int k = 0; k < n / 2 - 1; k++) {
        const vec even = x[2 * k + 1] + x[2 * k + 2], odd = x[2 * k + 1] - x[2 * k + 2];
        float power = 1;
        TW_UNROLL for (int i = 0; i < m; i++) {
            const vec term = i % 2 ? odd : even;
            if (k == 0 && i > 0 && i < m - 1)
                y[i] = term * vec_set1(power);
            else
                y[i] = term * vec_set1(power) + y[i];
            power *= POINTS[n / 2 - 2][k];
        }
    }
}

/* One vector of channels of one tile of n pixels in a row or a column, and of n x n. whole: all its
 * channels exist. */
TW_INLINE void input_line(int n, int whole, const winograd_input *t, ptrdiff_t c, float *dst) {
    const ptrdiff_t offset = t->offset + c, plane = t->plane;
    const vec_mask mask = vec_first((int)(t->channels - c));
    vec x[WINOGRAD_MAX_PRODUCTS], y[WINOGRAD_MAX_PRODUCTS];
    TW_UNROLL for (int j = 0; j < n; j++) {
        const float *from = t->pixels[j] + offset;
        x[j] = whole ? vec_load(from) : vec_load_mask(from, mask);
    }
    input_values(n, x, y);
    TW_UNROLL for (int j = 0; j < n; j++) vec_store(dst + j * plane, y[j]);
}

TW_INLINE void input_square(int n, int whole, const winograd_input *t, ptrdiff_t c, float *dst) {
    const ptrdiff_t offset = t->offset + c, plane = t->plane;
    const float *const *pixels = t->pixels;
    const vec_mask mask = vec_first((int)(t->channels - c));
    vec rows[WINOGRAD_MAX_PLANES], x[WINOGRAD_MAX_PRODUCTS], y[WINOGRAD_MAX_PRODUCTS];
    OUTER for (int i = 0; i < n; i++) {
        TW_UNROLL for (int j = 0; j < n; j++) {
            const float *from = pixels[i * n + j] + offset;
            x[j] = whole ? vec_load(from) : vec_load_mask(from, mask);
        }
        input_values(n, x, y);
        TW_UNROLL for (int j = 0; j < n; j++) rows[i * n + j] = y[j];
    }
    OUTER for (int j = 0; j < n; j++) {
        TW_UNROLL for (int i = 0; i < n; i++) x[i] = rows[i * n + j];
        input_values(n, x, y);
        TW_UNROLL for (int i = 0; i < n; i++) vec_store(dst + (i * n + j) * plane, y[i]);
    }
}

#define INPUT_TILE(name)                                                                           \
    TW_INLINE void name##_tile(int n, const winograd_input *t) {                                      \
        float *dst = t->dst;                                                                       \
        ptrdiff_t c = 0;                                                                           \
        for (; c + VL <= t->channels; c += VL, dst += t->step)                                     \
            name(n, 1, t, c, dst);                                                                 \
        if (c < t->channels) name(n, 0, t, c, dst);                                                \
    }
INPUT_TILE(input_line)
INPUT_TILE(input_square)

/* Bias, residual and clip of m outputs, one below the other. */
TW_INLINE void output_store(int m, int whole, const winograd_output *t, ptrdiff_t c, int column,
                         const vec *y) {
    const vec_mask mask = vec_first((int)(t->channels - c));
    const vec bias = vec_load(t->bias + c), low = vec_set1(t->low), high = vec_set1(t->high);
    const int rows = t->rows;
    const ptrdiff_t dst_row = t->dst_row, residual_row = t->residual_row;
    float *dst = t->dst + c + column * t->dst_pixel;
    const float *residual = t->residual ? t->residual + c + column * t->residual_pixel : NULL;
    TW_UNROLL for (int i = 0; i < m; i++) {
        if (i < rows) {
            vec sum = y[i] + bias;
            if (residual) {
                const float *from = residual + i * residual_row;
                sum = sum + (whole ? vec_load(from) : vec_load_mask(from, mask));
            }
            sum = vec_at_most(vec_at_least(sum, low), high);
            if (whole)
                vec_store(dst + i * dst_row, sum);
            else
                vec_store_mask(dst + i * dst_row, mask, sum);
        }
    }
}

TW_INLINE void output_line(int n, int m, int whole, const winograd_output *t, ptrdiff_t c) {
    const ptrdiff_t plane = t->plane;
    const float *src = t->src + c;
    vec x[WINOGRAD_MAX_PRODUCTS], y[MOST_OUTPUTS];
    TW_UNROLL for (int i = 0; i < n; i++) x[i] = vec_load(src + i * plane);
    output_values(n, m, x, y);
    output_store(m, whole, t, c, 0, y);
}

TW_INLINE void output_square(int n, int m, int whole, const winograd_output *t, ptrdiff_t c) {
    const ptrdiff_t plane = t->plane;
    const float *src = t->src + c;
    vec rows[WINOGRAD_MAX_PRODUCTS * MOST_OUTPUTS], x[WINOGRAD_MAX_PRODUCTS], y[MOST_OUTPUTS];
    OUTER for (int i = 0; i < n; i++) {
        TW_UNROLL for (int j = 0; j < n; j++) x[j] = vec_load(src + (i * n + j) * plane);
        output_values(n, m, x, y);
        TW_UNROLL for (int j = 0; j < m; j++) rows[i * m + j] = y[j];
    }
    const int columns = t->columns;
    OUTER for (int j = 0; j < m; j++) {
        if (j < columns) {
            TW_UNROLL for (int i = 0; i < n; i++) x[i] = rows[i * m + j];
            output_values(n, m, x, y);
            output_store(m, whole, t, c, j, y);
        }
    }
}

#define OUTPUT_TILE(name)                                                                          \
    TW_INLINE void name##_tile(int n, int m, const winograd_output *t) {                              \
        ptrdiff_t c = 0;                                                                           \
        for (; c + VL <= t->channels; c += VL)                                                     \
            name(n, m, 1, t, c);                                                                   \
        if (c < t->channels) name(n, m, 0, t, c);                                                  \
    }
OUTPUT_TILE(output_line)
OUTPUT_TILE(output_square)
