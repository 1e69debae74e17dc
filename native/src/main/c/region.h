/* Outputs along one dimension whose windows meet the image in the same taps. A pair of spans is a
 * region: a rectangle of output pixels none of which reads padding. */
#ifndef TW_REGION_H
#define TW_REGION_H

#include "kernel.h"

typedef struct {
    int32_t from, to;           /* outputs */
    int32_t first_tap, end_tap; /* taps inside the image */
} tw_span;

/* One dimension of a convolution. */
typedef struct {
    int32_t out, in, taps, stride, dilation, pad;
} tw_extent;

/* Writes the spans, in order, and returns their number; more than `most` if there are more, or if an
 * output reads nothing but padding. */
static inline int32_t tw_spans(const tw_extent *e, tw_span *spans, int32_t most) {
    int32_t count = 0;
    for (int32_t o = 0; o < e->out;) {
        const int32_t start = o * e->stride - e->pad;
        const int32_t first = start >= 0 ? 0 : tw_ceil_div(-start, e->dilation);
        const int32_t end = tw_min(e->taps, tw_ceil_div(e->in - start, e->dilation));
        if (start >= e->in || first >= end) return most + 1;
        int32_t to = o + 1;
        if (first == 0 && end == e->taps) /* so do all until the window leaves the image */
            to = tw_min(e->out, (e->in - 1 - (e->taps - 1) * e->dilation + e->pad) / e->stride + 1);
        if (count > 0 && spans[count - 1].first_tap == first && spans[count - 1].end_tap == end) {
            spans[count - 1].to = to;
        } else {
            if (count == most) return most + 1;
            spans[count++] = (tw_span){o, to, first, end};
        }
        o = to;
    }
    return count;
}

#endif
