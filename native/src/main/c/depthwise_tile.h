/* Depthwise convolution (one filter per channel) of one instruction set; included by
 * depthwise_<isa>.c after its vec_*.h with DEPTHWISE_KERNEL and DEPTHWISE_LAYOUT defined, and
 * TILE_ROWS: output rows of a tile, 2 where two rows of 8 accumulators and their taps fit the
 * registers.
 *
 * Vectors run over channels. A tile is up to 8 neighbouring pixels of one or two output rows by one
 * vector of channels; a tile function does one tile after the other along the channels and then along
 * the row, of which the last tile ends with the row. A part is a band of output rows by one block of
 * channels. Channels that do not fill a vector are computed with those before them, so that no load
 * or store is masked: the last vector of all ends with the last channel, and so does the last block.
 *
 * Packed filter (floats): bias [channels], then from a multiple of VL on per vector [FH][FW][VL].
 *
 * Arithmetic is the lesser problem: 9 loads for 9 FMAs would be more than two load ports give, and a
 * layer moves its tensors between caches for few FMAs. So the tiles of square filters of 3 and 5 load
 * each source vector once for all outputs that see it, and skip padding instead of multiplying it.
 * Two rows a tile bring a source row into L1 half as often: at stride 2, 96 channels, 112x112, 62 us
 * instead of 87, where reading the source from L3 alone takes 50. Prefetching, of the tile to the
 * right or below, and column strips made nothing faster (Zen 5, 2026-11-23). */
#include "activation.h"
#include "kernel.h"

#define TILE_PIXELS 8

/* A row of tiles. */
typedef struct {
    const float *src;     /* first tap row, column of the first tap of the first pixel */
    ptrdiff_t row_step;   /* floats from one tap row to the next */
    ptrdiff_t col_step;   /* floats from one tap column to the next */
    ptrdiff_t pixel_step; /* floats from one output pixel's source to the next one's */
    const float *filter;  /* of the first tap */
    const float *bias, *residual;
    ptrdiff_t residual_stride;
    float *dst;
    ptrdiff_t dst_stride;
    int32_t pixels;   /* from the first of src, residual and dst on; the last tile ends with them */
    int32_t channels; /* likewise */
    int32_t taps;     /* of the whole filter */
    /* Tiles of any filter: taps inside the image. */
    int32_t rows, cols;
    ptrdiff_t filter_row_step;
    /* Tiles of square filters: bit i says that source row i is in the image; source columns before
     * left or from right on are not. */
    int32_t inside, left, right;
    ptrdiff_t lower_dst, lower_residual; /* floats from one output row to the next */
    float low, high;
    const tw_problem *pass; /* whose activation goes over what has been stored; NULL: none does */
} depthwise_tile;

/* Counts of pixels, taps and rows are constants where these are inlined. */

TW_INLINE void finish(float *to, const float *residual, const depthwise_tile *t, vec acc) {
    if (residual) acc = acc + vec_load(residual);
    vec_store(to, vec_at_most(vec_at_least(acc, vec_set1(t->low)), vec_set1(t->high)));
}

/* Any filter: every tap of every pixel is one load. */
TW_INLINE void any_of(const depthwise_tile *t, ptrdiff_t c, const float *factors, const int pixels) {
    vec acc[TILE_PIXELS];
    TW_UNROLL for (int r = 0; r < pixels; r++) acc[r] = vec_load(t->bias + c);
    for (int32_t row = 0; row < t->rows; row++) {
        const float *src = t->src + row * t->row_step + c;
        const float *filter = factors + row * t->filter_row_step;
        for (int32_t col = 0; col < t->cols; col++, src += t->col_step, filter += VL) {
            const vec w = vec_load(filter);
            TW_UNROLL for (int r = 0; r < pixels; r++)
                acc[r] = vec_fma(vec_load(src + r * t->pixel_step), w, acc[r]);
        }
    }
    TW_UNROLL for (int r = 0; r < pixels; r++)
        finish(t->dst + r * t->dst_stride + c,
               t->residual ? t->residual + r * t->residual_stride + c : NULL, t, acc[r]);
}

/* Where a tile of a square filter lies; floats from the row's first pixel. */
typedef struct {
    ptrdiff_t src, dst, residual;
    int32_t left, right; /* as those of the row */
} tile_place;

/* One source row, which meets output rows first to before end of the tile; filter: its taps for output
 * row 0, those for the next lie before. Every source vector is loaded once. */
TW_INLINE void square_row(const depthwise_tile *t, int32_t left, int32_t right, const float *src,
                          const float *filter, const int first, const int end, const int side,
                          const int stride, const int pixels, vec *acc) {
    const int window = (pixels - 1) * stride + side, edge = side / 2;
    TW_UNROLL for (int j = 0; j < window; j++) {
        if (j > 0 && j % 3 == 0) {
            src += 3 * t->col_step;
            TW_HIDE(src);
        }
        if (j < edge && j < left) continue;
        if (j >= window - edge && j >= right) continue;
        const vec x = vec_load(src + j % 3 * t->col_step);
        TW_UNROLL for (int q = first; q < end; q++) {
            TW_UNROLL for (int fx = 0; fx < side; fx++) {
                const int r = (j - fx) / stride;
                if (j < fx || (j - fx) % stride != 0 || r >= pixels) continue;
                acc[q * pixels + r] = vec_fma(x, vec_load(filter + (fx - q * stride * side) * VL),
                                              acc[q * pixels + r]);
            }
        }
    }
}

/* Square filter of `side` taps and stride both ways, no dilation: rows x pixels outputs. Source row
 * i meets filter row i - q * stride for output row q, and likewise for columns. Up to side / 2 columns
 * at either end may be padding: those before left and from right on. */
TW_INLINE void square_of(const depthwise_tile *t, ptrdiff_t c, const float *filter,
                         const tile_place at, const int side, const int stride, const int rows,
                         const int pixels) {
    vec acc[TILE_ROWS * TILE_PIXELS];
    const vec bias = vec_load(t->bias + c);
    TW_UNROLL for (int r = 0; r < rows * pixels; r++) acc[r] = bias;
    const float *src = t->src + at.src + c;
    if (rows == TILE_ROWS) {
        TW_UNROLL for (int i = 0; i < (rows - 1) * stride + side; i++) {
            TW_HIDE(src);
            const float *row = src;
            src += t->row_step;
            if (!(t->inside >> i & 1)) continue;
            const int first = i < side ? 0 : 1, end = i < stride ? 1 : rows;
            square_row(t, at.left, at.right, row, filter + i * side * VL, first, end, side, stride, pixels, acc);
        }
    } else { /* only a last odd row: small code */
        for (int i = 0; i < side; i++, src += t->row_step, filter += side * VL)
            if (t->inside >> i & 1)
                square_row(t, at.left, at.right, src, filter, 0, 1, side, stride, pixels, acc);
    }
    TW_UNROLL for (int q = 0; q < rows; q++) {
        float *dst = t->dst + q * t->lower_dst + at.dst + c;
        const float *residual =
            t->residual ? t->residual + q * t->lower_residual + at.residual + c : NULL;
        TW_UNROLL for (int r = 0; r < pixels; r++) {
            TW_HIDE(dst);
            finish(dst, residual, t, acc[q * pixels + r]);
            dst += t->dst_stride;
            if (residual) residual += t->residual_stride;
        }
    }
}

/* The second pass of an activation, over all channels of some pixels: while they are in L1, and when
 * no tile that shares outputs with this one has them still to write. */
static void activate(const depthwise_tile *t, ptrdiff_t at, int rows, int pixels) {
    for (int q = 0; t->pass && q < rows; q++)
        act_rows(t->dst + q * t->lower_dst + at, t->dst_stride, pixels, t->channels, t->pass);
}

/* A function from the body of one tile. The copy is what lets the compiler keep the fields in
 * registers: stores to dst cannot change it. The last vector of channels ends with them. */
#define ALONG_CHANNELS(body, ...)                                                                  \
    const float *filter = t.filter;                                                                \
    for (ptrdiff_t c = 0, last = t.channels - VL; c < t.channels; filter += t.taps * VL) {         \
        body(&t, c, filter, __VA_ARGS__);                                                          \
        c = c < last && c + VL > last ? last : c + VL;                                             \
    }
#define SQUARE(name, side, stride, rows_, pixels_)                                                 \
    static void name(const depthwise_tile *tile) {                                                 \
        const depthwise_tile t = *tile;                                                            \
        for (int32_t x = 0; x < t.pixels; x += pixels_) {                                          \
            const int32_t first = tw_min(x, t.pixels - pixels_);                                   \
            const tile_place at = {first * t.pixel_step, first * t.dst_stride,                     \
                                   first * t.residual_stride, t.left - first * stride,             \
                                   t.right - first * stride};                                      \
            ALONG_CHANNELS(square_of, at, side, stride, rows_, pixels_)                            \
            activate(tile, at.dst, rows_, pixels_);                                                \
        }                                                                                          \
    }
#define TILE_ANY(N, rows)                                                                          \
    static void any_##N(const depthwise_tile *tile) {                                              \
        const depthwise_tile t = *tile;                                                            \
        ALONG_CHANNELS(any_of, N)                                                                  \
        activate(tile, 0, 1, N);                                                                   \
    }
#define EACH_SIZE(X, ...)                                                                          \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__)                        \
    X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__)
EACH_SIZE(TILE_ANY, 1)
#define TILE_3S1(N, rows) SQUARE(f3s1_##rows##x##N, 3, 1, rows, N)
#define TILE_3S2(N, rows) SQUARE(f3s2_##rows##x##N, 3, 2, rows, N)
#define TILE_5S1(N, rows) SQUARE(f5s1_##rows##x##N, 5, 1, rows, N)
#define TILE_5S2(N, rows) SQUARE(f5s2_##rows##x##N, 5, 2, rows, N)
EACH_SIZE(TILE_3S1, 1)
EACH_SIZE(TILE_3S2, 1)
EACH_SIZE(TILE_5S1, 1)
EACH_SIZE(TILE_5S2, 1)
#if TILE_ROWS > 1
EACH_SIZE(TILE_3S1, 2)
EACH_SIZE(TILE_3S2, 2)
EACH_SIZE(TILE_5S1, 2)
EACH_SIZE(TILE_5S2, 2)
#endif

typedef void (*tile_function)(const depthwise_tile *);
#define ENTRY(N, name) name##N,
enum { ANY, F3S1, F3S2, F5S1, F5S2, FAMILIES };
static const tile_function TILES[TILE_ROWS][FAMILIES][TILE_PIXELS] = {
    {{EACH_SIZE(ENTRY, any_)},
     {EACH_SIZE(ENTRY, f3s1_1x)},
     {EACH_SIZE(ENTRY, f3s2_1x)},
     {EACH_SIZE(ENTRY, f5s1_1x)},
     {EACH_SIZE(ENTRY, f5s2_1x)}},
#if TILE_ROWS > 1
    {{NULL},
     {EACH_SIZE(ENTRY, f3s1_2x)},
     {EACH_SIZE(ENTRY, f3s2_2x)},
     {EACH_SIZE(ENTRY, f5s1_2x)},
     {EACH_SIZE(ENTRY, f5s2_2x)}},
#endif
};

/* What tw_bind keeps in the argument block. */
typedef struct {
    int32_t block;     /* channels of a part */
    int32_t blocks;    /* of channels */
    int32_t tile_rows; /* output rows of a tile */
    int32_t rows;      /* rows of tiles of one image */
    int32_t bands;     /* parts that they are cut into */
    int32_t pixels;    /* of a tile of a square filter */
    int32_t family;    /* a column of TILES */
    int32_t edge_left, edge_right; /* pixels before / from which the window leaves the image */
} plan;

/* The tiles that compute windows which lie in the image, or leave it by half a filter at most. */
static int32_t family_of(const tw_problem *p) {
    const int32_t side = p->kernel_width, edge = side / 2;
    const int32_t last = (p->out_width - 1) * p->stride_width - p->pad_left + side;
    if (p->kernel_height != side || p->dilation_height != 1 || p->dilation_width != 1 ||
        p->stride_height != p->stride_width || p->stride_width > 2 || p->pad_left > edge ||
        last > p->in_width + edge)
        return ANY;
    if (side == 3) return p->stride_width == 1 ? F3S1 : F3S2;
    if (side == 5) return p->stride_width == 1 ? F5S1 : F5S2;
    return ANY;
}

static int32_t tile_rows(const tw_problem *p) {
    return family_of(p) == ANY ? 1 : tw_min(TILE_ROWS, p->out_height);
}

static const char *refuses(const tw_problem *p) {
    if (p->groups != p->in_channels) return "depthwise only: groups must equal the input channels";
    if (p->out_channels != p->in_channels) return "depthwise only with one output per channel";
    if (p->in_channels < VL) return "fewer channels than a vector";
    return NULL;
}

static int32_t tiles(const tw_problem *p, int32_t *values) {
    int32_t count = 0;
    values[count++] = p->in_channels;
    for (int32_t block = 128; block >= 32; block /= 2)
        if (block < p->in_channels) values[count++] = block;
    return count;
}

static void cost(const tw_problem *p, double *c) {
    const double lanes = tw_ceil_div(p->in_channels, VL) * VL;
    c[0] = (double)tw_pixels(p) * lanes * p->kernel_height * p->kernel_width;
    c[1] = tw_tensor_bytes(p);
    /* In L1; layers beyond it are bound by c[1]. Measured. */
    c[2] = family_of(p) == ANY ? 0.5 : family_of(p) == F3S2 ? 0.65 : 0.85;
}

static int32_t rounded(const tw_problem *p) { return tw_ceil_div(p->in_channels, VL) * VL; }

static int64_t packed_bytes(const tw_problem *p) {
    return 4 * (int64_t)rounded(p) * (1 + p->kernel_height * p->kernel_width);
}

static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    const int32_t taps = p->kernel_height * p->kernel_width;
    float *panels = packed + rounded(p);
    for (int32_t c = 0; bias && c < p->in_channels; c++)
        packed[c] = bias[c];
    for (int32_t v = 0; v < p->in_channels; v += VL) {
        const int32_t first = tw_min(v, p->in_channels - VL);
        for (int32_t tap = 0; tap < taps; tap++)
            for (int32_t i = 0; i < VL; i++)
                panels[((int64_t)v * taps + (int64_t)tap * VL) + i] = filter[(int64_t)(first + i) * taps + tap];
    }
}

static int64_t workspace_bytes(const tw_problem *p) {
    (void)p;
    return 0;
}

static int32_t bind(tw_args *args) {
    const tw_problem *p = &args->problem;
    plan q;
    _Static_assert(sizeof q <= sizeof args->plan, "plan fits the argument block");
    q.family = family_of(p);
    q.tile_rows = tile_rows(p);
    q.rows = tw_ceil_div(p->out_height, q.tile_rows);
    q.pixels = tw_ceil_div(p->out_width, tw_ceil_div(p->out_width, TILE_PIXELS));
    q.block = p->tile[0] > 0 ? tw_min(p->tile[0], p->in_channels) : p->in_channels;
    /* Four parts a thread balance the load: bands of rows, then blocks of channels. */
    const int32_t wanted = p->threads > 1 ? tw_ceil_div(4 * p->threads, p->batch) : 1;
    q.bands = tw_min(q.rows, tw_ceil_div(wanted, tw_ceil_div(p->in_channels, q.block)));
    if (q.bands * tw_ceil_div(p->in_channels, q.block) < wanted)
        q.block = tw_min(q.block, tw_ceil_div(p->in_channels, tw_ceil_div(wanted, q.bands)));
    q.block = tw_ceil_div(q.block, VL) * VL;
    q.blocks = tw_ceil_div(p->in_channels / VL * VL, q.block);
    q.edge_left = tw_min(p->out_width, tw_ceil_div(p->pad_left, p->stride_width));
    const int32_t window = (p->kernel_width - 1) * p->dilation_width + 1;
    const int32_t room = p->in_width + p->pad_left - window;
    q.edge_right = room < 0 ? 0 : tw_min(p->out_width, room / p->stride_width + 1);
    q.edge_right = tw_max(q.edge_left, q.edge_right);
    memcpy(args->plan, &q, sizeof q);
    return p->batch * q.bands * q.blocks;
}

/* The taps of one pixel whose window may leave the image on any side. */
static void point_at_window(depthwise_tile *t, const tw_args *args, int32_t n, int32_t iy,
                            int32_t ix, const float *filter) {
    const tw_problem *p = &args->problem;
    const ptrdiff_t pixel = args->src_stride;
    const int32_t fy_from = iy < 0 ? tw_ceil_div(-iy, p->dilation_height) : 0;
    const int32_t fx_from = ix < 0 ? tw_ceil_div(-ix, p->dilation_width) : 0;
    const int32_t below = p->in_height - 1 - iy, beside = p->in_width - 1 - ix;
    const int32_t fy_to = below < 0 ? 0 : tw_min(p->kernel_height, below / p->dilation_height + 1);
    const int32_t fx_to = beside < 0 ? 0 : tw_min(p->kernel_width, beside / p->dilation_width + 1);
    t->rows = tw_max(0, fy_to - fy_from);
    t->cols = tw_max(0, fx_to - fx_from);
    if (t->rows == 0 || t->cols == 0) { /* reads nothing: no address outside */
        t->rows = 0;
        return;
    }
    const int32_t y = iy + fy_from * p->dilation_height, x = ix + fx_from * p->dilation_width;
    t->src += (((ptrdiff_t)n * p->in_height + y) * p->in_width + x) * pixel;
    t->filter = filter + ((ptrdiff_t)fy_from * p->kernel_width + fx_from) * VL;
}

/* One row of tiles of image n from output row oy on, channels from c_from to before c_to. */
static void run_row(const tw_args *args, const plan *q, int32_t n, int32_t oy, int32_t c_from,
                    int32_t c_to) {
    const tw_problem *p = &args->problem;
    const int32_t rows = tw_min(q->tile_rows, p->out_height - oy);
    const ptrdiff_t pixel = args->src_stride, line = pixel * p->in_width;
    const int32_t iy = oy * p->stride_height - p->pad_top;
    const float *packed = args->packed;
    const int32_t taps = p->kernel_height * p->kernel_width;
    const float *filter = packed + rounded(p) + (ptrdiff_t)c_from * taps;
    depthwise_tile t = {
        .row_step = line * p->dilation_height,
        .col_step = pixel * p->dilation_width,
        .pixel_step = pixel * p->stride_width,
        .filter = filter,
        .filter_row_step = (ptrdiff_t)p->kernel_width * VL,
        .bias = packed + c_from,
        .residual_stride = args->residual_stride,
        .dst_stride = args->dst_stride,
        .channels = c_to - c_from,
        .taps = taps,
        .lower_dst = p->out_width * args->dst_stride,
        .lower_residual = p->out_width * args->residual_stride,
        .low = act_low(p),
        .high = act_high(p),
        .pass = act_needs_pass(p->activation) ? p : NULL,
    };
    if (q->family != ANY) { /* the whole row at once */
        const ptrdiff_t line_start = ((ptrdiff_t)n * p->in_height + iy) * p->in_width;
        const int64_t out = ((int64_t)n * p->out_height + oy) * p->out_width;
        for (int32_t i = 0; i < (rows - 1) * p->stride_height + p->kernel_height; i++)
            t.inside |= (iy + i >= 0 && iy + i < p->in_height) << i;
        t.src = args->src + (line_start - p->pad_left) * pixel + c_from;
        t.dst = args->dst + out * args->dst_stride + c_from;
        t.residual = args->residual ? args->residual + out * args->residual_stride + c_from : NULL;
        t.pixels = p->out_width;
        t.left = p->pad_left;
        t.right = p->in_width + p->pad_left;
        TILES[rows - 1][q->family][q->pixels - 1](&t);
        return;
    }
    for (int32_t ox = 0, count; ox < p->out_width; ox += count) {
        const int32_t left = q->edge_right - ox;
        const int whole = ox >= q->edge_left && left > 0;
        count = whole ? tw_ceil_div(left, tw_ceil_div(left, TILE_PIXELS)) : 1;
        const int64_t out = ((int64_t)n * p->out_height + oy) * p->out_width + ox;
        t.src = args->src + c_from;
        t.dst = args->dst + out * args->dst_stride + c_from;
        t.residual = args->residual ? args->residual + out * args->residual_stride + c_from : NULL;
        point_at_window(&t, args, n, iy, ox * p->stride_width - p->pad_left, filter);
        TILES[0][ANY][count - 1](&t);
    }
}

static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    (void)worker;
    (void)goes_on;
    plan q;
    memcpy(&q, args->plan, sizeof q);
    const tw_problem *p = &args->problem;
    for (int32_t part = from; part < to; part++) {
        const int32_t block = part % q.blocks, c_from = block * q.block, band = part / q.blocks % q.bands;
        const int32_t n = part / q.blocks / q.bands;
        const int32_t c_to = block + 1 == q.blocks ? p->in_channels : c_from + q.block;
        const int32_t end = tw_cut(q.rows, band + 1, q.bands);
        for (int32_t row = tw_cut(q.rows, band, q.bands); row < end; row++)
            run_row(args, &q, n, row * q.tile_rows, c_from, c_to);
    }
}

const tw_kernel DEPTHWISE_KERNEL = {VL,   {"channels"}, DEPTHWISE_LAYOUT, refuses, tiles, cost, packed_bytes,
                                    pack, workspace_bytes, bind, run, NULL, 0, NULL};
