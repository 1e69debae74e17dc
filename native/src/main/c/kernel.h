/* A row of the kernel table, and what kernels share. */
#ifndef TW_KERNEL_H
#define TW_KERNEL_H

#include <stddef.h>

#include "tilewright.h"

typedef struct {
    int32_t lanes; /* float32 lanes of the vectors this kernel works on */
    const char *tile_names[TW_MOST_TUNABLES]; /* up to the first NULL */
    const char *layout;
    /* The instruction set has been checked already. */
    const char *(*refuses)(const tw_problem *);
    /* Rows of as many values as there are names. */
    int32_t (*tiles)(const tw_problem *, int32_t *values);
    /* FMAs, bytes, share of the peak of vectors of `lanes`. */
    void (*cost)(const tw_problem *, double *cost);
    int64_t (*packed_bytes)(const tw_problem *);
    void (*pack)(const tw_problem *, const float *filter, const float *bias, float *packed);
    int64_t (*workspace_bytes)(const tw_problem *);
    int32_t (*bind)(tw_args *);
    void (*run)(const tw_args *, int32_t from, int32_t to, int32_t worker, int32_t goes_on);
    void (*rounding)(const tw_problem *, double *rounding); /* NULL: as the direct sum */
    int32_t sums; /* whether it takes filters that are sums */
    const char *family; /* kernels of one run the same inner loop: their costs err alike. NULL: its own */
} tw_kernel;

#define TW_INLINE static inline __attribute__((always_inline))
/* Before a loop of few constant turns whose arrays should be registers; before one to take four turns at a
 * time. */
#if defined(__clang__)
#define TW_UNROLL _Pragma("clang loop unroll(full)")
#define TW_UNROLL_4 _Pragma("clang loop unroll_count(4)")
#else
#define TW_UNROLL _Pragma("GCC unroll 32")
#define TW_UNROLL_4 _Pragma("GCC unroll 4")
#endif

/* Added to n it rounds n, and the last bits of the sum are those that 2^n has as exponent. */
#define TW_ROUND (0x1.8p23f + 127)

/* What the compiler may not see through: it would compute every address of a tile before the loop
 * around it, and keep them in memory. */
#define TW_HIDE(pointer) __asm__("" : "+r"(pointer))

static inline int32_t tw_min(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t tw_max(int32_t a, int32_t b) { return a > b ? a : b; }
static inline int32_t tw_ceil_div(int32_t a, int32_t b) { return (a + b - 1) / b; }

/* First element of piece i when n elements are cut into count pieces that differ by at most one. */
static inline int32_t tw_cut(int32_t n, int32_t i, int32_t count) {
    return (int32_t)((int64_t)n * i / count);
}

static inline int32_t tw_pixels(const tw_problem *p) {
    return p->batch * p->out_height * p->out_width;
}

/* What a pixel of an image's outputs is computed from, if the filter is 1x1 and there is no padding. */
static inline const float *tw_point_source(const tw_args *args, int32_t image, int32_t pixel) {
    const tw_problem *p = &args->problem;
    const ptrdiff_t y = (ptrdiff_t)image * p->in_height + pixel / p->out_width * p->stride_height;
    const ptrdiff_t x = pixel % p->out_width * p->stride_width;
    return args->src + (y * p->in_width + x) * args->src_stride;
}

/* Whether this CPU and its operating system have the instruction set TW_ISA_*; those of another
 * platform they do not. */
int tw_cpu_has(int32_t isa);

/* L2 of a core, as it says, or what the smallest ones have. */
int64_t tw_l2_bytes(void);

/* The part of L2 that a filter may fill for all its panels to meet a tile's rows one after the other. So
 * whole pixels are written in the order they lie in, and the rows are read once; else panel after panel
 * passes all rows and comes back to each pixel for its next 128 bytes. Times as fast, operands from L3, one
 * core of 2 MB of L2 (Granite Rapids): 1x1 64 to 256 56x56 1.36, with residual 1.22, 96 to 384 56x56 1.34,
 * 128 to 512 28x28 1.18, 192 to 768 28x28 1.17, 256 to 1024 14x14 (1 MB) 1.14, 96 to 576 14x14 1.15; filters
 * of 2.4 MB 0.96 to 1.09. */
#define TW_FILTER_SHARE 0.625

/* Outputs and residual of so many bytes are beyond L2. Fetching them ahead: 1.16 to 1.22 times as fast
 * at 3 and 6 MB (1x1 64 to 256 and 128 to 256, 56x56, L2 of 2 MB), 1.04 at 1.6 MB (256 to 1024, 14x14,
 * L2 of 1 MB); slower by 2 to 7 % below 1 MB. */
#define TW_FAR_BYTES (3 << 19)

/* Floats by which a panel that no other tile fetched is fetched ahead. */
#define TW_PANEL_AHEAD 2048

/* Bytes of src, dst and residual, each touched once. */
double tw_tensor_bytes(const tw_problem *p);

#endif
