/* The whole ABI between Java and C.
 *
 * Kernels are rows of a table that describes itself: a row has a name, says which problems it
 * refuses and why, how it wants the filter packed, how much scratch it needs and what it costs.
 * Adding a row changes no signature here and nothing in Java.
 *
 * A layer's life: tw_refuses -> tw_tiles, tw_cost -> tw_packed_bytes, tw_pack (once per layer)
 * -> tw_workspace_bytes -> tw_bind (once per session, fills the private part of the argument
 * block) -> tw_run (once per inference and thread).
 *
 * Tensors: float32, channels last, [N, H, W, C]. A row is one pixel's channels; rows are `stride`
 * elements apart (at least the channel count), so a channel slice of a wider tensor is a tensor.
 * dst overlaps nothing. Reads and writes stay inside the rows; padding columns are not touched.
 * Filter as trained: [K, C/G, FH, FW], dense. Packed filters are 64-byte aligned and may be shared
 * by any number of argument blocks.
 *
 * Filters that are sums of constant ones with factors known in a run (experts > 0): groups and
 * out_channels are those of all images, one after the other, that is batch = 1, and packed is
 *   [K][C/G][FH][FW][experts], K of one image:
 * filter of image n [k][c][tap] = sum over e of factors[n][k or 0][c * parts / (C/G)][e] * that.
 *
 * Result: dst = activation(conv(src) + bias + residual). NaN stays NaN.
 *
 * Threads: every function is pure but for the memory it is handed. tw_run may be inside several
 * times on one argument block if the part ranges are disjoint and the workers differ. Nothing
 * allocates, nothing is global. Pointers cross the boundary as int64_t.
 *
 * Strings are static and must not be freed. Integers are int32 unless they count bytes or stride. */
#ifndef TILEWRIGHT_H
#define TILEWRIGHT_H

#include <stdint.h>

#define TW_ABI_VERSION 8

/* Most tunable parameters of a kernel, and most values of all that it proposes. */
#define TW_MOST_TUNABLES 4
#define TW_MOST_TILES 8

/* Element types. Kernels refuse what they do not know; only float32 has kernels so far. */
enum { TW_FLOAT32 = 0 };

/* Highest instruction set a problem may use; a kernel of a higher one refuses. Generic is what every
 * CPU of the platform must have: SSE4.2 on x86-64 (x86-64-v2), NEON on aarch64. */
enum {
    TW_ISA_GENERIC = 0,
    TW_ISA_AVX2 = 1,   /* and FMA: x86-64-v3 */
    TW_ISA_AVX512 = 2, /* x86-64-v4 */
    TW_ISA_AMX = 3,    /* AMX-BF16, and all of AVX-512 that is above */
    TW_ISA_NEON = 4,   /* aarch64 */
    TW_ISA_HIGHEST = TW_ISA_NEON
};

/* Activations with their parameters a, b; definitions as in dev.tilewright.conv.Activation. */
enum {
    TW_NONE = 0,
    TW_CLIP = 1,       /* min(max(x, a), b) */
    TW_LEAKY_RELU = 2, /* x > 0 ? x : a * x */
    TW_SIGMOID = 3,
    TW_HARD_SIGMOID = 4, /* max(0, min(1, a * x + b)) */
    TW_SILU = 5,
    TW_HARD_SWISH = 6, /* x * max(0, min(1, x / 6 + 0.5)) */
    TW_GELU = 7,       /* by erf */
    TW_TANH = 8
};

/* What is computed. 36 fields of 4 bytes. */
typedef struct {
    int32_t batch, groups, in_channels, out_channels;
    int32_t in_height, in_width, kernel_height, kernel_width;
    int32_t stride_height, stride_width, dilation_height, dilation_width;
    int32_t pad_top, pad_left, pad_bottom, pad_right;
    int32_t out_height, out_width;
    int32_t src_type, filter_type, dst_type;
    int32_t has_residual;
    int32_t activation;
    float activation_a, activation_b;
    int32_t threads;   /* workers that will call tw_run; decides how finely work is cut */
    int32_t isa_limit; /* TW_ISA_* */
    int32_t tile[TW_MOST_TUNABLES]; /* one row of tw_tiles; 0 is the kernel's own choice */
    int32_t experts;  /* of which the filter is a sum; 0: it is none, and the next three are 0 */
    int32_t images;   /* each with factors of its own */
    int32_t parts;    /* of the input channels of a group that have factors of their own */
    int32_t own_rows; /* whether each output channel has factors of its own */
    int32_t reserved[1];
} tw_problem;

/* One layer of one session. */
typedef struct {
    tw_problem problem;
    const float *src;
    const float *residual; /* rows as dst; NULL if the problem has none */
    float *dst;
    int64_t src_stride, residual_stride, dst_stride; /* elements from one pixel to the next */
    const void *packed;                              /* what tw_pack wrote */
    const float *factors;                            /* of a sum; else NULL */
    int64_t factors_stride;                          /* elements from one image's to the next */
    char *workspace;                                 /* of worker 0, 64-byte aligned */
    int64_t workspace_stride;                        /* bytes from one worker's to the next */
    int32_t kernel;                                  /* row of the table */
    int32_t plan[13];                                /* written by tw_bind, private to the kernel */
} tw_args;

/* One operator that is not a convolution, in one session. The loops, outermost first, are what the
 * family of operators says they are (op_*.h); strides are in bytes, 0 repeats. */
typedef struct {
    int32_t op;       /* row of the operator table */
    int32_t function; /* of the family */
    int32_t isa_limit;
    int32_t rank;     /* loops in use */
    float a, b;       /* parameters of the function */
    int32_t element_bytes;
    int32_t level;    /* written by tw_op_bind: the instruction set chosen */
    int64_t units;    /* written by tw_op_bind: what parts are cut from */
    int64_t parts;    /* written by tw_op_bind */
    char *dst;
    const char *in[2];
    const void *table;
    int64_t size[8];
    int64_t stride[3][8]; /* of dst, in[0], in[1] */
    int64_t extra[16];
    char *workspace;          /* of worker 0, 64-byte aligned; NULL if the family uses none */
    int64_t workspace_stride; /* bytes from one worker's to the next */
} tw_op_args;

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

int32_t tw_abi_version(void);
/* sizeof(tw_problem) << 16 | sizeof(tw_args): catches a struct laid out otherwise. */
int32_t tw_struct_bytes(void);
/* sizeof(tw_op_args) */
int32_t tw_op_struct_bytes(void);
/* The highest instruction set up to the limit that this CPU has; -1: not even generic, and nothing
 * below may be called. */
int32_t tw_isa(int32_t isa_limit);
/* Runs every kernel that this CPU supports on small problems; 0, or 1 + the first wrong kernel. */
int32_t tw_self_test(int32_t isa_limit);

int32_t tw_count(void);
const char *tw_name(int32_t kernel);
/* NULL if the kernel computes the problem on this CPU, else why not. */
const char *tw_refuses(int32_t kernel, int64_t problem);
/* Name of a tunable parameter, NULL from the first index that has none. */
const char *tw_tile_name(int32_t kernel, int32_t index);
/* Writes at most TW_MOST_TILES rows worth trying, best guess first; returns how many. A row has an
 * int32 for each tunable parameter of the kernel, in their order. */
int32_t tw_tiles(int32_t kernel, int64_t problem, int64_t values);
/* Writes three doubles: FMAs executed, or, where something else multiplies, as many as would take that time;
 * bytes moved beyond L1; share of the FMA peak (of the widest instructions of this CPU) of the inner loop. */
void tw_cost(int32_t kernel, int64_t problem, int64_t cost);
/* Writes four doubles: by how much larger than those of the direct sum the terms are that the kernel adds
 * (docs/numerics.md), and height, width and channels of the blocks of outputs that share them. Pixels of a
 * 1x1 convolution count as one row. */
void tw_rounding(int32_t kernel, int64_t problem, int64_t rounding);
/* Names the family of kernels whose costs may be compared more closely than others, as they err alike; NULL
 * if there is none. */
const char *tw_family(int32_t kernel);
/* Names the packed layout: kernels with equal names share packed filters. */
const char *tw_layout(int32_t kernel);
int64_t tw_packed_bytes(int32_t kernel, int64_t problem);
/* bias is [K] or 0. packed is zeroed memory of tw_packed_bytes. */
void tw_pack(int32_t kernel, int64_t problem, int64_t filter, int64_t bias, int64_t packed);
/* Scratch bytes per worker. */
int64_t tw_workspace_bytes(int32_t kernel, int64_t problem);
/* Fills the private part of the argument block; returns the number of parts, at least 1. */
int32_t tw_bind(int64_t args);
/* Computes the parts from (included) to (excluded). goes_on: the worker's last call was of the parts just
 * before these, in the same run, and its workspace is as that left it. */
void tw_run(int64_t args, int32_t from, int32_t to, int32_t worker, int32_t goes_on);

/* The second table: families of operators. What Java cannot find by name it computes itself. */
int32_t tw_op_count(void);
const char *tw_op_name(int32_t op);
/* Fills the rest of the argument block; returns the number of parts, at least 1. */
int32_t tw_op_bind(int64_t args);
/* Computes the parts from (included) to (excluded). */
void tw_op_run(int64_t args, int32_t from, int32_t to, int32_t worker);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
