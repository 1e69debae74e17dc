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

/* Whether this CPU and its operating system have the instruction set TW_ISA_*; those of another
 * platform they do not. */
int tw_cpu_has(int32_t isa);

/* L2 of a core, as it says, or what the smallest ones have. */
int64_t tw_l2_bytes(void);

/* Bytes of src, dst and residual, each touched once. */
double tw_tensor_bytes(const tw_problem *p);

#endif
