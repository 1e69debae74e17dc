/* A function of every value. `function` is an activation (TW_NONE ..) or one of these. A unit is an
 * element. */
enum { MAP_SQRT = 32, MAP_EXP, MAP_ERF, MAP_ABS, MAP_NEG, MAP_RECIPROCAL };

/* Over the whole range: 2^n in two steps, as n runs from -150 to 129. */
static inline vec map_exp(vec x) {
    vec n, rounded;
    x = vec_at_least(vec_at_most(x, vec_set1(89.0f)), vec_set1(-104.0f));
    act_exp_fraction(&x, &n, &rounded, 1, 1);
    const vec magic = vec_set1(TW_ROUND), one = vec_set1(1.0f);
    const vec sum = vec_fma(n, vec_set1(0.5f), magic), half = sum - magic, rest = n - half;
    return vec_scale(x, half, sum) * vec_scale(one, rest, rest + magic);
}

/* An odd polynomial up to 1, fitted to erf x / x in x^2; above, 1 - erfc by Abramowitz and Stegun
 * 7.1.26 as in act_gelu. */
static inline vec map_erf(vec x) {
    const vec s = x * x, one = vec_set1(1.0f), zero = vec_set1(0.0f);
    vec p = vec_set1(7.853857823647559e-05f);
    p = vec_fma(p, s, vec_set1(-0.0008010192541405559f));
    p = vec_fma(p, s, vec_set1(0.005188327748328447f));
    p = vec_fma(p, s, vec_set1(-0.026853810995817184f));
    p = vec_fma(p, s, vec_set1(0.1128358542919159f));
    p = vec_fma(p, s, vec_set1(-0.3761262595653534f));
    p = vec_fma(p, s, vec_set1(1.1283791065216064f));
    const vec a = vec_abs(x), t = one / vec_fma(a, vec_set1(0.3275911f), one);
    vec q = vec_set1(1.061405429f);
    q = vec_fma(q, t, vec_set1(-1.453152027f));
    q = vec_fma(q, t, vec_set1(1.421413741f));
    q = vec_fma(q, t, vec_set1(-0.284496736f));
    q = vec_fma(q, t, vec_set1(0.254829592f));
    vec e = s;
    act_exp(&e, -1, 1);
    const vec large = one - q * t * e;
    return vec_if_greater(a, one, vec_if_greater(zero, x, zero - large, large), p * x);
}

static inline __attribute__((always_inline)) vec map_apply(vec x, int32_t f, vec a, vec b) {
    switch (f) {
    case MAP_SQRT: return vec_sqrt(x);
    case MAP_EXP: return map_exp(x);
    case MAP_ERF: return map_erf(x);
    case MAP_ABS: return vec_abs(x);
    case MAP_NEG: return -x;
    case MAP_RECIPROCAL: return vec_set1(1.0f) / x;
    default: act_apply(&x, f, a, b, 1); return x;
    }
}

TW_INLINE void map_row_of(const tw_op_args *args, char *d, const char *x, int64_t n, int32_t f) {
    const int64_t sd = args->stride[0][args->rank - 1], sx = args->stride[1][args->rank - 1];
    const vec a = vec_set1(args->a), b = vec_set1(args->b);
    if (sd != 4 || sx != 4) {
        for (int64_t i = 0; i < n; i += VL)
            op_scatter(d + i * sd, sd, op_min(VL, n - i),
                       map_apply(op_gather(x + i * sx, sx, op_min(VL, n - i)), f, a, b));
        return;
    }
    const float *from = (const float *)x;
    float *to = (float *)d;
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
        vec_store(to + i, map_apply(vec_load(from + i), f, a, b));
    if (i < n) op_store(to + i, n - i, map_apply(op_load(from + i, n - i), f, a, b));
}

#define MAP_FUNCTIONS(X)                                                                           \
    X(TW_CLIP) X(TW_LEAKY_RELU) X(TW_SIGMOID) X(TW_HARD_SIGMOID) X(TW_SILU) X(TW_HARD_SWISH)       \
    X(TW_GELU) X(TW_TANH) X(MAP_SQRT) X(MAP_EXP) X(MAP_ERF) X(MAP_ABS) X(MAP_NEG) X(MAP_RECIPROCAL)

#define MAP_ROWS(f)                                                                                 \
    static void map_rows_##f(const tw_op_args *args, char *d, const char *a, const char *b,        \
                             int64_t n, int64_t rows) {                                             \
        (void)b;                                                                                   \
        for (; rows > 0; rows--, d += op_row_step(args, 0), a += op_row_step(args, 1))             \
            map_row_of(args, d, a, n, f);                                                          \
    }
MAP_FUNCTIONS(MAP_ROWS)
MAP_ROWS(TW_NONE)
#undef MAP_ROWS

static void map_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    switch (args->function) {
#define MAP_CASE(f)                                                                                \
    case f: op_walk(args, from, to, map_rows_##f); break;
        MAP_FUNCTIONS(MAP_CASE)
#undef MAP_CASE
    default: op_walk(args, from, to, map_rows_TW_NONE); break;
    }
}

static int64_t map_bind(tw_op_args *args) {
    args->units = op_elements(args);
    return args->function >= TW_SIGMOID && args->function <= TW_TANH ? 16 : 8;
}
