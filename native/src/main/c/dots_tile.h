/* Convolution to few outputs a group, as dot products: the columns of a matrix tile would be mostly
 * empty. The sums of a pixel are vectors along the input channels, and their lanes are added at the
 * end, those of VL sums together.
 *
 * Channels of neighbouring taps lie beside each other where pixels are dense: a row of taps is then
 * one run of floats. Which run a sum takes, and in which order, depends on its pixel's place alone.
 * Packed: bias [K], filter [K][FH][FW][C/G]. Included by dots_<isa>.c after its vec_*.h, with
 * DOTS_KERNEL. */
#include <string.h>

#include "activation.h"
#include "lanes.h"

#define MOST_OUTPUTS 4
/* Pixels whose sums are accumulated together, by outputs: at most 8 sums beside the filter's vectors
 * fit 16 registers. */
#define DOTS_PIXELS(outputs) ((outputs) <= 2 ? 4 : 2)

typedef struct {
    int32_t parts;
    int32_t joined; /* whether a row of taps is one run */
    int32_t lines, width; /* a 1x1 of stride 1 has one line of all pixels */
    int32_t inner_from, inner_to; /* pixels of a line whose windows have all columns */
} plan;

/* Where the runs of some pixels' windows are: rows of runs. */
typedef struct {
    const float *src, *filter;
    int32_t rows, runs, length;
    ptrdiff_t row_step, run_step, pixel_step; /* of src */
    ptrdiff_t filter_row_step, filter_run_step, output_step;
} dots_window;

static const char *refuses(const tw_problem *p) {
    return p->out_channels / p->groups <= MOST_OUTPUTS
               ? NULL
               : "more than 4 outputs a group; a gemm takes it";
}

static int32_t tiles(const tw_problem *p, int32_t *values) {
    (void)p;
    (void)values;
    return 0;
}

static int is_pointwise(const tw_problem *p) {
    return p->kernel_height == 1 && p->kernel_width == 1 && p->stride_height == 1 &&
           p->stride_width == 1 && !(p->pad_top | p->pad_left | p->pad_bottom | p->pad_right);
}

static int may_join(const tw_problem *p) { return p->groups == 1 && p->dilation_width == 1; }

static plan plan_of(const tw_problem *p) {
    plan q = {.lines = p->batch * p->out_height, .width = p->out_width};
    if (is_pointwise(p)) {
        q.width *= q.lines;
        q.lines = 1;
        q.inner_to = q.width;
        return q;
    }
    const int32_t reach = (p->kernel_width - 1) * p->dilation_width;
    const int32_t last = p->in_width - 1 - reach + p->pad_left; /* start of the last whole window */
    q.inner_from = tw_min(q.width, tw_ceil_div(p->pad_left, p->stride_width));
    q.inner_to = last < 0 ? 0 : tw_min(q.width, last / p->stride_width + 1);
    q.inner_to = tw_max(q.inner_from, q.inner_to);
    return q;
}

/* Cycles of the sums of some pixels: two loads or FMAs a cycle, chains of four. The lanes of a sum
 * are added in about three. */
static double cycles(double vectors, int32_t pixels, int32_t outputs) {
    const double loads = (pixels + outputs) / 2.0, fmas = pixels * outputs / 2.0;
    const double step = loads > fmas ? loads : fmas;
    return vectors * (step > 3 ? step : 3) + 12 + 3 * pixels * outputs;
}

static void cost(const tw_problem *p, double *c) {
    const plan q = plan_of(p);
    const int32_t kg = p->out_channels / p->groups, cg = p->in_channels / p->groups;
    const double vectors = may_join(p) ? (double)p->kernel_height * tw_ceil_div(p->kernel_width * cg, VL)
                                       : (double)p->kernel_height * p->kernel_width * tw_ceil_div(cg, VL);
    const double inner = (double)q.lines * (q.inner_to - q.inner_from) * p->groups;
    const double edge = (double)q.lines * q.width * p->groups - inner;
    const double time = inner / DOTS_PIXELS(kg) * cycles(vectors, DOTS_PIXELS(kg), kg) +
                        edge * cycles(vectors, 1, kg);
    const double fmas = (double)q.lines * q.width * p->out_channels * vectors;
    c[0] = fmas * VL;
    c[1] = tw_tensor_bytes(p);
    c[2] = fmas / 2 / time;
}

static int64_t packed_bytes(const tw_problem *p) {
    const int64_t taps = (int64_t)p->kernel_height * p->kernel_width * (p->in_channels / p->groups);
    return 4 * p->out_channels * (1 + taps);
}

static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    const int32_t cg = p->in_channels / p->groups, taps = p->kernel_height * p->kernel_width;
    if (bias) memcpy(packed, bias, (size_t)p->out_channels * sizeof(float));
    float *to = packed + p->out_channels;
    for (int32_t k = 0; k < p->out_channels; k++, filter += (ptrdiff_t)cg * taps)
        for (int32_t tap = 0; tap < taps; tap++)
            for (int32_t c = 0; c < cg; c++)
                *to++ = filter[(ptrdiff_t)c * taps + tap];
}

static int64_t workspace_bytes(const tw_problem *p) {
    (void)p;
    return 0;
}

static int32_t bind(tw_args *args) {
    const tw_problem *p = &args->problem;
    plan q = plan_of(p);
    q.joined = may_join(p) && (args->src_stride == p->in_channels || p->kernel_width == 1);
    _Static_assert(sizeof q <= sizeof args->plan, "private part of the argument block");
    q.parts = p->threads == 1 ? 1 : tw_max(1, tw_min(4 * p->threads, q.lines * q.width / 32));
    memcpy(args->plan, &q, sizeof q);
    return q.parts;
}

/* Sums of `pixels` neighbours, as vectors whose lanes are still to be added: [pixels][outputs]. */
TW_INLINE void accumulate(const dots_window *w, vec *sums, const int pixels, const int outputs) {
    vec acc[DOTS_PIXELS(1) * MOST_OUTPUTS];
    TW_UNROLL for (int i = 0; i < pixels * outputs; i++) acc[i] = vec_set1(0.0f);
    const int32_t whole = w->length / VL * VL;
    const vec_mask rest = vec_first(w->length - whole);
    for (int32_t y = 0; y < w->rows; y++)
        for (int32_t r = 0; r < w->runs; r++) {
            const float *x = w->src + y * w->row_step + r * w->run_step;
            const float *f = w->filter + y * w->filter_row_step + r * w->filter_run_step;
            int32_t c = 0;
#define DOTS_STEP(load)                                                                            \
    do {                                                                                           \
        vec factors[MOST_OUTPUTS];                                                                 \
        TW_UNROLL for (int k = 0; k < outputs; k++) factors[k] = load(f + k * w->output_step + c); \
        TW_UNROLL for (int i = 0; i < pixels; i++) {                                               \
            const vec value = load(x + i * w->pixel_step + c);                                     \
            TW_UNROLL for (int k = 0; k < outputs; k++)                                            \
                acc[i * outputs + k] = vec_fma(value, factors[k], acc[i * outputs + k]);           \
        }                                                                                          \
    } while (0)
#define DOTS_REST(p) vec_load_mask(p, rest)
            for (; c < whole; c += VL)
                DOTS_STEP(vec_load);
            if (c < w->length) DOTS_STEP(DOTS_REST);
#undef DOTS_REST
#undef DOTS_STEP
        }
    TW_UNROLL for (int i = 0; i < pixels * outputs; i++) sums[i] = acc[i];
}

/* Sums of half as many lanes: those that are `distance` apart added, of two vectors in one. */
TW_INLINE void add_pairs(vec *sums, const int distance, const int pairs) {
    TW_UNROLL for (int i = 0; i < pairs; i++) {
        const vec a = sums[2 * i], b = sums[2 * i + 1];
        sums[i] = lanes_mix(a, b, distance) + lanes_swap(lanes_mix(b, a, distance), distance);
    }
}

/* Lane i of the result: all lanes of sums[i] added, in an order that does not depend on i. */
static inline vec add_lanes(vec *sums) {
    add_pairs(sums, 1, VL / 2);
    add_pairs(sums, 2, VL / 4);
    if (VL > 4) add_pairs(sums, 4, VL / 8);
    if (VL > 8) add_pairs(sums, 8, VL / 16);
    return sums[0];
}

/* The windows of a group's outputs on a line, before columns are looked at: all rows of taps that are in
 * the image, `src` at the first column of tap 0 of pixel 0. */
static dots_window line_at(const tw_args *args, int32_t g, int32_t line) {
    const tw_problem *p = &args->problem;
    const int32_t kg = p->out_channels / p->groups, cg = p->in_channels / p->groups;
    const int32_t n = line / p->out_height; /* 0 where all pixels are one line */
    const int32_t iy = line % p->out_height * p->stride_height - p->pad_top, dy = p->dilation_height;
    const int32_t from = iy < 0 ? tw_ceil_div(-iy, dy) : 0;
    const int32_t to = iy < p->in_height ? tw_min(p->kernel_height, (p->in_height - 1 - iy) / dy + 1) : 0;
    const ptrdiff_t taps = (ptrdiff_t)p->kernel_height * p->kernel_width;
    dots_window w = {
        .rows = tw_max(0, to - from),
        .row_step = args->src_stride * p->in_width * dy,
        .run_step = args->src_stride * p->dilation_width,
        .pixel_step = args->src_stride * p->stride_width,
        .filter_row_step = (ptrdiff_t)p->kernel_width * cg,
        .filter_run_step = cg,
        .output_step = taps * cg,
        .src = args->src,
        .filter = (const float *)args->packed + p->out_channels + taps * cg * kg * g,
    };
    if (w.rows == 0) return w; /* reads nothing: no address outside */
    const ptrdiff_t row = (ptrdiff_t)n * p->in_height + iy + from * dy;
    w.src += (row * p->in_width - p->pad_left) * args->src_stride + (ptrdiff_t)g * cg;
    w.filter += (ptrdiff_t)from * p->kernel_width * cg;
    return w;
}

/* The same at pixel x, of the columns of taps from `from` to before `to`. */
TW_INLINE dots_window columns_at(const dots_window *line, const plan *q, int32_t channels, int32_t x,
                                 int32_t from, int32_t to) {
    dots_window w = *line;
    w.runs = q->joined ? 1 : to - from;
    w.length = q->joined ? (to - from) * channels : channels;
    w.src += x * w.pixel_step + from * w.run_step;
    w.filter += from * w.filter_run_step;
    return w;
}

/* At any pixel: its window may leave the image on the left and on the right. */
static dots_window window_at(const dots_window *line, const tw_problem *p, const plan *q, int32_t x) {
    if (x >= q->inner_from && x < q->inner_to)
        return columns_at(line, q, p->in_channels / p->groups, x, 0, p->kernel_width);
    const int32_t ix = x * p->stride_width - p->pad_left, dx = p->dilation_width;
    const int32_t from = ix < 0 ? tw_ceil_div(-ix, dx) : 0;
    const int32_t to = ix < p->in_width ? tw_min(p->kernel_width, (p->in_width - 1 - ix) / dx + 1) : 0;
    dots_window none = *line;
    none.rows = 0;
    return from < to ? columns_at(line, q, p->in_channels / p->groups, x, from, to) : none;
}

/* Bias, residual and activation of the sums of some pixels, of which the first is `pixel`. */
static void finish(const tw_args *args, vec sums, const float *bias, int64_t pixel, int32_t g,
                   int32_t pixels, int32_t kg) {
    const tw_problem *p = &args->problem;
    const vec a = vec_set1(p->activation_a), b = vec_set1(p->activation_b);
    float *dst = args->dst + pixel * args->dst_stride + g * kg;
    const float *residual = args->residual ? args->residual + pixel * args->residual_stride + g * kg : NULL;
    const vec_mask all = vec_first(pixels * kg);
    float lanes[VL] = {0};
    sums = sums + vec_load(bias);
    if (residual && args->residual_stride == kg) {
        sums = sums + vec_load_mask(residual, all);
    } else if (residual) {
        for (int32_t i = 0; i < pixels; i++)
            for (int32_t k = 0; k < kg; k++)
                lanes[i * kg + k] = residual[i * args->residual_stride + k];
        sums = sums + vec_load(lanes);
    }
    act_apply(&sums, p->activation, a, b, 1);
    if (args->dst_stride == kg) {
        vec_store_mask(dst, all, sums);
        return;
    }
    vec_store(lanes, sums);
    for (int32_t i = 0; i < pixels; i++)
        for (int32_t k = 0; k < kg; k++)
            dst[i * args->dst_stride + k] = lanes[i * kg + k];
}

/* Pixels x (included) to end (excluded) of a line. */
TW_INLINE void run_line(const tw_args *args, const plan *q, int32_t g, int32_t line, int32_t x,
                        int32_t end, const int kg) {
    const int together = DOTS_PIXELS(kg);
    const float *of_group = (const float *)args->packed + g * kg;
    float bias[VL] = {0};
    for (int i = 0; i < VL / kg * kg; i++)
        bias[i] = of_group[i % kg];
    const tw_problem *p = &args->problem;
    const int32_t cg = p->in_channels / p->groups;
    const dots_window all = line_at(args, g, line);
    while (x < end) {
        const int32_t first = x, stop = tw_min(end, x + VL / kg);
        vec sums[VL];
        TW_UNROLL for (int i = 0; i < VL; i++) sums[i] = vec_set1(0.0f);
        while (x < stop) {
            if (x >= q->inner_from && x + together <= tw_min(stop, q->inner_to)) {
                const dots_window w = columns_at(&all, q, cg, x, 0, p->kernel_width);
                accumulate(&w, sums + (x - first) * kg, together, kg);
                x += together;
            } else {
                const dots_window w = window_at(&all, p, q, x);
                accumulate(&w, sums + (x - first) * kg, 1, kg);
                x++;
            }
        }
        finish(args, add_lanes(sums), bias, (int64_t)line * q->width + first, g, stop - first, kg);
    }
}

#define DOTS_LINE(kg)                                                                              \
    static void run_line_##kg(const tw_args *args, const plan *q, int32_t g, int32_t line, int32_t x, \
                              int32_t end) {                                                       \
        run_line(args, q, g, line, x, end, kg);                                                    \
    }
DOTS_LINE(1)
DOTS_LINE(2)
DOTS_LINE(3)
DOTS_LINE(4)
#undef DOTS_LINE

static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    (void)goes_on;
    static void (*const lines[])(const tw_args *, const plan *, int32_t, int32_t, int32_t, int32_t) = {
        run_line_1, run_line_2, run_line_3, run_line_4};
    const tw_problem *p = &args->problem;
    plan q;
    memcpy(&q, args->plan, sizeof q);
    (void)worker;
    const int32_t kg = p->out_channels / p->groups, all = q.lines * q.width;
    const int32_t end = tw_cut(all, to, q.parts);
    for (int32_t at = tw_cut(all, from, q.parts), next; at < end; at = next) {
        const int32_t line = at / q.width, x = at % q.width;
        next = tw_min(end, (line + 1) * q.width);
        for (int32_t g = 0; g < p->groups; g++)
            lines[kg - 1](args, &q, g, line, x, x + next - at);
    }
}

const tw_kernel DOTS_KERNEL = {VL,           {NULL}, "dots", refuses, tiles, cost,
                               packed_bytes, pack,   workspace_bytes, bind, run, NULL, 0, NULL};
