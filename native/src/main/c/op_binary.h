/* Arithmetic of two tensors; a repeated loop has stride 0. A unit is an element. */
enum { BINARY_ADD, BINARY_SUB, BINARY_MUL, BINARY_DIV, BINARY_MIN, BINARY_MAX };

static inline __attribute__((always_inline)) vec binary_apply(vec a, vec b, int32_t f) {
    switch (f) {
    case BINARY_ADD: return a + b;
    case BINARY_SUB: return a - b;
    case BINARY_MUL: return a * b;
    case BINARY_DIV: return a / b;
    case BINARY_MIN: return vec_min(a, b);
    default: return vec_max(a, b);
    }
}

/* ka, kb: 1, or 0 for an operand that is one value. */
static inline __attribute__((always_inline)) void
binary_dense(float *d, const float *a, const float *b, int64_t n, int ka, int kb, int32_t f) {
    const vec va = vec_set1(*a), vb = vec_set1(*b);
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
        vec_store(d + i, binary_apply(ka ? vec_load(a + i) : va, kb ? vec_load(b + i) : vb, f));
    if (i < n)
        op_store(d + i, n - i,
                 binary_apply(ka ? op_load(a + i, n - i) : va, kb ? op_load(b + i, n - i) : vb, f));
}

TW_INLINE void binary_rows_of(const tw_op_args *args, char *d, const char *a, const char *b, int64_t n,
                              int64_t rows, int32_t f) {
    const int32_t last = args->rank - 1;
    const int64_t sd = args->stride[0][last], sa = args->stride[1][last], sb = args->stride[2][last];
    const int64_t rd = op_row_step(args, 0), ra = op_row_step(args, 1), rb = op_row_step(args, 2);
#define BINARY_DENSE(ka, kb)                                                                       \
    for (; rows > 0; rows--, d += rd, a += ra, b += rb)                                            \
    binary_dense((float *)d, (const float *)a, (const float *)b, n, ka, kb, f)
    if (sd == 4 && sa == 4 && sb == 4)
        BINARY_DENSE(1, 1);
    else if (sd == 4 && sa == 4 && sb == 0)
        BINARY_DENSE(1, 0);
    else if (sd == 4 && sa == 0 && sb == 4)
        BINARY_DENSE(0, 1);
#undef BINARY_DENSE
    for (; rows > 0; rows--, d += rd, a += ra, b += rb)
        for (int64_t i = 0, m; i < n; i += VL) {
            m = op_min(VL, n - i);
            op_scatter(d + i * sd, sd, m,
                       binary_apply(op_gather(a + i * sa, sa, m), op_gather(b + i * sb, sb, m), f));
        }
}

#define BINARY_ROWS(f)                                                                             \
    static void rows_##f(const tw_op_args *args, char *d, const char *a, const char *b, int64_t n,  \
                         int64_t rows) {                                                           \
        binary_rows_of(args, d, a, b, n, rows, f);                                                 \
    }
BINARY_ROWS(BINARY_ADD)
BINARY_ROWS(BINARY_SUB)
BINARY_ROWS(BINARY_MUL)
BINARY_ROWS(BINARY_DIV)
BINARY_ROWS(BINARY_MIN)
BINARY_ROWS(BINARY_MAX)
#undef BINARY_ROWS

static op_rows *binary_rows(int32_t f) {
    op_rows *const rows[] = {rows_BINARY_ADD, rows_BINARY_SUB, rows_BINARY_MUL,
                             rows_BINARY_DIV, rows_BINARY_MIN, rows_BINARY_MAX};
    return rows[f];
}

/* Rows shorter than this are written as one long row of at most so many values. */
enum { BINARY_SHORT = 32, BINARY_REPEATED = 2048 };

/* Rows too short for a loop of vectors: every row meets the same vector, or each a value of its own. */
typedef enum { BINARY_LONG, BINARY_SAME_VECTOR, BINARY_A_VALUE_EACH } binary_kind;

/* operand: 1 or 2, the one with the vector or the values; the other tensors are dense. */
static binary_kind binary_kind_of(const tw_op_args *args, int *operand) {
    const int64_t n = args->size[1];
    if (args->rank != 2 || n >= BINARY_SHORT || args->stride[0][1] != 4 || args->stride[0][0] != 4 * n)
        return BINARY_LONG;
    for (*operand = 1; *operand <= 2; ++*operand) {
        const int64_t *dense = args->stride[3 - *operand], *other = args->stride[*operand];
        if (dense[1] != 4 || dense[0] != 4 * n) continue;
        if (other[1] == 4 && other[0] == 0) return BINARY_SAME_VECTOR;
        if (other[1] == 0 && other[0] == 4 && n <= VL) return BINARY_A_VALUE_EACH;
    }
    return BINARY_LONG;
}

/* Writes each value n times, count floats in all and at most VL - 1 more. there: values that may be read. */
static void binary_repeat(const float *values, int64_t there, int64_t n, int64_t count, float *to) {
    if (VL % n != 0) { /* each store is over the end of the one before */
        for (int64_t row = 0; row * n < count; row++)
            vec_store(to + row * n, vec_set1(values[row]));
        return;
    }
    int32_t lane[VL];
    for (int32_t i = 0; i < VL; i++)
        lane[i] = i / (int32_t)n;
    for (int64_t i = 0; i < count; i += VL)
        vec_store(to + i, vec_pick(op_load(values + i / n, there - i / n), lane, 0));
}

static void binary_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    op_rows *rows = binary_rows(args->function);
    int operand;
    const binary_kind kind = binary_kind_of(args, &operand);
    if (kind == BINARY_LONG) {
        op_walk(args, from, to, rows);
        return;
    }
    tw_op_args one = *args; /* of a long row: all three are dense */
    one.stride[operand][1] = 4;
    const float *values = (const float *)args->in[operand - 1];
    const int64_t n = args->size[1], skip = from % n;
    float repeated[BINARY_REPEATED + VL]; /* from the start of a row on */
    const int64_t at_once = BINARY_REPEATED / n, all = op_min(at_once, (to - from + skip + n - 1) / n);
    if (kind == BINARY_SAME_VECTOR)
        for (int64_t row = 0; row < all; row++)
            for (int64_t c = 0; c < n; c++)
                repeated[row * n + c] = values[c];
    for (int64_t at = skip, count; from < to; from += count, at = 0) {
        count = op_min(at_once * n - at, to - from);
        if (kind == BINARY_A_VALUE_EACH)
            binary_repeat(values + from / n, args->size[0] - from / n, n, at + count, repeated);
        const char *other = args->in[2 - operand] + 4 * from, *row = (const char *)(repeated + at);
        rows(&one, args->dst + 4 * from, operand == 1 ? row : other, operand == 1 ? other : row, count,
             1);
    }
}

static int64_t binary_bind(tw_op_args *args) {
    args->units = op_elements(args);
    return 12;
}
