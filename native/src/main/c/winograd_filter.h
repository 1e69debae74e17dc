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

/* A vector of one channel of a sum. count: of taps, 0 or a constant. */
TW_INLINE void add_vector(const winograd_filters *f, const float *basis, const float *factor,
                          float *to, int count) {
    const int taps = count > 0 ? count : f->high * f->wide, width = f->width;
    if (count > 0) {
        vec sums[9];
        const vec first = vec_load(factor);
        TW_UNROLL for (int i = 0; i < count; i++) sums[i] = first * vec_load(basis + i * width);
        for (int e = 1; e < f->experts; e++) {
            factor += width;
            basis += count * width;
            const vec own = vec_load(factor);
            TW_UNROLL for (int i = 0; i < count; i++)
                sums[i] = vec_fma(own, vec_load(basis + i * width), sums[i]);
        }
        TW_UNROLL for (int i = 0; i < count; i++) vec_store(to + i * VL, sums[i]);
        return;
    }
    for (int i = 0; i < taps; i++) {
        vec sum = vec_set1(0.0f);
        for (int e = 0; e < f->experts; e++)
            sum = vec_fma(vec_load(factor + e * width),
                          vec_load(basis + ((ptrdiff_t)e * taps + i) * width), sum);
        vec_store(to + i * VL, sum);
    }
}

/* One panel of sums of filters, a channel of all images at a time: L1 holds its experts. */
static void add(const winograd_filters *f, int32_t first, int32_t end) {
    const int square = f->high == 3 && f->wide == 3;
    const int taps = f->high * f->wide, width = f->width;
    const ptrdiff_t each = (ptrdiff_t)f->experts * taps * width;
    for (int c = first; c < end; c++) {
        const float *own = f->src + c * each;
        for (int image = 0; image < f->images; image++) {
            const float *factors = f->factors + image * f->factors_image +
                                   (ptrdiff_t)(c / f->part_channels) * f->experts * width;
            float *to = f->sums + image * f->sums_image + (ptrdiff_t)c * taps * width;
            for (int from = 0; from < width; from += VL, to += taps * VL)
                if (square)
                    add_vector(f, own + from, factors + from, to, 9);
                else
                    add_vector(f, own + from, factors + from, to, 0);
        }
    }
}

/* In float, for the sum has been rounded already. square as above. */
TW_INLINE void sum_vector(const winograd_filters *f, const float *g, float *to, int square) {
    if (square)
        float_square(square, 3, g, to, f->plane);
    else
        filter_any(f, g, to, f->plane);
}

/* One panel of one image at once, vector by vector. */
TW_INLINE void sum_panel(const winograd_filters *f, int square) {
    float g[WINOGRAD_MAX_PLANES * VL];
    const int taps = f->high * f->wide, width = f->width;
    for (int c = 0; c < f->channels; c++) {
        const float *own = f->src + (ptrdiff_t)c * f->experts * taps * width;
        const float *factors = f->factors + (ptrdiff_t)(c / f->part_channels) * f->experts * width;
        for (int from = 0; from < width; from += VL) {
            add_vector(f, own + from, factors + from, g, square ? 9 : 0);
            sum_vector(f, g, f->dst + (ptrdiff_t)c * width + from, square);
        }
    }
}

/* The same of what add has added up. */
TW_INLINE void added_panel(const winograd_filters *f, const float *g, int square) {
    const int taps = f->high * f->wide, width = f->width;
    for (int c = 0; c < f->channels; c++)
        for (int from = 0; from < width; from += VL, g += taps * VL)
            sum_vector(f, g, f->dst + (ptrdiff_t)c * width + from, square);
}

static void sums(const winograd_filters *f) {
    if (f->high != 3 || f->wide != 3)
        sum_panel(f, 0);
    else if (f->n_high == 4)
        sum_panel(f, 4);
    else if (f->n_high == 6)
        sum_panel(f, 6);
    else
        sum_panel(f, 8);
}

static void transform_sum(const winograd_filters *f, int32_t image) {
    const float *g = f->sums + image * f->sums_image;
    if (f->high != 3 || f->wide != 3)
        added_panel(f, g, 0);
    else if (f->n_high == 4)
        added_panel(f, g, 4);
    else if (f->n_high == 6)
        added_panel(f, g, 6);
    else
        added_panel(f, g, 8);
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
