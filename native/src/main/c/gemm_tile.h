/* The GEMM micro-kernels of one instruction set. Included by gemm_<isa>.c after its vec_*.h, with
 *   GEMM_ROWS(X)   X(1) .. X(mr): one tile function per row count
 *   GEMM_MR        mr
 *   GEMM_KERNEL    name of the tw_kernel
 *   GEMM_LAYOUT    name of the packed layout
 * Where vec_fma_lane exists, one load of a row serves VL steps of the reduction. */
#include "activation.h"
#include "gemm.h"

/* Two FMA units with a latency of four cycles want eight sums: where a layer has no more pixels than
 * this, each sum is cut in parts that take turns. Not elsewhere, for how many rows a tile has depends
 * on the number of threads, and the bits of the result must not. */
#define SPLIT 4

#ifdef vec_fma_lane
#define FETCHES 0 /* for want of a measurement */
#define FOUR_STEPS
#define ROWS_A_POINTER 1
#else
#define FETCHES 1
/* A turn of the loop: 1.01 to 1.02 times as fast (1x1, 16 to 96 channels, Zen 3), with half vectors 0.95 to 1.00
 * (72 and 144 to 24, 120 to 40, Zen 5). */
#define FOUR_STEPS TW_UNROLL_4
#define ROWS_A_POINTER 3
#endif

#ifdef vec_set2
#define HALVES 1
#else
#define HALVES 0
#define vec_set2(p) vec_set1(*(p))
#define vec_pair_sums(x) (x)
#endif

/* rows, vectors, half, split, even and whole are constants where these are inlined. half: whether the last vector is
 * half a vector, of two channels of the source. columns: of the panel, that exist. */

/* Floats from dst or residual to each row: listed or even. */
typedef struct {
    const ptrdiff_t *list;
    ptrdiff_t first, pitch;
} places;

TW_INLINE places results(const gemm_tile *t, const int even) {
    return even ? (places){NULL, t->first * t->even.out_pitch, t->even.out_pitch}
                : (places){t->list.out, 0, 0};
}

TW_INLINE places residuals(const gemm_tile *t, const int even) {
    return even ? (places){NULL, t->first * t->even.old_pitch, t->even.old_pitch}
                : (places){t->list.old, 0, 0};
}

TW_INLINE ptrdiff_t place(const places p, const int r, const int even) {
    return even ? p.first + r * p.pitch : p.list[r];
}

TW_INLINE void add_residual(vec acc[][2], const float *residual, const places from, const int rows,
                            const int vectors, const int even, const int whole, const int columns) {
    const vec_mask mask = vec_first(columns - (vectors - 1) * VL);
    TW_UNROLL for (int r = 0; r < rows; r++) {
        const float *old = residual + place(from, r, even);
        TW_UNROLL for (int j = 0; j < vectors; j++) acc[r][j] =
            acc[r][j] + (whole || j + 1 < vectors ? vec_load(old + j * VL) : vec_load_mask(old + j * VL, mask));
    }
}

TW_INLINE void store(vec acc[][2], float *dst, const places out, const int rows, const int vectors,
                     const int even, const int whole, const int columns) {
    const vec_mask mask = vec_first(columns - (vectors - 1) * VL);
    TW_UNROLL for (int r = 0; r < rows; r++) {
        float *to = dst + place(out, r, even);
        TW_UNROLL for (int j = 0; j < vectors; j++) {
            if (whole || j + 1 < vectors)
                vec_store(to + j * VL, acc[r][j]);
            else
                vec_store_mask(to + j * VL, mask, acc[r][j]);
        }
    }
}

/* Branches are around the rows, not in them. A copy of *t would save loads on NEON, but with it gcc 12
 * spills the accumulators of AVX-512. */
TW_INLINE void finish(const gemm_tile *t, vec acc[][2], const ptrdiff_t k, const int rows, const int vectors,
                      const int even) {
    const int columns = (int)(t->columns - k), whole = columns >= vectors * VL;
    if (t->residual && whole)
        add_residual(acc, t->residual + k, residuals(t, even), rows, vectors, even, 1, columns);
    else if (t->residual)
        add_residual(acc, t->residual + k, residuals(t, even), rows, vectors, even, 0, columns);
    if (t->bounds) {
        const vec low = vec_set1(t->low);
        TW_UNROLL for (int r = 0; r < rows; r++)
            TW_UNROLL for (int j = 0; j < vectors; j++) acc[r][j] = vec_at_least(acc[r][j], low);
    }
    if (t->bounds > 1) {
        const vec high = vec_set1(t->high);
        TW_UNROLL for (int r = 0; r < rows; r++)
            TW_UNROLL for (int j = 0; j < vectors; j++) acc[r][j] = vec_at_most(acc[r][j], high);
    }
    if (whole)
        store(acc, t->dst + k, results(t, even), rows, vectors, even, 1, columns);
    else
        store(acc, t->dst + k, results(t, even), rows, vectors, even, 0, columns);
}

/* Lines that come from beyond L2 as they are needed cost as much as the products do: fetched before
 * these, they are there after them. */
TW_INLINE void fetch_ends(const gemm_tile *t, const ptrdiff_t k, const int rows, const int vectors,
                          const int even) {
    const places out = results(t, even), from = residuals(t, even);
    TW_UNROLL for (int r = 0; r < rows; r++) {
        TW_UNROLL for (int j = 0; j < vectors; j++)
            __builtin_prefetch(t->dst + k + place(out, r, even) + j * VL, 1);
        if (!t->residual) continue;
        TW_UNROLL for (int j = 0; j < vectors; j++)
            __builtin_prefetch(t->residual + k + place(from, r, even) + j * VL);
    }
}

/* The rows that a tile multiplies. */
typedef struct {
    const float *at[GEMM_MR];
    ptrdiff_t pitch; /* bytes, of even rows */
} source;

/* Even rows share pointers, where fourteen are more than there are general registers: x86 adds once and twice a
 * distance to an address for nothing. */
#define SHARE (even ? ROWS_A_POINTER : 1)

TW_INLINE source rows_of_tile(const gemm_tile *t, const int rows, const int even) {
    source s = {.pitch = even ? t->even.src_pitch * (ptrdiff_t)sizeof(float) : 0};
    TW_UNROLL for (int r = 0; r < rows; r++) {
        if (!even)
            s.at[r] = t->list.pixels[r];
        else if (r % SHARE == 0)
            s.at[r / SHARE] = t->even.src + (t->first + r) * t->even.src_pitch;
    }
    return s;
}

TW_INLINE const float *at(const source *s, const int r, const ptrdiff_t c, const int even) {
    return (const float *)((const char *)s->at[r / SHARE] + r % SHARE * s->pitch) + (SHARE > 1 ? 0 : c);
}

/* Moves shared pointers, which no index does. Unless they look as if anything could have moved them, the
 * compiler keeps one for each row. */
TW_INLINE void move(source *s, const int rows, const int turn) {
    TW_UNROLL for (int i = 0; i * ROWS_A_POINTER < rows; i++) {
        s->at[i] += turn;
        TW_HIDE(s->at[i]);
    }
}

/* Of a panel. */
TW_INLINE int floats_a_step(const int vectors, const int half) {
    return half ? (2 * vectors - 1) * VL : vectors * VL;
}

/* One element of the reduction, two with half a vector. */
TW_INLINE void step(vec acc[][2], const source *s, const ptrdiff_t c, const float *panel, const int rows,
                    const int vectors, const int half, const int even) {
    const int wholes = vectors - half;
    TW_UNROLL for (int i = 0; i <= half; i++, panel += wholes * VL) {
        vec b[2];
        TW_UNROLL for (int j = 0; j < wholes; j++) b[j] = vec_load(panel + j * VL);
        TW_UNROLL for (int r = 0; r < rows; r++) {
            const vec a = vec_set1(at(s, r, c, even)[i]);
            TW_UNROLL for (int j = 0; j < wholes; j++) acc[r][j] = vec_fma(a, b[j], acc[r][j]);
        }
    }
    if (!half) return;
    const vec b = vec_load(panel);
    TW_UNROLL for (int r = 0; r < rows; r++)
        acc[r][wholes] = vec_fma(vec_set2(at(s, r, c, even)), b, acc[r][wholes]);
}

/* So many floats; returns where to go on. */
TW_INLINE const float *fetch_panel(const float *fetch, const ptrdiff_t step, const int width) {
    TW_UNROLL for (int i = 0; FETCHES && i < width; i += 16) __builtin_prefetch(fetch + i);
    return fetch + step;
}

/* A step of a reduction in the order in which it lies. Returns where to go on fetching. */
TW_INLINE const float *go_on(vec acc[][2], source *s, const ptrdiff_t c, const float *panel, const float *fetch,
                             const ptrdiff_t fetch_step, const int rows, const int vectors, const int half,
                             const int even) {
    fetch = fetch_panel(fetch, fetch_step, floats_a_step(vectors, half));
    step(acc, s, c, panel, rows, vectors, half, even);
    if (SHARE > 1) move(s, rows, 1 + half);
    return fetch;
}

/* Some rows by the panel of the output channels k, .. from t->dst. */
TW_INLINE void tile(const gemm_tile *t, source s, const float *filter, const ptrdiff_t k, const int rows,
                    const int vectors, const int half, const int split, const int even) {
    const int turn = 1 + half, width = floats_a_step(vectors, half);
    if (t->far) fetch_ends(t, k, rows, vectors, even);
    vec acc[4][GEMM_MR][2];
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < vectors; j++) {
            acc[0][r][j] = j < vectors - half ? vec_load(t->bias + k + j * VL) : vec_set1(0.0f);
            TW_UNROLL for (int i = 1; i < split; i++) acc[i][r][j] = vec_set1(0.0f);
        }
    const float *fetch = t->fetch;
    const ptrdiff_t fetch_step = turn * t->fetch_step;
    for (int32_t tap = 0; tap < (even ? 1 : t->taps); tap++) {
        const float *panel = filter + t->tap[tap].panel * (width / turn);
        ptrdiff_t c = even ? 0 : t->tap[tap].src + t->list.channel;
        const ptrdiff_t end = c + t->run;
#ifdef vec_fma_lane
        for (; c + VL <= end; c += VL, panel += VL * vectors * VL) {
            vec a[GEMM_MR];
            TW_UNROLL for (int r = 0; r < rows; r++) a[r] = vec_load(at(&s, r, c, even));
#define LANE(lane)                                                                                 \
    TW_UNROLL for (int j = 0; j < vectors; j++) {                                                  \
        const vec b = vec_load(panel + (lane * vectors + j) * VL);                                 \
        TW_UNROLL for (int r = 0; r < rows; r++) acc[lane % split][r][j] =                         \
            vec_fma_lane(b, a[r], lane, acc[lane % split][r][j]);                                  \
    }
            LANE(0) LANE(1) LANE(2) LANE(3)
#undef LANE
        }
#else
        if (!t->fetch) fetch = panel + TW_PANEL_AHEAD;
        for (; split > 1 && c + split * turn <= end; c += split * turn)
            TW_UNROLL for (int i = 0; i < split; i++, panel += width) {
                fetch = fetch_panel(fetch, fetch_step, width);
                step(acc[i], &s, c + i * turn, panel, rows, vectors, half, even);
            }
#endif
#if HALVES /* where there are none, even an empty loop costs NEON 4 % of its instructions */
        for (; half && c < end; c += 2, panel += width)
            fetch = go_on(acc[0], &s, c, panel, fetch, fetch_step, rows, vectors, half, even);
#endif
        FOUR_STEPS for (; c < end; c++, panel += width)
            fetch = go_on(acc[0], &s, c, panel, fetch, fetch_step, rows, vectors, half, even);
    }
    TW_UNROLL for (int i = 1; i < split; i++)
        TW_UNROLL for (int r = 0; r < rows; r++)
            TW_UNROLL for (int j = 0; j < vectors; j++) acc[0][r][j] = acc[0][r][j] + acc[i][r][j];
    if (half) {
        const vec bias = vec_load(t->bias + k + (vectors - 1) * VL);
        TW_UNROLL for (int r = 0; r < rows; r++)
            acc[0][r][vectors - 1] = vec_pair_sums(acc[0][r][vectors - 1]) + bias;
    }
    finish(t, acc[0], k, rows, vectors, even);
}

/* Some rows by all panels of t. */
TW_INLINE void strip(const gemm_tile *t, const int rows, const int halves, const int split, const int even) {
    const int vectors = (halves + 1) / 2, half = halves % 2;
    const source s = rows_of_tile(t, rows, even);
    const float *filter = t->panel;
    /* A panel of less than two vectors is alone. */
    const ptrdiff_t end = halves < 4 ? 1 : t->columns;
    for (ptrdiff_t k = 0; k < end; k += vectors * VL, filter += t->panel_step)
        tile(t, s, filter, k, rows, vectors, half, split, even);
}

/* Of r rows by h half vectors. */
#define TILE(r, h)                                                                                 \
    static void tile_##r##x##h(const gemm_tile *t) { strip(t, r, h, 1, 0); }                       \
    static void even_##r##x##h(const gemm_tile *t) { strip(t, r, h, 1, 1); }
#define FEW(h)                                                                                     \
    static void few_1x##h(const gemm_tile *t) { strip(t, 1, h, SPLIT, 0); }                        \
    static void few_2x##h(const gemm_tile *t) { strip(t, 2, h, SPLIT, 0); }
#define TILES_2(r) TILE(r, 2)
#define TILES_4(r) TILE(r, 4)
GEMM_ROWS(TILES_2)
GEMM_ROWS(TILES_4)
FEW(2) FEW(4)
#if HALVES
#define TILES_1(r) TILE(r, 1)
#define TILES_3(r) TILE(r, 3)
GEMM_ROWS(TILES_1)
GEMM_ROWS(TILES_3)
FEW(1) FEW(3)
#define IF_HALVES(...) {__VA_ARGS__}
#else
#define IF_HALVES(...) {NULL}
#endif

#define FEWS(h) few_1x##h, few_2x##h
#define TILE_1(r) tile_##r##x1,
#define TILE_2(r) tile_##r##x2,
#define TILE_3(r) tile_##r##x3,
#define TILE_4(r) tile_##r##x4,
#define EVEN_1(r) even_##r##x1,
#define EVEN_2(r) even_##r##x2,
#define EVEN_3(r) even_##r##x3,
#define EVEN_4(r) even_##r##x4,

static const gemm_isa ISA = {
    GEMM_MR,
    VL,
    HALVES,
    {IF_HALVES(GEMM_ROWS(TILE_1)), {GEMM_ROWS(TILE_2)}, IF_HALVES(GEMM_ROWS(TILE_3)), {GEMM_ROWS(TILE_4)}},
    {IF_HALVES(GEMM_ROWS(EVEN_1)), {GEMM_ROWS(EVEN_2)}, IF_HALVES(GEMM_ROWS(EVEN_3)), {GEMM_ROWS(EVEN_4)}},
    {IF_HALVES(FEWS(1)), {FEWS(2)}, IF_HALVES(FEWS(3)), {FEWS(4)}},
    act_rows};

static int32_t tiles(const tw_problem *p, int32_t *values) {
    (void)p;
    values[0] = GEMM_MR;
    values[1] = GEMM_MR - 2;
    return 2;
}
static void cost(const tw_problem *p, double *c) { gemm_cost(&ISA, p, c); }
static int64_t packed_bytes(const tw_problem *p) { return gemm_packed_bytes(&ISA, p); }
static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    gemm_pack(&ISA, p, filter, bias, packed);
}
static int64_t workspace_bytes(const tw_problem *p) { return gemm_workspace_bytes(&ISA, p); }
static int32_t bind(tw_args *args) { return gemm_bind(&ISA, args); }
static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    (void)goes_on;
    gemm_run(&ISA, args, from, to, worker);
}

const tw_kernel GEMM_KERNEL = {VL,   {"mr"}, GEMM_LAYOUT,   gemm_refuses, tiles, cost, packed_bytes,
                               pack, workspace_bytes, bind, run, NULL, 0, "product"};
