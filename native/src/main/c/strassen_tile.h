/* The micro-kernels of Strassen's algorithm of one instruction set. Included by strassen_<isa>.c after its
 * vec_*.h, with
 *   STRASSEN_ROWS(X)  X(r) .. X(mr): tile functions by numbers of pairs, ascending
 *   STRASSEN_MR       mr
 *   STRASSEN_KERNEL   name of the tw_kernel
 *   STRASSEN_LAYOUT   name of the packed layout */
#include "activation.h"
#include "strassen.h"

/* rows, parity, k and whole are constants where these are inlined. */

/* dst of one parity = acc + bias + old, within bounds; of the columns from k. Branches are around the rows,
 * not in them. */
TW_INLINE void finish_columns(const strassen_tile *t, vec acc[][2], const int parity, const int k,
                              const int rows, const int whole) {
    const float *bias = t->bias + k;
    const ptrdiff_t column = t->column + k;
    const vec_mask mask[2] = {vec_first(t->columns - k), vec_first(t->columns - k - VL)};
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < 2; j++) acc[r][j] = acc[r][j] + vec_load(bias + j * VL);
    if (t->old)
        TW_UNROLL for (int r = 0; r < rows; r++) {
            const float *from = t->old[2 * r + parity] + column;
            TW_UNROLL for (int j = 0; j < 2; j++) acc[r][j] =
                acc[r][j] + (whole ? vec_load(from + j * VL) : vec_load_mask(from + j * VL, mask[j]));
        }
    if (t->bounds) {
        const vec low = vec_set1(t->low);
        TW_UNROLL for (int r = 0; r < rows; r++)
            TW_UNROLL for (int j = 0; j < 2; j++) acc[r][j] = vec_at_least(acc[r][j], low);
    }
    if (t->bounds > 1) {
        const vec high = vec_set1(t->high);
        TW_UNROLL for (int r = 0; r < rows; r++)
            TW_UNROLL for (int j = 0; j < 2; j++) acc[r][j] = vec_at_most(acc[r][j], high);
    }
    TW_UNROLL for (int r = 0; r < rows; r++) {
        float *to = t->dst[2 * r + parity] + column;
        TW_UNROLL for (int j = 0; j < 2; j++) {
            if (whole)
                vec_store(to + j * VL, acc[r][j]);
            else
                vec_store_mask(to + j * VL, mask[j], acc[r][j]);
        }
    }
}

TW_INLINE void finish(const strassen_tile *t, vec acc[][2], const int parity, const int k, const int rows) {
    if (t->columns - k >= 2 * VL)
        finish_columns(t, acc, parity, k, rows, 1);
    else
        finish_columns(t, acc, parity, k, rows, 0);
}

TW_INLINE void clear(vec acc[][2], const int rows) {
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < 2; j++) acc[r][j] = vec_set1(0.0f);
}

TW_INLINE void keep(vec acc[][2], float (*to)[2 * VL], const int rows) {
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < 2; j++) vec_store(to[r] + j * VL, acc[r][j]);
}

TW_INLINE void add(vec acc[][2], float (*from)[2 * VL], const int rows) {
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < 2; j++) acc[r][j] = acc[r][j] + vec_load(from[r] + j * VL);
}

/* Lines that come from beyond L2 are there when they are needed. */
TW_INLINE void fetch_ends(const strassen_tile *t, const int rows) {
    TW_UNROLL for (int r = 0; r < 2 * rows; r++)
        for (int32_t k = 0; k < t->columns; k += 16) {
            __builtin_prefetch(t->dst[r] + t->column + k, 1);
            if (t->old) __builtin_prefetch(t->old[r] + t->column + k);
        }
}

/* What a tile's products go through one after the other. */
typedef struct {
    const float *row[STRASSEN_MR], *panel, *fetch;
    ptrdiff_t at; /* in the rows */
} products;

/* Adds the next run of all rows times the next of the panel. */
TW_INLINE void multiply(const strassen_tile *t, products *p, vec acc[][2], const int rows) {
    const ptrdiff_t step = t->fetch_step, end = p->at + t->run;
    const float *panel = p->panel, *fetch = p->fetch;
    ptrdiff_t c = p->at;
    TW_UNROLL_4 for (; c < end; c++, panel += 2 * VL) {
        TW_UNROLL for (int i = 0; i < 2 * VL; i += 16) __builtin_prefetch(fetch + i);
        fetch += step;
        const vec b0 = vec_load(panel), b1 = vec_load(panel + VL);
        TW_UNROLL for (int r = 0; r < rows; r++) {
            const vec a = vec_set1(p->row[r][c]);
            acc[r][0] = vec_fma(a, b0, acc[r][0]);
            acc[r][1] = vec_fma(a, b1, acc[r][1]);
        }
    }
    p->at = c;
    p->panel = panel;
    p->fetch = fetch;
}

TW_INLINE products start(const strassen_tile *t, const int rows) {
    products p;
    TW_UNROLL for (int r = 0; r < rows; r++) p.row[r] = t->rows + r * t->pitch;
    p.at = 0;
    p.panel = t->panel;
    p.fetch = t->fetch ? t->fetch : t->panel + TW_PANEL_AHEAD;
    return p;
}

TW_INLINE void load(vec acc[][2], float (*from)[2 * VL], const int rows) {
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < 2; j++) acc[r][j] = vec_load(from[r] + j * VL);
}

/* A pair of panels: seven products. */
TW_INLINE void pair(const strassen_tile *t, const int rows) {
    _Alignas(64) float shared[STRASSEN_MR][2 * VL], u3[STRASSEN_MR][2 * VL], p5[STRASSEN_MR][2 * VL];
    vec acc[STRASSEN_MR][2];
    products p = start(t, rows);
    if (t->far) fetch_ends(t, rows);
    clear(acc, rows);
    multiply(t, &p, acc, rows);
    keep(acc, shared, rows); /* P1 */
    multiply(t, &p, acc, rows);
    finish(t, acc, 0, 0, rows); /* C11 */
    load(acc, shared, rows);
    multiply(t, &p, acc, rows);
    keep(acc, shared, rows); /* U2 */
    multiply(t, &p, acc, rows);
    keep(acc, u3, rows);
    multiply(t, &p, acc, rows);
    finish(t, acc, 1, 0, rows); /* C21 */
    clear(acc, rows);
    multiply(t, &p, acc, rows);
    keep(acc, p5, rows);
    add(acc, u3, rows);
    finish(t, acc, 1, 2 * VL, rows); /* C22 */
    load(acc, p5, rows);
    add(acc, shared, rows);
    multiply(t, &p, acc, rows);
    finish(t, acc, 0, 2 * VL, rows); /* C12 */
}

/* The panel left over: A11 B1 + A12 B2, then A21 B1 + A22 B2. */
TW_INLINE void single(const strassen_tile *t, const int rows) {
    vec acc[STRASSEN_MR][2];
    products p = start(t, rows);
    clear(acc, rows);
    multiply(t, &p, acc, rows);
    multiply(t, &p, acc, rows);
    finish(t, acc, 0, 0, rows);
    clear(acc, rows);
    p.panel = t->panel;
    p.at = 7 * (ptrdiff_t)t->run;
    multiply(t, &p, acc, rows);
    p.at = 4 * (ptrdiff_t)t->run;
    multiply(t, &p, acc, rows);
    finish(t, acc, 1, 0, rows);
}

#define TILE(MR)                                                                                   \
    static void pair_##MR(const strassen_tile *t) { pair(t, MR); }                                 \
    static void single_##MR(const strassen_tile *t) { single(t, MR); }
STRASSEN_ROWS(TILE)
#undef TILE

TW_INLINE void sums_of(const float *even, const float *odd, const int32_t run, const int left_over,
                       float *to, const ptrdiff_t at, const int whole) {
    const vec_mask mask = vec_first((int)(run - at));
#define LOAD(p) (whole ? vec_load((p) + at) : vec_load_mask((p) + at, mask))
#define STORE(i, x)                                                                                \
    do {                                                                                           \
        if (whole)                                                                                 \
            vec_store(to + (i) * (ptrdiff_t)run + at, x);                                          \
        else                                                                                       \
            vec_store_mask(to + (i) * (ptrdiff_t)run + at, mask, x);                               \
    } while (0)
    const vec a11 = LOAD(even), a12 = LOAD(even + run), a21 = LOAD(odd), a22 = LOAD(odd + run);
    const vec s1 = a21 + a22, s2 = s1 - a11;
    STORE(0, a11);
    STORE(1, a12);
    STORE(2, s2);
    STORE(3, a11 - a21);
    STORE(4, a22);
    STORE(5, s1);
    STORE(6, a12 - s2);
    if (left_over) STORE(7, a21);
#undef LOAD
#undef STORE
}

static void sums(const float *even, const float *odd, int32_t run, int left_over, float *to) {
    ptrdiff_t at = 0;
    for (; at + VL <= run; at += VL)
        sums_of(even, odd, run, left_over, to, at, 1);
    if (at < run) sums_of(even, odd, run, left_over, to, at, 0);
}

#define TILE(MR) {MR, pair_##MR, single_##MR},
static const strassen_isa ISA = {STRASSEN_MR, VL, {STRASSEN_ROWS(TILE)}, sums, act_rows};
#undef TILE

static const char *refuses(const tw_problem *p) { return strassen_refuses(&ISA, p); }
static int32_t tiles(const tw_problem *p, int32_t *values) {
    (void)p;
    (void)values;
    return 0;
}
static void cost(const tw_problem *p, double *c) { strassen_cost(&ISA, p, c); }
static int64_t packed_bytes(const tw_problem *p) { return strassen_packed_bytes(&ISA, p); }
static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    strassen_pack(&ISA, p, filter, bias, packed);
}
static int64_t workspace_bytes(const tw_problem *p) { return strassen_workspace_bytes(&ISA, p); }
static int32_t bind(tw_args *args) { return strassen_bind(&ISA, args); }
static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    (void)goes_on;
    strassen_run(&ISA, args, from, to, worker);
}
static void rounding(const tw_problem *p, double *r) { strassen_rounding(&ISA, p, r); }

const tw_kernel STRASSEN_KERNEL = {VL,   {NULL}, STRASSEN_LAYOUT, refuses, tiles, cost, packed_bytes,
                                   pack, workspace_bytes, bind, run, rounding, 0, "product"};
