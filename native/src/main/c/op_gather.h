/* Channels of every row of 4-byte values by number: dst[i] = src[index[i]]. The table is runs of
 * neighbours, {first of dst, first of src, length}, extra[0] of them, where they are long; else, with
 * extra[0] = 0, an index for each channel. A unit is a row. */

/* Rows whose values are moved by one reading of the index. */
#define GATHER_ROWS 4

static void gather_runs(const tw_op_args *args, char *d, const char *a, int64_t rows) {
    const int64_t sd = op_row_step(args, 0), sa = op_row_step(args, 1);
    for (; rows > 0; rows--, d += sd, a += sa) {
        const int32_t *run = args->table;
        for (int64_t r = 0; r < args->extra[0]; r++, run += 3) {
            float *to = (float *)d + run[0];
            const float *from = (const float *)a + run[1];
            const int32_t n = run[2];
            if (n < VL) {
                for (int32_t i = 0; i < n; i++)
                    to[i] = from[i];
                continue;
            }
            for (int32_t i = 0; i < n - VL; i += VL)
                vec_store(to + i, vec_load(from + i));
            vec_store(to + n - VL, vec_load(from + n - VL));
        }
    }
}

static void gather_each(const tw_op_args *args, char *d, const char *a, int64_t n, int64_t rows) {
    const int64_t sd = op_row_step(args, 0), sa = op_row_step(args, 1);
    const int32_t *index = args->table;
    for (; rows >= GATHER_ROWS; rows -= GATHER_ROWS, d += GATHER_ROWS * sd, a += GATHER_ROWS * sa)
        for (int64_t i = 0; i < n; i++) {
            const char *from = a + 4 * (int64_t)index[i];
            char *to = d + 4 * i;
            for (int64_t r = 0; r < GATHER_ROWS; r++)
                memcpy(to + r * sd, from + r * sa, 4);
        }
    for (; rows > 0; rows--, d += sd, a += sa)
        for (int64_t i = 0; i < n; i++)
            memcpy(d + 4 * i, a + 4 * (int64_t)index[i], 4);
}

#if defined(__AVX512F__)
/* Source channels that one instruction picks from. */
#define GATHER_WINDOW (2 * VL)
/* Windows that a vector of the result may be picked from: in more, values are moved one by one. */
#define GATHER_WINDOWS 8
/* Rows that stay in L1 while all vectors of their results are picked. */
#define GATHER_BLOCK 32

/* Where the values of a vector of the result are. */
typedef struct {
    int32_t count;
    int32_t first[GATHER_WINDOWS]; /* channel of each window */
    __m512i lane[GATHER_WINDOWS];
    __mmask16 mine[GATHER_WINDOWS]; /* lanes that come from it */
} gather_windows;

/* Windows are aligned but the last, which ends with the last channel that is used: no read leaves
 * the row. Whether so few windows suffice. limit: one more than the largest index. */
static int gather_find(const int32_t *index, int32_t limit, gather_windows *w) {
    const __m512i all = _mm512_loadu_si512(index);
    __mmask16 left = 0xffff;
    for (w->count = 0; left; w->count++) {
        if (w->count == GATHER_WINDOWS) return 0;
        const int32_t next = index[__builtin_ctz(left)] / GATHER_WINDOW * GATHER_WINDOW;
        const int32_t first = tw_min(next, limit - GATHER_WINDOW);
        const __m512i lane = _mm512_sub_epi32(all, _mm512_set1_epi32(first));
        const __mmask16 mine =
            _mm512_mask_cmplt_epu32_mask(left, lane, _mm512_set1_epi32(GATHER_WINDOW));
        w->first[w->count] = first;
        w->lane[w->count] = lane;
        w->mine[w->count] = mine;
        left &= (__mmask16)~mine;
    }
    return 1;
}

TW_INLINE void gather_pick(const gather_windows *w, char *d, const char *a, int64_t sd, int64_t sa,
                           const int rows) {
    vec sum[GATHER_ROWS];
    TW_UNROLL for (int r = 0; r < rows; r++) sum[r] = vec_set1(0.0f);
    for (int32_t i = 0; i < w->count; i++) {
        const char *from = a + 4 * (int64_t)w->first[i];
        TW_UNROLL for (int r = 0; r < rows; r++) {
            const float *row = (const float *)(from + r * sa);
            const vec picked = _mm512_permutex2var_ps(vec_load(row), w->lane[i], vec_load(row + VL));
            sum[r] = _mm512_mask_blend_ps(w->mine[i], sum[r], picked);
        }
    }
    TW_UNROLL for (int r = 0; r < rows; r++) vec_store((float *)(d + r * sd), sum[r]);
}

/* Of 128 channels in any order a vector takes 8 loads, 4 permutations, 4 blends and a store, where 16
 * loads and 16 stores move its values one by one. */
static void gather_vectors(const tw_op_args *args, char *d, const char *a, int64_t n, int64_t rows) {
    const int64_t sd = op_row_step(args, 0), sa = op_row_step(args, 1);
    const int32_t *index = args->table;
    int32_t limit = 0;
    for (int64_t i = 0; i < n; i++)
        limit = tw_max(limit, index[i] + 1);
    if (n < VL || limit < GATHER_WINDOW) {
        gather_each(args, d, a, n, rows);
        return;
    }
    for (int64_t block; rows > 0; rows -= block, d += block * sd, a += block * sa) {
        block = op_min(rows, GATHER_BLOCK);
        for (int64_t i = 0; i < n; i += VL) {
            const int64_t first = op_min(i, n - VL);
            gather_windows w;
            if (!gather_find(index + first, limit, &w)) {
                for (int64_t r = 0; r < block; r++)
                    for (int64_t j = first; j < first + VL; j++)
                        memcpy(d + r * sd + 4 * j, a + r * sa + 4 * (int64_t)index[j], 4);
                continue;
            }
            int64_t r = 0;
            for (; r + GATHER_ROWS <= block; r += GATHER_ROWS)
                gather_pick(&w, d + r * sd + 4 * first, a + r * sa, sd, sa, GATHER_ROWS);
            for (; r < block; r++)
                gather_pick(&w, d + r * sd + 4 * first, a + r * sa, sd, sa, 1);
        }
    }
}
#else
#define gather_vectors gather_each
#endif

static void gather_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int32_t last = args->rank - 1;
    op_place p = op_place_at(args, last, from);
    while (from < to) {
        const int64_t rows = op_min(to - from, args->size[last - 1] - p.index[last - 1]);
        if (args->extra[0] > 0)
            gather_runs(args, p.d, p.a, rows);
        else
            gather_vectors(args, p.d, p.a, args->size[last], rows);
        from += rows;
        op_next(args, &p, rows);
    }
}

static int64_t gather_bind(tw_op_args *args) {
    args->units = op_elements(args) / args->size[args->rank - 1];
    return 16 * args->size[args->rank - 1];
}
