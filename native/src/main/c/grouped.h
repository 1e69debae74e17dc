/* Convolution in groups of few channels: the part that no instruction set changes.
 *
 * A matrix product of each group would leave lanes empty (4 outputs in a vector of 16) or use every
 * filter vector for one multiply-add a load. Two kinds of micro-kernel take slices of one vector:
 *
 * Rotated, for groups narrower than a vector, of which a vector holds several. Lanes are input
 * channels and no lane moves in the loop: with U channels in and out a pixel has U accumulators, and
 * lane c of the d-th collects what input c of its group gives to output c + d (mod U). At the end the
 * d-th is rotated by d lanes within its groups and all are added. With fewer inputs than outputs the
 * inputs are repeated, with fewer outputs the sums of a group are added: then U = min(C, K) / G.
 *
 * Spread, for wider groups: neighbouring pixels of one row; each input is broadcast once and meets
 * three taps of a filter row. Padding is skipped, which is a tenth of the work at 7x7.
 *
 * Both read a band: a slice's input channels of some rows, copied with their padding as
 * [rows][columns][channels], so that pixels are near each other whatever the stride of src is.
 *
 * Packed (floats): moves [4 + units][VL] as int32, then per slice its bias and factors:
 * rotated [VL], [FH][FW][U][VL]; spread, per panel of at most `vectors` vectors,
 * [width], [FH][runs][C/G][taps of the run][width], a run being three taps of a row or one. */
#ifndef TW_GROUPED_H
#define TW_GROUPED_H

#include "kernel.h"

/* Most pixels of a tile, and most channels of a rotated unit, of any instruction set. */
#define GROUPED_MAX_MR 14
#define GROUPED_MAX_UNIT 8

/* Index vectors of a slice: lane i of the result comes from lane moves[i]. */
enum { MOVE_HALVES, MOVE_REPEAT = 3, MOVE_UNITS };

/* Some rows of output pixels of one slice. */
typedef struct {
    const float *band; /* the first tap of the first pixel */
    const float *bias, *factors;
    const float *residual; /* NULL if none */
    ptrdiff_t residual_stride;
    float *dst;
    ptrdiff_t dst_stride;
    int32_t pixels;  /* the last tile ends with them */
    int32_t columns; /* outputs that exist */
    float low, high;
    /* Rotated */
    const int32_t *offsets; /* floats from band to each pixel's first tap */
    const int32_t *taps;    /* floats to each tap */
    int32_t depth;          /* taps */
    const int32_t *moves;
    int32_t units; /* that are added at the end, 1 if outputs are not fewer */
    /* Spread; one row of pixels */
    ptrdiff_t column, row; /* floats from one tap column or row of the band to the next */
    ptrdiff_t pixel;       /* floats from one pixel to the next */
    int32_t row_from, row_to, triples, singles, channels;
    int32_t stride;
    /* Band columns before left and from right on are padding. */
    int32_t left, right;
} grouped_row;

/* What an instruction set brings. */
typedef struct {
    int32_t vl, max_unit;
    int32_t mr[GROUPED_MAX_UNIT]; /* of rotated tiles, by unit */
    int32_t vectors;              /* of a spread tile */
    int32_t spread_mr[2];         /* most pixels, by vectors */
    void (*rotated[GROUPED_MAX_UNIT][2])(const grouped_row *); /* of mr pixels, of one */
    /* By vectors; stride 1, 2, any without runs of three; pixels. */
    void (*spread[2][3][GROUPED_MAX_MR])(const grouped_row *);
    /* count pixels of `channels` each into vectors whose lanes are moved. */
    void (*copy_moved)(const float *src, ptrdiff_t stride, int32_t count, int32_t channels,
                       const int32_t *moves, float *dst);
    void (*copy)(const float *src, ptrdiff_t stride, int32_t count, int32_t channels, float *dst,
                 ptrdiff_t dst_stride);
    void (*activate)(float *dst, ptrdiff_t stride, int rows, int columns, const tw_problem *);
} grouped_isa;

const char *grouped_refuses(const grouped_isa *, const tw_problem *);
void grouped_cost(const grouped_isa *, const tw_problem *, double *cost);
int64_t grouped_packed_bytes(const grouped_isa *, const tw_problem *);
void grouped_pack(const grouped_isa *, const tw_problem *, const float *filter, const float *bias,
                  float *packed);
int64_t grouped_workspace_bytes(const grouped_isa *, const tw_problem *);
int32_t grouped_bind(const grouped_isa *, tw_args *);
void grouped_run(const grouped_isa *, const tw_args *, int32_t from, int32_t to, int32_t worker);

#endif
