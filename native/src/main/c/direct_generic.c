/* Any float32 convolution by plain loops, a chunk of output channels at a time so that the compiler
 * vectorises. Written to be right everywhere; a part is one row of the output image.
 * Packed: bias [K], filter [G][FH][FW][C/G][K/G]. */
#include "kernel.h"
#include "vec_generic.h"

#include "activation.h"

#define CHUNK 64

static const char *refuses(const tw_problem *p) {
    (void)p;
    return NULL;
}

static int32_t tiles(const tw_problem *p, int32_t *values) {
    (void)p;
    (void)values;
    return 0;
}

static void cost(const tw_problem *p, double *c) {
    const double taps = (double)p->kernel_height * p->kernel_width * p->in_channels / p->groups;
    c[0] = (double)tw_pixels(p) * p->out_channels * taps;
    c[1] = tw_tensor_bytes(p);
    /* Accumulators live in L1, and fewer channels than a vector are scalar code. */
    c[2] = p->out_channels / p->groups < VL ? 0.05 : 0.2;
}

static int64_t packed_bytes(const tw_problem *p) {
    const int64_t taps = (int64_t)p->kernel_height * p->kernel_width * (p->in_channels / p->groups);
    return 4 * (p->out_channels + taps * p->out_channels);
}

static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    const int32_t kg = p->out_channels / p->groups, cg = p->in_channels / p->groups;
    const int32_t taps = p->kernel_height * p->kernel_width;
    if (bias) memcpy(packed, bias, (size_t)p->out_channels * sizeof(float));
    float *to = packed + p->out_channels;
    for (int32_t g = 0; g < p->groups; g++)
        for (int32_t tap = 0; tap < taps; tap++)
            for (int32_t c = 0; c < cg; c++)
                for (int32_t k = 0; k < kg; k++)
                    *to++ = filter[((int64_t)(g * kg + k) * cg + c) * taps + tap];
}

static int64_t workspace_bytes(const tw_problem *p) {
    (void)p;
    return 0;
}

static int32_t bind(tw_args *args) { return args->problem.batch * args->problem.out_height; }

/* Sums of `columns` output channels of one pixel; w points at the first of them in its group. */
static void accumulate(const tw_args *args, const float *w, int32_t row, int32_t ox, int32_t c0,
                       int32_t columns, float *acc) {
    const tw_problem *p = &args->problem;
    const int32_t kg = p->out_channels / p->groups, cg = p->in_channels / p->groups;
    const int32_t n = row / p->out_height, oy = row % p->out_height;
    for (int32_t fy = 0; fy < p->kernel_height; fy++)
        for (int32_t fx = 0; fx < p->kernel_width; fx++) {
            const int32_t y = oy * p->stride_height - p->pad_top + fy * p->dilation_height;
            const int32_t x = ox * p->stride_width - p->pad_left + fx * p->dilation_width;
            if (y < 0 || y >= p->in_height || x < 0 || x >= p->in_width) continue;
            const float *src =
                args->src + (((int64_t)n * p->in_height + y) * p->in_width + x) * args->src_stride + c0;
            const float *from = w + (int64_t)(fy * p->kernel_width + fx) * cg * kg;
            for (int32_t c = 0; c < cg; c++, from += kg)
                for (int32_t k = 0; k < columns; k++)
                    acc[k] += src[c] * from[k];
        }
}

static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    (void)goes_on;
    const tw_problem *p = &args->problem;
    const int32_t kg = p->out_channels / p->groups, cg = p->in_channels / p->groups;
    const int64_t group = (int64_t)p->kernel_height * p->kernel_width * cg * kg;
    const float *bias = args->packed, *filter = bias + p->out_channels;
    const vec a = vec_set1(act_low(p)), b = vec_set1(act_high(p));
    (void)worker;
    for (int32_t row = from; row < to; row++)
        for (int32_t ox = 0; ox < p->out_width; ox++)
            for (int32_t k0 = 0, columns; k0 < p->out_channels; k0 += columns) {
                const int32_t g = k0 / kg, in_group = k0 % kg;
                columns = tw_min(CHUNK, kg - in_group);
                const int64_t pixel = (int64_t)row * p->out_width + ox;
                float acc[CHUNK];
                memcpy(acc, bias + k0, (size_t)columns * sizeof(float));
                accumulate(args, filter + g * group + in_group, row, ox, g * cg, columns, acc);
                for (int32_t k = 0; args->residual && k < columns; k++)
                    acc[k] += args->residual[pixel * args->residual_stride + k0 + k];
                if (p->activation == TW_CLIP)
                    act_rows_of(acc, 0, 1, columns, TW_CLIP, a, b);
                else
                    act_rows(acc, 0, 1, columns, p);
                memcpy(args->dst + pixel * args->dst_stride + k0, acc,
                       (size_t)columns * sizeof(float));
            }
}

const tw_kernel tw_kernel_direct_generic = {
    VL, {NULL}, "direct", refuses, tiles, cost, packed_bytes, pack, workspace_bytes, bind, run, NULL, 0, NULL};
