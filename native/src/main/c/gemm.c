/* Runs the GEMM convolution, whatever the instruction set: copies, lists of pixels, tiles of a block.
 * See gemm.h. */
#include "gemm_plan.h"

#include <string.h>

/* An activation passes over results of so many bytes while L1 has them. */
#define ACTIVATED_BYTES (16 * 1024)

/* Floats from one copied pixel to the next: an odd number of cache lines. */
static int32_t pitch(int32_t channels) { return (tw_ceil_div(channels, 16) | 1) * 16; }

static int32_t chunks(const tw_problem *p, const gemm_plan *q) {
    return tw_ceil_div(c_group(p), q->chunk);
}

/* A worker's memory: pixels of a block, their places in dst and residual, taps of a region, copied rows. No
 * lists if rows are even. */
typedef struct {
    const float **pixels;
    ptrdiff_t *out, *old; /* floats */
    gemm_tap *taps;
    float *copy;
    int64_t bytes;
} workspace;

static workspace lay_out(char *memory, const tw_problem *p, const gemm_plan *q) {
    const int64_t count = (int64_t)block_rows(q) * q->width;
    const int64_t taps = (int64_t)p->kernel_height * p->kernel_width;
    const int64_t listed = q->even ? 0 : count * (p->has_residual ? 3 : 2);
    const int64_t lists = (listed * (int64_t)sizeof(ptrdiff_t) + taps * (int64_t)sizeof(gemm_tap) + 63) / 64 * 64;
    const int32_t channels = q->mode == MODE_PAD     ? p->in_channels
                             : is_cut(p, q) ? pitch(q->chunk)
                                                     : pitch(p->in_channels);
    const int64_t copied = q->mode == MODE_PLACE
                               ? 0
                               : 4 * (int64_t)copied_rows(p, q, block_rows(q)) *
                                     copied_columns(p, q) * channels;
    workspace w;
    w.pixels = (const float **)memory;
    w.out = (ptrdiff_t *)(w.pixels + count);
    w.old = w.out + count;
    w.taps = (gemm_tap *)(w.pixels + listed);
    w.copy = (float *)(memory + lists);
    w.bytes = lists + (copied + 63) / 64 * 64;
    return w;
}

int64_t gemm_workspace_bytes(const gemm_isa *isa, const tw_problem *p) {
    /* Strides are not known yet: enough for one that conflicts and for one that does not. */
    int64_t most = 0;
    for (int64_t stride = 1024; stride < 1026; stride++) {
        const gemm_plan q = gemm_make_plan(isa, p, stride);
        const int64_t bytes = lay_out(NULL, p, &q).bytes;
        most = bytes > most ? bytes : most;
    }
    return most;
}

int32_t gemm_bind(const gemm_isa *isa, tw_args *args) {
    const gemm_plan q = gemm_make_plan(isa, &args->problem, args->src_stride);
    memcpy(args->plan, &q, sizeof q);
    _Static_assert(sizeof(gemm_plan) <= sizeof args->plan, "plan fits the argument block");
    return args->problem.batch * q.blocks * q.panel_blocks;
}

/* Where source pixels are: in src itself or in a copy. Floats. */
typedef struct {
    const float *base;
    int32_t y0, x0;               /* of the pixel at base */
    int32_t step_y, step_x;       /* of the image between neighbours */
    ptrdiff_t row_pitch, pixel_pitch;
} view;

static ptrdiff_t place(const view *v, int32_t y, int32_t x) {
    return (y - v->y0) / v->step_y * v->row_pitch + (x - v->x0) / v->step_x * v->pixel_pitch;
}

/* A block of output rows of one image. */
typedef struct {
    const gemm_isa *isa;
    const tw_args *args;
    gemm_plan q;
    int32_t group_panels, group_width; /* panels_group() and group_width() */
    workspace w;
    int32_t image, oy, oy_end;
    tw_span rows[MOST_SPANS], columns[MOST_SPANS];
    int32_t row_spans, column_spans;
    view src;
} block;

/* Copies the channels from .. from + count of the rows that the block reads. */
static view copy_rows(const block *b, int32_t from, int32_t count) {
    const tw_args *args = b->args;
    const tw_problem *p = &args->problem;
    const gemm_plan *q = &b->q;
    float *to = b->w.copy;
    const int pads = q->mode == MODE_PAD;
    view v = {to, b->oy * p->stride_height - p->pad_top, 0, row_step(p), column_step(p), 0, 0};
    int32_t rows = source_rows(p, b->oy_end - b->oy), columns = copied_columns(p, q);
    if (q->width == 1 && is_dense_point(p)) v.y0 = b->oy;
    if (pads || p->kernel_width == 1) v.x0 = -p->pad_left;
    if (!pads && p->kernel_height > 1) {
        const int32_t end = tw_min(p->in_height, v.y0 + rows);
        v.y0 = tw_max(0, v.y0);
        rows = end - v.y0;
    }
    v.pixel_pitch = pads ? count : pitch(count);
    v.row_pitch = v.pixel_pitch * columns;
    const size_t bytes = (size_t)count * sizeof(float);
    const int flat = is_dense_point(p);
    const int32_t in_width = flat ? 1 : p->in_width, in_height = flat ? q->height : p->in_height;
    for (int32_t r = 0; r < rows; r++) {
        const int32_t y = v.y0 + r * v.step_y;
        float *row = to + r * v.row_pitch;
        if (y < 0 || y >= in_height) {
            memset(row, 0, (size_t)v.row_pitch * sizeof(float));
            continue;
        }
        const float *src = args->src + ((ptrdiff_t)b->image * in_height + y) * in_width * args->src_stride + from;
        /* Columns inside the image. */
        const int32_t left = tw_min(columns, v.x0 >= 0 ? 0 : tw_ceil_div(-v.x0, v.step_x));
        const int32_t right = tw_max(left, tw_min(columns, tw_ceil_div(in_width - v.x0, v.step_x)));
        if (left > 0) memset(row, 0, (size_t)(left * v.pixel_pitch) * sizeof(float));
        if (right < columns)
            memset(row + right * v.pixel_pitch, 0,
                   (size_t)((columns - right) * v.pixel_pitch) * sizeof(float));
        src += (ptrdiff_t)(v.x0 + left * v.step_x) * args->src_stride;
        if (v.pixel_pitch == count && args->src_stride == count && v.step_x == 1) {
            memcpy(row + left * v.pixel_pitch, src, (size_t)(right - left) * bytes);
        } else {
            for (int32_t x = left; x < right; x++, src += v.step_x * args->src_stride)
                memcpy(row + x * v.pixel_pitch, src, bytes);
        }
    }
    return v;
}

static int32_t rows_inside(const block *b, const tw_span *rows) {
    return tw_max(0, tw_min(rows->to, b->oy_end) - tw_max(rows->from, b->oy));
}

/* The place in src of the first pixel of some rows of some columns. */
static const float *first_pixel(const block *b, const tw_span *rows, const tw_span *columns, int32_t row) {
    const tw_problem *p = &b->args->problem;
    return b->src.base + place(&b->src,
                               row * p->stride_height - p->pad_top + rows->first_tap * p->dilation_height,
                               columns->from * p->stride_width - p->pad_left +
                                   columns->first_tap * p->dilation_width);
}

/* Lists the pixels of the block region by region. */
static void list_pixels(block *b) {
    const tw_problem *p = &b->args->problem;
    const float **pixels = b->w.pixels;
    ptrdiff_t *out = b->w.out, *old = b->w.old;
    const ptrdiff_t down = p->stride_height / b->src.step_y * b->src.row_pitch;
    const ptrdiff_t along = p->stride_width / b->src.step_x * b->src.pixel_pitch;
    for (int32_t i = 0; i < b->row_spans; i++) {
        const tw_span *rows = &b->rows[i];
        const int32_t top = tw_max(rows->from, b->oy), bottom = tw_min(rows->to, b->oy_end);
        for (int32_t j = 0; j < b->column_spans; j++) {
            const tw_span *columns = &b->columns[j];
            const float *line = first_pixel(b, rows, columns, top);
            ptrdiff_t at = ((ptrdiff_t)b->image * b->q.height + top) * b->q.width + columns->from;
            for (int32_t y = top; y < bottom; y++, line += down, at += b->q.width)
                for (int32_t x = 0; x < columns->to - columns->from; x++) {
                    *pixels++ = line + x * along;
                    *out++ = (at + x) * b->args->dst_stride;
                    if (p->has_residual) *old++ = (at + x) * b->args->residual_stride;
                }
        }
    }
}

/* Whether what lies under a row of the filter is one run of floats, and so is that row in a panel: a tile begins
 * anew for each tap. */
static int merges_rows(const block *b) {
    const tw_problem *p = &b->args->problem;
    return has_runs(p) && !is_cut(p, &b->q) && b->src.pixel_pitch == p->in_channels;
}

/* Writes the taps of a region and returns their number. */
static int32_t list_taps(const block *b, const tw_span *rows, const tw_span *columns, int32_t channel,
                         int merged) {
    const tw_problem *p = &b->args->problem;
    const int32_t end = merged ? columns->first_tap + 1 : columns->end_tap;
    gemm_tap *to = b->w.taps;
    for (int32_t y = rows->first_tap; y < rows->end_tap; y++)
        for (int32_t x = columns->first_tap; x < end; x++)
            *to++ = (gemm_tap){
                (y - rows->first_tap) * p->dilation_height * b->src.row_pitch +
                    (x - columns->first_tap) * p->dilation_width * b->src.pixel_pitch,
                (ptrdiff_t)(y * p->kernel_width + x) * c_group(p) + channel};
    return (int32_t)(to - b->w.taps);
}

static int32_t panel_width(const block *b, const gemm_tile *t) { return t->halves * (b->isa->vl / 2); }

/* What the tiles of a panel have in common. */
static gemm_tile panel_tile(const block *b, const gemm_tile *common, int32_t panel, int32_t chunk) {
    const tw_problem *p = &b->args->problem;
    const float *packed = b->args->packed;
    const int32_t nr = 2 * b->isa->vl, group = panel / b->group_panels;
    const int32_t column = panel % b->group_panels * nr;
    const int32_t k0 = group * k_group(p) + column;
    gemm_tile t = *common;
    /* A chunk's copy holds the channels of one group, everything else those of all. */
    const int32_t channel = is_cut(p, &b->q) ? 0 : group * c_group(p);
    if (b->q.even)
        t.even.src += channel;
    else
        t.list.channel = channel;
    t.panel = packed + header_floats(b->isa, p) +
              depth(p) * ((int64_t)group * b->group_width + column);
    t.bias = packed + (int64_t)(chunk > 0 ? panels(b->isa, p) : panel) * nr;
    t.dst += k0;
    if (chunk > 0)
        t.residual = t.dst;
    else if (t.residual)
        t.residual += k0;
    t.columns = tw_min(nr, k_group(p) - column);
    t.halves = t.columns == nr ? 4 : 2 * width_of(b->isa, p, t.columns) / b->isa->vl;
    t.panel_step = depth(p) * nr;
    t.fetch_step = panel_width(b, &t); /* the panel itself */
    return t;
}

/* Panels that meet the same rows one after the other. */
typedef struct {
    int32_t from, to; /* of all panels */
    int32_t strips;
    gemm_tile strip[MOST_TOGETHER];
} panel_set;

/* Panels of two vectors of a group are one strip: its tiles need not begin anew for each of them. 1x1, times
 * as fast: 16 to 96 channels 1.08, with SiLU 24 to 144 1.19, 32 to 192 1.06, 64 to 384 1.03, 128 to 512 1.05
 * (Zen 3, 2026-11-30). A chunk's panels have each a bias or none. */
static void list_strips(const block *b, const gemm_tile *common, int32_t chunk, panel_set *c) {
    const tw_problem *p = &b->args->problem;
    const int32_t most = p->activation > TW_CLIP ? ACTIVATED_BYTES / 4 / b->q.mr : INT32_MAX;
    c->strips = 0;
    for (int32_t i = c->from; i < c->to; i++) {
        const gemm_tile t = panel_tile(b, common, i, chunk);
        gemm_tile *before = c->strips > 0 ? &c->strip[c->strips - 1] : NULL;
        const int goes_on = before && !is_cut(p, &b->q) && i % b->group_panels > 0 &&
                            before->columns < most;
        if (goes_on && t.halves == 4)
            before->columns += t.columns;
        else
            c->strip[c->strips++] = t;
    }
}

/* Of the results of some rows neighbours at once. */
static void activate(const block *b, const gemm_tile *t, int32_t rows) {
    const tw_problem *p = &b->args->problem;
    const ptrdiff_t stride = b->args->dst_stride;
    if (b->q.even) {
        b->isa->activate(t->dst + t->first * stride, stride, rows, t->columns, p);
        return;
    }
    const ptrdiff_t *out = t->list.out;
    for (int32_t r = 0, end; r < rows; r = end) {
        for (end = r + 1; end < rows && out[end] == out[end - 1] + stride;) end++;
        b->isa->activate(t->dst + out[r], stride, end - r, t->columns, p);
    }
}

/* What a panel meets in one region of a block. */
typedef struct {
    const tw_span *rows, *columns;
    int32_t pixel, pixels; /* the first one's place in the list, and how many */
    int32_t tile, tiles;   /* likewise of the tiles of all regions */
} region;

/* Some panels over one region. Several panels pass while a tile's rows stay in L1; or one panel stays
 * while all pixels pass: its tiles fetch the next one together, for in a network the filter was evicted
 * since the run before, and the hardware's prefetcher follows a panel from L2, but not fast enough from
 * beyond. Against each tile fetching its own panel, operands from L3: 512 to 2048 channels 7x7 1.12 to
 * 1.20 times as fast, 197x768x3072 1.05 to 1.09, 256 to 1024 14x14 1.05 (Emerald Rapids, 2026-11-29).
 * Where a panel meets one tile that would be too far ahead, and nobody has fetched the first one. */
static void run_region(const block *b, panel_set *c, const region *at, int32_t all_tiles, int32_t chunk,
                       int last) {
    const tw_problem *p = &b->args->problem;
    const int few = b->q.height * b->q.width <= GEMM_FEW, even = b->q.even;
    const int cut = is_cut(p, &b->q);
    /* Of a chunk of the channels only a 1x1 filter's part is in one piece. */
    const int alone = c->to - c->from == 1 && all_tiles > 1 && (!cut || is_point(p));
    gemm_tile *const first = c->strip, *const end = first + c->strips;
    const ptrdiff_t width = panel_width(b, first);
    const ptrdiff_t steps = (ptrdiff_t)first->taps * first->run;
    const ptrdiff_t share = width * (cut ? steps : depth(p)) / all_tiles;
    const ptrdiff_t next = width * (depth(p) + (cut ? first->tap[0].panel : 0));
    if (alone) first->fetch_step = (share + steps - 1) / steps;
    /* The first tiles have a row more than the others. */
    const int32_t least = at->pixels / at->tiles, more = at->pixels % at->tiles;
    for (int32_t i = 0, pixel = at->pixel; i < at->tiles; i++) {
        const int32_t rows = least + (i < more);
        for (gemm_tile *t = first; t < end; t++) {
            if (even) {
                t->first = pixel;
            } else {
                t->list.pixels = b->w.pixels + pixel;
                t->list.out = b->w.out + pixel;
                t->list.old = (chunk > 0 ? b->w.out : b->w.old) + pixel;
            }
            t->fetch = alone && c->from + at->tile + i > 0
                           ? t->panel + next + share * (at->tile + i)
                           : NULL;
            const int32_t h = t->halves - 1;
            (few ? b->isa->few[h] : even ? b->isa->even[h] : b->isa->tile[h])[rows - 1](t);
            if (last && p->activation > TW_CLIP) activate(b, t, rows);
        }
        pixel += rows;
    }
}

/* The regions of a block in the order in which its pixels are listed; returns how many. */
static int32_t list_regions(const block *b, region *regions) {
    region at = {NULL, NULL, 0, 0, 0, 0};
    int32_t count = 0;
    for (int32_t i = 0; i < b->row_spans; i++) {
        const int32_t rows = rows_inside(b, &b->rows[i]);
        for (int32_t j = 0; rows > 0 && j < b->column_spans; j++) {
            at.rows = &b->rows[i];
            at.columns = &b->columns[j];
            at.pixels = rows * (at.columns->to - at.columns->from);
            at.tiles = tw_ceil_div(at.pixels, b->q.mr);
            if (at.pixels == 0) continue;
            regions[count++] = at;
            at.pixel += at.pixels;
            at.tile += at.tiles;
        }
    }
    return count;
}

/* Panels over all regions of a block, one chunk of the channels. */
static void run_panels(const block *b, int32_t panel_from, int32_t panel_to, int32_t chunk) {
    const tw_args *args = b->args;
    const tw_problem *p = &args->problem;
    const int last = chunk + 1 == chunks(p, &b->q);
    const int clips = last && p->activation == TW_CLIP, merged = merges_rows(b);
    const int32_t channel = chunk * b->q.chunk, run = tw_min(b->q.chunk, c_group(p) - channel);
    gemm_tile t = {
        .dst = args->dst,
        .residual = args->residual,
        .tap = b->w.taps,
        .bounds = !clips ? 0 : p->activation_b < __builtin_inff() ? 2 : 1,
        .low = p->activation_a,
        .high = p->activation_b,
    };
    const double ends = 4.0 * tw_pixels(p) * p->out_channels * (args->residual ? 2 : 1);
    t.far = chunk == 0 && ends > TW_FAR_BYTES;
    if (b->q.even) {
        const ptrdiff_t pixel = (ptrdiff_t)b->image * b->q.height + b->oy;
        t.even = (gemm_even){first_pixel(b, b->rows, b->columns, b->oy), b->src.row_pitch, args->dst_stride,
                             chunk > 0 ? args->dst_stride : args->residual_stride};
        t.dst += pixel * args->dst_stride;
        if (t.residual) t.residual += pixel * args->residual_stride;
    }
    region regions[MOST_SPANS * MOST_SPANS];
    const int32_t count = list_regions(b, regions), step = b->q.together;
    const int32_t all_tiles = count > 0 ? regions[count - 1].tile + regions[count - 1].tiles : 0;
    panel_set c;
    for (int32_t panel = panel_from; panel < panel_to; panel += step) {
        c.from = panel;
        c.to = tw_min(panel_to, panel + step);
        list_strips(b, &t, chunk, &c);
        for (const region *at = regions; at < regions + count; at++) {
            const int32_t taps = list_taps(b, at->rows, at->columns, channel, merged);
            for (int32_t i = 0; i < c.strips; i++) {
                c.strip[i].taps = taps;
                c.strip[i].run = merged ? (at->columns->end_tap - at->columns->first_tap) * run : run;
            }
            run_region(b, &c, at, all_tiles, chunk, last);
        }
    }
}

/* Brings the source within reach: some channels of all rows that the block reads. */
static void take(block *b, int32_t from, int32_t count) {
    const tw_problem *p = &b->args->problem;
    const ptrdiff_t pixel = b->args->src_stride;
    if (b->q.mode == MODE_PLACE)
        b->src = (view){b->args->src + (ptrdiff_t)b->image * p->in_height * p->in_width * pixel, 0, 0, 1, 1,
                        is_dense_point(p) ? pixel : p->in_width * pixel, pixel};
    else
        b->src = copy_rows(b, from, count);
    if (!b->q.even) list_pixels(b);
}

static void run_block(block *b, int32_t panel_from, int32_t panel_to) {
    const tw_problem *p = &b->args->problem;
    if (!is_cut(p, &b->q)) {
        take(b, 0, p->in_channels);
        run_panels(b, panel_from, panel_to, 0);
        return;
    }
    for (int32_t panel = panel_from, end; panel < panel_to; panel = end) {
        const int32_t group = panel / b->group_panels;
        end = tw_min(panel_to, (group + 1) * b->group_panels);
        for (int32_t chunk = 0; chunk < chunks(p, &b->q); chunk++) {
            const int32_t channel = chunk * b->q.chunk;
            take(b, group * c_group(p) + channel, tw_min(b->q.chunk, c_group(p) - channel));
            run_panels(b, panel, end, chunk);
        }
    }
}

void gemm_run(const gemm_isa *isa, const tw_args *args, int32_t from, int32_t to, int32_t worker) {
    const tw_problem *p = &args->problem;
    block b = {.isa = isa, .args = args, .group_panels = panels_group(isa, p), .group_width = group_width(isa, p)};
    memcpy(&b.q, args->plan, sizeof b.q);
    b.w = lay_out(args->workspace + worker * args->workspace_stride, p, &b.q);
    const tw_extent rows = rows_of(p), columns = columns_of(p);
    b.row_spans = spans_of(&b.q, &rows, b.q.height, b.rows);
    b.column_spans = spans_of(&b.q, &columns, b.q.width, b.columns);
    /* Parts of one block follow each other, so its rows are copied once. */
    for (int32_t part = from, end; part < to; part = end) {
        const int32_t cut = part % b.q.panel_blocks, index = part / b.q.panel_blocks;
        end = tw_min(to, part - cut + b.q.panel_blocks);
        b.image = index / b.q.blocks;
        b.oy = index % b.q.blocks * block_rows(&b.q);
        b.oy_end = tw_min(b.q.height, b.oy + block_rows(&b.q));
        run_block(&b, tw_cut(panels(isa, p), cut, b.q.panel_blocks),
                  tw_cut(panels(isa, p), cut + end - part, b.q.panel_blocks));
    }
}
