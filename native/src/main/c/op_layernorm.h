/* Rows brought to mean 0 and variance 1, scaled and shifted by column. Loops: rows, columns. in[1]:
 * scales, table: shifts, a: epsilon. A unit is a row; it is read three times, from L1. */

TW_INLINE vec layernorm_add(vec sum, vec x, const int squares) {
    if (squares) return vec_fma(x, x, sum);
    return sum + x;
}

/* Mean of x, or of (x - mean)^2 if squares, over n columns, in every lane; squares is
 * a constant. */
TW_INLINE vec layernorm_mean(const float *x, int64_t n, vec mean, const int squares) {
    vec u = vec_set1(0.0f), v = u;
    int64_t i = 0;
    for (; i + 2 * VL <= n; i += 2 * VL) {
        const vec p = vec_load(x + i) - mean, q = vec_load(x + i + VL) - mean;
        u = layernorm_add(u, p, squares);
        v = layernorm_add(v, q, squares);
    }
    for (; i < n; i += VL) {
        const vec p = lanes_first(op_load(x + i, n - i) - mean, n - i, 0);
        u = layernorm_add(u, p, squares);
    }
    return lanes_join(u + v, 0) / vec_set1((float)n);
}

static void layernorm_row(float *d, const float *x, const float *scale, const float *shift, int64_t n,
                          float epsilon) {
    const vec mean = layernorm_mean(x, n, vec_set1(0.0f), 0);
    const vec variance = layernorm_mean(x, n, mean, 1) + vec_set1(epsilon);
    const vec factor = vec_set1(1.0f) / vec_sqrt(variance);
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
        vec_store(d + i, vec_fma((vec_load(x + i) - mean) * factor, vec_load(scale + i),
                                 vec_load(shift + i)));
    if (i < n)
        op_store(d + i, n - i, vec_fma((op_load(x + i, n - i) - mean) * factor,
                                       op_load(scale + i, n - i), op_load(shift + i, n - i)));
}

static void layernorm_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    for (int64_t row = from; row < to; row++)
        layernorm_row((float *)(args->dst + row * args->stride[0][0]),
                      (const float *)(args->in[0] + row * args->stride[1][0]),
                      (const float *)args->in[1], args->table, args->size[1], args->a);
}

static int64_t layernorm_bind(tw_op_args *args) {
    args->units = args->size[0];
    return 16 * args->size[1];
}
