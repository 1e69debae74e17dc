/* e^(x - max) / sum over rows. Loops: rows, columns. A unit is a row; the exponentials wait in dst. */

/* Of x <= 0. 0 where e^x is below the normal range: -infinity is how models mask. */
static inline vec softmax_exp(vec x) {
    const vec low = vec_set1(-87.0f);
    vec n;
    const vec p = act_exp_fraction(vec_at_least(x, low), &n);
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

static void softmax_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    for (int64_t row = from; row < to; row++)
        softmax_row((float *)(args->dst + row * args->stride[0][0]),
                    (const float *)(args->in[0] + row * args->stride[1][0]), args->size[1]);
}

static int64_t softmax_bind(tw_op_args *args) {
    args->units = args->size[0];
    return 40 * args->size[1];
}
