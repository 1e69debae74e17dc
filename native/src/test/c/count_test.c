/* Runs every NEON kernel on small problems, between two getpid calls: count_plugin.c counts the
 * instructions. Prints a line each: kernel, problem, multiply-adds of four lanes, and the plugin's
 * count. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tilewright.h"

#define MOST 65536 /* floats of any buffer */

typedef struct {
    const char *name;
    int32_t groups, channels, outputs, in, filter, stride, pad, activation;
} problem;

static const problem PROBLEMS[] = {
    {"1x1", 1, 64, 64, 14, 1, 1, 0, TW_CLIP},
    {"1x1_k20", 1, 64, 20, 14, 1, 1, 0, TW_SILU}, /* a tail of one vector and an activation */
    {"3x3", 1, 32, 32, 14, 3, 1, 1, TW_CLIP},
    {"3x3_s2_rgb", 1, 3, 16, 29, 3, 2, 1, TW_CLIP},
    {"5x5", 1, 16, 16, 14, 5, 1, 2, TW_CLIP},
    {"1x1_k1", 1, 128, 1, 14, 1, 1, 0, TW_SIGMOID},
    {"7x7_k1", 1, 2, 1, 14, 7, 1, 3, TW_SIGMOID},
    {"connected", 1, 512, 64, 1, 1, 1, 0, TW_NONE},
    {"3x3_g4", 4, 32, 32, 14, 3, 1, 1, TW_CLIP},
    {"3x3_g16", 16, 64, 64, 14, 3, 1, 1, TW_CLIP},
    {"depthwise_3x3", 32, 32, 32, 14, 3, 1, 1, TW_CLIP},
    {"depthwise_3x3_s2", 32, 32, 32, 28, 3, 2, 1, TW_CLIP},
    {"depthwise_5x5", 32, 32, 32, 14, 5, 1, 2, TW_CLIP},
    {"depthwise_3x3_c30", 30, 30, 30, 14, 3, 1, 1, TW_CLIP}, /* a tail of lanes */
};

static _Alignas(64) float src[MOST], dst[MOST], filter[MOST], bias[MOST], packed[8 * MOST],
    workspace[8 * MOST];

static int64_t address(const void *p) { return (int64_t)(intptr_t)p; }

int main(void) {
    for (int32_t i = 0; i < MOST; i++)
        src[i] = filter[i] = bias[i] = (float)(i % 17 - 8);
    for (size_t i = 0; i < sizeof PROBLEMS / sizeof PROBLEMS[0]; i++)
        for (int32_t kernel = 0; kernel < tw_count(); kernel++) {
            const problem *q = &PROBLEMS[i];
            const int32_t out = (q->in + 2 * q->pad - q->filter) / q->stride + 1;
            const tw_problem p = {
                .batch = 1, .groups = q->groups, .in_channels = q->channels, .out_channels = q->outputs,
                .in_height = q->in, .in_width = q->in, .kernel_height = q->filter,
                .kernel_width = q->filter, .stride_height = q->stride, .stride_width = q->stride,
                .dilation_height = 1, .dilation_width = 1, .pad_top = q->pad, .pad_left = q->pad,
                .pad_bottom = q->pad, .pad_right = q->pad, .out_height = out, .out_width = out,
                .activation = q->activation, .activation_b = 6, .threads = 1,
                .isa_limit = TW_ISA_HIGHEST};
            if (strstr(tw_name(kernel), "_neon") == NULL || tw_refuses(kernel, address(&p))) continue;
            if (q->groups == q->channels && strstr(tw_name(kernel), "gemm")) continue; /* no use */
            if (q->groups > 1 && strstr(tw_name(kernel), "dots")) continue;
            if (tw_packed_bytes(kernel, address(&p)) > (int64_t)sizeof packed ||
                tw_workspace_bytes(kernel, address(&p)) > (int64_t)sizeof workspace) {
                fprintf(stderr, "%s %s needs larger buffers\n", tw_name(kernel), q->name);
                return 1;
            }
            tw_args args = {.problem = p, .src = src, .dst = dst, .src_stride = q->channels,
                            .dst_stride = q->outputs, .packed = packed, .workspace = (char *)workspace,
                            .kernel = kernel};
            memset(packed, 0, sizeof packed);
            tw_pack(kernel, address(&p), address(filter), address(bias), address(packed));
            const int32_t parts = tw_bind(address(&args));
            tw_run(address(&args), 0, parts, 0, 0); /* the loader binds symbols on first use */
            const double fmas = (double)out * out * q->outputs * (q->channels / q->groups) * q->filter *
                                q->filter / 4;
            printf("%s %s %.0f ", tw_name(kernel), q->name, fmas);
            fflush(stdout);
            getpid();
            tw_run(address(&args), 0, parts, 0, 0);
            getpid();
        }
    return 0;
}
