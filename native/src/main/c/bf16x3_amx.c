/* Convolution as a product of matrices on AMX tiles, which multiply bfloat16 and add up float32. Errors:
 * docs/numerics.md.
 *
 * A float32 is the sum of three bfloat16 of 8 bits each: x = x0 + x1 + x2 exactly, by cutting. Of the nine
 * products of two such sums six are made: x0 y0, x0 y1, x0 y2, x1 y0, x1 y1, x2 y0. What the others would
 * add is below 2^-21 |x y|, 2^-24 on average (Henry, Tang, Heinecke 2019, "Leveraging the bfloat16
 * artificial intelligence datatype for higher-precision computations"; oneMKL calls it float_to_bf16x3).
 * TDPBF16PS multiplies 16 times as fast as FMA does, so that six of them have 2.67 times its peak.
 *
 * The filter is packed as gemm.h says, without half vectors, and cut in each run: three packed parts would have 1.5
 * times the bytes, in memory and on their way from beyond L2. A small filter is cut at once and meets one pair of
 * tiles after the other, whose parts L1 has; of a large one a panel, 32 output channels, is cut for all pixels of a
 * block.
 *
 * Cut pixels and panels: bf16x3_cut.h. A cut panel is [tap][step][1 or 2 tiles of each part].
 *
 * A tile of pixels is up to 16 of one output row; a 1x1 filter's pixels are one row. Two go by two of columns. */
#include "vec_avx512.h"

#include "activation.h"
#include "bf16x3_cut.h"
#include "gemm_plan.h"

#include <string.h>

#define MOST_ROWS 16
#define NR (2 * VL)

/* Channels times taps that are cut and multiplied at a time: a cut panel then has 120 KB. */
#define CHUNK 640
/* Cut pixels of a block should stay in L2, 2 MB in all CPUs that have AMX, beside the panel and the outputs; so
 * should a filter that is cut at once. */
#define BLOCK_BYTES (1200 * 1024)
#define FILTER_BYTES (768 * 1024)
/* Cycles at the frequency of FMA, fitted to 1x1 layers of 16 to 2048 channels (Emerald Rapids, quiet core):
 * of a row of a product of tiles, 1 but for the lower frequency at which they are multiplied; of cutting a step
 * of a pixel, and one of 16 columns of a panel, of a filter that is cut at once and of one that comes from beyond
 * L2; of the start and end of two tiles by two. */
#define PRODUCT_ROW 1.27
#define CUT_PIXEL 14
#define CUT_COLUMNS 340
#define CUT_FAR_COLUMNS 540
#define ENDS 400

/* Only what the packed filter's functions read of it. */
static const gemm_isa LAYOUT = {.vl = VL};

/* How a problem is cut; what tw_bind stores. */
typedef struct {
    int32_t rows;         /* pixels of a tile */
    int32_t tiles;        /* of a line: a pair of tiles if the filter is 1x1, else an output row */
    int32_t lines;        /* of an image */
    int32_t chunk;        /* channels multiplied at a time */
    int32_t blocks;       /* of lines, of an image */
    int32_t panel_blocks; /* a part is a block times a panel block */
    int32_t group;        /* lines that are cut at a time */
    int32_t keeps;        /* whether the filter is cut at once */
} amx_plan;

static int32_t taps_of(const tw_problem *p) { return p->kernel_height * p->kernel_width; }
static int32_t pixels_of(const tw_problem *p) { return p->out_height * p->out_width; }
static int32_t steps_of(int32_t channels) { return tw_ceil_div(channels, STEP); }

/* Bytes of so many columns of a cut panel, a multiple of 16. */
static int64_t cut_bytes(const tw_problem *p, const amx_plan *q, int32_t columns) {
    return (int64_t)taps_of(p) * steps_of(q->chunk) * PARTS * TILE_BYTES * (columns / VL);
}

/* Pixels that so many lines are computed from, and those of a row of them. */
static int32_t source_width(const tw_problem *p, const amx_plan *q) {
    if (is_bare_point(p)) return q->tiles * q->rows;
    return (q->tiles * q->rows - 1) * p->stride_width + (p->kernel_width - 1) * p->dilation_width + 1;
}
static int32_t source_height(const tw_problem *p, int32_t lines) {
    return is_bare_point(p) ? lines
                      : (lines - 1) * p->stride_height + (p->kernel_height - 1) * p->dilation_height + 1;
}
static int64_t group_bytes(const tw_problem *p, const amx_plan *q, int32_t lines) {
    return (int64_t)source_height(p, lines) * source_width(p, q) * steps_of(q->chunk) * STEP_BYTES;
}

static amx_plan plan_of(const tw_problem *p) {
    amx_plan q = {.panel_blocks = 1, .lines = p->out_height};
    const int32_t width = is_bare_point(p) ? pixels_of(p) : p->out_width;
    q.tiles = tw_ceil_div(width, MOST_ROWS);
    if (is_bare_point(p)) {
        q.lines = tw_ceil_div(q.tiles, 2);
        q.tiles = tw_min(2, width);
    }
    q.rows = tw_ceil_div(width, is_bare_point(p) ? q.lines * q.tiles : q.tiles);
    const int32_t most = tw_max(STEP, CHUNK / taps_of(p) / STEP * STEP);
    const int32_t chunks = tw_ceil_div(p->in_channels, most);
    q.chunk = tw_min(p->in_channels, tw_ceil_div(steps_of(p->in_channels), chunks) * STEP);
    q.keeps = q.chunk == p->in_channels && cut_bytes(p, &q, group_width(&LAYOUT, p)) <= FILTER_BYTES;
    const int32_t block = (int32_t)(BLOCK_BYTES / (group_bytes(p, &q, q.lines) / q.lines));
    q.blocks = tw_min(q.lines, tw_ceil_div(q.lines, tw_max(1, block)));
    if (p->threads > 1) {
        /* Four parts a thread balance the load; a block of less than 128 pixels cuts a panel too often. */
        const int32_t want = tw_ceil_div(4 * p->threads, p->batch);
        const int32_t most_blocks = q.keeps ? q.lines : tw_max(1, pixels_of(p) / 128);
        if (q.blocks < want) q.blocks = tw_max(q.blocks, tw_min(tw_min(want, most_blocks), q.lines));
        if (q.blocks < want && !q.keeps)
            q.panel_blocks = tw_min(panels(&LAYOUT, p), tw_ceil_div(want, q.blocks));
    }
    q.group = q.keeps && is_bare_point(p) ? 1 : tw_ceil_div(q.lines, q.blocks);
    return q;
}

static const char *refuses(const tw_problem *p) {
    if (p->groups != 1) return "computes no groups";
    if (p->in_channels < STEP / 2) return "multiplies 32 channels at a time: takes no less than 16";
    return gemm_refuses(p);
}

static int32_t tiles(const tw_problem *p, int32_t *values) {
    (void)p;
    (void)values;
    return 0;
}

static void cost(const tw_problem *p, double *c) {
    const amx_plan q = plan_of(p);
    const double taps = taps_of(p), chunks = tw_ceil_div(p->in_channels, q.chunk);
    const double steps = chunks * steps_of(q.chunk), columns = group_width(&LAYOUT, p) / VL;
    const double groups = tw_ceil_div(q.lines, q.group), tile_count = (double)q.lines * q.tiles;
    double cycles = groups * source_height(p, q.group) * source_width(p, &q) * steps * CUT_PIXEL;
    cycles += (q.keeps ? CUT_COLUMNS : groups * CUT_FAR_COLUMNS) * columns * taps * steps;
    cycles += tile_count * columns * (taps * steps * 6 * q.rows * PRODUCT_ROW + chunks * ENDS / 4.0);
    c[0] = p->batch * cycles * 2 * VL; /* what two FMA units would do meanwhile */
    c[1] = tw_tensor_bytes(p) + 4.0 * group_width(&LAYOUT, p) * (double)depth(p);
    c[2] = 0.97;
}

static int64_t packed_bytes(const tw_problem *p) { return gemm_packed_bytes(&LAYOUT, p); }
static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    gemm_pack(&LAYOUT, p, filter, bias, packed);
}

/* A worker's memory. */
typedef struct {
    char *pixels, *panel;
    float *results;  /* of a pair of tiles */
    ptrdiff_t *taps; /* bytes from a tile's pixels to those under a tap */
    int64_t bytes;
} workspace;

static workspace lay_out(char *memory, const tw_problem *p, const amx_plan *q) {
    workspace w;
    w.results = (float *)memory;
    w.panel = memory + 2 * MOST_ROWS * NR * 4;
    w.pixels = w.panel + cut_bytes(p, q, q->keeps ? group_width(&LAYOUT, p) : NR);
    w.taps = (ptrdiff_t *)(w.pixels + group_bytes(p, q, q->group));
    w.bytes = (char *)(w.taps + taps_of(p)) - memory;
    return w;
}

static int64_t workspace_bytes(const tw_problem *p) {
    const amx_plan q = plan_of(p);
    return (lay_out(NULL, p, &q).bytes + 63) / 64 * 64;
}

static int32_t bind(tw_args *args) {
    const amx_plan q = plan_of(&args->problem);
    memcpy(args->plan, &q, sizeof q);
    _Static_assert(sizeof(amx_plan) <= sizeof args->plan, "plan fits the argument block");
    return args->problem.batch * q.blocks * q.panel_blocks;
}

/* Lines of an image, and some channels of them. */
typedef struct {
    const tw_args *args;
    amx_plan q;
    workspace w;
    int32_t image, line, lines; /* the first line, and how many */
    int32_t channel, run;       /* the first channel, and how many */
    ptrdiff_t part; /* bytes from a part of all cut pixels to the next */
    int last;
} group;

/* The group's channels that a pixel of a 1x1 filter is computed from. */
static const float *source(const group *g, int32_t pixel) {
    return tw_point_source(g->args, g->image, pixel) + g->channel;
}

/* Rows of the last tile that has fewer pixels stay as they are: each makes results of its own, which nobody
 * reads. */
static void cut_pixels(const group *g) {
    const tw_problem *p = &g->args->problem;
    static const float zeros[CHUNK + STEP];
    const int32_t width = source_width(p, &g->q), height = source_height(p, g->lines);
    const ptrdiff_t stride = g->args->src_stride;
    const float *image = g->args->src + (ptrdiff_t)g->image * p->in_height * p->in_width * stride + g->channel;
    char *to = g->w.pixels;
    if (is_bare_point(p)) {
        const int32_t from = g->line * width, end = tw_min(pixels_of(p), from + height * width);
        for (int32_t i = from; i < end; i++, to += PART_BYTES) cut_pixel(source(g, i), g->run, to, g->part);
        return;
    }
    for (int32_t r = 0; r < height; r++) {
        const int32_t y = g->line * p->stride_height - p->pad_top + r;
        for (int32_t c = 0; c < width; c++, to += PART_BYTES) {
            const int32_t x = c - p->pad_left;
            const int outside = y < 0 || y >= p->in_height || x < 0 || x >= p->in_width;
            cut_pixel(outside ? zeros : image + ((ptrdiff_t)y * p->in_width + x) * stride, g->run, to, g->part);
        }
    }
}

/* panel: of the packed filter, from the group's first channel. */
static void cut_panel(const group *g, const float *panel, char *to, const int wide) {
    const tw_problem *p = &g->args->problem;
    const int32_t vectors = wide ? 2 : 1;
    for (int32_t tap = 0; tap < taps_of(p); tap++, panel += (ptrdiff_t)p->in_channels * vectors * VL)
        for (int32_t c = 0; c < g->run; c += STEP, to += PARTS * vectors * TILE_BYTES)
            for (int32_t i = 0; i < VL; i++)
                cut_row(panel, c + i, g->run, to + i * 64, vectors);
}

/* One or two tiles of pixels by one or two of output channels. */
typedef struct {
    const group *g;
    const char *panel;          /* cut */
    const char *first, *second; /* tiles of pixels */
    const float *bias;          /* of all output channels of the panel */
    const float *filter;        /* CUTS_PANEL: of the packed panel */
    const float **pixels;       /* CUTS_PIXELS: of both tiles, one after the other */
} products;

/* What is cut a step before it is multiplied, in the time that products of tiles leave to the vector units: 2 to
 * 7 % of layers of few pixels or few output channels. */
enum { CUTS_NOTHING, CUTS_PIXELS, CUTS_PANEL };

/* A sixth of a step, from channel c: constants but for c. Rows of both tiles are 2 * rows together. */
TW_INLINE void cut_sixth(const products *t, const int32_t c, const int sixth, const int cuts) {
    const group *g = t->g;
    if (cuts == CUTS_PANEL)
        TW_UNROLL for (int i = sixth * VL / 6; i < (sixth + 1) * VL / 6; i++)
            cut_row(t->filter, c + i, g->run, g->w.panel + c / STEP * (PARTS * 2 * TILE_BYTES) + i * 64, 2);
    if (cuts == CUTS_PIXELS) {
        const int32_t all = 2 * g->q.rows;
        for (int32_t i = all * sixth / 6; i < all * (sixth + 1) / 6; i++)
            cut_step(t->pixels[i], c, g->run, g->w.pixels + i * PART_BYTES, g->part);
    }
}

/* Tiles 0 to 3 are results, 4 and 5 pixels, 6 and 7 columns of the panel. */
TW_INLINE void multiply(const products *t, const int two, const int wide, const int cuts) {
    const group *g = t->g;
    const tw_problem *p = &g->args->problem;
    const int32_t taps = taps_of(p), steps = steps_of(g->run);
    const ptrdiff_t stride = is_bare_point(p) ? PART_BYTES : PART_BYTES * p->stride_width, pixels = g->part;
    const ptrdiff_t part = (wide ? 2 : 1) * TILE_BYTES;
    const char *panel = t->panel;
    /* All rows are the bias: their stride is 0. */
    _tile_loadd(0, t->bias, 0);
    if (wide) _tile_loadd(1, t->bias + VL, 0);
    if (two) _tile_loadd(2, t->bias, 0);
    if (two && wide) _tile_loadd(3, t->bias + VL, 0);
#define PIXELS(i)                                                                                  \
    do {                                                                                           \
        _tile_loadd(4, first + (i) * pixels, stride);                                              \
        if (two) _tile_loadd(5, second + (i) * pixels, stride);                                    \
    } while (0)
#define COLUMNS(i)                                                                                 \
    do {                                                                                           \
        _tile_loadd(6, panel + (i) * part, 64);                                                    \
        if (wide) _tile_loadd(7, panel + (i) * part + TILE_BYTES, 64);                             \
    } while (0)
#define MULTIPLY                                                                                   \
    do {                                                                                           \
        _tile_dpbf16ps(0, 4, 6);                                                                   \
        if (wide) _tile_dpbf16ps(1, 4, 7);                                                         \
        if (two) _tile_dpbf16ps(2, 5, 6);                                                          \
        if (two && wide) _tile_dpbf16ps(3, 5, 7);                                                  \
    } while (0)
#define CUT(sixth)                                                                                 \
    do {                                                                                           \
        if (cuts && s + 1 < steps) cut_sixth(t, (s + 1) * STEP, sixth, cuts);                      \
    } while (0)
    TW_UNROLL for (int i = 0; cuts && i < 6; i++) cut_sixth(t, 0, i, cuts);
    for (int32_t tap = 0; tap < taps; tap++) {
        const char *first = t->first + g->w.taps[tap], *second = t->second + g->w.taps[tap];
        for (int32_t s = 0; s < steps; s++) {
            PIXELS(2); COLUMNS(0); MULTIPLY; CUT(0);
            PIXELS(1);             MULTIPLY; CUT(1);
            COLUMNS(1);            MULTIPLY; CUT(2);
            PIXELS(0);             MULTIPLY; CUT(3);
            COLUMNS(2);            MULTIPLY; CUT(4);
            COLUMNS(0);            MULTIPLY; CUT(5);
            first += PARTS * pixels;
            second += PARTS * pixels;
            panel += PARTS * part;
        }
    }
#undef PIXELS
#undef COLUMNS
#undef MULTIPLY
#undef CUT
    _tile_stored(0, g->w.results, NR * 4);
    if (wide) _tile_stored(1, g->w.results + VL, NR * 4);
    if (two) _tile_stored(2, g->w.results + MOST_ROWS * NR, NR * 4);
    if (two && wide) _tile_stored(3, g->w.results + MOST_ROWS * NR + VL, NR * 4);
}

/* dst = results + old, within bounds. */
TW_INLINE void finish_rows(const float *from, float *dst, ptrdiff_t stride, const float *old, ptrdiff_t old_stride,
                           int32_t rows, int32_t columns, float low, float high, const int adds) {
    const vec_mask mask[2] = {vec_first(columns), vec_first(columns - VL)};
    for (int32_t r = 0; r < rows; r++, from += NR, dst += stride, old += adds ? old_stride : 0)
        TW_UNROLL for (int j = 0; j < 2; j++) {
            vec x = vec_load(from + j * VL);
            if (adds) x = x + vec_load_mask(old + j * VL, mask[j]);
            x = vec_at_most(vec_at_least(x, vec_set1(low)), vec_set1(high));
            vec_store_mask(dst + j * VL, mask[j], x);
        }
}

/* One tile's: pixels from the first, of the image. */
static void finish(const group *g, const float *from, int32_t first, int32_t rows, int32_t k, int32_t columns) {
    const tw_args *args = g->args;
    const tw_problem *p = &args->problem;
    const ptrdiff_t pixel = (ptrdiff_t)g->image * pixels_of(p) + first, stride = args->dst_stride;
    float *dst = args->dst + pixel * stride + k;
    const float low = g->last ? act_low(p) : -__builtin_inff(), high = g->last ? act_high(p) : __builtin_inff();
    if (g->channel > 0)
        finish_rows(from, dst, stride, dst, stride, rows, columns, low, high, 1);
    else if (args->residual)
        finish_rows(from, dst, stride, args->residual + pixel * args->residual_stride + k, args->residual_stride,
                    rows, columns, low, high, 1);
    else
        finish_rows(from, dst, stride, NULL, 0, rows, columns, low, high, 0);
    if (g->last && act_needs_pass(p->activation)) act_rows(dst, stride, rows, columns, p);
}

/* Whether a group's pixels are cut while they meet the first panel. */
static int cuts_late(const group *g) {
    return g->q.keeps && is_bare_point(&g->args->problem) && g->q.tiles == 2 && g->args->problem.out_channels > VL;
}

/* A tile: where its cut pixels and its outputs are. */
typedef struct {
    const char *at;
    int32_t first, rows;
} place;

static place place_of(const group *g, int32_t index) {
    const tw_problem *p = &g->args->problem;
    const amx_plan *q = &g->q;
    place t;
    if (is_bare_point(p)) {
        t.at = g->w.pixels + (ptrdiff_t)index * q->rows * PART_BYTES;
        t.first = (g->line * q->tiles + index) * q->rows;
        t.rows = tw_max(0, tw_min(q->rows, pixels_of(p) - t.first));
    } else {
        const int32_t y = index / q->tiles, x = index % q->tiles * q->rows;
        const ptrdiff_t row = (ptrdiff_t)y * p->stride_height * source_width(p, q);
        t.at = g->w.pixels + (row + x * p->stride_width) * PART_BYTES;
        t.first = (g->line + y) * p->out_width + x;
        t.rows = tw_min(q->rows, p->out_width - x);
    }
    return t;
}

static int32_t columns_of_panel(const tw_problem *p, int32_t panel) {
    return tw_min(NR, p->out_channels - panel * NR);
}
static int is_wide(const tw_problem *p, int32_t panel) { return columns_of_panel(p, panel) > VL; }

/* The group's channels of a panel, as packed. */
static const float *filter_of(const group *g, int32_t panel) {
    const tw_problem *p = &g->args->problem;
    return (const float *)g->args->packed + header_floats(&LAYOUT, p) + depth(p) * panel * NR +
           (ptrdiff_t)g->channel * (is_wide(p, panel) ? NR : VL);
}

static void cut_one(const group *g, int32_t panel, char *to) {
    cut_panel(g, filter_of(g, panel), to, is_wide(&g->args->problem, panel));
}

/* All tiles of a group by a panel. first_panel: no other has met the group yet. */
static void run_panel(const group *g, int32_t panel, int first_panel) {
    const tw_problem *p = &g->args->problem;
    const int32_t k = panel * NR, columns = columns_of_panel(p, panel), wide = is_wide(p, panel);
    const int32_t count = g->lines * g->q.tiles;
    const float *pixels[2 * MOST_ROWS];
    products t = {.g = g, .panel = g->w.panel, .filter = filter_of(g, panel)};
    t.bias = (const float *)g->args->packed + (g->channel > 0 ? panels(&LAYOUT, p) * NR : k);
    int cuts = CUTS_NOTHING;
    if (g->q.keeps) {
        t.panel += cut_bytes(p, &g->q, k);
        if (first_panel && cuts_late(g)) {
            cuts = CUTS_PIXELS;
            t.pixels = pixels;
            for (int32_t i = 0; i < 2 * g->q.rows; i++)
                pixels[i] = source(g, tw_min(pixels_of(p) - 1, g->line * 2 * g->q.rows + i));
        }
    } else if (is_bare_point(p) && wide && count > 1) {
        cuts = CUTS_PANEL;
    } else {
        cut_one(g, panel, g->w.panel);
    }
    for (int32_t i = 0; i < count; i += 2) {
        const int two = i + 1 < count;
        const place first = place_of(g, i), second = two ? place_of(g, i + 1) : first;
        t.first = first.at;
        t.second = second.at;
        if (i == 0 && cuts == CUTS_PANEL)
            multiply(&t, 1, 1, CUTS_PANEL);
        else if (cuts == CUTS_PIXELS)
            multiply(&t, 1, 1, CUTS_PIXELS);
        else if (two && wide)
            multiply(&t, 1, 1, CUTS_NOTHING);
        else if (two)
            multiply(&t, 1, 0, CUTS_NOTHING);
        else if (wide)
            multiply(&t, 0, 1, CUTS_NOTHING);
        else
            multiply(&t, 0, 0, CUTS_NOTHING);
        finish(g, g->w.results, first.first, first.rows, k, columns);
        if (two) finish(g, g->w.results + MOST_ROWS * NR, second.first, second.rows, k, columns);
    }
}

static void list_taps(const group *g) {
    const tw_problem *p = &g->args->problem;
    for (int32_t y = 0; y < p->kernel_height; y++)
        for (int32_t x = 0; x < p->kernel_width; x++)
            g->w.taps[y * p->kernel_width + x] =
                ((ptrdiff_t)y * p->dilation_height * source_width(p, &g->q) + x * p->dilation_width) * PART_BYTES;
}

/* As LDTILECFG reads it. */
typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

static void configure(int32_t rows) {
    tile_shapes s = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        s.rows[i] = (uint8_t)(i < 6 ? rows : MOST_ROWS);
        s.row_bytes[i] = 64;
    }
    _tile_loadconfig(&s);
}

static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    const tw_problem *p = &args->problem;
    group g = {.args = args, .run = p->in_channels};
    memcpy(&g.q, args->plan, sizeof g.q);
    const amx_plan *q = &g.q;
    g.w = lay_out(args->workspace + worker * args->workspace_stride, p, q);
    g.part = (ptrdiff_t)source_height(p, q->group) * source_width(p, q) * PART_BYTES;
    list_taps(&g);
    configure(q->rows);
    if (q->keeps && !goes_on)
        for (int32_t panel = 0; panel < panels(&LAYOUT, p); panel++)
            cut_one(&g, panel, g.w.panel + cut_bytes(p, q, panel * NR));
    /* Parts of one block follow each other, so its pixels are cut once. */
    for (int32_t part = from, next; part < to; part = next) {
        const int32_t piece = part % q->panel_blocks, index = part / q->panel_blocks;
        next = tw_min(to, part - piece + q->panel_blocks);
        g.image = index / q->blocks;
        const int32_t start = tw_cut(q->lines, index % q->blocks, q->blocks);
        const int32_t end = tw_cut(q->lines, index % q->blocks + 1, q->blocks);
        const int32_t first = tw_cut(panels(&LAYOUT, p), piece, q->panel_blocks);
        const int32_t after = tw_cut(panels(&LAYOUT, p), piece + next - part, q->panel_blocks);
        for (g.line = start; g.line < end; g.line += g.lines) {
            g.lines = tw_min(q->group, end - g.line);
            for (g.channel = 0; g.channel < p->in_channels; g.channel += g.run) {
                g.run = tw_min(q->chunk, p->in_channels - g.channel);
                g.last = g.channel + g.run == p->in_channels;
                if (!cuts_late(&g)) cut_pixels(&g);
                for (int32_t panel = first; panel < after; panel++)
                    run_panel(&g, panel, panel == first);
            }
        }
    }
    _tile_release();
}

const tw_kernel tw_kernel_bf16x3_amx = {VL,   {NULL}, "gemm32", refuses, tiles, cost, packed_bytes,
                                        pack, workspace_bytes, bind, run, NULL, 0, NULL};
