/* Winograd convolution of stride 1: the part that no instruction set changes.
 *
 * F(m, r): m outputs of a filter of r taps from n = m + r - 1 products instead of m * r,
 *   y = A^T [(G g) * (B^T d)],
 * by interpolation at n - 2 points and infinity (Winograd 1980; Lavin and Gray 2015); in two
 * dimensions with the same matrices on rows and columns. The image is cut into tiles of m x m
 * outputs; a tile's value at one of the n x n places is a vector over channels, so each place (a
 * plane) is one matrix product over channels: [tiles][C] x [C][K].
 *
 * Workspace of a worker: V, the transformed input of a block of tiles, [plane][C / vl][tile][vl], and
 * M, its products with one panel of the filter, [plane][tile][2 * vl]. In this order of V the rows of
 * a product are vl floats apart whatever the problem, so they share no cache set and one register
 * addresses all of them. Planes are an odd number of cache lines apart: a transform touches the same
 * place of all planes.
 *
 * Packed filter (floats): bias [G * panels][2 * vl], zeros [C], then per group and panel G g G^T as
 * [plane][C/G][width], width = 2 * vl, or vl for a last panel of at most vl channels.
 *
 * A filter that is a sum is packed as its experts are, in panels, not transformed: [C/G][expert]
 * [taps][width]. Of one image, a run adds up and transforms a panel when its turn comes, U in the
 * workspace, for all tiles of a block; its products meanwhile fetch what the next panel will be added up
 * from. Of several, it adds up a panel for all in one read of the experts; that is a quarter of U or
 * less. Image by image it is transformed and multiplied, and pieces of the next panel's experts are
 * fetched meanwhile and added up between. */
#ifndef TW_WINOGRAD_H
#define TW_WINOGRAD_H

#include "kernel.h"

/* Most rows of a product of any instruction set. */
#define WINOGRAD_MAX_MR 14
/* Most products of a tile in one dimension, and in two. */
#define WINOGRAD_MAX_PRODUCTS 10
#define WINOGRAD_MAX_PLANES 64

/* Points of interpolation of n products, each taken with both signs, beside 0 and infinity: of the
 * multiples of 1/16 or 1/8 those that round best (docs/numerics.md). */
#define WINOGRAD_POINTS                                                                            \
    {{1}, {0.6875, 1.5}, {0.5, 1, 2}, {0.5, 0.75, 1.25, 2.5}} /* [n / 2 - 2] */

/* The input of one tile: dst[plane] = B^T d B, for all channels. */
typedef struct {
    const float *const *pixels; /* of d, row by row */
    ptrdiff_t offset;           /* floats added to each */
    float *dst;
    ptrdiff_t plane, step; /* floats of dst from one plane and from one vector to the next */
    int32_t channels;
} winograd_input;

/* The outputs of one tile that exist: dst = clip(A^T m A + bias + residual). */
typedef struct {
    const float *src;
    ptrdiff_t plane;
    const float *bias;
    float *dst;
    const float *residual; /* NULL if none */
    ptrdiff_t dst_pixel, dst_row, residual_pixel, residual_row;
    int32_t rows, columns, channels;
    float low, high;
} winograd_output;

/* The filters of one panel: dst[plane][channel][width] = G g G^T of src[column][channel][high][wide];
 * columns up to the next vector are zeros. Of a sum src is [channel][expert][high][wide][width], and
 * what it adds up to [channel][vector][high][wide][vl]. */
typedef struct {
    const float *src;
    ptrdiff_t row; /* floats from one output channel to the next */
    float *dst;
    ptrdiff_t plane;
    int32_t columns, width, channels;
    int32_t high, wide, n_high, n_wide;
    float *sums, *factors; /* of each image; factors: [part][expert][width] */
    ptrdiff_t sums_image, factors_image; /* floats from one to the next */
    int32_t images, experts, part_channels;
    double down[WINOGRAD_MAX_PRODUCTS][WINOGRAD_MAX_PRODUCTS];  /* G of columns, row by row */
    double along[WINOGRAD_MAX_PRODUCTS][WINOGRAD_MAX_PRODUCTS]; /* of rows */
} winograd_filters;

/* Fills down and along. */
void winograd_matrices(winograd_filters *);

/* dst[r][0 .. width) = sum over c of src[r][c] * filter[c][0 .. width). Rows of dst are 2 * vl apart.
 * step: floats from vl values of all rows to the next vl. fetch: what to bring into the cache
 * meanwhile, and by how many floats to go on with each channel. */
typedef void winograd_product(const float *src, ptrdiff_t step, const float *filter, const float *fetch,
                              ptrdiff_t fetch_step, float *dst, int32_t depth);

/* What an instruction set brings. Transforms by n / 2 - 2, in one dimension and in two. */
typedef struct {
    int32_t mr, vl;
    winograd_product *product[2][WINOGRAD_MAX_MR]; /* [v][r - 1]: r rows by v + 1 vectors */
    void (*input[2][4])(const winograd_input *);
    void (*output[3][2][4])(const winograd_output *); /* first by m / 2 - 1 */
    void (*filters)(const winograd_filters *);
    void (*sums)(const winograd_filters *);                          /* of one image */
    void (*add)(const winograd_filters *, int32_t from, int32_t to); /* channels, of all images */
    void (*transform_sum)(const winograd_filters *, int32_t image);  /* what they add up to */
    void (*activate)(float *dst, ptrdiff_t stride, int rows, int columns, const tw_problem *);
} winograd_isa;

/* m is the number of outputs of a tile in each dimension that the filter extends in. */
const char *winograd_refuses(int32_t m, const tw_problem *);
int32_t winograd_tiles(const winograd_isa *, int32_t m, const tw_problem *, int32_t *values);
void winograd_cost(const winograd_isa *, int32_t m, const tw_problem *, double *cost);
void winograd_rounding(int32_t m, const tw_problem *, double *rounding);
int64_t winograd_packed_bytes(const winograd_isa *, int32_t m, const tw_problem *);
void winograd_pack(const winograd_isa *, int32_t m, const tw_problem *, const float *filter,
                   const float *bias, float *packed);
int64_t winograd_workspace_bytes(const winograd_isa *, int32_t m, const tw_problem *);
int32_t winograd_bind(const winograd_isa *, int32_t m, tw_args *);
void winograd_run(const winograd_isa *, int32_t m, const tw_args *, int32_t from, int32_t to,
                  int32_t worker, int32_t goes_on);

#endif
