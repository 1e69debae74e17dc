/* Convolution as matrix product, through indirection: the part that no instruction set changes.
 *
 * dst[pixel][k] = sum over taps and channels of src[at(pixel) + at(tap)][c] * filter[tap][c][k].
 * Output pixels are taken region by region (region.h), so that all pixels of a tile read the same
 * taps, none of them padding. A tile is up to mr pixels of a region by one panel of up to nr = 2 * VL
 * output channels; where its pixels lie is a list, so that any stride and any region fills tiles, or, in 1x1
 * layers without stride, a first one and a distance.
 *
 * Packed filter (floats): bias [panels][nr], zeros [nr], then per group and panel [FH][FW][C/G][width],
 * width = nr, or for a last panel of fewer channels as many vectors as they take; channels beyond K/G are zeros.
 *
 * Of 1x1 filters of an even C/G a last panel ends in half a vector where no more is needed, if the instruction set
 * has_halves: for two channels of the source [2][width - VL/2], then [VL/2][2], whose sums are those of
 * the two, one in even and one in odd lanes, until the tile adds them.
 *
 * The inner loop runs over the whole reduction, so an accumulator never leaves its register: with
 * 28 FMAs a step of 128 filter bytes, streaming a panel from L2 costs nothing. */
#ifndef TW_GEMM_H
#define TW_GEMM_H

#include "kernel.h"

/* Most pixels of a tile of any instruction set. */
#define GEMM_MAX_MR 14
/* An image of so few has tiles of its own. */
#define GEMM_FEW 2

/* Where a tap lies. */
typedef struct {
    ptrdiff_t src;   /* floats from a pixel to the tap's first factor */
    ptrdiff_t panel; /* rows of the panel before the tap's */
} gemm_tap;

/* Rows anywhere. */
typedef struct {
    const float *const *pixels; /* of each: the first value of its first tap */
    ptrdiff_t channel;          /* floats to the first one of the group */
    const ptrdiff_t *out, *old; /* of each: floats from dst and from residual */
} gemm_list;

/* Rows, of one tap, that are as far apart as the first two: row r lies (first + r) pitches from src, dst and
 * residual. Floats. */
typedef struct {
    const float *src;
    ptrdiff_t src_pitch, out_pitch, old_pitch;
} gemm_even;

/* Some rows, and the panels that they meet one after the other. */
typedef struct {
    union {
        gemm_list list;
        gemm_even even;
    };
    const gemm_tap *tap;
    int32_t taps, run; /* run: floats multiplied per tap */
    const float *panel;
    ptrdiff_t panel_step;  /* floats from one panel to the next, if all are 2 VL wide */
    const float *bias;     /* nr floats a panel */
    const float *residual; /* NULL if none */
    float *dst;
    int32_t columns;  /* that exist, of all panels */
    int32_t halves;   /* of a vector, that a panel is wide */
    int32_t bounds;   /* of the result: none, low, low and high */
    int32_t far;      /* whether dst and residual come from beyond L2 */
    int32_t first;    /* of even rows */
    float low, high;
    const float *fetch;    /* what to fetch meanwhile; NULL: the panel itself */
    ptrdiff_t fetch_step;  /* floats to go on with each step */
} gemm_tile;

/* What an instruction set brings. */
typedef struct {
    int32_t mr, vl;
    int32_t has_halves; /* whether there are tiles that end in half a vector */
    /* tile[h][r - 1]: r rows by h + 1 half vectors. even: the same for even rows. */
    void (*tile[4][GEMM_MAX_MR])(const gemm_tile *);
    void (*even[4][GEMM_MAX_MR])(const gemm_tile *);
    /* The same for a layer of few pixels. */
    void (*few[4][GEMM_FEW])(const gemm_tile *);
    void (*activate)(float *dst, ptrdiff_t stride, int rows, int columns, const tw_problem *);
} gemm_isa;

const char *gemm_refuses(const tw_problem *);
void gemm_cost(const gemm_isa *, const tw_problem *, double *cost);
int64_t gemm_packed_bytes(const gemm_isa *, const tw_problem *);
void gemm_pack(const gemm_isa *, const tw_problem *, const float *filter, const float *bias,
               float *packed);
int64_t gemm_workspace_bytes(const gemm_isa *, const tw_problem *);
int32_t gemm_bind(const gemm_isa *, tw_args *);
void gemm_run(const gemm_isa *, const tw_args *, int32_t from, int32_t to, int32_t worker);

#endif
