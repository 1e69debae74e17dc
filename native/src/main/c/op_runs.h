/* Copies of any length and place, in whole elements: what several moves with known indices come to. The
 * table is {bytes from dst, bytes from in[0] or -1 for zeros, bytes} for each, extra[0] of them of extra[1]
 * bytes on average. A unit is a copy. */

enum { RUNS_TO, RUNS_FROM, RUNS_BYTES, RUNS_FIELDS };

/* As in copy_rows: the last vector overlaps the one before. */
static void runs_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int64_t *run = (const int64_t *)args->table + from * RUNS_FIELDS;
    const int64_t vector = 4 * VL;
    for (int64_t unit = from; unit < to; unit++, run += RUNS_FIELDS) {
        char *d = args->dst + run[RUNS_TO];
        const int64_t bytes = run[RUNS_BYTES];
        if (run[RUNS_FROM] < 0) {
            memset(d, 0, (size_t)bytes);
            continue;
        }
        const char *a = args->in[0] + run[RUNS_FROM];
        if (bytes < vector || bytes >= COPY_VECTORS * vector) {
            memcpy(d, a, (size_t)bytes);
            continue;
        }
        for (int64_t i = 0; i < bytes - vector; i += vector)
            vec_store((float *)(d + i), vec_load((const float *)(a + i)));
        vec_store((float *)(d + bytes - vector), vec_load((const float *)(a + bytes - vector)));
    }
}

static int64_t runs_bind(tw_op_args *args) {
    args->units = args->extra[0];
    return 2 * args->extra[1];
}
