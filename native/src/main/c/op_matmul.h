/* [.., M, K] x [.., K, N]. Loops: up to five of batches, then M, K, N. The strides of a row stand at M
 * for dst and a, at K for b. A unit is MATMUL_ROWS rows of a result. */
#define MATMUL_ROWS 6

static inline __attribute__((always_inline)) void
matmul_tile(char *d, int64_t ds, const char *a, int64_t as, const char *b, int64_t bs, int64_t k,
            int64_t n, int rows, int whole) {
    vec sum[MATMUL_ROWS][2];
    for (int r = 0; r < rows; r++)
        sum[r][0] = sum[r][1] = vec_set1(0.0f);
    const vec_mask m0 = vec_first((int)op_min(n, VL)), m1 = vec_first((int)op_max(0, op_min(n - VL, VL)));
    for (int64_t i = 0; i < k; i++, b += bs) {
        const float *p = (const float *)b;
        const vec x = whole ? vec_load(p) : vec_load_mask(p, m0);
        const vec y = whole ? vec_load(p + VL) : n > VL ? vec_load_mask(p + VL, m1) : vec_set1(0.0f);
        for (int r = 0; r < rows; r++) {
            const vec v = vec_set1(((const float *)(a + r * as))[i]);
            sum[r][0] = vec_fma(v, x, sum[r][0]);
            sum[r][1] = vec_fma(v, y, sum[r][1]);
        }
    }
    for (int r = 0; r < rows; r++) {
        float *to = (float *)(d + r * ds);
        op_store(to, n, sum[r][0]);
        if (n > VL) op_store(to + VL, n - VL, sum[r][1]);
    }
}

static void matmul_rows(char *d, int64_t ds, const char *a, int64_t as, const char *b, int64_t bs,
                        int64_t k, int64_t n, int64_t rows) {
    for (int64_t j = 0; j < n; j += 2 * VL) {
        char *to = d + 4 * j;
        const char *right = b + 4 * j;
        const int64_t left = n - j;
        int64_t r = 0;
        if (rows == MATMUL_ROWS && left >= 2 * VL) {
            matmul_tile(to, ds, a, as, right, bs, k, 2 * VL, MATMUL_ROWS, 1);
            continue;
        }
        if (rows == MATMUL_ROWS) {
            matmul_tile(to, ds, a, as, right, bs, k, left, MATMUL_ROWS, 0);
            continue;
        }
        for (; r + 2 <= rows; r += 2)
            matmul_tile(to + r * ds, ds, a + r * as, as, right, bs, k, op_min(left, 2 * VL), 2, 0);
        if (r < rows)
            matmul_tile(to + r * ds, ds, a + r * as, as, right, bs, k, op_min(left, 2 * VL), 1, 0);
    }
}

static void matmul_run(const tw_op_args *args, int64_t from, int64_t to) {
    const int32_t batches = args->rank - 3;
    const int64_t m = args->size[batches], k = args->size[batches + 1], n = args->size[batches + 2];
    const int64_t blocks = (m + MATMUL_ROWS - 1) / MATMUL_ROWS;
    const int64_t ds = args->stride[0][batches], as = args->stride[1][batches];
    const int64_t bs = args->stride[2][batches + 1];
    op_place p = op_place_at(args, batches, from / blocks);
    for (int64_t unit = from; unit < to; unit++) {
        const int64_t row = unit % blocks * MATMUL_ROWS;
        matmul_rows(p.d + row * ds, ds, p.a + row * as, as, p.b, bs, k, n,
                    op_min(MATMUL_ROWS, m - row));
        if (row + MATMUL_ROWS >= m) op_next(args, &p);
    }
}

static int64_t matmul_bind(tw_op_args *args) {
    const int32_t batches = args->rank - 3;
    int64_t units = (args->size[batches] + MATMUL_ROWS - 1) / MATMUL_ROWS;
    for (int32_t i = 0; i < batches; i++)
        units *= args->size[i];
    args->units = units;
    /* 20 multiply-adds take as long as moving 4 bytes. */
    return op_min(args->size[batches], MATMUL_ROWS) * args->size[batches + 2] *
           (4 + args->size[batches + 1] / 5);
}
