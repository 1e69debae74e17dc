/* Runs Winograd convolution, whatever the instruction set: transforms and products of blocks. See
 * winograd.h. */
#include "winograd_plan.h"

/* Floats. Where one product reads a plane of the filter, it fetches that plane this far ahead: 16 KB
 * crowd L1. Where several do, each fetches its share of the next plane: the first of them would wait
 * for memory, and the others leave it idle. 256 to 256 channels 14x14 and 512 to 512, filters from L3:
 * 1.14 to 1.19 times as fast (Emerald Rapids, 2026-11-29). */
#define FILTER_AHEAD 2048
/* What products fetch of the next panel's sum before it is added up: it stays in an L2 of 512 KB. */
#define SUM_FETCH_BYTES (128 * 1024)

int64_t winograd_workspace_bytes(const winograd_isa *isa, int32_t m, const tw_problem *p) {
    const winograd_plan q = winograd_make_plan(isa, m, p);
    const int64_t image =
        q.planes * q.v_plane + 2 * (sum_floats(isa, p, &q) + factors_floats(isa, p));
    return 4 * (q.planes * (q.m_plane + q.u_plane) + set_images(p, &q) * image);
}

int32_t winograd_bind(const winograd_isa *isa, int32_t m, tw_args *args) {
    const winograd_plan q = winograd_make_plan(isa, m, &args->problem);
    return q.blocks * q.sets * q.groups * q.chunks;
}

/* Where a tile is. */
typedef struct {
    int32_t image, y, x; /* first output; beyond the image where a phase has fewer tiles than others */
} place;

static place place_of(const winograd_plan *q, int32_t tile) {
    const int32_t down = tile / q->tiles_wide, right = tile % q->tiles_wide;
    const int32_t row = down % q->tiles_high;
    const place at = {down / q->tiles_high,
                      row % q->phases_high + row / q->phases_high * q->high * q->down,
                      right % q->phases_wide + right / q->phases_wide * q->wide * q->right};
    return at;
}

/* Pixels outside the image are zeros. */
static void point_pixels(const tw_args *args, const winograd_plan *q, place at, const float *zeros,
                         const float **pixels) {
    const tw_problem *p = &args->problem;
    const int32_t left = at.x - p->pad_left;
    const ptrdiff_t step = q->right * args->src_stride;
    for (int32_t i = 0, y = at.y - p->pad_top; i < q->n_high; i++, y += q->down, pixels += q->n_wide) {
        const int inside = y >= 0 && y < p->in_height;
        ptrdiff_t offset =
            (((ptrdiff_t)at.image * p->in_height + y) * p->in_width + left) * args->src_stride;
        for (int32_t j = 0, x = left; j < q->n_wide; j++, x += q->right, offset += step)
            pixels[j] = inside && x >= 0 && x < p->in_width ? args->src + offset : zeros;
    }
}

/* Reads the pixels [top, bottom) x [left, right) of an image in the order they lie in. Memory delivers
 * them several times faster so than tile by tile, and for prefetch instructions it does not: 64->64
 * 224x224 reaches 215 % of the peak without, 227 with prefetches, 264 if the input is read ahead of
 * its transform, and 286 if the output is, too, ahead of being written. */
static void touch(const float *image, ptrdiff_t stride, int32_t channels, int32_t width, int32_t top,
                  int32_t bottom, int32_t left, int32_t right) {
    for (int32_t y = top; y < bottom; y++)
        for (int32_t x = left; x < right; x++) {
            const float *pixel = image + ((ptrdiff_t)y * width + x) * stride;
            for (int32_t c = 0; c < channels; c += 16)
                (void)*(const volatile float *)(pixel + c);
        }
}

/* What a block of tiles that are not dilated reads that the tiles above did not read, or what it
 * writes. */
static void touch_tiles(const tw_args *args, const winograd_plan *q, int32_t first, int32_t count,
                        int output) {
    const tw_problem *p = &args->problem;
    for (int32_t i = 0, run; i < count; i += run) {
        const place at = place_of(q, first + i);
        run = tw_min(count - i, q->tiles_wide - at.x / q->wide);
        if (output) {
            const ptrdiff_t image = (ptrdiff_t)at.image * p->out_height * p->out_width;
            touch(args->dst + image * args->dst_stride, args->dst_stride, p->out_channels,
                  p->out_width, at.y, tw_min(at.y + q->high, p->out_height), at.x,
                  tw_min(at.x + run * q->wide, p->out_width));
        } else {
            const ptrdiff_t image = (ptrdiff_t)at.image * p->in_height * p->in_width;
            const int32_t bottom = tw_min(at.y - p->pad_top + q->n_high, p->in_height);
            const int32_t left = at.x - p->pad_left;
            touch(args->src + image * args->src_stride, args->src_stride, p->in_channels,
                  p->in_width, tw_max(0, bottom - q->high), bottom, tw_max(0, left),
                  tw_min(left + (run - 1) * q->wide + q->n_wide, p->in_width));
        }
    }
}

static void transform(const winograd_isa *isa, const tw_args *args, const winograd_plan *q, int32_t group,
                      int32_t first, int32_t count, float *v) {
    const float *zeros =
        (const float *)args->packed + (ptrdiff_t)args->problem.groups * q->panels * 2 * isa->vl;
    const float *pixels[WINOGRAD_MAX_PLANES];
    const int square = q->n_high > 1 && q->n_wide > 1;
    winograd_input t = {.pixels = pixels, .offset = (ptrdiff_t)group * q->c_group, .plane = q->v_plane,
                        .step = q->v_step, .channels = q->c_group};
    void (*const function)(const winograd_input *) =
        isa->input[square][tw_max(q->n_high, q->n_wide) / 2 - 2];
    for (int32_t i = 0; i < count; i++) {
        point_pixels(args, q, place_of(q, first + i), zeros, pixels);
        t.dst = v + (ptrdiff_t)i * isa->vl;
        function(&t);
    }
}

/* A panel of the filter, and what to fetch while it is used. */
typedef struct {
    const float *values;
    ptrdiff_t plane;
    int32_t wide;       /* whether it has two vectors */
    const float *fetch; /* NULL: the filter itself */
    ptrdiff_t fetch_floats;
} panel_filter;

static void multiply(const winograd_isa *isa, const winograd_plan *q, int32_t count, const panel_filter *f,
                     const float *v, float *products, int32_t plane_from, int32_t plane_to) {
    const int32_t tiles = tw_ceil_div(count, isa->mr);
    const float *filter = f->values + plane_from * f->plane, *fetch = f->fetch;
    const ptrdiff_t planes = plane_to - plane_from;
    ptrdiff_t floats = f->fetch_floats;
    if (!fetch) {
        fetch = filter + (tiles == 1 ? FILTER_AHEAD : f->plane);
        floats = planes * f->plane;
    }
    /* Whole steps of a product: the last calls fetch a little less. */
    const ptrdiff_t steps = planes * tiles * q->c_group;
    const ptrdiff_t step = (floats + steps - 1) / steps;
    v += plane_from * q->v_plane;
    products += plane_from * q->m_plane;
    for (int32_t plane = plane_from; plane < plane_to; plane++) {
        for (int32_t tile = 0; tile < tiles; tile++) {
            const int32_t from = tw_cut(count, tile, tiles);
            const int32_t rows = tw_cut(count, tile + 1, tiles) - from;
            isa->product[f->wide][rows - 1](v + (ptrdiff_t)from * isa->vl, q->v_step, filter,
                                            fetch, step,
                                            products + (ptrdiff_t)from * 2 * isa->vl, q->c_group);
            fetch += step * q->c_group;
        }
        v += q->v_plane;
        products += q->m_plane;
        filter += f->plane;
    }
}

static void finish(const winograd_isa *isa, const tw_args *args, const winograd_plan *q, int32_t k0,
                   int32_t columns, const float *bias, int32_t first, int32_t count,
                   const float *products) {
    const tw_problem *p = &args->problem;
    const int square = q->n_high > 1 && q->n_wide > 1;
    const int clips = p->activation == TW_CLIP;
    winograd_output t = {.plane = q->m_plane, .bias = bias, .channels = columns,
                         .low = clips ? p->activation_a : -__builtin_inff(),
                         .high = clips ? p->activation_b : __builtin_inff()};
    const ptrdiff_t width = p->out_width, below = width * q->down;
    /* A tile of one column is computed as a row that is written downwards. */
    const int column = q->wide == 1;
    t.dst_pixel = args->dst_stride * (column ? below : q->right);
    t.residual_pixel = args->residual_stride * (column ? below : q->right);
    t.dst_row = args->dst_stride * (square || column ? below : q->right);
    t.residual_row = args->residual_stride * (square || column ? below : q->right);
    void (*const function)(const winograd_output *) =
        isa->output[tw_max(q->high, q->wide) / 2 - 1][square][tw_max(q->n_high, q->n_wide) / 2 - 2];
    for (int32_t i = 0; i < count; i++) {
        const place at = place_of(q, first + i);
        const ptrdiff_t pixel = ((ptrdiff_t)at.image * p->out_height + at.y) * width + at.x;
        const int32_t rows = tw_min(q->high, (p->out_height - at.y + q->down - 1) / q->down);
        const int32_t wide = tw_min(q->wide, (p->out_width - at.x + q->right - 1) / q->right);
        if (rows <= 0 || wide <= 0) continue;
        t.rows = square ? rows : tw_max(rows, wide);
        t.columns = square ? wide : 1;
        t.src = products + (ptrdiff_t)i * 2 * isa->vl;
        t.dst = args->dst + pixel * args->dst_stride + k0;
        t.residual = args->residual ? args->residual + pixel * args->residual_stride + k0 : NULL;
        function(&t);
        for (int32_t row = 0; p->activation > TW_CLIP && row < rows; row++)
            isa->activate(t.dst + row * below * args->dst_stride, args->dst_stride * q->right, wide,
                          columns, p);
    }
}

/* Factors of a panel as vectors want them: [part][expert][width]. */
static void spread_factors(const tw_args *args, int32_t image, int32_t k0, int32_t columns,
                           int32_t width, float *to) {
    const tw_problem *p = &args->problem;
    const int32_t each = p->parts * p->experts;
    const float *from = args->factors + image * args->factors_stride;
    for (int32_t i = 0; i < each; i++, to += width)
        for (int32_t k = 0; k < width; k++)
            to[k] = from[i + (p->own_rows ? (int64_t)(k0 + tw_min(k, columns - 1)) * each : 0)];
}

/* Where what a panel is the sum of lies. */
static const float *experts_at(const winograd_isa *isa, const tw_args *args, const winograd_plan *q,
                               int32_t group, int32_t panel) {
    const tw_problem *p = &args->problem;
    const int64_t width = (int64_t)tw_ceil_div(q->k_group, isa->vl) * isa->vl;
    return (const float *)args->packed + header_floats(isa, p, q) +
           experts_depth(p, q) * (group * width + (int64_t)panel * 2 * isa->vl);
}

/* A worker's memory. */
typedef struct {
    float *v, *products, *u; /* v: of each image of a set */
    ptrdiff_t v_image;       /* floats from one image to the next */
    winograd_filters sums[2]; /* of the panel that is multiplied, and of the next */
} workspace;

static workspace workspace_of(const winograd_isa *isa, const tw_args *args, const winograd_plan *q,
                              int32_t worker) {
    const tw_problem *p = &args->problem;
    const int32_t images = set_images(p, q);
    workspace w;
    w.v = (float *)(args->workspace + worker * args->workspace_stride);
    w.v_image = q->planes * q->v_plane;
    w.products = w.v + images * w.v_image;
    w.u = w.products + q->planes * q->m_plane;
    float *own = w.u + q->planes * q->u_plane;
    for (int i = 0; p->experts > 0 && i < 2; i++) {
        winograd_filters f = filters_of(p, q);
        f.dst = w.u;
        f.plane = q->u_plane;
        f.experts = p->experts;
        f.part_channels = q->c_group / p->parts;
        f.sums_image = sum_floats(isa, p, q);
        f.factors_image = factors_floats(isa, p);
        f.sums = own;
        f.factors = own + images * f.sums_image;
        own = f.factors + images * f.factors_image;
        w.sums[i] = f;
    }
    return w;
}

/* Makes ready to add up a panel of the filters of images [first, end). */
static void begin_sum(const winograd_isa *isa, const tw_args *args, const winograd_plan *q,
                      winograd_filters *f, int32_t group, int32_t panel, int32_t first, int32_t end) {
    const int32_t nr = 2 * isa->vl, k = panel * nr;
    f->columns = tw_min(nr, q->k_group - k);
    f->width = f->columns > isa->vl ? nr : isa->vl;
    f->src = experts_at(isa, args, q, group, panel);
    f->images = end - first;
    for (int32_t i = first; i < end; i++)
        spread_factors(args, i, group * q->k_group + k, f->columns, f->width,
                       f->factors + (i - first) * f->factors_image);
}

/* A part of a convolution by filters that are sums. */
typedef struct {
    int32_t group, panel_from, panel_to;
    int32_t image_from, image_to;
    int32_t first, count; /* tiles of an image */
} sums_part;

static sums_part sums_part_of(const tw_problem *p, const winograd_plan *q, int32_t part) {
    const int32_t chunk = part % q->chunks, input = part / q->chunks;
    const int32_t set = input / q->groups % q->sets, block = input / q->groups / q->sets;
    const int32_t first = tw_cut(q->tiles, block, q->blocks);
    return (sums_part){input % q->groups,
                       tw_cut(q->panels, chunk, q->chunks),
                       tw_cut(q->panels, chunk + 1, q->chunks),
                       tw_cut(p->images, set, q->sets),
                       tw_cut(p->images, set + 1, q->sets),
                       first,
                       tw_cut(q->tiles, block + 1, q->blocks) - first};
}

static void finish_sum(const winograd_isa *isa, const tw_args *args, const winograd_plan *q,
                       const workspace *w, const sums_part *s, int32_t image, int32_t panel,
                       int32_t columns) {
    const int32_t group = image * q->groups + s->group, nr = 2 * isa->vl;
    const float *bias = (const float *)args->packed + ((ptrdiff_t)group * q->panels + panel) * nr;
    finish(isa, args, q, group * q->k_group + panel * nr, columns, bias, s->first, s->count,
           w->products);
}

/* Of one image: a panel is added up and transformed at once, and the products before it fetch all of
 * its experts. after: the part that follows, or NULL. */
static void run_one(const winograd_isa *isa, const tw_args *args, const winograd_plan *q, workspace *w,
                    const sums_part *s, const sums_part *after) {
    const tw_problem *p = &args->problem;
    winograd_filters *f = &w->sums[0];
    for (int32_t panel = s->panel_from; panel < s->panel_to; panel++) {
        begin_sum(isa, args, q, f, s->group, panel, s->image_from, s->image_to);
        isa->sums(f);
        panel_filter u = {.values = w->u, .plane = q->u_plane, .wide = f->width > isa->vl};
        const int last = panel + 1 == s->panel_to;
        if (!last || after) {
            const int32_t next = last ? after->panel_from : panel + 1;
            u.fetch = experts_at(isa, args, q, last ? after->group : s->group, next);
            u.fetch_floats =
                experts_depth(p, q) * tw_min(2 * isa->vl, q->k_group - next * 2 * isa->vl);
        }
        multiply(isa, q, s->count, &u, w->v, w->products, 0, q->planes);
        finish_sum(isa, args, q, w, s, s->image_from, panel, f->columns);
    }
}

/* Of several, in one read of the experts. */
static void run_several(const winograd_isa *isa, const tw_args *args, const winograd_plan *q, workspace *w,
                        const sums_part *s) {
    const tw_problem *p = &args->problem;
    const int32_t images = s->image_to - s->image_from;
    const int64_t panel_bytes = 4 * experts_depth(p, q) * 2 * isa->vl;
    const int32_t pieces =
        tw_min(q->planes, (int32_t)(panel_bytes / SUM_FETCH_BYTES / images + 1));
    const int32_t portions = images * pieces;
    winograd_filters *f = &w->sums[0], *next = &w->sums[1];
    begin_sum(isa, args, q, f, s->group, s->panel_from, s->image_from, s->image_to);
    isa->add(f, 0, q->c_group);
    for (int32_t panel = s->panel_from; panel < s->panel_to; panel++) {
        const int more = panel + 1 < s->panel_to;
        panel_filter u = {.values = w->u, .plane = q->u_plane, .wide = f->width > isa->vl};
        if (more) begin_sum(isa, args, q, next, s->group, panel + 1, s->image_from, s->image_to);
        const ptrdiff_t channel = more ? (ptrdiff_t)p->experts * taps(p) * next->width : 0;
        for (int32_t i = 0, portion = 0; i < images; i++) {
            isa->transform_sum(f, i);
            for (int32_t piece = 0; piece < pieces; piece++, portion++) {
                const int32_t c = tw_cut(q->c_group, portion, portions);
                const int32_t c_end = tw_cut(q->c_group, portion + 1, portions);
                u.fetch = more ? next->src + c * channel : NULL;
                u.fetch_floats = (c_end - c) * channel;
                multiply(isa, q, s->count, &u, w->v + i * w->v_image, w->products,
                         tw_cut(q->planes, piece, pieces), tw_cut(q->planes, piece + 1, pieces));
                if (more) isa->add(next, c, c_end);
            }
            finish_sum(isa, args, q, w, s, s->image_from + i, panel, f->columns);
        }
        winograd_filters *const done = f;
        f = next;
        next = done;
    }
}

/* transformed: block, set and group whose input is transformed already, or -1. */
static void run_sums(const winograd_isa *isa, const tw_args *args, const winograd_plan *q, workspace *w,
                     int32_t from, int32_t to, int32_t transformed) {
    const tw_problem *p = &args->problem;
    for (int32_t part = from; part < to; transformed = part++ / q->chunks) {
        const sums_part s = sums_part_of(p, q, part), after = sums_part_of(p, q, part + 1);
        for (int32_t i = s.image_from; part / q->chunks != transformed && i < s.image_to; i++)
            transform(isa, args, q, i * q->groups + s.group, s.first, s.count,
                      w->v + (i - s.image_from) * w->v_image);
        if (s.image_to - s.image_from == 1)
            run_one(isa, args, q, w, &s, part + 1 < to ? &after : NULL);
        else
            run_several(isa, args, q, w, &s);
    }
}

void winograd_run(const winograd_isa *isa, int32_t m, const tw_args *args, int32_t from, int32_t to,
                  int32_t worker, int32_t goes_on) {
    const tw_problem *p = &args->problem;
    const winograd_plan q = winograd_make_plan(isa, m, p);
    const float *packed = args->packed;
    const float *filter = packed + header_floats(isa, p, &q);
    workspace w = workspace_of(isa, args, &q, worker);
    const int adjacent = q.down == 1 && q.right == 1;
    const int far_src = adjacent && 4.0 * p->in_height * p->in_width * p->in_channels > L2_BYTES;
    const int far_dst = adjacent && 4.0 * p->out_height * p->out_width * p->out_channels > L2_BYTES;
    /* Parts of one block and group follow each other, so its input is transformed once. */
    int32_t transformed = goes_on ? (from - 1) / q.chunks : -1;
    if (p->experts > 0) {
        run_sums(isa, args, &q, &w, from, to, transformed);
        return;
    }
    for (int32_t part = from; part < to; part++) {
        const int32_t chunk = part % q.chunks, input = part / q.chunks;
        const int32_t group = input % p->groups, block = input / p->groups;
        const int32_t first = tw_cut(q.tiles, block, q.blocks);
        const int32_t count = tw_cut(q.tiles, block + 1, q.blocks) - first;
        if (input != transformed) {
            if (far_src && group == 0) touch_tiles(args, &q, first, count, 0);
            transform(isa, args, &q, group, first, count, w.v);
            transformed = input;
        }
        const int32_t panel_to = tw_cut(q.panels, chunk + 1, q.chunks);
        for (int32_t panel = tw_cut(q.panels, chunk, q.chunks); panel < panel_to; panel++) {
            const int32_t k = panel * 2 * isa->vl, columns = tw_min(2 * isa->vl, q.k_group - k);
            const int32_t wide = columns > isa->vl;
            const panel_filter f = {.values = filter + group * group_floats(isa, &q) +
                                              (ptrdiff_t)k * q.planes * q.c_group,
                                    .plane = (ptrdiff_t)q.c_group * (wide + 1) * isa->vl,
                                    .wide = wide};
            const float *bias = packed + ((ptrdiff_t)group * q.panels + panel) * 2 * isa->vl;
            multiply(isa, &q, count, &f, w.v, w.products, 0, q.planes);
            if (far_dst && group == 0 && panel == 0) touch_tiles(args, &q, first, count, 1);
            finish(isa, args, &q, group * q.k_group + k, columns, bias, first, count, w.products);
        }
    }
}
