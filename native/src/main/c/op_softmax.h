/* e^(x - max) / sum over rows, or down columns. Loops: rows, columns; a unit is a row. Or: outer, summed,
 * inner, of which inner is adjacent; a unit is a vector of inner. The exponentials wait in dst. */

/* Of x <= 0. 0 where e^x is below the normal range: -infinity is how models mask. */
static inline vec softmax_exp(vec x) {
    const vec low = vec_set1(-87.0f);
    vec n, p = vec_at_least(x, low);
    act_exp_fraction(&p, &n, 1, 1);
    return vec_if_greater(low, x, vec_set1(0.0f), vec_scale(p, n));
}

static void softmax_row(float *d, const float *x, int64_t n) {
    const vec max = row_max(x, n);
    vec sum = vec_set1(0.0f);
    int64_t i = 0;
    while (i + VL <= n) {
        const int64_t end = op_min(n, i + SUM_BLOCK * VL);
        vec block = vec_set1(0.0f);
        for (; i + VL <= end; i += VL) {
            const vec e = softmax_exp(vec_load(x + i) - max);
            vec_store(d + i, e);
            block = block + e;
        }
        sum = sum + block;
    }
    if (i < n) {
        const vec e = lanes_first(softmax_exp(op_load(x + i, n - i) - max), n - i, 0);
        op_store(d + i, n - i, e);
        sum = sum + e;
    }
    const vec scale = vec_set1(1.0f) / lanes_join(sum, 0);
    for (i = 0; i + VL <= n; i += VL)
        vec_store(d + i, vec_load(d + i) * scale);
    if (i < n) op_store(d + i, n - i, op_load(d + i, n - i) * scale);
}

/* n <= VL columns. */
static void softmax_columns(char *d, int64_t to, const char *x, int64_t step, int64_t rows, int64_t n) {
    vec max = vec_set1(-__builtin_inff()), sum = vec_set1(0.0f);
    for (int64_t r = 0; r < rows; r++)
        max = vec_max(max, op_load((const float *)(x + r * step), n));
    for (int64_t first = 0; first < rows; first += SUM_BLOCK) {
        vec block = vec_set1(0.0f);
        for (int64_t r = first; r < op_min(rows, first + SUM_BLOCK); r++) {
            const vec e = softmax_exp(op_load((const float *)(x + r * step), n) - max);
            op_store((float *)(d + r * to), n, e);
            block = block + e;
        }
        sum = sum + block;
    }
    const vec scale = vec_set1(1.0f) / sum;
    for (int64_t r = 0; r < rows; r++) {
        float *p = (float *)(d + r * to);
        op_store(p, n, op_load(p, n) * scale);
    }
}

static void softmax_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    if (args->rank == 2) {
        for (int64_t row = from; row < to; row++)
            softmax_row((float *)(args->dst + row * args->stride[0][0]),
                        (const float *)(args->in[0] + row * args->stride[1][0]), args->size[1]);
        return;
    }
    const int64_t inner = args->size[2], vectors = (inner + VL - 1) / VL;
    for (int64_t unit = from; unit < to; unit++) {
        const int64_t outer = unit / vectors, column = unit % vectors * VL;
        softmax_columns(args->dst + outer * args->stride[0][0] + 4 * column, args->stride[0][1],
                        args->in[0] + outer * args->stride[1][0] + 4 * column, args->stride[1][1],
                        args->size[1], op_min(VL, inner - column));
    }
}

static int64_t softmax_bind(tw_op_args *args) {
    if (args->rank == 2) {
        args->units = args->size[0];
        return 40 * args->size[1];
    }
    args->units = args->size[0] * ((args->size[2] + VL - 1) / VL);
    return 40 * args->size[1] * op_min(VL, args->size[2]);
}
