/* Portable half of the GEMM convolution: packing, row pointers, blocking. See gemm.h. */
#include "gemm.h"

#include <string.h>

/* A block's source rows should stay in L2 beside a panel: 256 of 1024 KiB. */
#define BLOCK_BYTES (256 * 1024)
/* A block's row pointers should leave L1 to the data: 2048 * 8 = 16 of 48 KiB. */
#define BLOCK_POINTERS 2048
/* Filter rows of at most this many floats are one tap (see merges_row). */
#define MERGE_FLOATS 64

/* How a problem is cut; everything follows from the problem, so nothing of it is stored but what
 * tw_run needs often. */
typedef struct {
    int32_t m, k_group, c_group, panels_group, panels;
    int32_t taps, run;    /* as the tile sees them */
    int32_t mode;         /* MODE_* */
    int32_t tiles;        /* of pixels */
    int32_t blocks;       /* of tiles; a block is the unit that row pointers are made for */
    int32_t panel_blocks; /* a part is a block times a panel block */
    int32_t block_pixels; /* upper bound of the pixels of a block */
} plan;

enum {
    MODE_POINT, /* a tap is one pixel of one filter column */
    MODE_MERGE, /* a tap is a whole filter row: its columns and channels are contiguous in src */
    MODE_GATHER /* source rows are copied, because their stride would hit few cache sets */
};

/* With dense rows and no horizontal dilation, the FW * C floats under a filter row are contiguous, so
 * a 3-channel first layer has runs of 9 or 21 instead of 3. Only rows that touch the left or right
 * padding are copied. */
static int merges_row(const tw_problem *p, int64_t src_stride) {
    return p->groups == 1 && p->dilation_width == 1 && p->kernel_width > 1 &&
           src_stride == p->in_channels && p->kernel_width * p->in_channels <= MERGE_FLOATS;
}

/* Pixels 4 KiB apart map to one L1 set, whose 8-12 ways cannot hold a tile's 14 rows; half the speed
 * was lost (1x1, 1024 and 2048 channels). Only pointwise: a KxK tile would copy each row FH * FW
 * times. */
static int gathers(const tw_problem *p, int64_t src_stride) {
    return p->kernel_height * p->kernel_width == 1 &&
           (src_stride * 4 * p->stride_width) % 4096 == 0 && p->out_channels >= 64;
}

static int32_t gather_stride(const tw_problem *p) { return (p->in_channels + 31) / 16 * 16; }

static plan make_plan(const gemm_isa *isa, const tw_problem *p, int64_t src_stride) {
    plan q;
    q.m = tw_pixels(p);
    q.k_group = p->out_channels / p->groups;
    q.c_group = p->in_channels / p->groups;
    q.panels_group = tw_ceil_div(q.k_group, 2 * isa->vl);
    q.panels = q.panels_group * p->groups;
    q.mode = merges_row(p, src_stride) ? MODE_MERGE : gathers(p, src_stride) ? MODE_GATHER : MODE_POINT;
    q.taps = q.mode == MODE_MERGE ? p->kernel_height : p->kernel_height * p->kernel_width;
    q.run = q.mode == MODE_MERGE ? p->kernel_width * q.c_group : q.c_group;

    const int32_t mr = p->tile[0] > 0 ? tw_min(p->tile[0], isa->mr) : isa->mr;
    const double row_bytes = 4.0 * p->in_channels * p->stride_height * p->stride_width;
    int32_t pixels = tw_min(BLOCK_POINTERS / q.taps, (int32_t)(BLOCK_BYTES / row_bytes));
    q.tiles = tw_ceil_div(q.m, mr);
    q.blocks = tw_ceil_div(q.tiles, tw_max(1, pixels / mr));
    q.panel_blocks = 1;
    if (p->threads > 1) {
        /* Four parts a thread balance the load; blocks of two tiles still use a panel twice. */
        const int32_t want = 4 * p->threads;
        if (q.blocks < want)
            q.blocks = tw_max(q.blocks, tw_min(want, tw_ceil_div(q.tiles, 2)));
        if (q.blocks < want) q.panel_blocks = tw_min(q.panels, tw_ceil_div(want, q.blocks));
    }
    q.block_pixels = tw_ceil_div(q.tiles, q.blocks) * tw_ceil_div(q.m, q.tiles);
    return q;
}

/* Floats of the packed filter before the panels: bias, zeros. */
static int64_t header_floats(const gemm_isa *isa, const tw_problem *p, const plan *q) {
    return (int64_t)q->panels * 2 * isa->vl + (p->in_channels + 15) / 16 * 16;
}

/* Floats of one group's panels per element of the reduction. */
static int32_t group_width(const gemm_isa *isa, const plan *q) {
    return tw_ceil_div(q->k_group, isa->vl) * isa->vl;
}

static int64_t depth(const tw_problem *p, const plan *q) {
    return (int64_t)p->kernel_height * p->kernel_width * q->c_group;
}

const char *gemm_refuses(const tw_problem *p) {
    if ((int64_t)p->batch * p->out_height * p->out_width > INT32_MAX / 64) return "too many pixels";
    return NULL;
}

void gemm_cost(const gemm_isa *isa, const tw_problem *p, double *cost) {
    const plan q = make_plan(isa, p, p->in_channels);
    const double width = (double)group_width(isa, &q) * p->groups;
    const double k = (double)depth(p, &q);
    cost[0] = q.m * width * k;
    cost[1] = tw_tensor_bytes(p) + 4 * width * k;
    /* Measured: 0.95 at depth; about 10 steps of every reduction are lost to set-up, bias and store,
     * and a tile of few rows is bound by loading the panel. */
    const double rows = (double)q.m / q.tiles;
    const double vectors = width / p->groups > isa->vl ? 2 : 1;
    const double loads = (rows + vectors) / (rows * vectors);
    cost[2] = 0.95 * k / (k + 10) / (loads > 1 ? loads : 1);
    if (rows * vectors < 8) cost[2] *= rows * vectors / 8; /* too few chains to hide the latency */
}

int64_t gemm_packed_bytes(const gemm_isa *isa, const tw_problem *p) {
    const plan q = make_plan(isa, p, p->in_channels);
    return 4 * (header_floats(isa, p, &q) + depth(p, &q) * group_width(isa, &q) * p->groups);
}

void gemm_pack(const gemm_isa *isa, const tw_problem *p, const float *filter, const float *bias,
               float *packed) {
    const plan q = make_plan(isa, p, p->in_channels);
    const int32_t nr = 2 * isa->vl, taps = p->kernel_height * p->kernel_width;
    float *to = packed + header_floats(isa, p, &q);
    for (int32_t panel = 0; panel < q.panels; panel++) {
        const int32_t first = panel % q.panels_group * nr;
        const int32_t columns = tw_min(nr, q.k_group - first);
        const int32_t width = columns > isa->vl ? nr : isa->vl;
        const int32_t k0 = panel / q.panels_group * q.k_group + first;
        for (int32_t j = 0; bias && j < columns; j++)
            packed[(int64_t)panel * nr + j] = bias[k0 + j];
        for (int32_t tap = 0; tap < taps; tap++)
            for (int32_t c = 0; c < q.c_group; c++, to += width)
                for (int32_t j = 0; j < columns; j++)
                    to[j] = filter[((int64_t)(k0 + j) * q.c_group + c) * taps + tap];
    }
}

/* Bytes of a worker's row pointers; copied rows follow them. */
static int64_t pointer_bytes(const plan *q) {
    return ((int64_t)q->block_pixels * q->taps * (int64_t)sizeof(float *) + 63) / 64 * 64;
}

static int64_t copied_floats(const tw_problem *p, const plan *q) {
    switch (q->mode) {
    case MODE_MERGE: return (int64_t)q->block_pixels * q->taps * q->run;
    case MODE_GATHER: return (int64_t)q->block_pixels * gather_stride(p);
    default: return 0;
    }
}

int64_t gemm_workspace_bytes(const gemm_isa *isa, const tw_problem *p) {
    /* Strides are not known yet: enough for dense rows and for any other stride. */
    int64_t most = 0;
    for (int64_t extra = 0; extra < 2; extra++) {
        const plan q = make_plan(isa, p, p->in_channels + extra);
        const int64_t gathered = 4 * (int64_t)q.block_pixels * gather_stride(p);
        const int64_t copied = q.mode == MODE_POINT && q.taps == 1 ? gathered : 4 * copied_floats(p, &q);
        const int64_t bytes = pointer_bytes(&q) + copied;
        most = bytes > most ? bytes : most;
    }
    return (most + 63) / 64 * 64;
}

int32_t gemm_bind(const gemm_isa *isa, tw_args *args) {
    const plan q = make_plan(isa, &args->problem, args->src_stride);
    memcpy(args->plan, &q, sizeof q);
    _Static_assert(sizeof(plan) <= sizeof args->plan, "plan fits the argument block");
    return q.blocks * q.panel_blocks;
}

/* The columns of one filter row for an output pixel at the left or right edge: a copy, zeros outside
 * the image. image_row: offset in src of the row's first pixel. */
static void copy_edge(const tw_problem *p, const float *src, ptrdiff_t image_row, int32_t ix,
                      float *to) {
    const size_t pixel = (size_t)p->in_channels;
    for (int32_t fx = 0; fx < p->kernel_width; fx++, to += pixel) {
        const int32_t x = ix + fx;
        if (x < 0 || x >= p->in_width)
            memset(to, 0, pixel * sizeof(float));
        else
            memcpy(to, src + image_row + (ptrdiff_t)x * p->in_channels, pixel * sizeof(float));
    }
}

/* Row pointers of the pixels first .. first + count: rows[tap * count + i]. */
static void point_rows(const tw_args *args, const plan *q, int32_t first, int32_t count,
                       const float *zeros, const float **rows, float *copies) {
    const tw_problem *p = &args->problem;
    const ptrdiff_t pixel = args->src_stride, line = pixel * p->in_width;
    int32_t ox = first % p->out_width;
    int32_t oy = first / p->out_width % p->out_height;
    int32_t n = first / p->out_width / p->out_height;
    for (int32_t i = 0; i < count; i++) {
        const int32_t iy = oy * p->stride_height - p->pad_top;
        const int32_t ix = ox * p->stride_width - p->pad_left;
        const ptrdiff_t image = n * line * p->in_height; /* offsets: may be outside until checked */
        const float **to = rows + i;
        if (q->mode == MODE_GATHER) {
            const int inside = iy >= 0 && iy < p->in_height && ix >= 0 && ix < p->in_width;
            const float *from = inside ? args->src + image + iy * line + ix * pixel : zeros;
            memcpy(copies, from, (size_t)p->in_channels * sizeof(float));
            *to = copies;
            copies += gather_stride(p);
        } else if (q->mode == MODE_MERGE) {
            const int inside = ix >= 0 && ix + p->kernel_width <= p->in_width;
            for (int32_t fy = 0; fy < p->kernel_height; fy++, to += count) {
                const int32_t y = iy + fy * p->dilation_height;
                const ptrdiff_t image_row = image + y * line;
                if (inside && y >= 0 && y < p->in_height) {
                    *to = args->src + image_row + ix * pixel;
                } else {
                    /* A row above or below the image: all columns outside. */
                    const int32_t x = y >= 0 && y < p->in_height ? ix : p->in_width;
                    copy_edge(p, args->src, image_row, x, copies);
                    *to = copies;
                    copies += q->run;
                }
            }
        } else {
            for (int32_t fy = 0; fy < p->kernel_height; fy++) {
                const int32_t y = iy + fy * p->dilation_height;
                const int row_inside = y >= 0 && y < p->in_height;
                const ptrdiff_t image_row = image + y * line;
                for (int32_t fx = 0; fx < p->kernel_width; fx++, to += count) {
                    const int32_t x = ix + fx * p->dilation_width;
                    const int inside = row_inside && x >= 0 && x < p->in_width;
                    *to = inside ? args->src + image_row + x * pixel : zeros;
                }
            }
        }
        if (++ox == p->out_width) {
            ox = 0;
            if (++oy == p->out_height) {
                oy = 0;
                n++;
            }
        }
    }
}

/* One panel over the tiles of one block. */
static void run_panel(const gemm_isa *isa, const tw_args *args, const plan *q, int32_t panel,
                      int32_t tile_from, int32_t tile_to, const float *const *rows) {
    const tw_problem *p = &args->problem;
    const float *packed = args->packed;
    const int32_t nr = 2 * isa->vl;
    const int32_t group = panel / q->panels_group, first = panel % q->panels_group * nr;
    const int32_t columns = tw_min(nr, q->k_group - first);
    const int32_t k0 = group * q->k_group + first;
    const int32_t block_first = tw_cut(q->m, tile_from, q->tiles);
    const int wide = columns > isa->vl;
    gemm_tile t = {
        .row_step = tw_cut(q->m, tile_to, q->tiles) - block_first,
        .src_offset = (ptrdiff_t)group * q->c_group,
        .taps = q->taps,
        .run = q->run,
        .panel = packed + header_floats(isa, p, q) +
                 depth(p, q) * ((int64_t)group * group_width(isa, q) + first),
        .bias = packed + (int64_t)panel * nr,
        .residual_stride = args->residual_stride,
        .dst_stride = args->dst_stride,
        .columns = columns,
        .low = p->activation == TW_CLIP ? p->activation_a : -__builtin_inff(),
        .high = p->activation == TW_CLIP ? p->activation_b : __builtin_inff(),
    };
    for (int32_t tile = tile_from; tile < tile_to; tile++) {
        const int32_t m0 = tw_cut(q->m, tile, q->tiles);
        const int32_t count = tw_cut(q->m, tile + 1, q->tiles) - m0;
        t.rows = rows + (m0 - block_first);
        t.dst = args->dst + m0 * args->dst_stride + k0;
        t.residual = args->residual ? args->residual + m0 * args->residual_stride + k0 : NULL;
        isa->tile[wide][count - 1](&t);
        if (p->activation > TW_CLIP) isa->activate(t.dst, args->dst_stride, count, columns, p);
    }
}

void gemm_run(const gemm_isa *isa, const tw_args *args, int32_t from, int32_t to, int32_t worker) {
    plan q;
    memcpy(&q, args->plan, sizeof q);
    char *workspace = args->workspace + worker * args->workspace_stride;
    const float **rows = (const float **)workspace;
    float *copies = (float *)(workspace + pointer_bytes(&q));
    const float *zeros = (const float *)args->packed + (int64_t)q.panels * 2 * isa->vl;
    int32_t pointed = -1;
    /* Parts of one block follow each other, so its row pointers are made once. */
    for (int32_t part = from; part < to; part++) {
        const int32_t block = part / q.panel_blocks, cut = part % q.panel_blocks;
        const int32_t tile_from = tw_cut(q.tiles, block, q.blocks);
        const int32_t tile_to = tw_cut(q.tiles, block + 1, q.blocks);
        if (block != pointed) {
            const int32_t first = tw_cut(q.m, tile_from, q.tiles);
            const int32_t count = tw_cut(q.m, tile_to, q.tiles) - first;
            point_rows(args, &q, first, count, zeros, rows, copies);
            pointed = block;
        }
        const int32_t panel_to = tw_cut(q.panels, cut + 1, q.panel_blocks);
        for (int32_t panel = tw_cut(q.panels, cut, q.panel_blocks); panel < panel_to; panel++)
            run_panel(isa, args, &q, panel, tile_from, tile_to, rows);
    }
}
