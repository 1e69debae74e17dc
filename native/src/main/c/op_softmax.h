/* e^(x - max) / sum over rows, or down columns. Loops: rows, columns; a unit is a row. Or: outer, summed,
 * inner, of which inner is adjacent; a unit is a vector of inner. The exponentials wait in dst. */

/* Rows computed side by side: each is a long chain, from its maximum over its sum to its quotients. One,
 * two and four, ns a value in rows of 49: AVX-512 0.63, 0.56, 0.51, AVX2 0.81, 0.71, 0.65; in rows of
 * 3136 four lose a tenth (Emerald Rapids). */
#define SOFTMAX_TOGETHER 2
_Static_assert(SOFTMAX_TOGETHER <= ACT_TOGETHER, "their exponentials are computed side by side, too");

/* n, a constant, vectors of x <= 0 in place. 0 where e^x is below the normal range: -infinity is how
 * models mask. */
TW_INLINE void softmax_exps(vec *x, const int n) {
    const vec low = vec_set1(-87.0f);
    vec p[SOFTMAX_TOGETHER], exponent[SOFTMAX_TOGETHER], rounded[SOFTMAX_TOGETHER];
    ACT_EACH p[i] = vec_at_least(x[i], low);
    act_exp_fraction(p, exponent, rounded, 1, n);
    ACT_EACH p[i] = vec_scale(p[i], exponent[i], rounded[i]);
    ACT_EACH x[i] = vec_if_greater(low, x[i], vec_set1(0.0f), p[i]);
}

static inline vec softmax_exp(vec x) {
    softmax_exps(&x, 1);
    return x;
}

/* n rows, a constant. The last vector of a row ends with it, over values of the one before; it is read
 * before anything is written, for dst may be src. A row shorter than a vector is filled up with
 * -infinity. Maxima may lose NaN: sums keep it. */
TW_INLINE void softmax_rows(char *dst, int64_t to, const char *src, int64_t from, int64_t columns,
                            const int n) {
    static const float lanes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int64_t whole = (columns - 1) / VL * VL, start = op_max(0, columns - VL);
    const vec counted = vec_if_greater(vec_set1((float)(whole - start)), vec_load(lanes),
                                       vec_set1(0.0f), vec_set1(1.0f));
    float *d[SOFTMAX_TOGETHER];
    const float *s[SOFTMAX_TOGETHER];
    vec last[SOFTMAX_TOGETHER], max[SOFTMAX_TOGETHER], sum[SOFTMAX_TOGETHER];
    ACT_EACH {
        d[i] = (float *)(dst + i * to);
        s[i] = (const float *)(src + i * from);
        last[i] = op_load(s[i] + start, columns);
        if (columns < VL) last[i] = lanes_first(last[i], columns, -__builtin_inff());
        max[i] = last[i];
        sum[i] = vec_set1(0.0f);
    }
    for (int64_t c = 0; c < whole; c += VL)
        ACT_EACH max[i] = vec_at_least(vec_load(s[i] + c), max[i]);
    TW_UNROLL for (int distance = VL / 2; distance > 0; distance /= 2)
        ACT_EACH max[i] = vec_at_least(lanes_swap(max[i], distance), max[i]);
    for (int64_t c = 0; c < whole;) {
        const int64_t end = op_min(whole, c + SUM_BLOCK * VL);
        vec block[SOFTMAX_TOGETHER];
        ACT_EACH block[i] = vec_set1(0.0f);
        for (; c < end; c += VL) {
            vec e[SOFTMAX_TOGETHER];
            ACT_EACH e[i] = vec_load(s[i] + c) - max[i];
            softmax_exps(e, n);
            ACT_EACH vec_store(d[i] + c, e[i]);
            ACT_EACH block[i] = block[i] + e[i];
        }
        ACT_EACH sum[i] = sum[i] + block[i];
    }
    ACT_EACH last[i] = last[i] - max[i];
    softmax_exps(last, n);
    ACT_EACH sum[i] = vec_fma(last[i], counted, sum[i]);
    ACT_EACH sum[i] = lanes_join(sum[i], 0);
    ACT_EACH sum[i] = vec_set1(1.0f) / sum[i];
    for (int64_t c = 0; c < whole; c += VL)
        ACT_EACH vec_store(d[i] + c, vec_load(d[i] + c) * sum[i]);
    ACT_EACH op_store(d[i] + start, columns, last[i] * sum[i]);
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
        const int64_t ds = args->stride[0][0], as = args->stride[1][0], columns = args->size[1];
        int64_t row = from;
        for (; row + SOFTMAX_TOGETHER <= to; row += SOFTMAX_TOGETHER)
            softmax_rows(args->dst + row * ds, ds, args->in[0] + row * as, as, columns,
                         SOFTMAX_TOGETHER);
        for (; row < to; row++)
            softmax_rows(args->dst + row * ds, ds, args->in[0] + row * as, as, columns, 1);
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
