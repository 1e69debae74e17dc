/* Plans Winograd convolution and packs its filter: how blocks and chunks are chosen, and what that
 * costs. See winograd.h. */
#include "winograd_plan.h"

/* Transformed tiles that stay in an L2 of 1 MB beside what is read past them: of 64->64 56x56, blocks
 * of 13 and 25 tiles (230 KB) are the fastest of F(6x6) and F(4x4). */
#define BLOCK_BYTES (256 * 1024)
/* The same where every block adds up and transforms the filter again. */
#define SUM_BLOCK_BYTES (1024 * 1024)
/* Transformed tiles of all images whose filters are added up in one read of what they are sums of. */
#define SUM_SET_BYTES (4 * 1024 * 1024)
/* Of the direct sum; less is not worth another part: about 4 us. */
#define MACS_PER_PART 1000000
/* Transforms of fewer channels cost more than the products save. */
#define LEAST_CHANNELS 8

static ptrdiff_t odd_lines(ptrdiff_t floats) { return (floats + 15) / 32 * 32 + 16; }

winograd_plan winograd_make_plan(const winograd_isa *isa, int32_t m, const tw_problem *p) {
    winograd_plan q;
    q.high = p->kernel_height == 1 ? 1 : m;
    q.wide = p->kernel_width == 1 ? 1 : m;
    q.n_high = q.high + p->kernel_height - 1;
    q.n_wide = q.wide + p->kernel_width - 1;
    q.planes = q.n_high * q.n_wide;
    q.down = p->kernel_height == 1 ? 1 : p->dilation_height;
    q.right = p->kernel_width == 1 ? 1 : p->dilation_width;
    q.phases_high = tw_min(q.down, p->out_height);
    q.phases_wide = tw_min(q.right, p->out_width);
    q.tiles_high = q.phases_high * tw_ceil_div(tw_ceil_div(p->out_height, q.down), q.high);
    q.tiles_wide = q.phases_wide * tw_ceil_div(tw_ceil_div(p->out_width, q.right), q.wide);
    q.tiles = p->batch * q.tiles_high * q.tiles_wide;
    q.c_group = p->in_channels / p->groups;
    q.k_group = p->out_channels / p->groups;
    q.panels = tw_ceil_div(q.k_group, 2 * isa->vl);
    q.groups = p->experts > 0 ? p->groups / p->images : p->groups;
    q.sets = 1;

    /* Each block reads the whole filter, so that of a large one a block may be larger, too. */
    const int32_t vectors = tw_ceil_div(q.c_group, isa->vl);
    const int64_t filter_bytes = (int64_t)q.planes * q.c_group * q.k_group * 4;
    const int64_t tile_bytes = (int64_t)q.planes * vectors * isa->vl * 4;
    const int64_t least_bytes = p->experts > 0 ? SUM_BLOCK_BYTES : BLOCK_BYTES;
    const int64_t bytes = filter_bytes / 4 > least_bytes ? filter_bytes / 4 : least_bytes;
    const int64_t fits = bytes / tile_bytes;
    const int32_t own = fits > q.tiles ? q.tiles : tw_max(isa->mr, (int32_t)fits);
    q.blocks = tw_ceil_div(q.tiles, p->tile[0] > 0 && p->experts == 0 ? p->tile[0] : own);
    if (p->experts > 0) {
        const int64_t image_bytes = tile_bytes * tw_ceil_div(q.tiles, q.blocks);
        const int64_t together = SUM_SET_BYTES / image_bytes;
        q.sets = together < 2 ? p->images : tw_ceil_div(p->images, (int32_t)together);
    }
    q.chunks = 1;
    if (p->threads > 1) {
        /* Four parts a thread balance the load. Blocks of about one size before chunks, for each
         * chunk transforms its input again: where each thread has two blocks or more there are no
         * chunks (64 to 64 channels, 56x56, two threads: 8 blocks are 1.1 times as fast as 7 in
         * two chunks each; Zen 5). */
        const double macs = (double)tw_pixels(p) * p->out_channels * q.c_group * p->kernel_height *
                            p->kernel_width;
        const double worth = macs / MACS_PER_PART;
        const int32_t want = worth < 4 * p->threads ? (int32_t)worth : 4 * p->threads;
        const int32_t least = tw_ceil_div(tw_ceil_div(want, p->groups), q.panels);
        if (p->experts == 0)
            q.blocks = tw_max(q.blocks, tw_min(tw_ceil_div(q.tiles, isa->mr), least));
        if (p->experts == 0 && q.blocks >= 2 * p->threads)
            q.blocks = tw_min(q.tiles, tw_ceil_div(q.blocks, p->threads) * p->threads);
        else
            q.chunks = tw_min(q.panels, tw_max(1, tw_ceil_div(want, q.blocks * q.sets * q.groups)));
    }
    const int32_t block = tw_ceil_div(q.tiles, q.blocks);
    q.v_step = (ptrdiff_t)block * isa->vl;
    q.v_plane = odd_lines(vectors * q.v_step);
    q.m_plane = odd_lines((ptrdiff_t)block * 2 * isa->vl);
    q.u_plane = p->experts > 0 ? odd_lines((ptrdiff_t)q.c_group * 2 * isa->vl) : 0;
    return q;
}

/* Floats of all that filters are a sum of: the same for every image. */
static int64_t experts_floats(const winograd_isa *isa, const tw_problem *p, const winograd_plan *q) {
    return q->groups * experts_depth(p, q) * tw_ceil_div(q->k_group, isa->vl) * isa->vl;
}

const char *winograd_refuses(int32_t m, const tw_problem *p) {
    const int32_t high = p->kernel_height, wide = p->kernel_width, taps = tw_max(high, wide);
    const int flat = tw_min(high, wide) == 1;
    if (p->stride_height != 1 || p->stride_width != 1) return "the stride is not 1";
    if (taps % 2 == 0 || taps == 1 || (!flat && high != wide))
        return "made for filters of one row, of one column and square ones, of odd size above 1";
    const int32_t n = taps + m - 1;
    if (n > WINOGRAD_MAX_PRODUCTS || (!flat && n * n > WINOGRAD_MAX_PLANES))
        return "the filter is too large for tiles of so many outputs";
    if (tw_min(p->in_channels, p->out_channels) / p->groups < LEAST_CHANNELS)
        return "transforms of so few channels cost more than they save";
    if ((int64_t)p->batch * p->out_height * p->out_width > INT32_MAX / 64) return "too many pixels";
    return NULL;
}

/* Cycles of a core that does two vectors of FMAs a cycle. Measured at 512 and 256 bits: a value of a
 * transform costs 4 cycles a vector, most of it for moving V and M between L1 and L2, and a call
 * 30, with AVX2, whose 16 registers do not hold a tile, 120; a call of a product 16 beside its steps. In a
 * network a filter beyond L2 comes from memory, for the other layers were there since the run before: at 8
 * bytes a cycle, beside the products; what of that they cannot hide is 0.03 cycles a byte when a run first reads
 * it. (At L3's 20 F(4x4) took four tiles of 7x7 from F(2x2), which is 1.6 to 1.9 times as fast where the filter is
 * not kept: 1024 channels in 32 groups, 192 to 384. Zen 5.) A byte of tensors that do not fit L2 costs 0.15. */
static double cycles(const winograd_isa *isa, const tw_problem *p, const winograd_plan *q,
                     double *fmas) {
    const double groups = p->groups, tiles = groups * q->tiles;
    const double input_vectors = tw_ceil_div(q->c_group, isa->vl);
    const double output_vectors = tw_ceil_div(q->k_group, isa->vl);
    *fmas = tiles * q->planes * output_vectors * isa->vl * q->c_group;

    const double block = (double)q->tiles / q->blocks;
    const double rows = block / tw_ceil_div((int32_t)block, isa->mr), vectors = q->k_group > isa->vl ? 2 : 1;
    /* A step loads rows + vectors, two a cycle, and fewer than 8 sums wait for each other. */
    double step = rows * vectors / 2;
    if (step < (rows + vectors) / 2) step = (rows + vectors) / 2;
    if (step < 4) step = 4;
    const double calls = tiles * q->planes * output_vectors / (rows * vectors);
    double products = calls * (step * q->c_group / 0.985 + 16);
    const double filter = 4.0 * (double)group_floats(isa, q) * groups;
    const double a_byte = filter < L2_BYTES ? 0 : 0.12;
    if (products < a_byte * filter * q->blocks) products = a_byte * filter * q->blocks;

    const double call = isa->vl == 8 ? 120 : 30;
    const double transforms =
        4.0 * tiles * q->planes * (input_vectors + output_vectors) + call * tiles * (1 + q->panels);
    const double tensors = tw_tensor_bytes(p);
    return products + 0.03 * filter + transforms + (tensors < 2 * L2_BYTES ? 0 : 0.15 * tensors);
}

int32_t winograd_tiles(const winograd_isa *isa, int32_t m, const tw_problem *p, int32_t *values) {
    tw_problem own = *p;
    int32_t count = 0;
    own.threads = 1;
    own.tile[0] = 0;
    const winograd_plan q = winograd_make_plan(isa, m, &own);
    /* The kernel's own choice, then blocks of half, twice and four times as many tiles. */
    const int32_t blocks[] = {q.blocks, 2 * q.blocks, tw_ceil_div(q.blocks, 2),
                              tw_ceil_div(q.blocks, 4)};
    for (int32_t i = 0; i < 4; i++) {
        const int32_t block = tw_ceil_div(q.tiles, tw_min(blocks[i], q.tiles));
        int known = 0;
        for (int32_t j = 0; j < count; j++)
            known |= values[j] == block;
        if (!known) values[count++] = block;
    }
    return count;
}

void winograd_cost(const winograd_isa *isa, int32_t m, const tw_problem *p, double *cost) {
    const winograd_plan q = winograd_make_plan(isa, m, p);
    const double time = cycles(isa, p, &q, &cost[0]);
    const double transformed = 4.0 * q.tiles * q.planes * (p->in_channels + p->out_channels);
    cost[1] = tw_tensor_bytes(p) + 4.0 * group_floats(isa, &q) * p->groups * q.blocks + transformed;
    cost[2] = cost[0] / (2 * isa->vl) / time;
}

int64_t winograd_packed_bytes(const winograd_isa *isa, int32_t m, const tw_problem *p) {
    const winograd_plan q = winograd_make_plan(isa, m, p);
    const int64_t floats =
        p->experts > 0 ? experts_floats(isa, p, &q) : p->groups * group_floats(isa, &q);
    return 4 * (header_floats(isa, p, &q) + floats);
}

static void pack_bias(const winograd_isa *isa, const tw_problem *p, const winograd_plan *q,
                      const float *bias, float *packed) {
    const int32_t nr = 2 * isa->vl;
    for (int32_t panel = 0; bias && panel < p->groups * q->panels; panel++) {
        const int32_t first = panel % q->panels * nr;
        const int32_t columns = tw_min(nr, q->k_group - first);
        for (int32_t j = 0; j < columns; j++)
            packed[(int64_t)panel * nr + j] = bias[panel / q->panels * q->k_group + first + j];
    }
}

/* Of a panel, to [channel][expert][tap][width]. */
static void pack_experts(const tw_problem *p, const winograd_plan *q, const float *src,
                         int32_t columns, int32_t width, float *to) {
    const int32_t rest = taps(p) * p->experts;
    for (int32_t k = 0; k < columns; k++)
        for (int32_t c = 0; c < q->c_group; c++)
            for (int32_t i = 0; i < rest; i++, src++) {
                const int32_t tap = i / p->experts, expert = i % p->experts;
                to[(((int64_t)c * p->experts + expert) * taps(p) + tap) * width + k] = *src;
            }
}

void winograd_pack(const winograd_isa *isa, int32_t m, const tw_problem *p, const float *filter,
                   const float *bias, float *packed) {
    const winograd_plan q = winograd_make_plan(isa, m, p);
    const int32_t nr = 2 * isa->vl;
    winograd_filters filters = filters_of(p, &q);
    pack_bias(isa, p, &q, bias, packed);
    float *to = packed + header_floats(isa, p, &q);
    for (int32_t panel = 0; panel < q.groups * q.panels; panel++) {
        const int32_t first = panel % q.panels * nr;
        const int32_t columns = tw_min(nr, q.k_group - first);
        const int32_t width = columns > isa->vl ? nr : isa->vl;
        const int32_t k0 = panel / q.panels * q.k_group + first;
        if (p->experts > 0) {
            pack_experts(p, &q, filter + k0 * experts_depth(p, &q), columns, width, to);
            to += experts_depth(p, &q) * width;
            continue;
        }
        filters.columns = columns;
        filters.width = width;
        filters.plane = (ptrdiff_t)q.c_group * width;
        filters.src = filter + (int64_t)k0 * filters.row;
        filters.dst = to;
        isa->filters(&filters);
        to += (int64_t)q.planes * q.c_group * width;
    }
}
