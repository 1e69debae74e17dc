/* 1x1 convolution by one step of Strassen's algorithm, seven products of half the size instead of eight
 * (Strassen 1969), in the form with the fewest sums (Winograd 1971; Higham 2002, section 23.1).
 *
 * Pixels 2i and 2i + 1 are the halves of the rows, two halves of the channels those of the reduction, two
 * neighbouring panels of nr = 2 * VL output channels those of the columns:
 *   S1 = A21 + A22, S2 = S1 - A11, S3 = A11 - A21, S4 = A12 - S2;
 *   T1 = B12 - B11, T2 = B22 - T1, T3 = B22 - B12, T4 = T2 - B21 when the filter is packed;
 *   P1 = A11 B11, U2 = P1 + S2 T2, U3 = U2 + S3 T3,
 *   C11 = P1 + A12 B21, C21 = U3 - A22 T4, C22 = U3 + S1 T1, C12 = U2 + S1 T1 + S4 B22.
 * All of these are of one tile at a time: its products run one after the other through the same registers,
 * and what two results share is kept in L1 between, so no sum of products passes through memory.
 *
 * Channels are multiplied some at a time (a chunk, of halves of `run`), later chunks added to dst.
 *
 * Workspace of a worker: rows of pairs, [pair][pitch], a row being seven runs in the order of the products,
 * A11, A12, S2, S3, A22, S1, S4, and A21 if a panel is left over; zeros for the pixel that an odd last one
 * has beside it, and a row to write the results into that are of no pixel.
 *
 * Packed filter (floats): bias [panels][nr], zeros [2][nr], then per chunk and pair of panels B11, B21, T2,
 * T3, -T4, T1, B22, each [run][nr]; last, if there is one, the panel left over, [2 * run][nr]. Channels
 * beyond K are zeros. */
#ifndef TW_STRASSEN_H
#define TW_STRASSEN_H

#include "kernel.h"

#define STRASSEN_PRODUCTS 7
/* Most sizes of tiles of an instruction set. */
#define STRASSEN_SIZES 6

/* Some pairs by a pair of panels, or by the panel left over. */
typedef struct {
    const float *rows; /* of the first pair */
    ptrdiff_t pitch;
    int32_t run;
    const float *panel;
    const float *bias;
    float *const *dst;       /* of each pixel: where the first column goes */
    const float *const *old; /* of each pixel: what is added to it; NULL: nothing */
    ptrdiff_t column;        /* floats from these to the panel's first column */
    int32_t columns;         /* that exist */
    int32_t bounds;          /* of the result: none, low, low and high */
    int32_t far;             /* whether dst and old come from beyond L2 */
    float low, high;
    const float *fetch;   /* what to fetch meanwhile; NULL: the panel itself */
    ptrdiff_t fetch_step; /* floats to go on with each step */
} strassen_tile;

/* What an instruction set brings. */
typedef struct {
    int32_t mr, vl;
    /* Ascending, the last one of mr pairs. */
    struct {
        int32_t pairs;
        void (*pair)(const strassen_tile *), (*single)(const strassen_tile *);
    } tile[STRASSEN_SIZES];
    /* A row of the workspace: from the channels of two pixels, of which `run` are half. */
    void (*sums)(const float *even, const float *odd, int32_t run, int left_over, float *to);
    void (*activate)(float *dst, ptrdiff_t stride, int rows, int columns, const tw_problem *);
} strassen_isa;

const char *strassen_refuses(const strassen_isa *, const tw_problem *);
void strassen_cost(const strassen_isa *, const tw_problem *, double *cost);
int64_t strassen_packed_bytes(const strassen_isa *, const tw_problem *);
void strassen_pack(const strassen_isa *, const tw_problem *, const float *filter, const float *bias,
                   float *packed);
int64_t strassen_workspace_bytes(const strassen_isa *, const tw_problem *);
int32_t strassen_bind(const strassen_isa *, tw_args *);
void strassen_run(const strassen_isa *, const tw_args *, int32_t from, int32_t to, int32_t worker);
void strassen_rounding(const strassen_isa *, const tw_problem *, double *rounding);

#endif
