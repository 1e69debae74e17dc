/* Values divided by a power of the squares around them in their row. Loops: rows, columns. extra as below; the
 * sum of the squares is multiplied by a, b is added. A unit is a row. */
enum { LOCALNORM_BEFORE, LOCALNORM_AFTER }; /* how many squares count beside a value's own */

/* The exponents that networks use are roots. */
enum { LOCALNORM_HALF, LOCALNORM_THREE_QUARTERS };

/* Columns at a time, and most squares beside them. */
#define LOCALNORM_COLUMNS 256
#define LOCALNORM_MOST 64

TW_INLINE vec localnorm_power(vec base, const int exponent) {
    const vec root = vec_sqrt(base);
    if (exponent == LOCALNORM_HALF) return root;
    return root * vec_sqrt(root);
}

/* n columns from `from` on; beyond the ends of the row squares are zero. */
TW_INLINE void localnorm_columns(const tw_op_args *args, float *d, const float *x, int64_t from, int64_t n,
                                 const int exponent) {
    const int64_t before = args->extra[LOCALNORM_BEFORE], after = args->extra[LOCALNORM_AFTER];
    const int64_t first = op_max(0, from - before), end = op_min(args->size[1], from + n + after);
    float squares[LOCALNORM_COLUMNS + LOCALNORM_MOST + VL] = {0}; /* from column from - before on */
    for (int64_t c = first; c < end; c += VL) {
        const vec v = op_load(x + c, end - c);
        vec_store(squares + c - (from - before), v * v);
    }
    for (int64_t c = from; c < from + n; c += VL) {
        const float *around = squares + c - from;
        vec sum = vec_load(around);
        for (int64_t i = 1; i <= before + after; i++)
            sum += vec_load(around + i);
        const vec base = vec_fma(sum, vec_set1(args->a), vec_set1(args->b));
        const int64_t left = from + n - c;
        op_store(d + c, left, op_load(x + c, left) / localnorm_power(base, exponent));
    }
}

TW_INLINE void localnorm_rows(const tw_op_args *args, int64_t from, int64_t to, const int exponent) {
    for (int64_t row = from; row < to; row++)
        for (int64_t c = 0; c < args->size[1]; c += LOCALNORM_COLUMNS)
            localnorm_columns(args, (float *)(args->dst + row * args->stride[0][0]),
                              (const float *)(args->in[0] + row * args->stride[1][0]), c,
                              op_min(LOCALNORM_COLUMNS, args->size[1] - c), exponent);
}

static void localnorm_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    if (args->function == LOCALNORM_HALF)
        localnorm_rows(args, from, to, LOCALNORM_HALF);
    else
        localnorm_rows(args, from, to, LOCALNORM_THREE_QUARTERS);
}

static int64_t localnorm_bind(tw_op_args *args) {
    args->units = args->size[0];
    return 32 * args->size[1];
}
