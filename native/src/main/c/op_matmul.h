/* [.., M, K] x [.., K, N]. Loops: up to five of batches, then M, K, N. The strides of a row stand at M
 * for dst and a, at K for b. A unit is a band of rows of a result by a panel of its columns.
 *
 * A tile is MATMUL_MR rows by two vectors, and fewer where they end. It reads the columns of b where
 * they lie: from L2, if the tile before has left them there. Where b's rows are so far apart that they
 * share few sets of L2, a piece of a panel is packed on the stack, and from the second piece on a tile
 * adds to what is in dst. While tiles run, the next piece is fetched: its rows lie in as many pages,
 * and no hardware would. (197x768x3072: 59 % of the FMA peak as it lies, 89 packed; 197x768x768: 97 as
 * it lies, 86 packed. Zen 5, 2026-11-23.) */

/* 6x2: 12 sums + 2 vectors of b + 1 of a = 15 of 16 registers, and more than the 8 sums that two FMA
 * units of latency 4 want. */
#define MATMUL_MR 6

#define MATMUL_NR (2 * VL)

/* Floats of a packed piece: 24 KB. */
#define MATMUL_PIECE (6 << 10)

/* Least rows that packing pays for, and least that share a panel if it is cut: it is then at most 3 %
 * of the work. */
#define MATMUL_SHARE 24
#define MATMUL_BAND 96

/* Panels of all results that are enough for any number of threads without cutting rows. */
#define MATMUL_PLENTY 64

/* A way of L2 as CPUs have had it since 2015, and all of it. */
#define MATMUL_WAY (64 << 10)
#define MATMUL_L2 (1 << 20)

/* How one problem is cut. */
typedef struct {
    int32_t batches; /* loops of them */
    int packed;
    int64_t m, k, n, panels, bands, pieces;
    int64_t ds, as, bs; /* bytes from row to row */
} matmul_cut;

static matmul_cut matmul_cut_of(const tw_op_args *args) {
    const int32_t batches = args->rank - 3;
    matmul_cut c = {.batches = batches,
                    .m = args->size[batches],
                    .k = args->size[batches + 1],
                    .n = args->size[batches + 2],
                    .ds = args->stride[0][batches],
                    .as = args->stride[1][batches],
                    .bs = args->stride[2][batches + 1]};
    c.panels = (c.n + MATMUL_NR - 1) / MATMUL_NR;
    int64_t panels = c.panels;
    for (int32_t i = 0; i < batches; i++)
        panels *= args->size[i];
    c.bands = panels >= MATMUL_PLENTY ? 1 : op_max(1, c.m / MATMUL_BAND);
    /* Rows of b fill at most every span-th byte of a way. */
    int64_t span = MATMUL_WAY;
    while (c.bs % span != 0)
        span /= 2;
    c.packed = c.m >= MATMUL_SHARE && c.k * op_max(span, 4 * MATMUL_NR) > MATMUL_L2;
    c.pieces = c.packed ? (c.k * MATMUL_NR + MATMUL_PIECE - 1) / MATMUL_PIECE : 1;
    return c;
}

static void matmul_pack(float *to, const char *b, int64_t bs, int64_t rows, int64_t columns) {
    if (columns == MATMUL_NR)
        for (int64_t i = 0; i < rows; i++, b += bs, to += MATMUL_NR) {
            vec_store(to, vec_load((const float *)b));
            vec_store(to + VL, vec_load((const float *)b + VL));
        }
    else
        for (int64_t i = 0; i < rows; i++, b += bs, to += MATMUL_NR) {
            vec_store(to, op_load((const float *)b, columns));
            if (columns > VL) vec_store(to + VL, op_load((const float *)b + VL, columns - VL));
        }
}

static void matmul_fetch(const char *b, int64_t bs, int64_t rows) {
    for (; rows > 0; rows--, b += bs)
        for (int line = 0; line < 4 * MATMUL_NR; line += 64)
            __builtin_prefetch(b + line);
}

/* rows, whole and more are constants. more: add to dst. */
TW_INLINE void matmul_tile(char *d, int64_t ds, const char *a, int64_t as, const char *b, int64_t bs,
                           int64_t k, int64_t n, const int rows, const int whole, const int more) {
    const vec_mask m0 = vec_first((int)op_min(n, VL)), m1 = vec_first((int)(n - VL));
    vec sum[MATMUL_MR][2];
    TW_UNROLL for (int r = 0; r < rows; r++) {
        const float *p = (const float *)(d + r * ds);
        sum[r][0] = !more ? vec_set1(0.0f) : whole ? vec_load(p) : vec_load_mask(p, m0);
        sum[r][1] = !more || (!whole && n <= VL) ? vec_set1(0.0f)
                    : whole                      ? vec_load(p + VL)
                                                 : vec_load_mask(p + VL, m1);
    }
    for (int64_t i = 0; i < k; i++, b += bs, a += 4) {
        const float *p = (const float *)b;
        const vec x = whole ? vec_load(p) : vec_load_mask(p, m0);
        const vec y = whole ? vec_load(p + VL) : n > VL ? vec_load_mask(p + VL, m1) : x;
        TW_UNROLL for (int r = 0; r < rows; r++) {
            const vec v = vec_set1(*(const float *)(a + r * as));
            sum[r][0] = vec_fma(v, x, sum[r][0]);
            sum[r][1] = vec_fma(v, y, sum[r][1]);
        }
    }
    TW_UNROLL for (int r = 0; r < rows; r++) {
        float *to = (float *)(d + r * ds);
        if (whole) {
            vec_store(to, sum[r][0]);
            vec_store(to + VL, sum[r][1]);
        } else {
            vec_store_mask(to, m0, sum[r][0]);
            if (n > VL) vec_store_mask(to + VL, m1, sum[r][1]);
        }
    }
}

typedef void matmul_rows(char *d, int64_t ds, const char *a, int64_t as, const char *b, int64_t bs,
                         int64_t k, int64_t n, int more);

#define MATMUL_ROWS(R)                                                                             \
    static void matmul_rows_##R(char *d, int64_t ds, const char *a, int64_t as, const char *b,     \
                                int64_t bs, int64_t k, int64_t n, int more) {                      \
        if (n == MATMUL_NR && !more)                                                               \
            matmul_tile(d, ds, a, as, b, bs, k, n, R, 1, 0);                                       \
        else if (n == MATMUL_NR)                                                                   \
            matmul_tile(d, ds, a, as, b, bs, k, n, R, 1, 1);                                       \
        else if (!more)                                                                            \
            matmul_tile(d, ds, a, as, b, bs, k, n, R, 0, 0);                                       \
        else                                                                                       \
            matmul_tile(d, ds, a, as, b, bs, k, n, R, 0, 1);                                       \
    }
MATMUL_ROWS(1)
MATMUL_ROWS(2)
MATMUL_ROWS(3)
MATMUL_ROWS(4)
MATMUL_ROWS(5)
MATMUL_ROWS(6)
#undef MATMUL_ROWS

static matmul_rows *const MATMUL_TILES[] = {matmul_rows_1, matmul_rows_2, matmul_rows_3,
                                            matmul_rows_4, matmul_rows_5, matmul_rows_6};

/* `columns` of a band. next: the panel after this, or NULL. */
static void matmul_panel(const matmul_cut *c, char *d, const char *a, const char *b, const char *next,
                         int64_t rows, int64_t columns) {
    const int64_t tiles = (rows + MATMUL_MR - 1) / MATMUL_MR;
    float piece[MATMUL_PIECE];
    for (int64_t i = 0; i < c->pieces; i++) {
        const int64_t from = c->k * i / c->pieces, to = c->k * (i + 1) / c->pieces;
        const char *following = i + 1 < c->pieces ? b + to * c->bs : next;
        const int64_t fetched = c->packed && following ? c->k / c->pieces : 0;
        if (c->packed) matmul_pack(piece, b + from * c->bs, c->bs, to - from, columns);
        for (int64_t j = 0; j < tiles; j++) {
            const int64_t row = rows * j / tiles, f = fetched * j / tiles;
            if (fetched) matmul_fetch(following + f * c->bs, c->bs, fetched * (j + 1) / tiles - f);
            MATMUL_TILES[rows * (j + 1) / tiles - row - 1](
                d + row * c->ds, c->ds, a + row * c->as + 4 * from, c->as,
                c->packed ? (const char *)piece : b, c->packed ? 4 * MATMUL_NR : c->bs, to - from,
                columns, i > 0);
        }
    }
}

static void matmul_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const matmul_cut c = matmul_cut_of(args);
    const int64_t matrix = c.bands * c.panels;
    op_place p = op_place_at(args, c.batches, from / matrix);
    for (int64_t unit = from; unit < to; unit++) {
        const int64_t band = unit % matrix / c.panels, panel = unit % c.panels;
        const int64_t row = c.m * band / c.bands, column = panel * MATMUL_NR;
        const char *b = p.b + 4 * column;
        matmul_panel(&c, p.d + row * c.ds + 4 * column, p.a + row * c.as, b,
                     panel + 1 < c.panels ? b + 4 * MATMUL_NR : NULL, c.m * (band + 1) / c.bands - row,
                     op_min(MATMUL_NR, c.n - column));
        if (unit % matrix == matrix - 1) op_next(args, &p, 1);
    }
}

static int64_t matmul_bind(tw_op_args *args) {
    const matmul_cut c = matmul_cut_of(args);
    args->units = c.bands * c.panels;
    for (int32_t i = 0; i < c.batches; i++)
        args->units *= args->size[i];
    /* 20 multiply-adds take as long as moving 4 bytes. */
    return c.m / c.bands * op_min(MATMUL_NR, c.n) * (4 + c.k / 5) + 8 * c.k * op_min(MATMUL_NR, c.n);
}
