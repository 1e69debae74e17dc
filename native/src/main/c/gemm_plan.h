/* How a GEMM convolution is cut, and its measures: what its plan and its run share. See gemm.h. */
#ifndef TW_GEMM_PLAN_H
#define TW_GEMM_PLAN_H

#include "gemm.h"
#include "region.h"

/* Filter rows of at most so many floats are not cut at the edges (see MODE_PAD). */
#define PAD_FLOATS 64
#define MOST_TOGETHER 64
#define MOST_SPANS 16

enum {
    MODE_PLACE, /* source rows are read where they lie */
    /* Channels of source rows are first copied, because their pixels' distance would hit few cache
     * sets, or because some channels of all rows are multiplied at a time. */
    MODE_COPY,
    /* Source rows are first copied with their padding, so that there is one region. With no dilation,
     * the FW * C floats under a filter row are then contiguous: a 3-channel first layer has taps of 9
     * or 21 floats instead of 3. */
    MODE_PAD
};

/* How a problem is cut; what tw_bind stores. */
typedef struct {
    int32_t mode;
    int32_t height, width; /* of the output; a dense 1x1 convolution is one column of pixels */
    int32_t blocks;        /* of output rows, of an image */
    int32_t panel_blocks;  /* a part is a block times a panel block */
    int32_t chunk;         /* channels of a group multiplied at a time */
    int32_t together;      /* panels that meet a tile's rows one after the other */
    int32_t mr;
    int32_t even; /* whether rows are gemm_even */
} gemm_plan;

static inline int32_t k_group(const tw_problem *p) { return p->out_channels / p->groups; }
static inline int32_t c_group(const tw_problem *p) { return p->in_channels / p->groups; }
static inline int32_t panels_group(const gemm_isa *isa, const tw_problem *p) {
    return tw_ceil_div(k_group(p), 2 * isa->vl);
}
static inline int32_t panels(const gemm_isa *isa, const tw_problem *p) {
    return panels_group(isa, p) * p->groups;
}

/* What panels are a multiple of, in floats. Of the filter alone, for layers of one filter share its panels. */
static inline int32_t width_unit(const gemm_isa *isa, const tw_problem *p) {
    const int in_twos = p->kernel_height == 1 && p->kernel_width == 1 && c_group(p) % 2 == 0;
    return isa->has_halves && in_twos ? isa->vl / 2 : isa->vl;
}

/* Of a panel of so many channels, or of all panels of a group: floats per element of the reduction. */
static inline int32_t width_of(const gemm_isa *isa, const tw_problem *p, int32_t channels) {
    const int32_t unit = width_unit(isa, p);
    return tw_ceil_div(channels, unit) * unit;
}

static inline int32_t group_width(const gemm_isa *isa, const tw_problem *p) {
    return width_of(isa, p, k_group(p));
}

static inline int64_t depth(const tw_problem *p) {
    return (int64_t)p->kernel_height * p->kernel_width * c_group(p);
}

/* Floats of the packed filter before the panels: bias, zeros. */
static inline int64_t header_floats(const gemm_isa *isa, const tw_problem *p) {
    return (int64_t)(panels(isa, p) + 1) * 2 * isa->vl;
}

static inline tw_extent rows_of(const tw_problem *p) {
    return (tw_extent){p->out_height, p->in_height, p->kernel_height, p->stride_height,
                       p->dilation_height, p->pad_top};
}

static inline tw_extent columns_of(const tw_problem *p) {
    return (tw_extent){p->out_width, p->in_width, p->kernel_width, p->stride_width,
                       p->dilation_width, p->pad_left};
}

static inline int is_point(const tw_problem *p) {
    return p->kernel_height == 1 && p->kernel_width == 1;
}

static inline int is_bare_point(const tw_problem *p) {
    return is_point(p) && p->pad_top == 0 && p->pad_left == 0 && p->pad_bottom == 0 && p->pad_right == 0;
}

static inline int is_dense_point(const tw_problem *p) {
    return is_bare_point(p) && p->stride_height == 1 && p->stride_width == 1;
}

/* Whether neighbours under a filter are neighbours in memory, if all channels are multiplied. */
static inline int has_runs(const tw_problem *p) { return p->groups == 1 && p->dilation_width == 1; }

static inline int is_worth_padding(const tw_problem *p) {
    return has_runs(p) && p->kernel_width > 1 && p->kernel_width * p->in_channels <= PAD_FLOATS;
}

static inline int is_cut(const tw_problem *p, const gemm_plan *q) { return q->chunk < c_group(p); }

/* A filter of one row or column needs no others than the outputs' own. */
static inline int32_t row_step(const tw_problem *p) {
    return p->kernel_height == 1 ? p->stride_height : 1;
}
static inline int32_t column_step(const tw_problem *p) {
    return p->kernel_width == 1 ? p->stride_width : 1;
}

/* Source rows that so many output rows read, padding included; steps of row_step. */
static inline int32_t source_rows(const tw_problem *p, int32_t rows) {
    return ((rows - 1) * p->stride_height + (p->kernel_height - 1) * p->dilation_height) / row_step(p) + 1;
}

static inline int32_t copied_columns(const tw_problem *p, const gemm_plan *q) {
    if (p->kernel_width == 1) return q->width;
    return q->mode == MODE_PAD ? (p->out_width - 1) * p->stride_width +
                                     (p->kernel_width - 1) * p->dilation_width + 1
                               : p->in_width;
}

static inline int32_t copied_rows(const tw_problem *p, const gemm_plan *q, int32_t rows) {
    const int32_t most = source_rows(p, rows);
    return q->mode == MODE_PAD || p->kernel_height == 1 ? most : tw_min(most, p->in_height);
}

static inline int32_t block_rows(const gemm_plan *q) { return tw_ceil_div(q->height, q->blocks); }

/* One dimension as the tiles see it: with its spans, or without padding and as one span. */
static inline int32_t spans_of(const gemm_plan *q, const tw_extent *e, int32_t outputs, tw_span *spans) {
    if (q->mode != MODE_PAD && outputs == e->out) return tw_spans(e, spans, MOST_SPANS);
    spans[0] = (tw_span){0, outputs, 0, e->taps};
    return 1;
}

/* src_stride: as of tw_args. */
gemm_plan gemm_make_plan(const gemm_isa *, const tw_problem *, int64_t src_stride);

#endif
