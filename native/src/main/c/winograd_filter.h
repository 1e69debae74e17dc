/* The transform of Winograd's filters: of trained weights once, of computed ones in every run.
 * Included by winograd_tile.h, so that output channels fill the vectors of the kernel.
 *
 * Rows of G for p and -p differ in the signs of their odd columns: what they have in common is
 * computed once. All in double, rounded once. 128->128 3x3 for F(4x4) takes 214 us where loops
 * over columns, in vectors of the portable half and to planes one line at a time, took 500 (AVX2). */
#include "winograd.h"

typedef double double_vec __attribute__((vector_size(VL * sizeof(double))));
typedef float float_vec __attribute__((vector_size(VL * sizeof(float))));

/* Transformed together: filters and planes are far apart, often by a power of two, so each line of
 * both is touched once, and some that follow each other. */
enum { FILTER_CHANNELS = 8 };

static const double FILTER_POINTS[4][4] = WINOGRAD_POINTS;

/* y = G x, n of y and r of x. */
TW_INLINE void filter_values(int n, int r, const double_vec *x, double_vec *y) {
    double all = 1; /* product of -p^2 */
    TW_UNROLL for (int k = 0; k < n / 2 - 1; k++) {
        const double square = FILTER_POINTS[n / 2 - 2][k] * FILTER_POINTS[n / 2 - 2][k];
        all *= -square;
        double scale = 2 * square;
        TW_UNROLL for (int l = 0; l < n / 2 - 1; l++) {
            const double other = FILTER_POINTS[n / 2 - 2][l] * FILTER_POINTS[n / 2 - 2][l];
            if (l != k) scale *= square - other;
        }
        double power = 1 / scale;
        double_vec sums[2] = {x[0] * power};
        TW_UNROLL for (int i = 1; i < r; i++) {
            power *= FILTER_POINTS[n / 2 - 2][k];
            sums[i % 2] = i == 1 ? x[i] * power : x[i] * power + sums[i % 2];
        }
        y[2 * k + 1] = sums[0] + sums[1];
        y[2 * k + 2] = sums[0] - sums[1];
    }
    y[0] = x[0] * (1 / all);
    y[n - 1] = x[r - 1];
}

TW_INLINE void filter_load(const float *g, double_vec *tap) {
    float_vec values;
    memcpy(&values, g, sizeof values);
    *tap = __builtin_convertvector(values, double_vec);
}

TW_INLINE void filter_store(float *dst, const double_vec *product) {
    const float_vec rounded = __builtin_convertvector(*product, float_vec);
    memcpy(dst, &rounded, sizeof rounded);
}

/* All products of one channel of n x n for r x r taps, both constants; g: [r * r][VL]. */
TW_INLINE void filter_square(int n, int r, const float *g, float *dst, ptrdiff_t plane) {
    double_vec rows[WINOGRAD_MAX_PLANES], x[WINOGRAD_MAX_PRODUCTS], y[WINOGRAD_MAX_PRODUCTS];
    for (int j = 0; j < r; j++) {
        TW_UNROLL for (int i = 0; i < r; i++) filter_load(g + (i * r + j) * VL, x + i);
        filter_values(n, r, x, y);
        TW_UNROLL for (int i = 0; i < n; i++) rows[i * r + j] = y[i];
    }
    for (int i = 0; i < n; i++) {
        filter_values(n, r, rows + i * r, y);
        TW_UNROLL for (int j = 0; j < n; j++, dst += plane) filter_store(dst, y + j);
    }
}

/* The same for filters of any size, by the matrices. */
static void filter_any(const winograd_filters *f, const float *g, float *dst, ptrdiff_t plane) {
    for (int i = 0; i < f->n_high; i++) {
        double_vec row[WINOGRAD_MAX_PRODUCTS], tap;
        for (int x = 0; x < f->wide; x++) {
            filter_load(g + x * VL, &tap);
            row[x] = tap * f->down[i][0];
            for (int y = 1; y < f->high; y++) {
                filter_load(g + (y * f->wide + x) * VL, &tap);
                row[x] += tap * f->down[i][y];
            }
        }
        for (int j = 0; j < f->n_wide; j++, dst += plane) {
            double_vec sum = row[0] * f->along[j][0];
            for (int x = 1; x < f->wide; x++)
                sum += row[x] * f->along[j][x];
            filter_store(dst, &sum);
        }
    }
}

/* square: products of a 3x3 filter in a row, else 0; a constant. */
TW_INLINE void filter_panel(const winograd_filters *f, int square) {
    float g[FILTER_CHANNELS * WINOGRAD_MAX_PLANES * VL];
    float products[WINOGRAD_MAX_PLANES * FILTER_CHANNELS * 2 * VL];
    const int taps = f->high * f->wide, planes = f->n_high * f->n_wide, width = f->width;
    for (int c0 = 0; c0 < f->channels; c0 += FILTER_CHANNELS) {
        const int channels = tw_min(FILTER_CHANNELS, f->channels - c0);
        for (int from = 0; from < f->columns; from += VL) {
            const int columns = tw_min(VL, f->columns - from);
            const float *src = f->src + from * f->row + (ptrdiff_t)c0 * taps;
            if (columns < VL) memset(g, 0, sizeof g);
            for (int k = 0; k < columns; k++, src += f->row)
                for (int i = 0; i < channels * taps; i++)
                    g[i * VL + k] = src[i];
            for (int c = 0; c < channels; c++) {
                const float *own = g + c * taps * VL;
                float *to = products + c * width + from;
                if (square)
                    filter_square(square, 3, own, to, FILTER_CHANNELS * width);
                else
                    filter_any(f, own, to, FILTER_CHANNELS * width);
            }
        }
        float *dst = f->dst + (ptrdiff_t)c0 * width;
        for (int i = 0; i < planes; i++, dst += f->plane)
            memcpy(dst, products + i * FILTER_CHANNELS * width,
                   (size_t)(channels * width) * sizeof *dst);
    }
}

static void filters(const winograd_filters *f) {
    if (f->high != 3 || f->wide != 3)
        filter_panel(f, 0);
    else if (f->n_high == 4)
        filter_panel(f, 4);
    else if (f->n_high == 6)
        filter_panel(f, 6);
    else
        filter_panel(f, 8);
}
