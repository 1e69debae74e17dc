/* Loops: outer, reduced, inner; [outer, reduced, inner] becomes [outer, inner]. inner is adjacent; if
 * it is 1, reduced is. A unit is REDUCE_CHUNK vectors of a result, or a result if inner is 1. */
enum { REDUCE_SUM, REDUCE_MEAN, REDUCE_MAX, REDUCE_SUM_MAX, REDUCE_MEAN_MAX };

/* Of the maxima beside sums or means: address, bytes from one outer to the next. */
enum { REDUCE_SECOND, REDUCE_SECOND_STEP };

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

/* Rows too short for vectors; NaN wins. */
TW_INLINE void reduce_short_rows(const char *a, int64_t step, int64_t n, char *d, int64_t d_step,
                                 int64_t rows, const int max, float divisor) {
    for (; rows > 0; rows--, a += step, d += d_step) {
        const float *x = (const float *)a;
        float value = max ? -__builtin_inff() : 0.0f;
        for (int64_t i = 0; i < n; i++) {
            if (!max)
                value += x[i];
            else if (x[i] > value || x[i] != x[i])
                value = x[i];
        }
        *(float *)d = max ? value : value / divisor;
    }
}

/* Sums or means of pairs: a loop that compilers make one of vectors. scale: 1 or a half, so it rounds nothing. */
static void reduce_pairs(const float *x, float *d, int64_t rows, float scale) {
    for (int64_t i = 0; i < rows; i++)
        d[i] = (0.0f + x[2 * i] + x[2 * i + 1]) * scale;
}

static void reduce_short(const tw_op_args *args, int64_t from, int64_t to, float divisor) {
    const int64_t step = args->stride[1][0], d_step = args->stride[0][0], n = args->size[1];
    const char *a = args->in[0] + from * step;
    char *d = args->dst + from * d_step;
    if (args->function == REDUCE_MAX)
        reduce_short_rows(a, step, n, d, d_step, to - from, 1, 1);
    else if (n == 2 && step == 8 && d_step == 4)
        reduce_pairs((const float *)a, (float *)d, to - from, 1 / divisor);
    else
        reduce_short_rows(a, step, n, d, d_step, to - from, 0, divisor);
    if (args->function >= REDUCE_SUM_MAX) {
        const int64_t m_step = args->extra[REDUCE_SECOND_STEP];
        char *most = (char *)(intptr_t)args->extra[REDUCE_SECOND] + from * m_step;
        reduce_short_rows(a, step, n, most, m_step, to - from, 1, 1);
    }
}

/* The same of two reductions of one tensor in one read: the sum or mean, by the same additions in the
 * same order as alone, and the maximum. */
TW_INLINE void reduce_both_columns(const char *a, int64_t step, int64_t rows, float *sums, float *maxima,
                                   const int vectors, int64_t n, float divisor) {
    vec x[4], most[4];
    TW_UNROLL for (int j = 0; j < vectors; j++) {
        x[j] = vec_start(0);
        most[j] = vec_start(1);
    }
    for (int64_t first = 0; first < rows; first += SUM_BLOCK) {
        const int64_t count = op_min(SUM_BLOCK, rows - first);
        vec u[4];
        TW_UNROLL for (int j = 0; j < vectors; j++) u[j] = vec_start(0);
        for (int64_t r = 0; r < count; r++, a += step)
            TW_UNROLL for (int j = 0; j < vectors; j++) {
                const float *p = (const float *)a + j * VL;
                const vec value = vectors == 1 ? op_load(p, n) : vec_load(p);
                u[j] = u[j] + value;
                most[j] = vec_max(most[j], value);
            }
        TW_UNROLL for (int j = 0; j < vectors; j++) x[j] = x[j] + u[j];
    }
    TW_UNROLL for (int j = 0; j < vectors; j++) {
        op_store(sums + j * VL, vectors == 1 ? n : VL, vec_finish(x[j], 0, divisor));
        op_store(maxima + j * VL, vectors == 1 ? n : VL, most[j]);
    }
}

static void reduce_both_row(const float *x, int64_t n, float *total, float *maximum, float divisor) {
    double sum = 0;
    vec most[4];
    TW_UNROLL for (int j = 0; j < 4; j++) most[j] = vec_start(1);
    int64_t i = 0;
    while (i < n) {
        vec u[4];
        TW_UNROLL for (int j = 0; j < 4; j++) u[j] = vec_start(0);
        const int64_t end = op_min(n, i + 4 * VL * SUM_BLOCK);
        for (; i + 4 * VL <= end; i += 4 * VL)
            TW_UNROLL for (int j = 0; j < 4; j++) {
                const vec value = vec_load(x + i + j * VL);
                u[j] = u[j] + value;
                most[j] = vec_max(most[j], value);
            }
        for (; i < end; i += VL) {
            const vec value = op_load(x + i, end - i);
            u[0] = u[0] + value;
            most[0] = vec_max(most[0], lanes_first(value, end - i, -__builtin_inff()));
        }
        sum += (double)lanes_join((u[0] + u[1]) + (u[2] + u[3]), 0)[0];
    }
    *total = (float)(sum / divisor);
    *maximum = lanes_join(vec_max(vec_max(most[0], most[1]), vec_max(most[2], most[3])), 1)[0];
}

static void reduce_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int64_t reduced = args->size[1], inner = args->size[2];
    const int64_t chunk = REDUCE_CHUNK * VL, chunks = (inner + chunk - 1) / chunk;
    const int mean = args->function == REDUCE_MEAN || args->function == REDUCE_MEAN_MAX;
    const int both = args->function >= REDUCE_SUM_MAX;
    const float divisor = mean ? (float)reduced : 1.0f;
    if (inner == 1 && reduced < VL && args->stride[1][1] == 4) {
        reduce_short(args, from, to, divisor);
        return;
    }
    for (int64_t unit = from, units; unit < to; unit += units) {
        const int64_t outer = unit / chunks, column = unit % chunks * chunk;
        const char *a = args->in[0] + outer * args->stride[1][0] + 4 * column;
        float *d = (float *)(args->dst + outer * args->stride[0][0]) + column;
        const int64_t n = op_min(chunk, inner - column);
        if (both) {
            float *most = (float *)(intptr_t)(args->extra[REDUCE_SECOND] +
                                              outer * args->extra[REDUCE_SECOND_STEP]) + column;
            units = 1;
            if (inner == 1 && args->stride[1][1] == 4) {
                reduce_both_row((const float *)a, reduced, d, most, divisor);
            } else if (inner - column >= 2 * chunk && to - unit >= 2) {
                reduce_both_columns(a, args->stride[1][1], reduced, d, most, 4, VL, divisor);
                units = 2;
            } else if (n == chunk) {
                reduce_both_columns(a, args->stride[1][1], reduced, d, most, 2, VL, divisor);
            } else {
                for (int64_t j = 0; j < n; j += VL)
                    reduce_both_columns(a + 4 * j, args->stride[1][1], reduced, d + j, most + j, 1,
                                        n - j, divisor);
            }
            continue;
        }
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
