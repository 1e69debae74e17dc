/* The transform of Winograd's filters: of trained weights once, of computed ones in every run.
 * Included by winograd_tile.h, so that output channels fill the vectors of the kernel.
 *
 * Whole filters in double, rounded once; 128->128 3x3 for F(4x4) takes 214 us where loops
 * over columns, in vectors of the portable half and to planes one line at a time, took 500 (AVX2). */
#include "winograd.h"

typedef double double_vec __attribute__((vector_size(VL * sizeof(double))));
typedef float float_vec __attribute__((vector_size(VL * sizeof(float))));

/* Transformed together: filters and planes are far apart, often by a power of two, so each line of
 * both is touched once, and some that follow each other. */
enum { FILTER_CHANNELS = 8 };

static const double FILTER_POINTS[4][4] = WINOGRAD_POINTS;

TW_INLINE void filter_load(const float *g, double_vec *tap) {
    float_vec values;
    memcpy(&values, g, sizeof values);
    *tap = __builtin_convertvector(values, double_vec);
}

TW_INLINE void filter_store(float *dst, const double_vec *product) {
    const float_vec rounded = __builtin_convertvector(*product, float_vec);
    memcpy(dst, &rounded, sizeof rounded);
}

#define SQUARE_NAME(f) double_##f
#define SQUARE_VEC double_vec
#define SQUARE_SCALAR double
#define SQUARE_LOAD(x, p) filter_load(p, x)
#define SQUARE_STORE(p, x) filter_store(p, x)
#include "winograd_square.h"

#define SQUARE_NAME(f) float_##f
#define SQUARE_VEC vec
#define SQUARE_SCALAR float
#define SQUARE_LOAD(x, p) *(x) = vec_load(p)
#define SQUARE_STORE(p, x) vec_store(p, *(x))
#include "winograd_square.h"

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
                    double_square(square, 3, own, to, FILTER_CHANNELS * width);
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

/* One panel of a sum of filters: added up and transformed vector by vector, in registers. In float,
 * for the sum has been rounded already. square as above. */
TW_INLINE void filter_sum(const winograd_filters *f, int square) {
    float g[WINOGRAD_MAX_PLANES * VL];
    const int taps = square ? 9 : f->high * f->wide, width = f->width;
    for (int c = 0; c < f->channels; c++) {
        const float *own = f->src + (ptrdiff_t)c * f->experts * taps * width;
        const float *factors = f->factors + (ptrdiff_t)(c / f->part_channels) * f->experts * width;
        for (int from = 0; from < width; from += VL) {
            float *to = f->dst + c * width + from;
            const float *basis = own + from, *factor = factors + from;
            if (square) {
                vec sums[9];
                TW_UNROLL for (int i = 0; i < 9; i++)
                    sums[i] = vec_load(factor) * vec_load(basis + i * width);
                for (int e = 1; e < f->experts; e++) {
                    factor += width;
                    basis += 9 * width;
                    TW_UNROLL for (int i = 0; i < 9; i++)
                        sums[i] = vec_fma(vec_load(factor), vec_load(basis + i * width), sums[i]);
                }
                TW_UNROLL for (int i = 0; i < 9; i++) vec_store(g + i * VL, sums[i]);
                float_square(square, 3, g, to, f->plane);
                continue;
            }
            for (int i = 0; i < taps; i++) {
                vec sum = vec_set1(0.0f);
                for (int e = 0; e < f->experts; e++)
                    sum = vec_fma(vec_load(factor + e * width),
                                  vec_load(basis + ((ptrdiff_t)e * taps + i) * width), sum);
                vec_store(g + i * VL, sum);
            }
            filter_any(f, g, to, f->plane);
        }
    }
}

static void sums(const winograd_filters *f) {
    if (f->high != 3 || f->wide != 3)
        filter_sum(f, 0);
    else if (f->n_high == 4)
        filter_sum(f, 4);
    else if (f->n_high == 6)
        filter_sum(f, 6);
    else
        filter_sum(f, 8);
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
