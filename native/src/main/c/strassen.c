/* Plans and runs Strassen's 1x1 convolution, whatever the instruction set. See strassen.h. */
#include "strassen.h"

#include <string.h>

/* Channels multiplied at a time, at most: a pair's row is then 7 KB, and with AVX2 a pair of panels 112. */
#define MOST_CHANNELS 512
/* Rows of a block should stay in L2 while pairs of panels pass. */
#define BLOCK_BYTES (256 * 1024)
/* Less is not worth the sums. */
#define LEAST_CHANNELS 32
/* Half cycles beside the steps, of a product, what it keeps, adds and writes; of the sums of VL channels of a
 * pair; and how much longer a step takes than GEMM's. Measured with AVX2 (Zen 3) over 30 layers of 32 to 3072
 * channels, with AVX-512 (Emerald Rapids) over 17 of 64 to 3072: within 3 % of the ratio to GEMM. */
static double product_ends(const strassen_isa *isa) { return isa->vl < 16 ? 110 : 160; }
static double sums_time(const strassen_isa *isa) { return isa->vl < 16 ? 34 : 44; }
static double step_time(const strassen_isa *isa) { return isa->vl < 16 ? 1 : 1.05; }
/* By estimates it is not chosen, by measuring it may be, for fewer pixels than this, where what it saves is not
 * worth 1.75 times the filter: ResNet-50's 7x7 layers would take 0.7 % less time, and the process 30 MB more. Nor
 * with AVX-512: 1.02 to 1.07 times as fast as GEMM in a loop, from 256 channels to 256 on, but in networks, which
 * read the filter from beyond L2, as fast (six of them, Emerald Rapids). */
#define LEAST_PIXELS 64
#define NOT_BY_ESTIMATE 0.8

/* How a problem is cut; what tw_bind stores. */
typedef struct {
    int32_t blocks;       /* of pairs of pixels, of an image */
    int32_t panel_blocks; /* a part is a block times a panel block */
    int32_t together;     /* pairs whose rows meet all pairs of panels before the next ones do */
} strassen_plan;

static int32_t pixels_of(const tw_problem *p) { return p->out_height * p->out_width; }
static int32_t pairs_of(const tw_problem *p) { return tw_ceil_div(pixels_of(p), 2); }

static int32_t panels(const strassen_isa *isa, const tw_problem *p) {
    return tw_ceil_div(p->out_channels, 2 * isa->vl);
}
/* Pairs of panels, and whether the last panel has no second. */
static int32_t twins(const strassen_isa *isa, const tw_problem *p) { return panels(isa, p) / 2; }
static int32_t left_over(const strassen_isa *isa, const tw_problem *p) { return panels(isa, p) % 2; }
static int32_t columns_of(const strassen_isa *isa, const tw_problem *p) {
    return twins(isa, p) + left_over(isa, p);
}

/* Depends on the filter alone, as the packed one does. */
static int32_t chunk_of(const tw_problem *p) {
    const int32_t count = tw_ceil_div(p->in_channels, MOST_CHANNELS);
    return tw_ceil_div(p->in_channels / 2, count) * 2;
}

/* Floats of a row of the workspace: an odd number of cache lines. */
static int32_t pitch_of(const strassen_isa *isa, const tw_problem *p) {
    const int32_t runs = STRASSEN_PRODUCTS + left_over(isa, p);
    return (tw_ceil_div(runs * chunk_of(p) / 2, 16) | 1) * 16;
}

/* Floats of the packed filter before the first panel: bias, zeros. */
static int64_t header_floats(const strassen_isa *isa, const tw_problem *p) {
    return (int64_t)(panels(isa, p) + 2) * 2 * isa->vl;
}

/* Floats of the packed filter per channel of a half: of the pairs of panels, and of all. */
static int64_t twin_width(const strassen_isa *isa) { return STRASSEN_PRODUCTS * 2 * isa->vl; }
static int64_t width_of(const strassen_isa *isa, const tw_problem *p) {
    return twins(isa, p) * twin_width(isa) + left_over(isa, p) * 2 * 2 * isa->vl;
}

/* The smallest tile that holds so many pairs, up to mr. */
static int32_t size_of(const strassen_isa *isa, int32_t pairs) {
    int32_t size = 0;
    while (isa->tile[size].pairs < pairs)
        size++;
    return size;
}

/* Pairs of the tiles that some are cut into: as few tiles as can be, none much smaller than the others. */
static int32_t tile_of(const strassen_isa *isa, int32_t pairs) {
    const int32_t tiles = tw_ceil_div(pairs, isa->mr);
    return isa->tile[size_of(isa, tw_ceil_div(pairs, tiles))].pairs;
}

/* The first pair of a block: they are whole tiles, but for the last one's end. */
static int32_t block_start(const strassen_isa *isa, const tw_problem *p, int32_t block, int32_t blocks) {
    return tw_min(pairs_of(p), tw_cut(tw_ceil_div(pairs_of(p), isa->mr), block, blocks) * isa->mr);
}

static strassen_plan plan_of(const strassen_isa *isa, const tw_problem *p) {
    const int32_t pairs = pairs_of(p), rows = BLOCK_BYTES / 4 / pitch_of(isa, p);
    const int32_t most = tw_max(1, rows / isa->mr) * isa->mr;
    strassen_plan q = {.blocks = tw_ceil_div(pairs, most), .panel_blocks = 1};
    if (p->threads > 1) {
        /* As GEMM's. */
        const int32_t want = tw_ceil_div(4 * p->threads, p->batch);
        if (q.blocks < want) q.blocks = tw_max(q.blocks, tw_min(want, tw_max(1, pairs / (2 * isa->mr))));
        if (q.blocks < want) q.panel_blocks = tw_min(columns_of(isa, p), tw_ceil_div(want, q.blocks));
    }
    q.blocks = tw_min(q.blocks, tw_ceil_div(pairs, isa->mr));
    const int32_t block = tw_ceil_div(tw_ceil_div(pairs, isa->mr), q.blocks) * isa->mr;
    const double filter = 4.0 * (double)width_of(isa, p) * chunk_of(p) / 2;
    q.together = filter <= TW_FILTER_SHARE * (double)tw_l2_bytes() ? isa->mr : block;
    return q;
}

const char *strassen_refuses(const strassen_isa *isa, const tw_problem *p) {
    if (p->kernel_height != 1 || p->kernel_width != 1 ||
        (p->pad_top | p->pad_left | p->pad_bottom | p->pad_right) != 0)
        return "computes 1x1 without padding only";
    if (p->groups != 1) return "computes no groups";
    if (p->in_channels % 2 != 0 || p->in_channels < LEAST_CHANNELS)
        return "halves the channels: takes an even number, 32 or more";
    if (p->out_channels <= 2 * isa->vl) return "has no second panel of output channels";
    if (pixels_of(p) < 2) return "has no second pixel";
    return NULL;
}

/* Half cycles of a product of so many pairs by a panel, as GEMM's: a step issues its FMAs and its loads. */
static double half_cycles(const strassen_isa *isa, const tw_problem *p, int32_t pairs) {
    if (pairs == 0) return 0;
    const int32_t tile = tile_of(isa, pairs), chunks = tw_ceil_div(p->in_channels, MOST_CHANNELS);
    const double step = step_time(isa) * tw_max(2 * tile, tile + 2);
    return tw_ceil_div(pairs, tile) * (step * p->in_channels / 2 + chunks * product_ends(isa));
}

void strassen_cost(const strassen_isa *isa, const tw_problem *p, double *cost) {
    const strassen_plan q = plan_of(isa, p);
    const int32_t pairs = pairs_of(p);
    const double half = p->in_channels / 2.0;
    const double products = STRASSEN_PRODUCTS * twins(isa, p) + 4 * left_over(isa, p);
    const double groups = pairs / q.together * half_cycles(isa, p, q.together) +
                          half_cycles(isa, p, pairs % q.together);
    const double sum = products * groups + pairs * sums_time(isa) * half / isa->vl;
    const double fmas = pairs * half * products * 2;
    cost[0] = p->batch * fmas * isa->vl;
    cost[1] = tw_tensor_bytes(p) + 4 * (double)width_of(isa, p) * half;
    cost[2] = 0.97 * fmas / sum * (isa->vl == 8 && pixels_of(p) >= LEAST_PIXELS ? 1 : NOT_BY_ESTIMATE);
}

int64_t strassen_packed_bytes(const strassen_isa *isa, const tw_problem *p) {
    return 4 * (header_floats(isa, p) + width_of(isa, p) * (p->in_channels / 2));
}

/* One channel of both halves, for a column of each panel. */
static void pack_twin(double b11, double b12, double b21, double b22, int64_t product, float *to) {
    const double t1 = b12 - b11, t2 = b22 - t1;
    const double all[STRASSEN_PRODUCTS] = {b11, b21, t2, b22 - b12, b21 - t2, t1, b22};
    for (int i = 0; i < STRASSEN_PRODUCTS; i++)
        to[i * product] = (float)all[i];
}

void strassen_pack(const strassen_isa *isa, const tw_problem *p, const float *filter, const float *bias,
                   float *packed) {
    const int32_t nr = 2 * isa->vl, channels = p->in_channels;
    float *to = packed + header_floats(isa, p);
    for (int32_t k = 0; bias && k < p->out_channels; k++)
        packed[k] = bias[k];
    for (int32_t c0 = 0; c0 < channels; c0 += chunk_of(p)) {
        const int32_t run = tw_min(chunk_of(p), channels - c0) / 2;
        for (int32_t k0 = 0; k0 < p->out_channels; k0 += 2 * nr) {
            const int single = p->out_channels - k0 <= nr;
            const int64_t product = (int64_t)run * nr;
            for (int32_t j = 0; j < nr && k0 + j < p->out_channels; j++) {
                const float *left = filter + (int64_t)(k0 + j) * channels + c0;
                const float *right = k0 + nr + j < p->out_channels ? left + (int64_t)nr * channels : NULL;
                for (int32_t c = 0; c < run; c++) {
                    float *at = to + (int64_t)c * nr + j;
                    if (single) {
                        at[0] = left[c];
                        at[product] = left[run + c];
                    } else {
                        pack_twin(left[c], right ? right[c] : 0, left[run + c], right ? right[run + c] : 0,
                                  product, at);
                    }
                }
            }
            to += (single ? 2 : STRASSEN_PRODUCTS) * product;
        }
    }
}

/* The last tile may hold more than there are. */
static int32_t whole_tiles(const strassen_isa *isa, int32_t pairs) {
    return tw_ceil_div(pairs, isa->mr) * isa->mr;
}

/* A worker's memory. */
typedef struct {
    float **dst; /* of each pixel of the rows */
    const float **old;
    float *rows, *zeros;
    float *spare; /* where the results of no pixel go */
    int64_t bytes;
} workspace;

static workspace lay_out(char *memory, const strassen_isa *isa, const tw_problem *p, const strassen_plan *q) {
    const int64_t pairs = whole_tiles(isa, q->together), pixels = 2 * pairs, row = pitch_of(isa, p);
    const int64_t lists = (2 * pixels * (int64_t)sizeof(float *) + 63) / 64 * 64;
    const int64_t zeros = tw_ceil_div(chunk_of(p), 16) * 16, spare = (int64_t)panels(isa, p) * 2 * isa->vl;
    workspace w;
    w.dst = (float **)memory;
    w.old = (const float **)(w.dst + pixels);
    w.rows = (float *)(memory + lists);
    w.zeros = w.rows + row * pairs;
    w.spare = w.zeros + zeros;
    w.bytes = lists + 4 * (row * pairs + zeros + spare);
    return w;
}

int64_t strassen_workspace_bytes(const strassen_isa *isa, const tw_problem *p) {
    const strassen_plan q = plan_of(isa, p);
    return lay_out(NULL, isa, p, &q).bytes;
}

int32_t strassen_bind(const strassen_isa *isa, tw_args *args) {
    const strassen_plan q = plan_of(isa, &args->problem);
    memcpy(args->plan, &q, sizeof q);
    _Static_assert(sizeof(strassen_plan) <= sizeof args->plan, "plan fits the argument block");
    return args->problem.batch * q.blocks * q.panel_blocks;
}

/* Some channels of the pairs of an image that have rows in the workspace. */
typedef struct {
    const strassen_isa *isa;
    const tw_args *args;
    workspace w;
    int32_t image, pixel;   /* the first pair's first, of the image */
    int32_t pixels, pairs;  /* that exist; an odd last one is half a pair */
    int32_t channel, run;   /* the first, and half of how many */
    int32_t pitch, left_over, twins, tile, tiles;
    const float *panels;    /* of these channels */
    int far, last;
} group;

/* The group's channels that an output pixel is computed from. */
static const float *source(const group *g, int32_t pixel) {
    return tw_point_source(g->args, g->image, pixel) + g->channel;
}

/* Sums their rows and lists where their results go. */
static void prepare(const group *g) {
    const tw_args *args = g->args;
    const ptrdiff_t first = (ptrdiff_t)g->image * pixels_of(&args->problem) + g->pixel;
    for (int32_t i = 0; i < g->pairs; i++) {
        const float *even = source(g, g->pixel + 2 * i);
        const float *odd = 2 * i + 1 < g->pixels ? source(g, g->pixel + 2 * i + 1) : g->w.zeros;
        g->isa->sums(even, odd, g->run, g->left_over, g->w.rows + (ptrdiff_t)i * g->pitch);
    }
    for (int32_t i = 0; i < 2 * whole_tiles(g->isa, g->pairs); i++) {
        const int exists = i < g->pixels;
        g->w.dst[i] = exists ? args->dst + (first + i) * args->dst_stride : g->w.spare;
        g->w.old[i] = !exists || g->channel > 0 ? g->w.dst[i]
                      : args->residual ? args->residual + (first + i) * args->residual_stride
                                       : NULL;
    }
}

/* All tiles of a group by a pair of panels, or by the one left over. */
static void run_columns(const group *g, int32_t index) {
    const tw_problem *p = &g->args->problem;
    const float *packed = g->args->packed;
    const int32_t nr = 2 * g->isa->vl, column = 2 * nr * index;
    const int single = index == g->twins, clips = g->last && p->activation == TW_CLIP;
    const ptrdiff_t steps = (single ? 4 : STRASSEN_PRODUCTS) * (ptrdiff_t)g->run;
    strassen_tile t = {
        .pitch = g->pitch,
        .run = g->run,
        .panel = g->panels + index * twin_width(g->isa) * g->run,
        .bias = g->channel > 0 ? packed + header_floats(g->isa, p) - 2 * nr : packed + column,
        .column = column,
        .columns = tw_min(2 * nr, p->out_channels - column),
        .bounds = !clips ? 0 : p->activation_b < __builtin_inff() ? 2 : 1,
        .far = g->far,
        .low = p->activation_a,
        .high = p->activation_b,
        .fetch_step = nr,
    };
    /* The panels stay while tiles pass: together they fetch the next ones. */
    const ptrdiff_t share = (steps * nr + g->tiles - 1) / g->tiles;
    if (g->tiles > 1) t.fetch_step = (share + steps - 1) / steps;
    for (int32_t i = 0, from = 0; i < g->tiles; i++, from += g->tile) {
        const int32_t rows = tw_min(g->tile, g->pairs - from), size = size_of(g->isa, rows);
        t.rows = g->w.rows + from * t.pitch;
        t.dst = g->w.dst + 2 * from;
        t.old = g->w.old[0] ? g->w.old + 2 * from : NULL;
        t.fetch = g->tiles > 1 ? t.panel + steps * nr + share * i : NULL;
        (single ? g->isa->tile[size].single : g->isa->tile[size].pair)(&t);
        if (g->last && p->activation > TW_CLIP)
            g->isa->activate(t.dst[0] + column, g->args->dst_stride, tw_min(2 * rows, g->pixels - 2 * from),
                             t.columns, p);
    }
}

void strassen_run(const strassen_isa *isa, const tw_args *args, int32_t from, int32_t to, int32_t worker) {
    const tw_problem *p = &args->problem;
    strassen_plan q;
    memcpy(&q, args->plan, sizeof q);
    group g = {.isa = isa, .args = args, .pitch = pitch_of(isa, p), .left_over = left_over(isa, p),
               .twins = twins(isa, p)};
    const float *panels = (const float *)args->packed + header_floats(isa, p);
    const double ends = 4.0 * tw_pixels(p) * p->out_channels * (args->residual ? 2 : 1);
    g.w = lay_out(args->workspace + worker * args->workspace_stride, isa, p, &q);
    memset(g.w.zeros, 0, (size_t)chunk_of(p) * sizeof(float));
    /* Parts of one block follow each other, so its sums are made once. */
    for (int32_t part = from, next; part < to; part = next) {
        const int32_t cut = part % q.panel_blocks, index = part / q.panel_blocks, block = index % q.blocks;
        next = tw_min(to, part - cut + q.panel_blocks);
        g.image = index / q.blocks;
        const int32_t start = block_start(isa, p, block, q.blocks);
        const int32_t end = block_start(isa, p, block + 1, q.blocks);
        const int32_t first = tw_cut(columns_of(isa, p), cut, q.panel_blocks);
        const int32_t after = tw_cut(columns_of(isa, p), cut + next - part, q.panel_blocks);
        for (g.channel = 0; g.channel < p->in_channels; g.channel += 2 * g.run) {
            g.run = tw_min(chunk_of(p), p->in_channels - g.channel) / 2;
            g.panels = panels + width_of(isa, p) * (g.channel / 2);
            g.far = g.channel == 0 && ends > TW_FAR_BYTES;
            g.last = g.channel + 2 * g.run == p->in_channels;
            for (int32_t pair = start; pair < end; pair += q.together) {
                g.pairs = tw_min(q.together, end - pair);
                g.tile = tile_of(isa, g.pairs);
                g.tiles = tw_ceil_div(g.pairs, g.tile);
                g.pixel = 2 * pair;
                g.pixels = tw_min(2 * g.pairs, pixels_of(p) - 2 * pair);
                prepare(&g);
                for (int32_t i = first; i < after; i++)
                    run_columns(&g, i);
            }
        }
    }
}

/* Of independent values of variance 1 the terms of C12, C21 and C22 have 1 + 9 + 4 + 4 where those of two
 * direct products have 2. Pairs of pixels share them, and pairs of panels. */
void strassen_rounding(const strassen_isa *isa, const tw_problem *p, double *rounding) {
    (void)p;
    rounding[0] = 3;
    rounding[2] = 2;
    rounding[3] = 4 * isa->vl;
}
