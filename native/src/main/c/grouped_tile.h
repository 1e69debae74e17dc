/* The micro-kernels of grouped convolution of one instruction set. Included by grouped_<isa>.c after
 * its vec_*.h, with
 *   vec_moves, load_moves(int32_t[VL]), vec_move(x, moves): lane i of the result is x[moves[i]]
 *   KEEP(x)               x stays in its register: else its loads are repeated as operands
 *   UNITS(X)              X(unit, mr): rotated tiles
 *   ROTATED_MR            {mr of each unit}
 *   MAX_UNIT              the last of them
 *   SPREAD_1(X, ...), SPREAD_2(X, ...)  X(mr, ...) for each size of spread tiles of one and two vectors
 *   SPREAD_MR             {most of each}
 *   SPREAD_VECTORS        1 or 2
 *   GROUPED_KERNEL, GROUPED_LAYOUT */
#include "activation.h"
#include "grouped.h"

/* Residual, clip and store of mr sums of one vector of channels, each of `apart` in acc. Branches are
 * around the pixels, not in them. */
TW_INLINE void finish(const grouped_row *t, ptrdiff_t first, ptrdiff_t column, vec *acc, const int mr,
                   const int apart) {
    const vec low = vec_set1(t->low), high = vec_set1(t->high);
    const int32_t rest = t->columns - (int32_t)column;
    const vec_mask m = vec_first(rest);
    if (t->residual) {
        const float *from = t->residual + first * t->residual_stride + column;
        TW_UNROLL for (int r = 0; r < mr; r++, from += t->residual_stride)
            acc[r * apart] = acc[r * apart] + vec_load_mask(from, m);
    }
    TW_UNROLL for (int r = 0; r < mr; r++)
        acc[r * apart] = vec_at_most(vec_at_least(acc[r * apart], low), high);
    float *to = t->dst + first * t->dst_stride + column;
    if (rest >= VL) {
        TW_UNROLL for (int r = 0; r < mr; r++, to += t->dst_stride) vec_store(to, acc[r * apart]);
    } else {
        TW_UNROLL for (int r = 0; r < mr; r++, to += t->dst_stride)
            vec_store_mask(to, m, acc[r * apart]);
    }
}

/* Adds the accumulators of each pixel, the d-th rotated by d lanes, into its first: by halves, so
 * that chains are short. */
TW_INLINE void add_rotated(const grouped_row *t, vec *acc, const int unit, const int mr) {
    int count = unit;
    TW_UNROLL for (int level = 0; level < 3; level++) {
        if (count == 1) break;
        const int half = (count + 1) / 2;
        const vec_moves moves = load_moves(t->moves + (MOVE_HALVES + level) * VL);
        TW_UNROLL for (int r = 0; r < mr; r++)
            TW_UNROLL for (int d = 0; d + half < count; d++)
                acc[r * unit + d] = acc[r * unit + d] + vec_move(acc[r * unit + d + half], moves);
        count = half;
    }
    if (t->units > 1) {
        TW_UNROLL for (int r = 0; r < mr; r++) {
            const vec parts = acc[r * unit];
            vec sum = vec_move(parts, load_moves(t->moves + MOVE_UNITS * VL));
            for (int32_t u = 1; u < t->units; u++)
                sum = sum + vec_move(parts, load_moves(t->moves + (MOVE_UNITS + u) * VL));
            acc[r * unit] = sum;
        }
    }
}

TW_INLINE void rotated(const grouped_row *t, const int unit, const int mr) {
    for (int32_t i = 0; i < t->pixels; i += mr) {
        const int32_t first = tw_min(i, t->pixels - mr);
        const float *row[GROUPED_MAX_MR];
        vec acc[GROUPED_MAX_MR * 2];
        const vec bias = vec_load(t->bias);
        TW_UNROLL for (int r = 0; r < mr; r++) {
            row[r] = t->band + t->offsets[first + r];
            TW_UNROLL for (int d = 0; d < unit; d++)
                acc[r * unit + d] = d == 0 ? bias : vec_set1(0.0f);
        }
        const float *w = t->factors;
        for (int32_t k = 0; k < t->depth; k++, w += unit * VL) {
            const ptrdiff_t tap = t->taps[k];
            vec x[GROUPED_MAX_MR];
            TW_UNROLL for (int r = 0; r < mr; r++) x[r] = vec_load(row[r] + tap);
            TW_UNROLL for (int d = 0; d < unit; d++) {
                vec f = vec_load(w + d * VL);
                KEEP(f);
                TW_UNROLL for (int r = 0; r < mr; r++)
                    acc[r * unit + d] = vec_fma(x[r], f, acc[r * unit + d]);
            }
        }
        const grouped_row *end = t;
        TW_HIDE(end);
        add_rotated(end, acc, unit, mr);
        TW_HIDE(end);
        finish(end, first, 0, acc, mr, unit);
    }
}

/* A loop along the channels: three neighbouring taps of a filter row, or one (taps, a constant). */
TW_INLINE const float *spread_run(const grouped_row *t, const float *from, const float *w, vec *acc,
                               int left, int right, const int taps, const int stride, const int nv,
                               const int mr) {
    const int window = taps == 3 ? (mr - 1) * stride + 3 : mr;
    const ptrdiff_t step = taps == 3 ? t->column : t->pixel;
    for (int32_t c = 0; c < t->channels; c++, w += taps * nv * VL) {
        vec f[6];
        TW_UNROLL for (int i = 0; i < taps * nv; i++) f[i] = vec_load(w + i * VL);
        const float *src = from + c;
        TW_UNROLL for (int j = 0; j < window; j++) {
            if (j > 0 && j % 3 == 0) {
                src += 3 * step;
                TW_HIDE(src);
            }
            if (taps == 3 && j == 0 && left) continue;
            if (taps == 3 && j == window - 1 && right) continue;
            const vec x = vec_set1(src[j % 3 * step]);
            TW_UNROLL for (int tap = 0; tap < taps; tap++) {
                const int at = taps == 3 ? j - tap : j * stride, r = at / stride;
                if (at < 0 || at % stride != 0 || r >= mr) continue;
                TW_UNROLL for (int v = 0; v < nv; v++)
                    acc[r * nv + v] = vec_fma(x, f[tap * nv + v], acc[r * nv + v]);
            }
        }
    }
    return w;
}

/* stride: 1 or 2, or 0 if there are no triples. */
TW_INLINE void spread(const grouped_row *t, const int stride, const int nv, const int mr) {
    for (int32_t i = 0; i < t->pixels; i += mr) {
        const int32_t first = tw_min(i, t->pixels - mr);
        vec acc[GROUPED_MAX_MR * 2];
        TW_UNROLL for (int r = 0; r < mr; r++)
            TW_UNROLL for (int v = 0; v < nv; v++) acc[r * nv + v] = vec_load(t->bias + v * VL);
        const int32_t first_column = first * t->stride;
        const int32_t span = (mr - 1) * t->stride + 3;
        const ptrdiff_t row_factors =
            (ptrdiff_t)(3 * t->triples + t->singles) * t->channels * nv * VL;
        for (int32_t fy = t->row_from; fy < t->row_to; fy++) {
            const float *from = t->band + first * t->pixel + fy * t->row;
            const float *w = t->factors + fy * row_factors;
            if (stride > 0) {
                int32_t column = first_column;
                for (int32_t run = 0; run < t->triples; run++, column += 3, from += 3 * t->column)
                    w = spread_run(t, from, w, acc, column < t->left, column + span > t->right, 3,
                                   stride, nv, mr);
            }
            for (int32_t run = 0; run < t->singles; run++, from += t->column)
                w = spread_run(t, from, w, acc, 0, 0, 1, 1, nv, mr);
        }
        TW_UNROLL for (int v = 0; v < nv; v++) finish(t, first, v * VL, acc + v, mr, nv);
    }
}

#define ROTATED(unit, mr_)                                                                         \
    static void rotated_##unit(const grouped_row *row) {                                           \
        const grouped_row t = *row;                                                                \
        rotated(&t, unit, mr_);                                                                    \
    }                                                                                              \
    static void rotated_##unit##_one(const grouped_row *row) {                                     \
        const grouped_row t = *row;                                                                \
        rotated(&t, unit, 1);                                                                      \
    }
UNITS(ROTATED)

#define SPREAD(mr, nv, stride)                                                                     \
    static void spread_##nv##_##stride##_##mr(const grouped_row *row) {                            \
        const grouped_row t = *row;                                                                \
        spread(&t, stride, nv, mr);                                                                \
    }
SPREAD_1(SPREAD, 1, 1)
SPREAD_1(SPREAD, 1, 2)
SPREAD_1(SPREAD, 1, 0)
#if SPREAD_VECTORS > 1
SPREAD_2(SPREAD, 2, 1)
SPREAD_2(SPREAD, 2, 2)
SPREAD_2(SPREAD, 2, 0)
#endif

static void copy_moved(const float *src, ptrdiff_t stride, int32_t count, int32_t channels,
                       const int32_t *moves, float *dst) {
    const vec_mask m = vec_first(channels);
    const vec_moves to = load_moves(moves);
    for (int32_t i = 0; i < count; i++, src += stride, dst += VL)
        vec_store(dst, vec_move(vec_load_mask(src, m), to));
}

/* Writes whole vectors: dst_stride has room for them. */
static void copy(const float *src, ptrdiff_t stride, int32_t count, int32_t channels, float *dst,
                 ptrdiff_t dst_stride) {
    for (int32_t c = 0; c < channels; c += VL) {
        const float *from = src + c;
        float *to = dst + c;
        if (channels - c >= VL) {
            for (int32_t i = 0; i < count; i++, from += stride, to += dst_stride)
                vec_store(to, vec_load(from));
        } else {
            const vec_mask m = vec_first(channels - c);
            for (int32_t i = 0; i < count; i++, from += stride, to += dst_stride)
                vec_store(to, vec_load_mask(from, m));
        }
    }
}

#define ROTATED_ENTRY(unit, mr) {rotated_##unit, rotated_##unit##_one},
#define SPREAD_ENTRY(mr, nv, stride) spread_##nv##_##stride##_##mr,
static const grouped_isa ISA = {
    .vl = VL,
    .max_unit = MAX_UNIT,
    .mr = ROTATED_MR,
    .vectors = SPREAD_VECTORS,
    .spread_mr = SPREAD_MR,
    .rotated = {UNITS(ROTATED_ENTRY)},
    .spread = {{{SPREAD_1(SPREAD_ENTRY, 1, 1)},
                {SPREAD_1(SPREAD_ENTRY, 1, 2)},
                {SPREAD_1(SPREAD_ENTRY, 1, 0)}},
#if SPREAD_VECTORS > 1
               {{SPREAD_2(SPREAD_ENTRY, 2, 1)},
                {SPREAD_2(SPREAD_ENTRY, 2, 2)},
                {SPREAD_2(SPREAD_ENTRY, 2, 0)}},
#endif
    },
    .copy_moved = copy_moved,
    .copy = copy,
    .activate = act_rows,
};

static const char *refuses(const tw_problem *p) { return grouped_refuses(&ISA, p); }
static int32_t tiles(const tw_problem *p, int32_t *values) {
    (void)p;
    (void)values;
    return 0;
}
static void cost(const tw_problem *p, double *c) { grouped_cost(&ISA, p, c); }
static int64_t packed_bytes(const tw_problem *p) { return grouped_packed_bytes(&ISA, p); }
static void pack(const tw_problem *p, const float *filter, const float *bias, float *packed) {
    grouped_pack(&ISA, p, filter, bias, packed);
}
static int64_t workspace_bytes(const tw_problem *p) { return grouped_workspace_bytes(&ISA, p); }
static int32_t bind(tw_args *args) { return grouped_bind(&ISA, args); }
static void run(const tw_args *args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    (void)goes_on;
    grouped_run(&ISA, args, from, to, worker);
}

const tw_kernel GROUPED_KERNEL = {VL,   {NULL}, GROUPED_LAYOUT,  refuses, tiles, cost, packed_bytes,
                                  pack, workspace_bytes, bind, run, NULL, 0, NULL};
