/* Walks the loops of an argument block, a row being its innermost loop. */

/* Elements in all loops. */
static inline int64_t op_elements(const tw_op_args *args) {
    int64_t elements = 1;
    for (int32_t i = 0; i < args->rank; i++)
        elements *= args->size[i];
    return elements;
}

/* What is done to n elements of each of some rows; the steps are the strides of the two innermost
 * loops. Rows may be short: a call a row would cost as much as the row. */
typedef void op_rows(const tw_op_args *, char *d, const char *a, const char *b, int64_t n,
                     int64_t rows);

/* Bytes from row to row of dst, in[0] or in[1]. */
static inline int64_t op_row_step(const tw_op_args *args, int tensor) {
    return args->rank > 1 ? args->stride[tensor][args->rank - 2] : 0;
}

/* Position in the first `loops` loops. */
typedef struct {
    int32_t loops;
    int64_t index[8];
    char *d;
    const char *a, *b;
} op_place;

static inline op_place op_place_at(const tw_op_args *args, int32_t loops, int64_t at) {
    op_place p = {.loops = loops, .d = args->dst, .a = args->in[0], .b = args->in[1]};
    for (int32_t i = loops - 1; i >= 0; i--) {
        p.index[i] = at % args->size[i];
        at /= args->size[i];
        p.d += p.index[i] * args->stride[0][i];
        p.a += p.index[i] * args->stride[1][i];
        if (p.b) p.b += p.index[i] * args->stride[2][i];
    }
    return p;
}

/* Past `count` steps of the last loop, at most to its end. */
static inline void op_next(const tw_op_args *args, op_place *p, int64_t count) {
    for (int32_t i = p->loops - 1; i >= 0; i--, count = 1) {
        p->index[i] += count;
        const int64_t back = p->index[i] < args->size[i] ? 0 : args->size[i];
        p->d += (count - back) * args->stride[0][i];
        p->a += (count - back) * args->stride[1][i];
        if (p->b) p->b += (count - back) * args->stride[2][i];
        if (!back) return;
        p->index[i] = 0;
    }
}

/* The elements from (included) to (excluded). */
static void op_walk(const tw_op_args *args, int64_t from, int64_t to, op_rows *rows) {
    const int32_t last = args->rank - 1;
    const int64_t columns = args->size[last];
    if (from >= to) return;
    op_place p = op_place_at(args, last, from / columns);
    for (int64_t column = from % columns; from < to; column = 0) {
        const int64_t n = op_min(columns - column, to - from);
        int64_t count = 1;
        if (last > 0 && n == columns)
            count = op_min((to - from) / columns, args->size[last - 1] - p.index[last - 1]);
        rows(args, p.d + column * args->stride[0][last], p.a + column * args->stride[1][last],
             p.b ? p.b + column * args->stride[2][last] : NULL, n, count);
        from += n * count;
        op_next(args, &p, count);
    }
}

/* The n <= VL floats that are `step` bytes apart. */
static inline vec op_gather(const char *p, int64_t step, int64_t n) {
    float lanes[VL] = {0};
    for (int64_t i = 0; i < n; i++)
        memcpy(lanes + i, p + i * step, sizeof(float));
    return vec_load(lanes);
}

static inline void op_scatter(char *p, int64_t step, int64_t n, vec x) {
    float lanes[VL];
    vec_store(lanes, x);
    for (int64_t i = 0; i < n; i++)
        memcpy(p + i * step, lanes + i, sizeof(float));
}

/* The n <= VL adjacent floats. */
static inline vec op_load(const float *p, int64_t n) {
    return n >= VL ? vec_load(p) : vec_load_mask(p, vec_first((int)n));
}
static inline void op_store(float *p, int64_t n, vec x) {
    if (n >= VL)
        vec_store(p, x);
    else
        vec_store_mask(p, vec_first((int)n), x);
}
