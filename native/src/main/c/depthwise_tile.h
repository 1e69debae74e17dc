/* Depthwise convolution (one filter per channel) of one instruction set; included by
 * depthwise_<isa>.c after its vec_*.h with DEPTHWISE_KERNEL and DEPTHWISE_LAYOUT defined, and
 * PAIR_FITS: whether two rows of 8 accumulators and a 3x3 filter fit the registers.
 *
 * Vectors run over channels. A tile is up to 8 neighbouring pixels of one output row by one vector
 * of channels; a tile function does one tile after the other along the channels, so that its pixels'
 * addresses are computed once. A part is one output row by one block of channels. Rows above and below the image are
 * skipped, so there is no zero row.
 *
 * Packed filter (floats): bias [channels rounded up to VL], then per vector [FH][FW][VL].
 *
 * It is a load problem: 9 loads for 9 FMAs is one load too many for two load ports. So filters of
 * width 3 load every source vector of a row once and use it for up to three outputs. */
#include "activation.h"
#include "kernel.h"

#define TILE_PIXELS 8

typedef struct {
    const float *src;     /* first valid tap row, column of the first tap of the first pixel */
    ptrdiff_t row_step;   /* floats from one tap row to the next */
    ptrdiff_t col_step;   /* floats from one tap column to the next */
    ptrdiff_t pixel_step; /* floats from one output pixel's source to the next one's */
    int32_t rows, cols;   /* taps */
    int32_t skip_left, skip_right; /* width 3: the tile's first / last source column is padding */
    const float *filter;  /* of the first tap */
    ptrdiff_t filter_row_step;
    const float *bias, *residual;
    ptrdiff_t residual_stride;
    float *dst;
    ptrdiff_t dst_stride;
    int32_t channels; /* from the first of src, bias, filter, residual and dst on */
    int32_t taps;     /* of the whole filter */
    /* Pair tiles: bit j says that source row j is in the image; floats to the lower output row. */
    int32_t inside;
    ptrdiff_t lower_dst, lower_residual;
    float low, high;
} depthwise_tile;

#define INLINE static inline __attribute__((always_inline))

/* whole is a constant where this is inlined: whether all VL channels exist. Those beyond the last are
 * neither read nor written. */
INLINE vec load_channels(const float *p, int whole, vec_mask mask) {
    return whole ? vec_load(p) : vec_load_mask(p, mask);
}

INLINE void finish(const depthwise_tile *t, ptrdiff_t c, int r, vec acc, int whole, vec_mask mask) {
    float *to = t->dst + r * t->dst_stride + c;
    if (t->residual)
        acc = acc + load_channels(t->residual + r * t->residual_stride + c, whole, mask);
    acc = vec_at_most(vec_at_least(acc, vec_set1(t->low)), vec_set1(t->high));
    if (whole)
        vec_store(to, acc);
    else
        vec_store_mask(to, mask, acc);
}

#define PIXELS_1(X) X(0)
#define PIXELS_2(X) PIXELS_1(X) X(1)
#define PIXELS_3(X) PIXELS_2(X) X(2)
#define PIXELS_4(X) PIXELS_3(X) X(3)
#define PIXELS_5(X) PIXELS_4(X) X(4)
#define PIXELS_6(X) PIXELS_5(X) X(5)
#define PIXELS_7(X) PIXELS_6(X) X(6)
#define PIXELS_8(X) PIXELS_7(X) X(7)
#define EACH_SIZE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

#define START(r) vec acc##r = bias;
#define FINISH(r) finish(t, c, r, acc##r, whole, mask);

/* A tile function from the body of one tile. The copy is what lets the compiler keep the fields in
 * registers: stores to dst cannot change it. */
#define ALONG_CHANNELS(name)                                                                       \
    static void name(const depthwise_tile *tile) {                                                 \
        const depthwise_tile t = *tile;                                                            \
        ptrdiff_t c = 0;                                                                           \
        for (; c + VL <= t.channels; c += VL)                                                      \
            name##_of(&t, c, 1, vec_first(VL));                                                    \
        if (c < t.channels) name##_of(&t, c, 0, vec_first((int)(t.channels - c)));                 \
    }

/* Any filter: every tap of every pixel is one load. */
#define TAP(r) acc##r = vec_fma(LOAD(src + r * t->pixel_step), w, acc##r);
#define TILE_ANY(N)                                                                                \
    INLINE void any_##N##_of(const depthwise_tile *t, ptrdiff_t c, const int whole, vec_mask mask) { \
        const vec bias = vec_load(t->bias + c);                                                    \
        PIXELS_##N(START)                                                                          \
        for (int32_t row = 0; row < t->rows; row++) {                                              \
            const float *src = t->src + row * t->row_step + c;                                     \
            const float *filter = t->filter + row * t->filter_row_step + c * t->taps;                 \
            for (int32_t col = 0; col < t->cols; col++, src += t->col_step, filter += VL) {        \
                const vec w = vec_load(filter);                                                    \
                PIXELS_##N(TAP)                                                                    \
            }                                                                                      \
        }                                                                                          \
        PIXELS_##N(FINISH)                                                                         \
    }                                                                                              \
    ALONG_CHANNELS(any_##N)
#define LOAD(p) load_channels(p, whole, mask)
EACH_SIZE(TILE_ANY)

/* Width 3, stride 1: source columns left, then one new column a pixel. LAST is the column that may
 * be padding. */
#define STEP_S1(r)                                                                                 \
    {                                                                                              \
        acc##r = vec_fma(x0, w0, acc##r);                                                          \
        acc##r = vec_fma(x1, w1, acc##r);                                                          \
        x0 = x1;                                                                                   \
        x1 = r == last && t->skip_right ? vec_set1(0.0f) : LOAD(src + (r + 2) * t->col_step);      \
        acc##r = vec_fma(x1, w2, acc##r);                                                          \
    }
#define TILE_S1(N)                                                                                 \
    INLINE void s1_##N##_of(const depthwise_tile *t, ptrdiff_t c, const int whole, vec_mask mask) { \
        enum { last = N - 1 };                                                                     \
        const vec bias = vec_load(t->bias + c);                                                    \
        PIXELS_##N(START)                                                                          \
        for (int32_t row = 0; row < t->rows; row++) {                                              \
            const float *src = t->src + row * t->row_step + c;                                     \
            const float *filter = t->filter + row * t->filter_row_step + c * t->taps;                 \
            const vec w0 = vec_load(filter), w1 = vec_load(filter + VL);                           \
            const vec w2 = vec_load(filter + 2 * VL);                                              \
            vec x0 = t->skip_left ? vec_set1(0.0f) : LOAD(src);                                    \
            vec x1 = LOAD(src + t->col_step);                                                      \
            PIXELS_##N(STEP_S1)                                                                    \
        }                                                                                          \
        PIXELS_##N(FINISH)                                                                         \
    }                                                                                              \
    ALONG_CHANNELS(s1_##N)
EACH_SIZE(TILE_S1)

/* Width 3, stride 2: two new columns a pixel, the second shared with the next pixel. */
#define STEP_S2(r)                                                                                 \
    {                                                                                              \
        acc##r = vec_fma(x0, w0, acc##r);                                                          \
        acc##r = vec_fma(LOAD(src + (2 * r + 1) * t->col_step), w1, acc##r);                       \
        x0 = r == last && t->skip_right ? vec_set1(0.0f) : LOAD(src + (2 * r + 2) * t->col_step);  \
        acc##r = vec_fma(x0, w2, acc##r);                                                          \
    }
#define TILE_S2(N)                                                                                 \
    INLINE void s2_##N##_of(const depthwise_tile *t, ptrdiff_t c, const int whole, vec_mask mask) { \
        enum { last = N - 1 };                                                                     \
        const vec bias = vec_load(t->bias + c);                                                    \
        PIXELS_##N(START)                                                                          \
        for (int32_t row = 0; row < t->rows; row++) {                                              \
            const float *src = t->src + row * t->row_step + c;                                     \
            const float *filter = t->filter + row * t->filter_row_step + c * t->taps;                 \
            const vec w0 = vec_load(filter), w1 = vec_load(filter + VL);                           \
            const vec w2 = vec_load(filter + 2 * VL);                                              \
            vec x0 = t->skip_left ? vec_set1(0.0f) : LOAD(src);                                    \
            PIXELS_##N(STEP_S2)                                                                    \
        }                                                                                          \
        PIXELS_##N(FINISH)                                                                         \
    }                                                                                              \
    ALONG_CHANNELS(s2_##N)
EACH_SIZE(TILE_S2)

#if PAIR_FITS
/* 3x3, stride 1, two output rows at once: four source rows instead of six, and half the calls. Row j
 * of the source meets filter row j for the upper output row and j - 1 for the lower one. */
#define START_PAIR(r) vec acc##r = bias, bcc##r = bias;
#define UPPER(r, x, w) acc##r = vec_fma(x, w, acc##r);
#define LOWER(r, x, w) bcc##r = vec_fma(x, w, bcc##r);
#define NEXT_COLUMN(r)                                                                             \
    x2 = r == last && t->skip_right ? vec_set1(0.0f) : LOAD(src + (r + 2) * t->col_step);
#define SHIFT                                                                                      \
    x0 = x1;                                                                                       \
    x1 = x2;
#define STEP_ROW0(r) NEXT_COLUMN(r) UPPER(r, x0, w00) UPPER(r, x1, w01) UPPER(r, x2, w02) SHIFT
#define STEP_ROW1(r)                                                                               \
    NEXT_COLUMN(r)                                                                                 \
    UPPER(r, x0, w10) UPPER(r, x1, w11) UPPER(r, x2, w12)                                          \
    LOWER(r, x0, w00) LOWER(r, x1, w01) LOWER(r, x2, w02) SHIFT
#define STEP_ROW2(r)                                                                               \
    NEXT_COLUMN(r)                                                                                 \
    UPPER(r, x0, w20) UPPER(r, x1, w21) UPPER(r, x2, w22)                                          \
    LOWER(r, x0, w10) LOWER(r, x1, w11) LOWER(r, x2, w12) SHIFT
#define STEP_ROW3(r) NEXT_COLUMN(r) LOWER(r, x0, w20) LOWER(r, x1, w21) LOWER(r, x2, w22) SHIFT
#define SOURCE_ROW(N, j)                                                                           \
    if (t->inside & 1 << j) {                                                                      \
        const float *src = t->src + j * t->row_step + c;                                           \
        vec x0 = t->skip_left ? vec_set1(0.0f) : LOAD(src), x1 = LOAD(src + t->col_step), x2;      \
        PIXELS_##N(STEP_ROW##j)                                                                    \
    }
#define FINISH_PAIR(r)                                                                             \
    finish(t, c, r, acc##r, whole, mask);                                                          \
    finish(&lower, c, r, bcc##r, whole, mask);
#define WEIGHT(i, j) const vec w##i##j = vec_load(filter + (3 * i + j) * VL);
#define TILE_PAIR(N)                                                                               \
    INLINE void pair_##N##_of(const depthwise_tile *t, ptrdiff_t c, const int whole, vec_mask mask) { \
        enum { last = N - 1 };                                                                     \
        const float *filter = t->filter + c * t->taps;                                             \
        WEIGHT(0, 0) WEIGHT(0, 1) WEIGHT(0, 2)                                                     \
        WEIGHT(1, 0) WEIGHT(1, 1) WEIGHT(1, 2)                                                     \
        WEIGHT(2, 0) WEIGHT(2, 1) WEIGHT(2, 2)                                                     \
        const vec bias = vec_load(t->bias + c);                                                    \
        PIXELS_##N(START_PAIR)                                                                     \
        SOURCE_ROW(N, 0)                                                                           \
        SOURCE_ROW(N, 1)                                                                           \
        SOURCE_ROW(N, 2)                                                                           \
        SOURCE_ROW(N, 3)                                                                           \
        depthwise_tile lower = *t;                                                                 \
        lower.dst += t->lower_dst;                                                                 \
        if (t->residual) lower.residual += t->lower_residual;                                      \
        PIXELS_##N(FINISH_PAIR)                                                                    \
    }                                                                                              \
    ALONG_CHANNELS(pair_##N)
EACH_SIZE(TILE_PAIR)
#define PAIR_ENTRY(N) pair_##N,
#else
#define PAIR_ENTRY(N) NULL,
#endif

typedef void (*tile_function)(const depthwise_tile *);
#define ANY_ENTRY(N) any_##N,
#define S1_ENTRY(N) s1_##N,
#define S2_ENTRY(N) s2_##N,
enum { ANY, WIDTH3_STRIDE1, WIDTH3_STRIDE2, PAIR };
static const tile_function TILES[4][TILE_PIXELS] = {
    {EACH_SIZE(ANY_ENTRY)}, {EACH_SIZE(S1_ENTRY)}, {EACH_SIZE(S2_ENTRY)}, {EACH_SIZE(PAIR_ENTRY)}};

/* What tw_bind keeps in the argument block. */
typedef struct {
    int32_t block;  /* channels of a part */
    int32_t blocks; /* of channels */
    int32_t rows;   /* of parts; one output row each, or two */
    int32_t family; /* of the tiles of whole windows: a row of TILES */
    int32_t edge_left, edge_right; /* pixels before / from which the window leaves the image */
} plan;

/* The tiles that compute windows which lie in the image, or leave it by one column where they may. */
static int32_t family_of(const tw_problem *p) {
    const int32_t last = (p->out_width - 1) * p->stride_width - p->pad_left + p->kernel_width;
    if (p->kernel_width != 3 || p->dilation_width != 1 || p->stride_width > 2 || p->in_width < 2 ||
        p->pad_left > 1 || last > p->in_width + 1)
        return ANY;
    if (p->stride_width == 2) return WIDTH3_STRIDE2;
    const int pair = p->kernel_height == 3 && p->dilation_height == 1 && p->stride_height == 1;
    return pair && PAIR_FITS ? PAIR : WIDTH3_STRIDE1;
}

static const char *refuses(const tw_problem *p) {
    if (p->groups != p->in_channels) return "depthwise only: groups must equal the input channels";
    if (p->out_channels != p->in_channels) return "depthwise only with one output per channel";
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
    /* In L1; layers beyond it are bound by c[1]. Measured: pairs of rows 0.85, others 0.5-0.6. */
    c[2] = family_of(p) == PAIR ? 0.85 : family_of(p) == WIDTH3_STRIDE1 ? 0.6 : 0.5;
}

static int32_t rounded(const tw_problem *p) { return tw_ceil_div(p->in_channels, VL) * VL; }

static int64_t packed_bytes(const tw_problem *p) {
    return 4 * (int64_t)rounded(p) * (1 + p->kernel_height * p->kernel_width);
}

static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    const int32_t taps = p->kernel_height * p->kernel_width;
    float *panels = packed + rounded(p);
    for (int32_t c = 0; c < p->in_channels; c++) {
        if (bias) packed[c] = bias[c];
        for (int32_t tap = 0; tap < taps; tap++)
            panels[((int64_t)(c / VL) * taps + tap) * VL + c % VL] = filter[(int64_t)c * taps + tap];
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
    q.rows = p->batch * (q.family == PAIR ? tw_ceil_div(p->out_height, 2) : p->out_height);
    q.block = p->tile[0] > 0 ? tw_min(p->tile[0], p->in_channels) : p->in_channels;
    /* Four parts a thread balance the load. */
    if (p->threads > 1 && q.rows * tw_ceil_div(p->in_channels, q.block) < 4 * p->threads)
        q.block = tw_min(q.block, tw_ceil_div(p->in_channels, tw_ceil_div(4 * p->threads, q.rows)));
    q.block = tw_ceil_div(q.block, VL) * VL;
    q.blocks = tw_ceil_div(p->in_channels, q.block);
    q.edge_left = tw_min(p->out_width, tw_ceil_div(p->pad_left, p->stride_width));
    const int32_t window = (p->kernel_width - 1) * p->dilation_width + 1;
    const int32_t room = p->in_width + p->pad_left - window;
    q.edge_right = room < 0 ? 0 : tw_min(p->out_width, room / p->stride_width + 1);
    q.edge_right = tw_max(q.edge_left, q.edge_right);
    memcpy(args->plan, &q, sizeof q);
    return q.rows * q.blocks;
}

/* The output row `row` of all images, and the next one if tiles are pairs and there is one. */
static void run_row(const tw_args *args, const plan *q, int32_t row, int32_t c_from, int32_t c_to) {
    const tw_problem *p = &args->problem;
    const int32_t n = row / p->out_height, oy = row % p->out_height;
    const int pair = q->family == PAIR && oy + 1 < p->out_height;
    const int32_t family = q->family == PAIR && !pair ? WIDTH3_STRIDE1 : q->family;
    const ptrdiff_t pixel = args->src_stride, line = pixel * p->in_width;
    const int32_t iy = oy * p->stride_height - p->pad_top;
    /* Tap rows inside the image. */
    const int32_t fy_from = iy < 0 ? tw_ceil_div(-iy, p->dilation_height) : 0;
    const int32_t below = p->in_height - 1 - iy;
    const int32_t fy_to =
        below < 0 ? 0 : tw_min(p->kernel_height, below / p->dilation_height + 1);
    const int32_t rows = tw_max(0, fy_to - fy_from);
    const ptrdiff_t first_line =
        rows == 0 ? 0 : line * ((ptrdiff_t)n * p->in_height + iy + fy_from * p->dilation_height);
    const float *packed = args->packed;
    const int32_t taps = p->kernel_height * p->kernel_width;
    const float *filter = packed + rounded(p) + (ptrdiff_t)c_from * taps;
    if (!pair && rows > 0) filter += (ptrdiff_t)fy_from * p->kernel_width * VL;
    depthwise_tile t = {
        .row_step = line * p->dilation_height,
        .col_step = pixel * p->dilation_width,
        .pixel_step = pixel * p->stride_width,
        .rows = rows,
        .cols = p->kernel_width,
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
    };
    ptrdiff_t source = first_line;
    if (pair) { /* counts its rows from the first tap, wherever that is */
        source = line * ((ptrdiff_t)n * p->in_height + iy);
        for (int32_t j = 0; j < 4; j++)
            t.inside |= (iy + j >= 0 && iy + j < p->in_height) << j;
    }
    const int32_t whole_from = q->family != ANY ? 0 : q->edge_left;
    const int32_t whole_to = q->family != ANY ? p->out_width : q->edge_right;
    for (int32_t ox = 0, count; ox < p->out_width; ox += count) {
        const int32_t ix = ox * p->stride_width - p->pad_left;
        int32_t fx_from = 0;
        tile_function function;
        if (ox >= whole_from && ox < whole_to) {
            const int32_t left = whole_to - ox;
            count = tw_ceil_div(left, tw_ceil_div(left, TILE_PIXELS));
            function = TILES[family][count - 1];
            t.cols = p->kernel_width;
            t.skip_left = ix < 0;
            t.skip_right = ix + (count - 1) * p->stride_width + 2 >= p->in_width;
        } else {
            /* One pixel whose window leaves the image: fewer tap columns. */
            count = 1;
            fx_from = ix < 0 ? tw_ceil_div(-ix, p->dilation_width) : 0;
            const int32_t beside = p->in_width - 1 - ix;
            const int32_t fx_to =
                beside < 0 ? 0 : tw_min(p->kernel_width, beside / p->dilation_width + 1);
            t.cols = tw_max(0, fx_to - fx_from);
            if (t.cols == 0) fx_from = 0;
            function = TILES[ANY][0];
        }
        /* skip_left's column is never read, so the address before the row is only arithmetic. */
        const int reads = pair || (t.rows > 0 && t.cols > 0);
        const ptrdiff_t column = reads ? pixel * (ix + fx_from * p->dilation_width) : 0;
        const int64_t out = (int64_t)row * p->out_width + ox;
        t.src = args->src + source + column + c_from;
        t.filter = filter + (ptrdiff_t)fx_from * VL;
        t.dst = args->dst + out * args->dst_stride + c_from;
        t.residual = args->residual ? args->residual + out * args->residual_stride + c_from : NULL;
        function(&t);
        if (act_needs_pass(p->activation))
            act_rows(t.dst, args->dst_stride, count, t.channels, p);
        if (act_needs_pass(p->activation) && pair)
            act_rows(t.dst + t.lower_dst, args->dst_stride, count, t.channels, p);
    }
}

static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker) {
    plan q;
    memcpy(&q, args->plan, sizeof q);
    (void)worker;
    for (int32_t part = from; part < to; part++) {
        const int32_t c_from = part / q.rows * q.block;
        const int32_t height = args->problem.out_height;
        const int32_t pairs = tw_ceil_div(height, 2), i = part % q.rows;
        const int32_t row = q.family == PAIR ? i / pairs * height + i % pairs * 2 : i;
        run_row(args, &q, row, c_from, tw_min(args->problem.in_channels, c_from + q.block));
    }
}

const tw_kernel DEPTHWISE_KERNEL = {VL,   {"channels"}, DEPTHWISE_LAYOUT, refuses, tiles, cost, packed_bytes,
                                    pack, workspace_bytes, bind, run, NULL};
