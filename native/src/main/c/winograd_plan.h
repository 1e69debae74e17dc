/* How a Winograd convolution is cut, and its measures: what its plan and its run share. See
 * winograd.h. */
#ifndef TW_WINOGRAD_PLAN_H
#define TW_WINOGRAD_PLAN_H

#include "winograd.h"

/* What stays of a layer in an L2 of 1 MB. */
#define L2_BYTES (1024 * 1024)

/* How a problem is cut. A part is one block of tiles, one group, one chunk of its panels; of sums of
 * filters, such a group of some images.
 *
 * A dilated filter sees every so many-th pixel: the image is as many interleaved ones (phases) in
 * each dimension, and a tile lies in one of them. Phases of the same place follow each other. */
typedef struct {
    int32_t down, right;                   /* pixels between a tile's outputs: the dilation */
    int32_t phases_high, phases_wide;
    int32_t high, wide;                    /* outputs of a tile */
    int32_t n_high, n_wide, planes;        /* products of a tile */
    int32_t tiles_high, tiles_wide, tiles; /* of an image, of all images */
    int32_t c_group, k_group, panels;      /* of a group */
    int32_t blocks, chunks;
    int32_t sets, groups;               /* of images whose filters are sums; groups of one of them */
    ptrdiff_t v_step, v_plane, m_plane; /* floats from vector to vector and plane to plane */
    ptrdiff_t u_plane;                  /* of a panel of a sum of filters */
} winograd_plan;

/* Floats of the packed filter before the panels: bias, zeros. */
static inline int64_t header_floats(const winograd_isa *isa, const tw_problem *p,
                                    const winograd_plan *q) {
    return (int64_t)p->groups * q->panels * 2 * isa->vl + (p->in_channels + 15) / 16 * 16;
}

/* Floats of one group's filter. */
static inline int64_t group_floats(const winograd_isa *isa, const winograd_plan *q) {
    return (int64_t)q->planes * q->c_group * tw_ceil_div(q->k_group, isa->vl) * isa->vl;
}

static inline int32_t taps(const tw_problem *p) { return p->kernel_height * p->kernel_width; }

/* Of what a filter is a sum of, floats of one column of a panel. */
static inline int64_t experts_depth(const tw_problem *p, const winograd_plan *q) {
    return (int64_t)q->c_group * p->experts * taps(p);
}

/* Most images whose filters are added up together. */
static inline int32_t set_images(const tw_problem *p, const winograd_plan *q) {
    return p->experts > 0 ? tw_ceil_div(p->images, q->sets) : 1;
}

/* Floats of what a panel of one image is before its transform. */
static inline int64_t sum_floats(const winograd_isa *isa, const tw_problem *p,
                                 const winograd_plan *q) {
    return p->experts > 0 ? (int64_t)q->c_group * taps(p) * 2 * isa->vl : 0;
}

/* Floats of the factors of a panel of one image. */
static inline int64_t factors_floats(const winograd_isa *isa, const tw_problem *p) {
    return p->experts > 0 ? (int64_t)p->parts * p->experts * 2 * isa->vl : 0;
}

/* What the filters of a layer have in common. */
static inline winograd_filters filters_of(const tw_problem *p, const winograd_plan *q) {
    winograd_filters f = {.row = (ptrdiff_t)q->c_group * taps(p),
                          .channels = q->c_group,
                          .high = p->kernel_height,
                          .wide = p->kernel_width,
                          .n_high = q->n_high,
                          .n_wide = q->n_wide};
    winograd_matrices(&f);
    return f;
}

winograd_plan winograd_make_plan(const winograd_isa *, int32_t m, const tw_problem *);

#endif
