/* Winograd convolution of one instruction set. Included by winograd_<isa>.c after its vec_*.h, with
 *   WINOGRAD_MR       mr
 *   WINOGRAD_ROWS(X)  X(1) .. X(mr): one product function per row count
 *   WINOGRAD_ISA      suffix of the kernels' names */
#include <string.h>

#include "activation.h"
#include "winograd.h"

#include "winograd_filter.h"
#include "winograd_transform.h"

/* rows and vectors are constants where this is inlined. */
TW_INLINE void product(const float *src, ptrdiff_t step, const float *filter, const float *fetch,
                       ptrdiff_t fetch_step, float *dst, int32_t depth, const int rows,
                       const int vectors) {
    vec acc[WINOGRAD_MR][2];
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < vectors; j++) acc[r][j] = vec_set1(0.0f);
    for (; depth > 0; depth -= VL, src += step) {
#ifdef vec_fma_lane
        if (depth >= VL) {
            vec a[WINOGRAD_MR];
            TW_UNROLL for (int r = 0; r < rows; r++) a[r] = vec_load(src + r * VL);
            TW_UNROLL for (int i = 0; i < VL * vectors * VL; i += 16)
                __builtin_prefetch(fetch + i);
            fetch += VL * fetch_step;
#define LANE(lane)                                                                                 \
    TW_UNROLL for (int j = 0; j < vectors; j++, filter += VL) {                                    \
        const vec b = vec_load(filter);                                                            \
        TW_UNROLL for (int r = 0; r < rows; r++) acc[r][j] = vec_fma_lane(b, a[r], lane, acc[r][j]); \
    }
            LANE(0) LANE(1) LANE(2) LANE(3)
#undef LANE
            continue;
        }
#endif
        const ptrdiff_t run = depth < VL ? depth : VL;
        for (ptrdiff_t c = 0; c < run; c++, filter += vectors * VL, fetch += fetch_step) {
            vec b[2];
            TW_UNROLL for (int j = 0; j < vectors; j++) b[j] = vec_load(filter + j * VL);
            TW_UNROLL for (int i = 0; i < vectors * VL; i += 16)
                __builtin_prefetch(fetch + i);
            TW_UNROLL for (int r = 0; r < rows; r++) {
                const vec a = vec_set1(src[r * VL + c]);
                TW_UNROLL for (int j = 0; j < vectors; j++) acc[r][j] = vec_fma(a, b[j], acc[r][j]);
            }
        }
    }
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < vectors; j++) vec_store(dst + (2 * r + j) * VL, acc[r][j]);
}

#define PRODUCT(MR, NV)                                                                            \
    static void product_##MR##x##NV(const float *src, ptrdiff_t step, const float *filter,         \
                                    const float *fetch, ptrdiff_t fetch_step, float *dst,          \
                                    int32_t depth) {                                               \
        product(src, step, filter, fetch, fetch_step, dst, depth, MR, NV);                         \
    }
#define PRODUCT_1(MR) PRODUCT(MR, 1)
#define PRODUCT_2(MR) PRODUCT(MR, 2)
WINOGRAD_ROWS(PRODUCT_1)
WINOGRAD_ROWS(PRODUCT_2)

#define INPUT(n)                                                                                   \
    static void input_##n(const winograd_input *t) { input_line_tile(n, t); }
#define INPUT_2D(n)                                                                                \
    static void input_##n##x##n(const winograd_input *t) { input_square_tile(n, t); }
#define OUTPUT(n, m)                                                                               \
    static void output_##n##_##m(const winograd_output *t) { output_line_tile(n, m, t); }
#define OUTPUT_2D(n, m)                                                                            \
    static void output_##n##x##n##_##m(const winograd_output *t) { output_square_tile(n, m, t); }

INPUT(4) INPUT(6) INPUT(8) INPUT(10)
INPUT_2D(4) INPUT_2D(6) INPUT_2D(8)
OUTPUT(4, 2) OUTPUT(6, 2) OUTPUT(8, 2) OUTPUT(10, 2)
OUTPUT_2D(4, 2) OUTPUT_2D(6, 2) OUTPUT_2D(8, 2)
OUTPUT(6, 4) OUTPUT(8, 4) OUTPUT(10, 4)
OUTPUT_2D(6, 4) OUTPUT_2D(8, 4)
OUTPUT(8, 6) OUTPUT(10, 6)
OUTPUT_2D(8, 6)

#define PRODUCT_1_ENTRY(MR) product_##MR##x1,
#define PRODUCT_2_ENTRY(MR) product_##MR##x2,
static const winograd_isa ISA = {
    .mr = WINOGRAD_MR,
    .vl = VL,
    .product = {{WINOGRAD_ROWS(PRODUCT_1_ENTRY)}, {WINOGRAD_ROWS(PRODUCT_2_ENTRY)}},
    .input = {{input_4, input_6, input_8, input_10}, {input_4x4, input_6x6, input_8x8, NULL}},
    .output = {{{output_4_2, output_6_2, output_8_2, output_10_2},
                {output_4x4_2, output_6x6_2, output_8x8_2, NULL}},
               {{NULL, output_6_4, output_8_4, output_10_4},
                {NULL, output_6x6_4, output_8x8_4, NULL}},
               {{NULL, NULL, output_8_6, output_10_6}, {NULL, NULL, output_8x8_6, NULL}}},
    .filters = filters,
    .sums = sums,
    .add = add,
    .transform_sum = transform_sum,
    .activate = act_rows,
};

#define NAME_OF(m, isa) tw_kernel_winograd_f##m##_##isa
#define NAME(m, isa) NAME_OF(m, isa)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define KERNEL(m)                                                                                  \
    static const char *refuses_##m(const tw_problem *p) { return winograd_refuses(m, p); }         \
    static int32_t tiles_##m(const tw_problem *p, int32_t *values) {                               \
        return winograd_tiles(&ISA, m, p, values);                                                 \
    }                                                                                              \
    static void cost_##m(const tw_problem *p, double *c) { winograd_cost(&ISA, m, p, c); }         \
    static void rounding_##m(const tw_problem *p, double *r) { winograd_rounding(m, p, r); }       \
    static int64_t packed_bytes_##m(const tw_problem *p) {                                     \
        return winograd_packed_bytes(&ISA, m, p);                                                  \
    }                                                                                              \
    static void pack_##m(const tw_problem *p, const float *filter, const float *bias,              \
                         float *packed) {                                                          \
        winograd_pack(&ISA, m, p, filter, bias, packed);                                           \
    }                                                                                              \
    static int64_t workspace_bytes_##m(const tw_problem *p) {                                      \
        return winograd_workspace_bytes(&ISA, m, p);                                               \
    }                                                                                              \
    static int32_t bind_##m(tw_args *args) { return winograd_bind(&ISA, m, args); }                \
    static void run_##m(const tw_args *args, int32_t from, int32_t to, int32_t worker,             \
                        int32_t goes_on) {                                                         \
        winograd_run(&ISA, m, args, from, to, worker, goes_on);                                    \
    }                                                                                              \
    const tw_kernel NAME(m, WINOGRAD_ISA) = {                                                      \
        .lanes = VL,                                                                               \
        .tile_names = {"block"},                                                                   \
        .layout = "winograd_f" #m "_" TEXT(WINOGRAD_ISA),                                          \
        .refuses = refuses_##m,                                                                    \
        .tiles = tiles_##m,                                                                        \
        .cost = cost_##m,                                                                          \
        .packed_bytes = packed_bytes_##m,                                                          \
        .pack = pack_##m,                                                                          \
        .workspace_bytes = workspace_bytes_##m,                                                    \
        .bind = bind_##m,                                                                          \
        .run = run_##m,                                                                            \
        .rounding = rounding_##m,                                                                  \
        .sums = 1,                                                                                 \
    };
KERNEL(2)
KERNEL(4)
KERNEL(6)
