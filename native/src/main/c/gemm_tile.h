/* The GEMM micro-kernels of one instruction set. Included by gemm_<isa>.c after its vec_*.h, with
 *   GEMM_ROWS(X)   X(1) .. X(mr): one tile function per row count
 *   GEMM_MR        mr
 *   GEMM_KERNEL    name of the tw_kernel
 *   GEMM_LAYOUT    name of the packed layout
 * Where vec_fma_lane exists, one load of a row serves VL steps of the reduction.
 * Accumulators are named variables: gcc 12 keeps an array of them in memory. */
#include "activation.h"
#include "gemm.h"

#define ROWS_1(X) X(0)
#define ROWS_2(X) ROWS_1(X) X(1)
#define ROWS_3(X) ROWS_2(X) X(2)
#define ROWS_4(X) ROWS_3(X) X(3)
#define ROWS_5(X) ROWS_4(X) X(4)
#define ROWS_6(X) ROWS_5(X) X(5)
#define ROWS_7(X) ROWS_6(X) X(6)
#define ROWS_8(X) ROWS_7(X) X(7)
#define ROWS_9(X) ROWS_8(X) X(8)
#define ROWS_10(X) ROWS_9(X) X(9)
#define ROWS_11(X) ROWS_10(X) X(10)
#define ROWS_12(X) ROWS_11(X) X(11)
#define ROWS_13(X) ROWS_12(X) X(12)
#define ROWS_14(X) ROWS_13(X) X(13)

#define POINTER(r) const float *p##r = rows[r] + t->src_offset;

#define ZERO_1(r) vec acc##r = vec_set1(0.0f);
#define STEP_1(r) acc##r = vec_fma(vec_set1(p##r[c]), b0, acc##r);
#define FINISH_1(r)                                                                                \
    acc##r = acc##r + bias0;                                                                       \
    if (residual) {                                                                                \
        acc##r = acc##r + vec_load_mask(residual, m0);                                             \
        residual += t->residual_stride;                                                            \
    }                                                                                              \
    vec_store_mask(dst, m0, vec_at_most(vec_at_least(acc##r, low), high));                         \
    dst += t->dst_stride;
#define WHOLE_1(r)                                                                                 \
    acc##r = acc##r + bias0;                                                                       \
    if (residual) {                                                                                \
        acc##r = acc##r + vec_load(residual);                                                      \
        residual += t->residual_stride;                                                            \
    }                                                                                              \
    vec_store(dst, vec_at_most(vec_at_least(acc##r, low), high));                                  \
    dst += t->dst_stride;

#define ZERO_2(r) vec acc##r = vec_set1(0.0f), bcc##r = acc##r;
#define STEP_2(r)                                                                                  \
    {                                                                                              \
        const vec a = vec_set1(p##r[c]);                                                           \
        acc##r = vec_fma(a, b0, acc##r);                                                           \
        bcc##r = vec_fma(a, b1, bcc##r);                                                           \
    }
#define FINISH_2(r)                                                                                \
    acc##r = acc##r + bias0;                                                                       \
    bcc##r = bcc##r + bias1;                                                                       \
    if (residual) {                                                                                \
        acc##r = acc##r + vec_load(residual);                                                      \
        bcc##r = bcc##r + vec_load_mask(residual + VL, m1);                                        \
        residual += t->residual_stride;                                                            \
    }                                                                                              \
    vec_store(dst, vec_at_most(vec_at_least(acc##r, low), high));                                  \
    vec_store_mask(dst + VL, m1, vec_at_most(vec_at_least(bcc##r, low), high));                    \
    dst += t->dst_stride;
#define WHOLE_2(r)                                                                                 \
    acc##r = acc##r + bias0;                                                                       \
    bcc##r = bcc##r + bias1;                                                                       \
    if (residual) {                                                                                \
        acc##r = acc##r + vec_load(residual);                                                      \
        bcc##r = bcc##r + vec_load(residual + VL);                                                 \
        residual += t->residual_stride;                                                            \
    }                                                                                              \
    vec_store(dst, vec_at_most(vec_at_least(acc##r, low), high));                                  \
    vec_store(dst + VL, vec_at_most(vec_at_least(bcc##r, low), high));                             \
    dst += t->dst_stride;

#ifdef vec_fma_lane
_Static_assert(VL == 4, "a row's vector is four steps");
#define LOAD_LANES(r) const vec a##r = vec_load(p##r + c);
#define LANE_1(r, lane) acc##r = vec_fma_lane(b0, a##r, lane, acc##r);
#define LANE_2(r, lane)                                                                            \
    LANE_1(r, lane)                                                                                \
    bcc##r = vec_fma_lane(b1, a##r, lane, bcc##r);
#define LANE_1_0(r) LANE_1(r, 0)
#define LANE_1_1(r) LANE_1(r, 1)
#define LANE_1_2(r) LANE_1(r, 2)
#define LANE_1_3(r) LANE_1(r, 3)
#define LANE_2_0(r) LANE_2(r, 0)
#define LANE_2_1(r) LANE_2(r, 1)
#define LANE_2_2(r) LANE_2(r, 2)
#define LANE_2_3(r) LANE_2(r, 3)
#define LANE_STEP_1(MR, lane)                                                                      \
    {                                                                                              \
        const vec b0 = vec_load(panel + lane * VL);                                                \
        ROWS_##MR(LANE_1_##lane)                                                                   \
    }
#define LANE_STEP_2(MR, lane)                                                                      \
    {                                                                                              \
        const vec b0 = vec_load(panel + lane * 2 * VL), b1 = vec_load(panel + (lane * 2 + 1) * VL); \
        ROWS_##MR(LANE_2_##lane)                                                                   \
    }
/* As many steps of a tap as there are whole vectors. */
#define LANES(MR, VECTORS)                                                                         \
    for (; c + VL <= run; c += VL, panel += VL * VECTORS * VL) {                                   \
        ROWS_##MR(LOAD_LANES)                                                                      \
        LANE_STEP_##VECTORS(MR, 0)                                                                 \
        LANE_STEP_##VECTORS(MR, 1)                                                                 \
        LANE_STEP_##VECTORS(MR, 2)                                                                 \
        LANE_STEP_##VECTORS(MR, 3)                                                                 \
    }
#else
#define LANES(MR, VECTORS)
#endif

#define TILE_1(MR)                                                                                 \
    static void tile_##MR##x1(const gemm_tile *t) {                                                \
        ROWS_##MR(ZERO_1)                                                                          \
        const float *panel = t->panel;                                                             \
        const float *const *rows = t->rows;                                                        \
        for (int32_t tap = 0; tap < t->taps; tap++, rows += t->row_step) {                         \
            ROWS_##MR(POINTER)                                                                     \
            const ptrdiff_t run = t->run;                                                          \
            ptrdiff_t c = 0;                                                                       \
            LANES(MR, 1)                                                                           \
            for (; c < run; c++, panel += VL) {                                                    \
                const vec b0 = vec_load(panel);                                                    \
                ROWS_##MR(STEP_1)                                                                  \
            }                                                                                      \
        }                                                                                          \
        const vec bias0 = vec_load(t->bias);                                                       \
        const vec low = vec_set1(t->low), high = vec_set1(t->high);                                \
        const float *residual = t->residual;                                                       \
        float *dst = t->dst;                                                                       \
        if (t->columns == VL) {                                                                    \
            ROWS_##MR(WHOLE_1)                                                                     \
        } else {                                                                                   \
            const vec_mask m0 = vec_first(t->columns);                                             \
            ROWS_##MR(FINISH_1)                                                                    \
        }                                                                                          \
    }

#define TILE_2(MR)                                                                                 \
    static void tile_##MR##x2(const gemm_tile *t) {                                                \
        ROWS_##MR(ZERO_2)                                                                          \
        const float *panel = t->panel;                                                             \
        const float *const *rows = t->rows;                                                        \
        for (int32_t tap = 0; tap < t->taps; tap++, rows += t->row_step) {                         \
            ROWS_##MR(POINTER)                                                                     \
            const ptrdiff_t run = t->run;                                                          \
            ptrdiff_t c = 0;                                                                       \
            LANES(MR, 2)                                                                           \
            for (; c < run; c++, panel += 2 * VL) {                                                \
                const vec b0 = vec_load(panel), b1 = vec_load(panel + VL);                         \
                ROWS_##MR(STEP_2)                                                                  \
            }                                                                                      \
        }                                                                                          \
        const vec bias0 = vec_load(t->bias), bias1 = vec_load(t->bias + VL);                       \
        const vec low = vec_set1(t->low), high = vec_set1(t->high);                                \
        const float *residual = t->residual;                                                       \
        float *dst = t->dst;                                                                       \
        if (t->columns == 2 * VL) {                                                                \
            ROWS_##MR(WHOLE_2)                                                                     \
        } else {                                                                                   \
            const vec_mask m1 = vec_first(t->columns - VL);                                        \
            ROWS_##MR(FINISH_2)                                                                    \
        }                                                                                          \
    }

GEMM_ROWS(TILE_1)
GEMM_ROWS(TILE_2)

#define TILE_1_ENTRY(MR) tile_##MR##x1,
#define TILE_2_ENTRY(MR) tile_##MR##x2,
static const gemm_isa ISA = {
    GEMM_MR, VL, {{GEMM_ROWS(TILE_1_ENTRY)}, {GEMM_ROWS(TILE_2_ENTRY)}}, act_rows};

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
static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker) {
    gemm_run(&ISA, args, from, to, worker);
}

const tw_kernel GEMM_KERNEL = {VL,   "mr", GEMM_LAYOUT,     gemm_refuses, tiles, cost, packed_bytes,
                               pack, workspace_bytes, bind, run};
