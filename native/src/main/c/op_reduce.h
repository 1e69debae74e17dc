/* Loops: outer, reduced, inner; [outer, reduced, inner] becomes [outer, inner]. inner is adjacent; if
 * it is 1, reduced is. A unit is REDUCE_CHUNK vectors of a result, or a result if inner is 1. */
enum { REDUCE_SUM, REDUCE_MEAN, REDUCE_MAX };

#define REDUCE_CHUNK 2

/* Sums of blocks of rows: the error grows with n / SUM_BLOCK + SUM_BLOCK and not with n. */
static inline __attribute__((always_inline)) void
reduce_columns(const char *a, int64_t step, int64_t rows, float *d, int64_t n, int max, float scale) {
    const vec start = vec_start(max);
    vec x = start, y = start;
    for (int64_t first = 0; first < rows; first += SUM_BLOCK) {
        const int64_t count = op_min(SUM_BLOCK, rows - first);
        vec u = start, v = start;
        if (n >= 2 * VL)
            for (int64_t r = 0; r < count; r++, a += step) {
                u = vec_join(u, vec_load((const float *)a), max);
                v = vec_join(v, vec_load((const float *)a + VL), max);
            }
        else
            for (int64_t r = 0; r < count; r++, a += step) {
                u = vec_join(u, op_load((const float *)a, n), max);
                if (n > VL) v = vec_join(v, op_load((const float *)a + VL, n - VL), max);
            }
        x = vec_join(x, u, max);
        y = vec_join(y, v, max);
    }
    op_store(d, n, vec_finish(x, max, scale));
    if (n > VL) op_store(d + VL, n - VL, vec_finish(y, max, scale));
}

/* Columns that are taken together where all are one worker's: of wide rows, a line of each is fetched
 * no faster than some. */
#define REDUCE_WIDE 8

TW_INLINE void reduce_wide(const char *a, int64_t step, int64_t rows, float *d, const int max,
                           float scale) {
    vec x[REDUCE_WIDE];
    TW_UNROLL for (int j = 0; j < REDUCE_WIDE; j++) x[j] = vec_start(max);
    for (int64_t first = 0; first < rows; first += SUM_BLOCK) {
        const int64_t count = op_min(SUM_BLOCK, rows - first);
        vec u[REDUCE_WIDE];
        TW_UNROLL for (int j = 0; j < REDUCE_WIDE; j++) u[j] = vec_start(max);
        for (int64_t r = 0; r < count; r++, a += step)
            TW_UNROLL for (int j = 0; j < REDUCE_WIDE; j++) u[j] =
                vec_join(u[j], vec_load((const float *)a + j * VL), max);
        TW_UNROLL for (int j = 0; j < REDUCE_WIDE; j++) x[j] = vec_join(x[j], u[j], max);
    }
    TW_UNROLL for (int j = 0; j < REDUCE_WIDE; j++) vec_store(d + j * VL, vec_finish(x[j], max, scale));
}

/* Four chains: an addition waits four cycles for the one before. */
static double reduce_row_sum(const float *x, int64_t n) {
    double sum = 0;
    int64_t i = 0;
    while (i < n) {
        vec u[4];
        TW_UNROLL for (int j = 0; j < 4; j++) u[j] = vec_set1(0.0f);
        const int64_t end = op_min(n, i + 4 * VL * SUM_BLOCK);
        for (; i + 4 * VL <= end; i += 4 * VL)
            TW_UNROLL for (int j = 0; j < 4; j++) u[j] = u[j] + vec_load(x + i + j * VL);
        for (; i < end; i += VL)
            u[0] = u[0] + op_load(x + i, end - i);
        sum += (double)lanes_join((u[0] + u[1]) + (u[2] + u[3]), 0)[0];
    }
    return sum;
}

static void reduce_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int64_t reduced = args->size[1], inner = args->size[2];
    const int64_t chunk = REDUCE_CHUNK * VL, chunks = (inner + chunk - 1) / chunk;
    const float divisor = args->function == REDUCE_MEAN ? (float)reduced : 1.0f;
    for (int64_t unit = from, units; unit < to; unit += units) {
        const int64_t outer = unit / chunks, column = unit % chunks * chunk;
        const char *a = args->in[0] + outer * args->stride[1][0] + 4 * column;
        float *d = (float *)(args->dst + outer * args->stride[0][0]) + column;
        const int64_t n = op_min(chunk, inner - column);
        const int wide = inner - column >= REDUCE_WIDE * VL && to - unit >= REDUCE_WIDE / REDUCE_CHUNK;
        units = wide ? REDUCE_WIDE / REDUCE_CHUNK : 1;
        if (wide && args->function == REDUCE_MAX)
            reduce_wide(a, args->stride[1][1], reduced, d, 1, 1);
        else if (wide)
            reduce_wide(a, args->stride[1][1], reduced, d, 0, divisor);
        else if (inner == 1 && args->stride[1][1] == 4)
            *d = args->function == REDUCE_MAX ? row_max((const float *)a, reduced)[0]
                                              : (float)(reduce_row_sum((const float *)a, reduced) / divisor);
        else if (args->function == REDUCE_MAX)
            reduce_columns(a, args->stride[1][1], reduced, d, n, 1, 1);
        else
            reduce_columns(a, args->stride[1][1], reduced, d, n, 0, divisor);
    }
}

static int64_t reduce_bind(tw_op_args *args) {
    const int64_t chunk = REDUCE_CHUNK * VL;
    args->units = args->size[0] * ((args->size[2] + chunk - 1) / chunk);
    return 4 * args->size[1] * op_min(chunk, args->size[2]);
}
