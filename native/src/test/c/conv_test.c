/* Every kernel of the table against plain loops in double, meant to be built with
 * -fsanitize=address,undefined: every buffer is allocated to its exact size.
 *
 * Usage: conv_test [RANDOM_SHAPES [SEED [EVERY]]], EVERY: of the listed shapes, every so many. Prints what differs and fails. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tilewright.h"

static uint64_t state;

static uint32_t next_random(void) { /* SplitMix64, Steele et al. 2014 */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}
static int32_t below(int32_t n) { return (int32_t)(next_random() % (uint32_t)n); }
static int32_t between(int32_t low, int32_t high) { return low + below(high - low + 1); }
static float uniform(void) { return (float)((double)next_random() / 2147483648.0 - 1); }

static void *allocate(size_t bytes) {
    void *p = NULL;
    if (posix_memalign(&p, 64, bytes ? bytes : 1)) abort();
    return p;
}

/* rows x channels with `gap` floats behind every row but the last, filled with NaN or values. */
static float *tensor(int64_t rows, int32_t channels, int32_t gap, int values) {
    const int64_t count = (rows - 1) * (channels + gap) + channels;
    float *p = allocate((size_t)count * sizeof(float));
    for (int64_t i = 0; i < count; i++)
        p[i] = values && i % (channels + gap) < channels ? uniform() : NAN;
    return p;
}

static double activation(double x, const tw_problem *p) {
    const double a = p->activation_a, b = p->activation_b;
    switch (p->activation) {
    case TW_CLIP: return fmin(fmax(x, a), b);
    case TW_LEAKY_RELU: return x > 0 ? x : a * x;
    case TW_SIGMOID: return 1 / (1 + exp(-x));
    case TW_HARD_SIGMOID: return fmax(0, fmin(1, a * x + b));
    case TW_SILU: return x / (1 + exp(-x));
    case TW_HARD_SWISH: return x * fmax(0, fmin(1, x / 6 + 0.5));
    case TW_GELU: return 0.5 * x * (1 + erf(x / sqrt(2)));
    case TW_TANH: return tanh(x);
    default: return x;
    }
}

typedef struct {
    int32_t src_gap, residual_gap, dst_gap;
    float *src, *residual, *filter, *bias;
    float *experts, *factors; /* of which the filter is the sum, or NULL */
    double *want, *scale; /* scale: sum of |x||w|, what rounding errors are proportional to */
} layer;

static void reference(const tw_problem *p, layer *l) {
    const int32_t cg = p->in_channels / p->groups, kg = p->out_channels / p->groups;
    int64_t i = 0;
    for (int32_t n = 0; n < p->batch; n++)
        for (int32_t oy = 0; oy < p->out_height; oy++)
            for (int32_t ox = 0; ox < p->out_width; ox++)
                for (int32_t k = 0; k < p->out_channels; k++, i++) {
                    const int64_t pixel = i / p->out_channels;
                    double sum = l->bias ? l->bias[k] : 0, scale = fabs(sum);
                    for (int32_t fy = 0; fy < p->kernel_height; fy++)
                        for (int32_t fx = 0; fx < p->kernel_width; fx++) {
                            const int32_t y = oy * p->stride_height - p->pad_top + fy * p->dilation_height;
                            const int32_t x = ox * p->stride_width - p->pad_left + fx * p->dilation_width;
                            if (y < 0 || y >= p->in_height || x < 0 || x >= p->in_width) continue;
                            const int64_t row = ((int64_t)n * p->in_height + y) * p->in_width + x;
                            const float *src = l->src + row * (p->in_channels + l->src_gap) + k / kg * cg;
                            for (int32_t c = 0; c < cg; c++) {
                                const double product =
                                    (double)src[c] *
                                    l->filter[(((int64_t)k * cg + c) * p->kernel_height + fy) * p->kernel_width + fx];
                                sum += product;
                                scale += fabs(product);
                            }
                        }
                    if (l->residual) {
                        const double r = l->residual[pixel * (p->out_channels + l->residual_gap) + k];
                        sum += r;
                        scale += fabs(r);
                    }
                    l->want[i] = activation(sum, p);
                    l->scale[i] = scale;
                }
}

/* Experts and factors, and the filter that is their sum. */
static void add_up(const tw_problem *p, layer *l) {
    const int32_t cg = p->in_channels / p->groups, taps = p->kernel_height * p->kernel_width;
    const int32_t rows = p->out_channels / p->images, each = p->parts * p->experts;
    l->experts = tensor(rows, cg * taps * p->experts, 0, 1);
    l->factors = tensor(p->images, p->own_rows ? rows * each : each, 0, 1);
    for (int32_t k = 0; k < p->out_channels; k++)
        for (int32_t i = 0; i < cg * taps; i++) {
            const float *expert = l->experts + ((int64_t)(k % rows) * cg * taps + i) * p->experts;
            const float *factor = l->factors + (p->own_rows ? k * each : k / rows * each) +
                                  i / taps * p->parts / cg * p->experts;
            double sum = 0;
            for (int32_t e = 0; e < p->experts; e++)
                sum += (double)factor[e] * expert[e];
            l->filter[(int64_t)k * cg * taps + i] = (float)sum;
        }
}

static void print_problem(const tw_problem *p) {
    printf("n%dg%dc%dk%d_i%dx%d_f%dx%d_s%dx%d_d%dx%d_p%d,%d,%d,%d activation %d threads %d tile %d,%d "
           "sum of %d, images %d parts %d own rows %d",
           p->batch, p->groups, p->in_channels, p->out_channels, p->in_height, p->in_width,
           p->kernel_height, p->kernel_width, p->stride_height, p->stride_width, p->dilation_height,
           p->dilation_width, p->pad_top, p->pad_left, p->pad_bottom, p->pad_right, p->activation,
           p->threads, p->tile[0], p->tile[1], p->experts, p->images, p->parts, p->own_rows);
}

/* The largest scale of the block of outputs, of height x width x channels, that row and channel are in:
 * they share the sums that are rounded. */
static double scale_of_block(const tw_problem *p, const layer *l, int64_t row, int64_t k,
                             const double *rounding) {
    const int point = p->kernel_height == 1 && p->kernel_width == 1;
    const int32_t out_height = point ? 1 : p->out_height;
    const int32_t out_width = point ? p->out_height * p->out_width : p->out_width;
    const int32_t high = (int32_t)rounding[1], wide = (int32_t)rounding[2], deep = (int32_t)rounding[3];
    const int64_t image = row / out_width / out_height, first = k / deep * deep;
    const int32_t top = (int32_t)(row / out_width % out_height) / high * high;
    const int32_t left = (int32_t)(row % out_width) / wide * wide;
    double largest = 0;
    for (int32_t y = top; y < top + high && y < out_height; y++)
        for (int32_t x = left; x < left + wide && x < out_width; x++)
            for (int64_t channel = first; channel < first + deep && channel < p->out_channels; channel++) {
                const int64_t other = (image * out_height + y) * out_width + x;
                largest = fmax(largest, l->scale[other * p->out_channels + channel]);
            }
    return largest;
}

/* 1 if everything agrees. */
static int run_kernel(int32_t kernel, const tw_problem *p, const layer *l) {
    const int64_t problem = (int64_t)(intptr_t)p;
    const int64_t rows = (int64_t)p->batch * p->out_height * p->out_width;
    const size_t packed_bytes = (size_t)tw_packed_bytes(kernel, problem);
    const size_t workspace_bytes = (size_t)tw_workspace_bytes(kernel, problem);
    const int32_t stride = p->out_channels + l->dst_gap;
    void *packed = allocate(packed_bytes);
    char *workspace = allocate(workspace_bytes);
    memset(packed, 0, packed_bytes);
    memset(workspace, 0xff, workspace_bytes);
    float *dst = tensor(rows, p->out_channels, l->dst_gap, 0);
    tw_pack(kernel, problem, (int64_t)(intptr_t)(p->experts > 0 ? l->experts : l->filter),
            (int64_t)(intptr_t)l->bias, (int64_t)(intptr_t)packed);
    const int32_t rows_of_factors = p->experts > 0 && p->own_rows ? p->out_channels / p->images : 1;
    tw_args args = {.problem = *p,
                    .factors = l->factors,
                    .factors_stride = rows_of_factors * p->parts * p->experts,
                    .src = l->src,
                    .residual = l->residual,
                    .dst = dst,
                    .src_stride = p->in_channels + l->src_gap,
                    .residual_stride = p->out_channels + l->residual_gap,
                    .dst_stride = stride,
                    .packed = packed,
                    .workspace = workspace,
                    .workspace_stride = 0, /* one thread here: every worker may use it */
                    .kernel = kernel};
    const int32_t parts = tw_bind((int64_t)(intptr_t)&args);
    /* Random cuts, the second half first; some calls go on where the last one stopped. */
    const int32_t middle = below(parts + 1);
    for (int32_t half = 1; half >= 0; half--)
        for (int32_t begin = half ? middle : 0, end = half ? parts : middle, from = begin, to; from < end; from = to) {
            to = from + between(1, end - from);
            tw_run((int64_t)(intptr_t)&args, from, to, below(p->threads), from > begin && below(2));
        }
    const double taps = (double)p->kernel_height * p->kernel_width * p->in_channels / p->groups + 2;
    double rounding[4];
    tw_rounding(kernel, problem, (int64_t)(intptr_t)rounding);
    int good = parts >= 1;
    for (int64_t i = 0; good && i < (rows - 1) * stride + p->out_channels; i++) {
        const int64_t row = i / stride, k = i % stride;
        if (k >= p->out_channels) {
            if (!isnan(dst[i])) {
                printf("%s wrote into the gap of row %lld: ", tw_name(kernel), (long long)row);
                good = 0;
            }
            continue;
        }
        const double want = l->want[row * p->out_channels + k];
        /* 2^-24 an operation on sum |x||w|, random signs; 4 for the tail. Activations: 4 ulp and the
         * 1.5e-7 of their approximations; slopes are at most 1.2. */
        const double tolerance = 4 * 0x1p-24 * sqrt(taps) * rounding[0] * 1.2 *
                                     scale_of_block(p, l, row, k, rounding) +
                                 4e-7 * (1 + fabs(want));
        if (!(fabs(dst[i] - want) <= tolerance)) {
            printf("%s: row %lld channel %lld is %g, not %g: ", tw_name(kernel), (long long)row,
                   (long long)k, dst[i], want);
            good = 0;
        }
    }
    if (!good) {
        print_problem(p);
        printf("\n");
    }
    free(packed);
    free(workspace);
    free(dst);
    return good;
}

static int32_t passed, failed;

static void check(tw_problem p) {
    p.out_height = (p.in_height + p.pad_top + p.pad_bottom - (p.kernel_height - 1) * p.dilation_height - 1) / p.stride_height + 1;
    p.out_width = (p.in_width + p.pad_left + p.pad_right - (p.kernel_width - 1) * p.dilation_width - 1) / p.stride_width + 1;
    p.isa_limit = TW_ISA_HIGHEST;
    p.threads = between(1, 4);
    p.activation = below(TW_TANH + 1);
    p.activation_a = p.activation == TW_CLIP ? -0.25f : 0.2f;
    p.activation_b = p.activation == TW_CLIP && below(2) ? INFINITY : 0.5f;
    p.has_residual = below(2);
    const int64_t out = (int64_t)p.batch * p.out_height * p.out_width;
    layer l = {.src_gap = below(2) * below(20), .residual_gap = below(3), .dst_gap = below(2) * below(9)};
    l.src = tensor((int64_t)p.batch * p.in_height * p.in_width, p.in_channels, l.src_gap, 1);
    l.residual = p.has_residual ? tensor(out, p.out_channels, l.residual_gap, 1) : NULL;
    l.filter = tensor(p.out_channels, p.in_channels / p.groups * p.kernel_height * p.kernel_width, 0, 1);
    l.bias = below(3) ? tensor(1, p.out_channels, 0, 1) : NULL;
    l.want = allocate((size_t)(out * p.out_channels) * sizeof(double));
    l.scale = allocate((size_t)(out * p.out_channels) * sizeof(double));
    if (p.experts > 0) add_up(&p, &l);
    reference(&p, &l);
    for (int32_t kernel = 0; kernel < tw_count(); kernel++) {
        memset(p.tile, 0, sizeof p.tile);
        if (tw_refuses(kernel, (int64_t)(intptr_t)&p)) continue;
        int32_t tiles[TW_MOST_TILES * TW_MOST_TUNABLES], names = 0;
        while (tw_tile_name(kernel, names))
            names++;
        const int32_t count = tw_tiles(kernel, (int64_t)(intptr_t)&p, (int64_t)(intptr_t)tiles);
        for (int32_t i = -1; i < count; i++) { /* -1: the kernel's own choice */
            if (i >= 0) memcpy(p.tile, tiles + i * names, (size_t)names * sizeof *tiles);
            if (run_kernel(kernel, &p, &l))
                passed++;
            else
                failed++;
        }
    }
    free(l.src);
    free(l.residual);
    free(l.filter);
    free(l.bias);
    free(l.experts);
    free(l.factors);
    free(l.want);
    free(l.scale);
}

/* n, g, c, k, in, in, filter, filter, stride, stride, dilation, dilation, pads: as ConvShape.key(). */
static const int32_t LIST[][16] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
    {1, 1, 64, 64, 9, 14, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
    {1, 1, 37, 41, 7, 7, 1, 1, 2, 2, 1, 1, 0, 0, 0, 0},
    {1, 1, 128, 96, 7, 7, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},   /* from here on: Strassen. An odd last pixel */
    {2, 1, 34, 80, 3, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},    /* an odd one of each image, a panel left over */
    {1, 1, 1100, 70, 5, 4, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},  /* chunks, the last one shorter */
    {1, 1, 512, 200, 14, 14, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, /* blocks of pixels */
    {2, 1, 64, 48, 9, 8, 1, 1, 2, 3, 1, 1, 0, 0, 0, 0},    /* strides */
    {1, 1, 42, 33, 1, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},    /* halves of an odd number of channels */
    {1, 1, 1024, 96, 5, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},  /* rows 4 KiB apart */
    {1, 1, 512, 64, 6, 6, 1, 1, 2, 2, 1, 1, 0, 0, 0, 0},   /* the same by stride */
    {1, 1, 1024, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},  /* the same with padding */
    {1, 1, 1024, 64, 1, 140, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1}, /* so many that channels are cut */
    {1, 2, 2048, 128, 1, 140, 1, 2, 1, 1, 1, 3, 0, 1, 0, 1},
    {1, 1, 300, 10, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},   /* fully connected */
    {2, 1, 34, 24, 5, 6, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},    /* from here on: 1x1 that end in half a vector of 16 */
    {1, 1, 72, 40, 7, 9, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
    {1, 1, 26, 7, 8, 5, 1, 1, 2, 3, 1, 1, 0, 0, 0, 0},     /* strides */
    {2, 3, 18, 57, 4, 5, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1},    /* groups of 6 to 19, padding */
    {2, 1, 330, 72, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},   /* fully connected */
    {1, 1, 22, 21, 1, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
    {1, 1, 2048, 88, 5, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},  /* rows 8 KiB apart */
    {1, 1, 20006, 20, 5, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, /* chunks of an even number of channels */
    {1, 1, 20003, 6, 5, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},  /* few rows, so long that they are cut */
    {1, 2, 40010, 6, 11, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
    {1, 1, 3, 32, 17, 17, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},
    {1, 1, 3, 64, 15, 16, 7, 7, 2, 2, 1, 1, 3, 3, 3, 3},
    {1, 1, 4, 33, 8, 8, 3, 3, 1, 1, 1, 2, 2, 2, 2, 2},     /* dilated: no merged rows */
    {3, 1, 16, 48, 6, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
    {1, 1, 5, 6, 4, 4, 3, 3, 5, 5, 1, 1, 0, 0, 1, 1},      /* stride > kernel */
    {1, 1, 3, 5, 2, 2, 5, 5, 1, 1, 1, 1, 4, 4, 4, 4},      /* mostly padding */
    {1, 1, 2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2},      /* whole rows of padding */
    {1, 4, 16, 24, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
    {2, 3, 9, 105, 5, 5, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},
    {1, 7, 7, 14, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},     /* depthwise, multiplier 2 */
    {2, 9, 36, 36, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},    /* groups of 4; the last vector is not full */
    {1, 5, 40, 40, 8, 9, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},    /* of 8 */
    {1, 7, 21, 21, 5, 6, 3, 3, 1, 1, 1, 2, 2, 1, 0, 2},    /* of 3, dilated */
    {1, 6, 24, 12, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},    /* fewer outputs than inputs */
    {1, 3, 48, 3, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},     /* one output a group */
    {1, 5, 10, 40, 3, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},    /* more outputs than inputs */
    {1, 2, 32, 32, 14, 14, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},  /* of 16 */
    {1, 2, 64, 64, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},    /* of 32 */
    {1, 2, 48, 50, 5, 29, 5, 5, 2, 2, 1, 1, 2, 2, 2, 2},   /* 24 to 25, a run of three and two taps */
    {1, 2, 26, 22, 4, 20, 3, 7, 1, 1, 1, 1, 3, 4, 3, 3},   /* two runs of three, much padding */
    {1, 2, 20, 20, 7, 1, 3, 3, 1, 1, 1, 1, 3, 3, 3, 3},    /* one column */
    {1, 16, 16, 16, 8, 56, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
    {1, 37, 37, 37, 9, 13, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},
    {1, 24, 24, 24, 8, 10, 3, 3, 2, 2, 1, 1, 0, 0, 1, 1},
    {2, 20, 20, 20, 7, 7, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2},
    {1, 19, 19, 19, 8, 11, 5, 5, 2, 2, 1, 1, 2, 2, 2, 2},
    {1, 17, 17, 17, 3, 1, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2},   /* narrower than the padding */
    {1, 18, 18, 18, 9, 9, 5, 5, 2, 2, 1, 1, 2, 1, 1, 2},
    {1, 33, 33, 33, 9, 9, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2},
    {1, 9, 9, 9, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},      /* one pixel */
    {1, 9, 9, 9, 5, 1, 3, 3, 1, 2, 1, 1, 1, 1, 1, 1},      /* one column */
    {1, 8, 8, 8, 2, 2, 3, 3, 1, 1, 1, 1, 3, 3, 3, 3},      /* windows wholly outside */
    {1, 5, 5, 5, 6, 6, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1},
    {1, 5, 5, 5, 6, 6, 3, 1, 1, 3, 1, 1, 1, 0, 1, 0},
    {1, 1, 64, 33, 13, 14, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},  /* from here on: Winograd */
    {2, 1, 24, 16, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
    {1, 3, 72, 24, 9, 9, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
    {1, 1, 17, 40, 11, 9, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2},
    {1, 1, 8, 8, 3, 3, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0},      /* one pixel of one tile */
    {1, 1, 9, 20, 2, 2, 5, 5, 1, 1, 1, 1, 4, 4, 4, 4},     /* mostly padding */
    {1, 1, 20, 12, 5, 23, 1, 7, 1, 1, 1, 1, 0, 3, 0, 3},
    {1, 1, 20, 12, 23, 5, 7, 1, 1, 1, 1, 1, 3, 0, 2, 0},
    {3, 2, 32, 80, 8, 3, 3, 1, 1, 1, 1, 1, 1, 0, 1, 0},
    {1, 1, 16, 16, 9, 8, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3},
    {1, 1, 600, 40, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
    {1, 1, 256, 8, 33, 32, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1},  /* input larger than L2 */
    {1, 1, 8, 256, 33, 32, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1},  /* output larger than L2 */
};

/* Whatever Winograd takes. */
static void check_random_transformed(void) {
    tw_problem p = {0};
    p.batch = between(1, 2);
    p.groups = below(3) ? 1 : between(2, 4);
    p.in_channels = p.groups * between(8, 50);
    p.out_channels = p.groups * between(8, 80);
    p.kernel_height = 1 + 2 * between(0, 3);
    p.kernel_width = p.kernel_height == 1 || below(4) == 0 ? 1 + 2 * between(0, 4) : p.kernel_height;
    p.stride_height = p.stride_width = p.dilation_height = p.dilation_width = 1;
    p.pad_top = between(0, 3);
    p.pad_left = between(0, 3);
    p.pad_bottom = between(0, 3);
    p.pad_right = between(0, 3);
    p.in_height = between(p.kernel_height, p.kernel_height + 14);
    p.in_width = between(p.kernel_width, p.kernel_width + 14);
    check(p);
    p.batch = 1;
    p.experts = between(1, 5);
    p.images = below(2) ? p.groups : 1;
    p.own_rows = below(2);
    if (p.images > 1 && p.groups == p.images && below(2)) { /* several groups of an image */
        p.groups *= 2;
        p.in_channels *= 2;
        p.out_channels *= 2;
    }
    const int32_t channels = p.in_channels / p.groups;
    do {
        p.parts = between(1, 4);
    } while (channels % p.parts != 0);
    check(p);
}

static void check_random(void) {
    tw_problem p = {0};
    const int depthwise = below(3) == 0;
    p.batch = between(1, 2);
    p.groups = depthwise ? between(2, 70) : below(4) ? 1 : between(2, 5);
    p.in_channels = p.groups * (depthwise ? 1 : below(6) ? between(1, 40) : 512);
    p.out_channels = depthwise ? p.groups : p.groups * between(1, p.groups > 1 ? 40 : 90);
    if (!depthwise && p.groups > 1 && below(2)) { /* several groups in a vector */
        const int32_t few = between(1, 9);
        p.groups = between(2, 30);
        p.in_channels = p.groups * few * (below(3) ? 1 : between(1, 4));
        p.out_channels = p.groups * few * (below(3) ? 1 : between(1, 4));
    }
    p.kernel_height = between(1, 5);
    p.kernel_width = below(2) ? p.kernel_height : between(1, 5);
    p.stride_height = between(1, 3);
    p.stride_width = below(2) ? p.stride_height : between(1, 3);
    p.dilation_height = below(3) ? 1 : between(1, 3);
    p.dilation_width = below(3) ? 1 : between(1, 3);
    p.pad_top = between(0, 3);
    p.pad_left = between(0, 3);
    p.pad_bottom = between(0, 3);
    p.pad_right = between(0, 3);
    const int32_t span_height = (p.kernel_height - 1) * p.dilation_height + 1;
    const int32_t span_width = (p.kernel_width - 1) * p.dilation_width + 1;
    p.in_height = span_height - p.pad_top - p.pad_bottom + between(0, 8);
    p.in_width = span_width - p.pad_left - p.pad_right + between(0, 20);
    if (p.in_height < 1) p.in_height = between(1, 6);
    if (p.in_width < 1) p.in_width = between(1, 6);
    if (p.in_height + p.pad_top + p.pad_bottom < span_height) return;
    if (p.in_width + p.pad_left + p.pad_right < span_width) return;
    check(p);
}

/* NaN goes through every activation; infinities do not turn into finite values of the wrong sign. */
static void check_special(void) {
    for (int32_t kernel = 0; kernel < tw_count(); kernel++)
        for (int32_t kind = 0; kind <= TW_TANH; kind++) {
            tw_problem p = {.batch = 1, .groups = 1, .in_channels = 1, .out_channels = 1, .in_height = 1,
                            .in_width = 3, .kernel_height = 1, .kernel_width = 1, .stride_height = 1,
                            .stride_width = 1, .dilation_height = 1, .dilation_width = 1,
                            .out_height = 1, .out_width = 3, .activation = kind, .activation_a = 0,
                            .activation_b = 6, .threads = 1, .isa_limit = TW_ISA_HIGHEST};
            if (tw_refuses(kernel, (int64_t)(intptr_t)&p)) continue;
            float src[3] = {NAN, 90, -90}, dst[3] = {0}, filter = 1;
            _Alignas(64) char packed[1024] = {0}, workspace[4096];
            if (tw_packed_bytes(kernel, (int64_t)(intptr_t)&p) > (int64_t)sizeof packed ||
                tw_workspace_bytes(kernel, (int64_t)(intptr_t)&p) > (int64_t)sizeof workspace)
                abort();
            tw_pack(kernel, (int64_t)(intptr_t)&p, (int64_t)(intptr_t)&filter, 0, (int64_t)(intptr_t)packed);
            tw_args args = {.problem = p, .src = src, .dst = dst, .src_stride = 1, .dst_stride = 1,
                            .packed = packed, .workspace = workspace, .kernel = kernel};
            tw_run((int64_t)(intptr_t)&args, 0, tw_bind((int64_t)(intptr_t)&args), 0, 0);
            const double high = activation(90, &p), low = activation(-90, &p);
            if (!isnan(dst[0]) || fabs(dst[1] - high) > 1e-5 * (1 + fabs(high)) ||
                fabs(dst[2] - low) > 1e-5 * (1 + fabs(low))) {
                printf("%s: activation %d of NaN, 90, -90 is %g, %g, %g\n", tw_name(kernel), kind,
                       dst[0], dst[1], dst[2]);
                failed++;
            } else {
                passed++;
            }
        }
}

int main(int argc, char **argv) {
    const int32_t shapes = argc > 1 ? atoi(argv[1]) : 150;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    const size_t every = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    const int32_t wrong = tw_self_test(TW_ISA_HIGHEST);
    if (wrong) {
        printf("self-test: kernel %s is wrong\n", tw_name(wrong - 1));
        failed++;
    }
    for (size_t i = 0; i < sizeof LIST / sizeof LIST[0]; i += every) {
        tw_problem p = {0};
        memcpy(&p, LIST[i], sizeof LIST[i]);
        for (int repeat = 0; repeat < (every > 1 ? 1 : 3); repeat++)
            check(p);
    }
    for (int32_t i = 0; i < shapes; i++)
        check_random();
    for (int32_t i = 0; i < shapes / 3; i++)
        check_random_transformed();
    check_special();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
