/* Plans the GEMM convolution and packs its filter: how blocks, chunks and panels are chosen, and
 * what that costs. See gemm.h. */
#include "gemm_plan.h"

/* A block's source rows should stay in L2 beside a panel and the next one, which all blocks read anew. Of
 * 1 MiB, what CPUs with 16 lanes have, 640 KiB instead of 256: 197 rows of 768 or 3072 channels 1.02 to
 * 1.03 times as fast, 49 of 2048 1.03 (Zen 5). */
static double block_bytes(const gemm_isa *isa) { return isa->vl < 16 ? 256 * 1024 : 640 * 1024; }
/* Its lists of pixels should leave L1 to the data: 1024 * 16 = 16 of 48 KiB. */
#define BLOCK_PIXELS 1024
/* Channels are copied in chunks of so many bytes. */
#define COPY_BYTES (512 * 1024)
/* And those of rows too long for a block. */
#define LONG_BYTES (256 * 1024)
/* Fewer channels of a product are not worth adding their sums to the outputs. */
#define LEAST_CHUNK 256
/* Pixels 4 KiB apart map to one L1 set, whose 8-12 ways cannot hold a tile's 14 rows; half the speed
 * was lost (1x1, 1024 and 2048 channels). */
static int conflicts(const tw_problem *p, int64_t src_stride) {
    return (src_stride * 4 * p->stride_width) % 4096 == 0 && p->out_channels >= 64;
}

gemm_plan gemm_make_plan(const gemm_isa *isa, const tw_problem *p, int64_t src_stride) {
    tw_span spans[MOST_SPANS];
    const tw_extent rows = rows_of(p), columns = columns_of(p);
    const int regular = tw_spans(&rows, spans, MOST_SPANS) <= MOST_SPANS &&
                        tw_spans(&columns, spans, MOST_SPANS) <= MOST_SPANS;
    gemm_plan q = {
        .mode = !regular || is_worth_padding(p) ? MODE_PAD
                : conflicts(p, src_stride)      ? MODE_COPY
                                                : MODE_PLACE,
        .height = p->out_height,
        .width = p->out_width,
        .blocks = 1,
        .panel_blocks = 1,
        .chunk = c_group(p),
        .together = 1,
        .mr = p->tile[0] > 0 ? tw_min(p->tile[0], isa->mr) : isa->mr,
    };
    if (is_dense_point(p)) {
        q.height = p->out_height * p->out_width;
        q.width = 1;
        q.even = q.height > GEMM_FEW;
    }
    /* All rows of some channels, so that each tap reads the same copy; else some rows of all. */
    if (q.mode == MODE_COPY && !is_point(p)) {
        const double pixels = (double)copied_rows(p, &q, q.height) * copied_columns(p, &q);
        const int32_t most = (int32_t)(COPY_BYTES / (4 * pixels)) / 16 * 16;
        if (most >= 64) q.chunk = tw_ceil_div(q.chunk, tw_ceil_div(q.chunk, most));
    }
    const double row_bytes = 4.0 * p->in_channels * q.width * p->stride_height * p->stride_width;
    int32_t most = tw_max(1, tw_min(BLOCK_PIXELS / q.width, (int32_t)(block_bytes(isa) / row_bytes)));
    /* A step of the reduction takes a cycle a row, in which memory hands out less than 8 VL bytes of the
     * filter for VL rows: blocks of fewer wait for it, and each reads all of it anew. All rows of some
     * channels read it once. 1x1, 8 rows of 12544 channels to 1024, us: AVX-512 4020 to 2000, AVX2 6250
     * to 3260 (Emerald Rapids). */
    if (is_dense_point(p) && most < tw_min(isa->vl, q.height)) {
        const int32_t channels = LONG_BYTES / 4 / q.height / 16 * 16;
        if (channels >= LEAST_CHUNK && channels < q.chunk) {
            q.mode = MODE_COPY;
            q.chunk = tw_ceil_div(q.chunk, tw_ceil_div(q.chunk, channels));
            q.chunk += q.chunk % 2; /* of panels of twos */
        }
    }
    const int whole = is_cut(p, &q);
    if (whole) most = q.height;
    q.blocks = tw_ceil_div(q.height, most);
    if (p->threads > 1) {
        /* Four parts a thread balance the load. Blocks of three tiles or more: the last is rarely full, and
         * each block reads the filter anew. Two threads, against two tiles or more: 197 rows 1.12 to 1.17
         * times as fast, 14x14 1.05 (Granite Rapids). */
        const int32_t want = tw_ceil_div(4 * p->threads, p->batch);
        const int32_t tiles = (int32_t)((int64_t)q.height * q.width / (3 * q.mr));
        if (q.blocks < want && !whole)
            q.blocks = tw_max(q.blocks, tw_min(q.height, tw_min(want, tw_max(1, tiles))));
        if (q.blocks < want)
            q.panel_blocks = tw_min(panels(isa, p), tw_ceil_div(want, q.blocks));
    }
    q.blocks = tw_ceil_div(q.height, block_rows(&q));
    if (4.0 * (double)depth(p) * group_width(isa, p) <= TW_FILTER_SHARE * (double)tw_l2_bytes())
        q.together = tw_min(MOST_TOGETHER, panels_group(isa, p));
    return q;
}

const char *gemm_refuses(const tw_problem *p) {
    if ((int64_t)p->batch * p->out_height * p->out_width > INT32_MAX / 64) return "too many pixels";
    return NULL;
}

/* Of the widest tile. */
static double tile_vectors(const gemm_isa *isa, const tw_problem *p) {
    return (double)tw_min(group_width(isa, p), 2 * isa->vl) / isa->vl;
}

/* Half cycles, of two FMA units: a step of a tile issues its FMAs and its loads; where a panel does
 * not stay in L1, no two steps are closer than 128 bytes from L2. A tile's start and end cost 70
 * cycles, 40 where rows are even (measured on 14x32; Zen 5). With AVX2, where alone it was measured (6x8 and
 * 6x16, Zen 3), those of a panel after another cost 40, and a tap 20 (16 to 30; 3x3, groups of 8, 24 and 32
 * channels). Counts the steps times rows in `factors`. */
static double half_cycles(const gemm_isa *isa, const tw_problem *p, const gemm_plan *q, double *factors) {
    tw_span rows[MOST_SPANS], columns[MOST_SPANS];
    const tw_extent down = rows_of(p), along = columns_of(p);
    const int32_t row_spans = spans_of(q, &down, q->height, rows);
    const int32_t column_spans = spans_of(q, &along, q->width, columns);
    const double vectors = tile_vectors(isa, p);
    const double panel_bytes = 4.0 * depth(p) * vectors * isa->vl;
    const int avx2 = isa->vl == 8;
    const int begins_cheaply = avx2 ? q->together > 1 : isa->vl == 16 && q->even;
    const double ends = 2 * (begins_cheaply ? 40 : 70), tap = avx2 ? 2 * 20 : 0;
    double sum = 0;
    *factors = 0;
    for (int32_t i = 0; i < row_spans; i++)
        for (int32_t j = 0; j < column_spans; j++) {
            const double height = rows[i].to - rows[i].from, width = columns[j].to - columns[j].from;
            const double taps_down = rows[i].end_tap - rows[i].first_tap;
            const double taps_along = columns[j].end_tap - columns[j].first_tap;
            const double steps = taps_down * taps_along * c_group(p);
            const double taps = has_runs(p) && q->mode != MODE_COPY ? taps_down : taps_down * taps_along;
            /* A region is cut by blocks first. */
            const double blocks = q->blocks < height ? q->blocks : height;
            const double pixels = height * width / blocks;
            const double tiles = (double)(((int32_t)pixels + q->mr - 1) / q->mr);
            const double tile_rows = pixels / tiles;
            double step = tile_rows * vectors;
            const int in_twos = vectors != (int)vectors;
            const double loads = in_twos ? (tile_rows + 1) * vectors : tile_rows + vectors;
            if (step < loads) step = loads;
            if (panel_bytes > 32 * 1024 && step < 6) step = 6;
            sum += blocks * tiles * (steps * step + taps * tap + ends);
            *factors += height * width * steps;
        }
    return sum;
}

void gemm_cost(const gemm_isa *isa, const tw_problem *p, double *cost) {
    const gemm_plan q = gemm_make_plan(isa, p, p->in_channels);
    const double width = (double)group_width(isa, p) * p->groups;
    const double vectors = tile_vectors(isa, p);
    double factors;
    const double sum = half_cycles(isa, p, &q, &factors);
    cost[0] = p->batch * factors * width;
    cost[1] = tw_tensor_bytes(p) + 4 * width * (double)depth(p);
    cost[2] = 0.97 * factors * vectors / sum;
}

/* Channels of a filter row that are packed before the next row: a cache line of a 1x1 filter. */
enum { PACK_CHANNELS = 16 };

int64_t gemm_packed_bytes(const gemm_isa *isa, const tw_problem *p) {
    return 4 * (header_floats(isa, p) + depth(p) * group_width(isa, p) * p->groups);
}

void gemm_pack(const gemm_isa *isa, const tw_problem *p, const float *filter, const float *bias,
               float *packed) {
    const int32_t nr = 2 * isa->vl, taps = p->kernel_height * p->kernel_width;
    const int32_t channels = c_group(p);
    float *to = packed + header_floats(isa, p);
    for (int32_t panel = 0; panel < panels(isa, p); panel++) {
        const int32_t first = panel % panels_group(isa, p) * nr;
        const int32_t columns = tw_min(nr, k_group(p) - first);
        const int32_t width = width_of(isa, p, columns), whole = width / isa->vl * isa->vl;
        const int32_t k0 = panel / panels_group(isa, p) * k_group(p) + first;
        for (int32_t j = 0; bias && j < columns; j++)
            packed[(int64_t)panel * nr + j] = bias[k0 + j];
        /* A few lines of a filter row at a time: rows are often a power of two apart, and their
         * lines would throw each other out of the cache. */
        for (int32_t c0 = 0; c0 < channels; c0 += PACK_CHANNELS) {
            const int32_t c1 = tw_min(channels, c0 + PACK_CHANNELS);
            for (int32_t j = 0; j < columns; j++) {
                const float *from = filter + (int64_t)(k0 + j) * channels * taps;
                for (int32_t tap = 0; tap < taps; tap++)
                    for (int32_t c = c0; c < c1; c++) {
                        /* Of two channels in a panel of twos: where the second one's factors are. */
                        const int64_t second = whole == width ? 0 : c % 2;
                        const int64_t at = ((int64_t)tap * channels + c - second) * width;
                        to[at + (j < whole ? second * whole + j : 2 * j + second)] = from[(int64_t)c * taps + tap];
                    }
            }
        }
        to += (int64_t)taps * channels * width;
    }
}
