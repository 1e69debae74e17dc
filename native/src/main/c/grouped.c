/* Portable half of the grouped convolution: packing, bands, blocking. See grouped.h. */
#include "grouped.h"

#include <string.h>

/* From 24 to 96 KB of band the Java twin's speed is the same. */
#define BAND_BYTES (48 * 1024)
/* Channels of a group: beyond these a matrix product is as good. */
#define MOST_IN 32
#define MOST_OUT 64

typedef struct {
    int32_t rotated, unit; /* unit: accumulators of a rotated pixel */
    int32_t groups, slices; /* groups of a slice; the last may have fewer */
    int32_t triples, singles; /* runs of a filter row */
    int32_t pixel, width; /* band: floats of a pixel, pixels of a row */
    int32_t blocks, rows; /* blocks of an image, output rows of the largest */
} plan;

static int32_t inputs(const tw_problem *p) { return p->in_channels / p->groups; }
static int32_t outputs(const tw_problem *p) { return p->out_channels / p->groups; }
static int32_t taps(const tw_problem *p) { return p->kernel_height * p->kernel_width; }

static int32_t band_rows(const tw_problem *p, int32_t rows) {
    return (rows - 1) * p->stride_height + (p->kernel_height - 1) * p->dilation_height + 1;
}

static plan make_plan(const grouped_isa *isa, const tw_problem *p) {
    plan q;
    const int32_t in = inputs(p), out = outputs(p), wide = tw_max(in, out);
    q.unit = tw_min(in, out);
    q.rotated = wide <= isa->vl && wide % q.unit == 0 && q.unit <= isa->max_unit;
    q.groups = q.rotated ? tw_min(p->groups, isa->vl / wide) : 1;
    q.slices = tw_ceil_div(p->groups, q.groups);
    q.triples = p->dilation_width == 1 && p->stride_width <= 2 ? p->kernel_width / 3 : 0;
    q.singles = p->kernel_width - 3 * q.triples;
    q.pixel = q.rotated ? isa->vl : tw_ceil_div(in, 16) * 16;
    q.width = (p->out_width - 1) * p->stride_width + (p->kernel_width - 1) * p->dilation_width + 1;

    const double row_bytes = 4.0 * p->stride_height * q.width * q.pixel;
    const int32_t rows = tw_max(1, (int32_t)(BAND_BYTES / row_bytes));
    q.blocks = tw_ceil_div(p->out_height, rows);
    if (p->threads > 1) /* four parts a thread balance the load */
        q.blocks = tw_max(q.blocks, tw_ceil_div(4 * p->threads, p->batch * q.slices));
    /* A block has the pixels of a rotated tile. */
    const int32_t least = q.rotated ? tw_ceil_div(isa->mr[q.unit - 1], p->out_width) : 1;
    q.blocks = tw_min(q.blocks, tw_max(1, p->out_height / least));
    q.rows = tw_ceil_div(p->out_height, q.blocks);
    return q;
}

static int32_t vectors(const grouped_isa *isa, const tw_problem *p) {
    return tw_ceil_div(outputs(p), isa->vl);
}

/* Vectors of the panel that begins with vector v. */
static int32_t panel_vectors(const grouped_isa *isa, const tw_problem *p, int32_t v) {
    return tw_min(isa->vectors, vectors(isa, p) - v);
}

static int32_t spread_mr(const grouped_isa *isa, const tw_problem *p, int32_t nv) {
    return tw_ceil_div(p->out_width, tw_ceil_div(p->out_width, isa->spread_mr[nv - 1]));
}

static int32_t units(const tw_problem *p) { return tw_max(1, inputs(p) / outputs(p)); }

static int64_t move_floats(const grouped_isa *isa, const tw_problem *p, const plan *q) {
    return q->rotated ? (MOVE_UNITS + units(p)) * isa->vl : 0;
}

static int64_t slice_floats(const grouped_isa *isa, const tw_problem *p, const plan *q) {
    return q->rotated ? (int64_t)isa->vl * (1 + taps(p) * q->unit)
                      : (int64_t)isa->vl * vectors(isa, p) * (1 + taps(p) * inputs(p));
}

const char *grouped_refuses(const grouped_isa *isa, const tw_problem *p) {
    const int32_t in = inputs(p), out = outputs(p);
    if (p->groups == 1) return "no groups: gemm takes it";
    if (in == 1 && out == 1 && p->groups >= isa->vl) return "one channel a group: depthwise takes it";
    if (in > MOST_IN || out > MOST_OUT) return "groups of many channels: gemm takes them";
    if ((int64_t)p->batch * p->out_height * p->out_width > INT32_MAX / 64) return "too many pixels";
    const int64_t width = (int64_t)p->out_width * p->stride_width +
                          (int64_t)p->kernel_width * p->dilation_width;
    const int64_t rows = p->stride_height + (int64_t)p->kernel_height * p->dilation_height;
    if (width * rows > INT32_MAX / 256) return "the rows under a filter are too long";
    return NULL;
}

/* Share of the taps of a filter row that are not in rows of padding. */
static double rows_inside(const tw_problem *p) {
    int64_t inside = 0;
    for (int32_t oy = 0; oy < p->out_height; oy++)
        for (int32_t fy = 0; fy < p->kernel_height; fy++) {
            const int32_t y = oy * p->stride_height - p->pad_top + fy * p->dilation_height;
            inside += y >= 0 && y < p->in_height;
        }
    return (double)inside / ((double)p->out_height * p->kernel_height);
}

/* In cycles of a core with two FMA units and two load ports. */
void grouped_cost(const grouped_isa *isa, const tw_problem *p, double *cost) {
    const plan q = make_plan(isa, p);
    const double pixels = tw_pixels(p), depth = taps(p);
    double fmas, cycles;
    if (q.rotated) {
        const double mr = isa->mr[q.unit - 1], chains = mr * q.unit < 8 ? 8 / (mr * q.unit) : 1;
        const double loads = (mr + q.unit) / (mr * q.unit);
        fmas = pixels * q.slices * depth * q.unit;
        cycles = fmas / 2 * (loads > chains ? loads : chains) +
                 pixels * q.slices * (q.unit + units(p) + 1);
    } else {
        const int32_t nv = panel_vectors(isa, p, 0), mr = spread_mr(isa, p, nv);
        const double chains = mr * nv < 8 ? 8.0 / (mr * nv) : 1;
        const double loads = q.triples ? 1 : (mr + nv) / (double)(mr * nv);
        const double computed = pixels / p->out_width * tw_ceil_div(p->out_width, mr) * mr;
        fmas = computed * p->groups * vectors(isa, p) * depth * inputs(p) * rows_inside(p);
        cycles = fmas / 2 * (loads > chains ? loads : chains) +
                 computed * p->groups * vectors(isa, p) * (3 + 25.0 / mr);
    }
    const double copied = (double)p->batch * q.blocks * band_rows(p, q.rows) * q.width;
    cycles += copied * q.slices * tw_ceil_div(q.groups * inputs(p), isa->vl) * 3;
    cost[0] = fmas * isa->vl;
    cost[1] = tw_tensor_bytes(p) +
              4.0 * p->batch * q.blocks * q.slices * (double)slice_floats(isa, p, &q);
    cost[2] = fmas / 2 / cycles;
}

int64_t grouped_packed_bytes(const grouped_isa *isa, const tw_problem *p) {
    const plan q = make_plan(isa, p);
    return 4 * (move_floats(isa, p, &q) + q.slices * slice_floats(isa, p, &q));
}

static void set_move(const grouped_isa *isa, int32_t *moves, int32_t move, int32_t lane, int32_t from) {
    /* Lanes beyond the slice may take any. */
    moves[move * isa->vl + lane] = from < isa->vl ? from : lane;
}

static void pack_moves(const grouped_isa *isa, const tw_problem *p, const plan *q, int32_t *moves) {
    const int32_t in = inputs(p), out = outputs(p), unit = q->unit, wide = tw_max(in, out);
    for (int32_t lane = 0; lane < isa->vl; lane++) {
        int32_t move = MOVE_HALVES;
        for (int32_t count = unit; move < MOVE_REPEAT; move++) {
            const int32_t half = (count + 1) / 2, place = lane % unit;
            set_move(isa, moves, move, lane, lane - place + (place + unit - half % unit) % unit);
            count = half;
        }
        set_move(isa, moves, MOVE_REPEAT, lane, lane / wide * in + lane % wide % in);
        for (int32_t u = 0; u < units(p); u++)
            set_move(isa, moves, MOVE_UNITS + u, lane, lane / out * in + u * out + lane % out);
    }
}

static void pack_rotated(const grouped_isa *isa, const tw_problem *p, const plan *q, int32_t first,
                         int32_t groups, const float *filter, const float *bias, float *to) {
    const int32_t in = inputs(p), out = outputs(p), unit = q->unit, wide = tw_max(in, out);
    for (int32_t lane = 0; lane < groups * wide; lane++) {
        const int32_t g = first + lane / wide, i = lane % wide, c = i % in;
        if (bias && i < out) to[lane] = bias[g * out + i];
        for (int32_t d = 0; d < unit; d++) {
            const int32_t k = g * out + (i - i % unit) % out + (i % unit + d) % unit;
            for (int32_t tap = 0; tap < taps(p); tap++)
                to[(int64_t)(1 + tap * unit + d) * isa->vl + lane] =
                    filter[((int64_t)k * in + c) * taps(p) + tap];
        }
    }
}

static void pack_spread(const grouped_isa *isa, const tw_problem *p, const plan *q, int32_t g,
                        const float *filter, const float *bias, float *to) {
    const int32_t in = inputs(p), out = outputs(p), runs = q->triples + q->singles;
    for (int32_t v = 0, nv; v < vectors(isa, p); v += nv) {
        nv = panel_vectors(isa, p, v);
        const int32_t k0 = g * out + v * isa->vl, width = nv * isa->vl;
        const int32_t columns = tw_min(width, out - v * isa->vl);
        for (int32_t j = 0; bias && j < columns; j++)
            to[j] = bias[k0 + j];
        to += width;
        for (int32_t fy = 0; fy < p->kernel_height; fy++)
            for (int32_t run = 0, fx = 0; run < runs; run++) {
                const int32_t count = run < q->triples ? 3 : 1;
                for (int32_t c = 0; c < in; c++)
                    for (int32_t t = 0; t < count; t++, to += width)
                        for (int32_t j = 0; j < columns; j++)
                            to[j] = filter[((int64_t)(k0 + j) * in + c) * taps(p) +
                                           fy * p->kernel_width + fx + t];
                fx += count;
            }
    }
}

void grouped_pack(const grouped_isa *isa, const tw_problem *p, const float *filter, const float *bias,
                  float *packed) {
    const plan q = make_plan(isa, p);
    if (q.rotated) pack_moves(isa, p, &q, (int32_t *)packed);
    for (int32_t slice = 0; slice < q.slices; slice++) {
        float *to = packed + move_floats(isa, p, &q) + slice * slice_floats(isa, p, &q);
        const int32_t first = slice * q.groups;
        if (q.rotated)
            pack_rotated(isa, p, &q, first, tw_min(q.groups, p->groups - first), filter, bias, to);
        else
            pack_spread(isa, p, &q, first, filter, bias, to);
    }
}

static int64_t rounded(int64_t bytes) { return (bytes + 63) / 64 * 64; }

static int64_t band_bytes(const tw_problem *p, const plan *q) {
    return rounded(4 * (int64_t)band_rows(p, q->rows) * q->width * q->pixel);
}

static int64_t offset_bytes(const tw_problem *p, const plan *q) {
    return q->rotated ? rounded(4 * (int64_t)q->rows * p->out_width) : 0;
}

int64_t grouped_workspace_bytes(const grouped_isa *isa, const tw_problem *p) {
    const plan q = make_plan(isa, p);
    return band_bytes(p, &q) + offset_bytes(p, &q) + rounded(4 * (int64_t)taps(p));
}

int32_t grouped_bind(const grouped_isa *isa, tw_args *args) {
    const plan q = make_plan(isa, &args->problem);
    _Static_assert(sizeof q <= sizeof args->plan, "plan fits the argument block");
    memcpy(args->plan, &q, sizeof q);
    return args->problem.batch * q.blocks * q.slices;
}

/* Where the band of a block lies in the image. */
typedef struct {
    int32_t first, rows;  /* of the output */
    int32_t top, height;  /* of the band: source row of its first, rows */
    int32_t left, columns; /* of the image in it */
} block_place;

static block_place place_of(const tw_problem *p, const plan *q, int32_t block) {
    block_place b;
    b.first = tw_cut(p->out_height, block, q->blocks);
    b.rows = tw_cut(p->out_height, block + 1, q->blocks) - b.first;
    b.top = b.first * p->stride_height - p->pad_top;
    b.height = band_rows(p, b.rows);
    b.left = tw_min(p->pad_left, q->width);
    b.columns = tw_min(p->in_width, q->width - b.left);
    return b;
}

/* Zeros where the band is padding: the same for all slices. */
static void pad(const tw_problem *p, const plan *q, const block_place *b, float *band) {
    const int32_t right = b->left + b->columns;
    for (int32_t i = 0; i < b->height; i++) {
        float *row = band + (ptrdiff_t)i * q->width * q->pixel;
        const int inside = b->top + i >= 0 && b->top + i < p->in_height;
        const size_t before = (size_t)(inside ? b->left : q->width) * (size_t)q->pixel;
        memset(row, 0, before * sizeof(float));
        if (inside)
            memset(row + (ptrdiff_t)right * q->pixel, 0,
                   (size_t)(q->width - right) * (size_t)q->pixel * sizeof(float));
    }
}

static void fill(const grouped_isa *isa, const tw_args *args, const plan *q, const block_place *b,
                 int32_t n, int32_t first_channel, int32_t channels, float *band) {
    const tw_problem *p = &args->problem;
    const int32_t *moves = (const int32_t *)args->packed + MOVE_REPEAT * isa->vl;
    const int repeat = q->rotated && inputs(p) < outputs(p);
    for (int32_t i = 0; i < b->height; i++) {
        const int32_t y = b->top + i;
        if (y < 0 || y >= p->in_height) continue;
        const float *src = args->src + first_channel +
                           ((int64_t)n * p->in_height + y) * p->in_width * args->src_stride;
        float *to = band + ((ptrdiff_t)i * q->width + b->left) * q->pixel;
        if (repeat)
            isa->copy_moved(src, args->src_stride, b->columns, channels, moves, to);
        else
            isa->copy(src, args->src_stride, b->columns, channels, to, q->pixel);
    }
}

static void run_spread(const grouped_isa *isa, const tw_problem *p, const plan *q,
                       const block_place *b, grouped_row row) {
    const ptrdiff_t line = (ptrdiff_t)q->width * q->pixel;
    const float *band = row.band, *factors = row.bias;
    float *dst = row.dst;
    const float *residual = row.residual;
    const int32_t kind = q->triples == 0 ? 2 : p->stride_width - 1;
    row.column = (ptrdiff_t)q->pixel * p->dilation_width;
    row.row = line * p->dilation_height;
    row.pixel = (ptrdiff_t)q->pixel * p->stride_width;
    row.triples = q->triples;
    row.singles = q->singles;
    row.channels = inputs(p);
    row.stride = p->stride_width;
    row.left = p->pad_left;
    row.right = p->pad_left + p->in_width;
    row.pixels = p->out_width;
    for (int32_t v = 0, nv; v < vectors(isa, p); v += nv) {
        nv = panel_vectors(isa, p, v);
        row.bias = factors;
        row.factors = factors + nv * isa->vl;
        row.columns = tw_min(nv * isa->vl, outputs(p) - v * isa->vl);
        factors += (int64_t)nv * isa->vl * (1 + taps(p) * inputs(p));
        for (int32_t i = 0; i < b->rows; i++) {
            const int32_t y = b->top + i * p->stride_height, below = p->in_height - 1 - y;
            const ptrdiff_t pixel = (ptrdiff_t)i * p->out_width;
            row.row_from = y < 0 ? tw_ceil_div(-y, p->dilation_height) : 0;
            row.row_to =
                below < 0 ? 0 : tw_min(p->kernel_height, below / p->dilation_height + 1);
            row.band = band + i * p->stride_height * line;
            row.dst = dst + pixel * row.dst_stride + v * isa->vl;
            if (residual) row.residual = residual + pixel * row.residual_stride + v * isa->vl;
            isa->spread[nv - 1][kind][spread_mr(isa, p, nv) - 1](&row);
        }
    }
}

/* What a rotated tile adds to the address of the band, for pixels and for taps. */
static void point(const tw_problem *p, const plan *q, int32_t *offsets, int32_t *tap_offsets) {
    const int32_t line = q->width * q->pixel;
    for (int32_t y = 0; y < q->rows; y++)
        for (int32_t x = 0; x < p->out_width; x++)
            *offsets++ = y * p->stride_height * line + x * p->stride_width * q->pixel;
    for (int32_t y = 0; y < p->kernel_height; y++)
        for (int32_t x = 0; x < p->kernel_width; x++)
            *tap_offsets++ = y * p->dilation_height * line + x * p->dilation_width * q->pixel;
}

void grouped_run(const grouped_isa *isa, const tw_args *args, int32_t from, int32_t to,
                 int32_t worker) {
    const tw_problem *p = &args->problem;
    plan q;
    memcpy(&q, args->plan, sizeof q);
    char *workspace = args->workspace + worker * args->workspace_stride;
    float *band = (float *)workspace;
    int32_t *offsets = (int32_t *)(workspace + band_bytes(p, &q));
    int32_t *tap_offsets = (int32_t *)((char *)offsets + offset_bytes(p, &q));
    if (q.rotated) point(p, &q, offsets, tap_offsets);
    const float *packed = args->packed;
    grouped_row row = {
        .residual_stride = args->residual_stride,
        .dst_stride = args->dst_stride,
        .low = p->activation == TW_CLIP ? p->activation_a : -__builtin_inff(),
        .high = p->activation == TW_CLIP ? p->activation_b : __builtin_inff(),
        .offsets = offsets,
        .taps = tap_offsets,
        .depth = taps(p),
        .moves = args->packed,
        .units = units(p),
    };
    int32_t padded = -1;
    for (int32_t part = from; part < to; part++) {
        const int32_t slice = part % q.slices, image_block = part / q.slices;
        const int32_t n = image_block / q.blocks, block = image_block % q.blocks;
        const block_place b = place_of(p, &q, block);
        if (b.rows == 0) continue;
        const int32_t first = slice * q.groups, groups = tw_min(q.groups, p->groups - first);
        const int32_t columns = groups * outputs(p), k0 = first * outputs(p);
        if (block != padded) pad(p, &q, &b, band);
        padded = block;
        fill(isa, args, &q, &b, n, first * inputs(p), groups * inputs(p), band);
        const int64_t pixel = ((int64_t)n * p->out_height + b.first) * p->out_width;
        const int32_t pixels = b.rows * p->out_width;
        row.band = band;
        row.bias = packed + move_floats(isa, p, &q) + slice * slice_floats(isa, p, &q);
        row.dst = args->dst + pixel * args->dst_stride + k0;
        row.residual = args->residual ? args->residual + pixel * args->residual_stride + k0 : NULL;
        if (q.rotated) {
            row.factors = row.bias + isa->vl;
            row.pixels = pixels;
            row.columns = columns;
            isa->rotated[q.unit - 1][pixels < isa->mr[q.unit - 1]](&row);
        } else {
            run_spread(isa, p, &q, &b, row);
        }
        if (p->activation > TW_CLIP)
            isa->activate(row.dst, args->dst_stride, pixels, columns, p);
    }
}
