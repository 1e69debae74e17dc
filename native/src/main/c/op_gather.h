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

static void gather_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int32_t last = args->rank - 1;
    op_place p = op_place_at(args, last, from);
    while (from < to) {
        const int64_t rows = op_min(to - from, args->size[last - 1] - p.index[last - 1]);
        if (args->extra[0] > 0)
            gather_runs(args, p.d, p.a, rows);
        else
            gather_each(args, p.d, p.a, args->size[last], rows);
        from += rows;
        op_next(args, &p, rows);
    }
}

static int64_t gather_bind(tw_op_args *args) {
    args->units = op_elements(args) / args->size[args->rank - 1];
    return 16 * args->size[args->rank - 1];
}
