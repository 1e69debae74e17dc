/* softmax(q k^T * a + bias) v in every head of every image. size: images, heads, queries, keys, columns
 * of a head of q and k, columns of a head of v, images of the bias. stride: of an image, a head, a row,
 * of dst and of q and k; rows are columns of floats. table: v; extra: its strides, then the address of
 * the bias or 0 and its strides for an image, a head, a key, a query, which is a float or 0; then the
 * queries of a block; the address of the rows of tokens [images][queries] or 0, as which they lie, and
 * how many numbers there are from one image to the next.
 *
 * Scores lie as [keys][queries]: so k is read where it lies, a softmax is over vectors of queries and
 * joins no lanes, and the factors that a tile of the second product takes from them are neighbours.
 * Transposed are the queries, a block of them once. Queries and keys that lie apart are collected first,
 * so that tiles step evenly. A unit is a block of queries of a head. Workspace: a reciprocal
 * for every query, queries [panel][column][2 * VL], scores [key][queries], values [panel][key][2 * VL],
 * what is collected [token][column]. */

enum { ATTENTION_IMAGES, ATTENTION_HEADS, ATTENTION_QUERIES, ATTENTION_KEYS, ATTENTION_DEPTH,
       ATTENTION_WIDTH, ATTENTION_BIASES };

/* 6x2: as MATMUL_MR. */
#define ATTENTION_MR 6

typedef struct {
    int64_t keys, depth, width, queries; /* queries of this block */
    int64_t pitch;                       /* floats of a row of scores: whole vectors */
    const int64_t *rows;                 /* of the image's tokens; NULL if they lie as they are counted */
    int64_t first;                       /* query of this block */
    float *turned, *scores, *values, *scales, *collected;
} attention_block;

static inline int64_t attention_row(const attention_block *t, int64_t token) {
    return t->rows ? t->rows[token] : token;
}

/* Some tokens of a head, wherever they lie, as rows that follow each other; their distance goes to step. */
static const char *attention_collect(const attention_block *t, const char *from, int64_t *step,
                                     int64_t first, int64_t count) {
    if (!t->rows) return from + first * *step;
    float *to = t->collected;
    for (int64_t i = first; i < first + count; i++, to += t->depth) {
        const float *row = (const float *)(from + t->rows[i] * *step);
        for (int64_t at = 0; at < t->depth; at += VL) {
            if (t->depth - at >= VL)
                vec_store(to + at, vec_load(row + at));
            else
                op_store(to + at, t->depth - at, op_load(row + at, t->depth - at));
        }
    }
    *step = 4 * t->depth;
    return (const char *)t->collected;
}

/* rows x vectors sums over n. a: factor i of row r is a + r * ar + i * as; b: [n][pitch] floats. */
TW_INLINE void attention_sums(vec sum[][2], const char *a, int64_t ar, int64_t as, const float *b,
                              int64_t pitch, int64_t n, const int rows, const int vectors) {
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < vectors; j++) sum[r][j] = vec_set1(0.0f);
    for (int64_t i = 0; i < n; i++, a += as, b += pitch) {
        vec x[2];
        TW_UNROLL for (int j = 0; j < vectors; j++) x[j] = vec_load(b + j * VL);
        TW_UNROLL for (int r = 0; r < rows; r++) {
            const vec v = vec_set1(*(const float *)(a + r * ar));
            TW_UNROLL for (int j = 0; j < vectors; j++) sum[r][j] = vec_fma(v, x[j], sum[r][j]);
        }
    }
}

/* Scores of some keys with a panel of queries. */
TW_INLINE void attention_score(const attention_block *t, const char *k, int64_t ks, const float *panel,
                               float *to, const int rows, const int vectors) {
    vec sum[ATTENTION_MR][2];
    attention_sums(sum, k, ks, 4, panel, 2 * VL, t->depth, rows, vectors);
    TW_UNROLL for (int r = 0; r < rows; r++)
        TW_UNROLL for (int j = 0; j < vectors; j++) vec_store(to + r * t->pitch + j * VL, sum[r][j]);
}

/* Some queries of a panel of columns. */
TW_INLINE void attention_value(const attention_block *t, int64_t query, const float *panel, char *to,
                               int64_t ds, int64_t columns, const int rows, const int vectors) {
    vec sum[ATTENTION_MR][2];
    attention_sums(sum, (const char *)(t->scores + query), 4, 4 * t->pitch, panel, 2 * VL, t->keys, rows,
                   vectors);
    TW_UNROLL for (int r = 0; r < rows; r++) {
        const vec scale = vec_set1(t->scales[query + r]);
        float *row = (float *)(to + attention_row(t, t->first + query + r) * ds);
        if (columns == vectors * VL)
            TW_UNROLL for (int j = 0; j < vectors; j++) vec_store(row + j * VL, sum[r][j] * scale);
        else
            TW_UNROLL for (int j = 0; j < vectors; j++)
                if (columns > j * VL) op_store(row + j * VL, columns - j * VL, sum[r][j] * scale);
    }
}

typedef void attention_scores(const attention_block *, const char *k, int64_t ks, const float *panel,
                              float *to);
typedef void attention_values(const attention_block *, int64_t query, const float *panel, char *to,
                              int64_t ds, int64_t columns);

#define ATTENTION_TILE(R, V)                                                                       \
    static void attention_score_##R##x##V(const attention_block *t, const char *k, int64_t ks,     \
                                          const float *panel, float *to) {                         \
        attention_score(t, k, ks, panel, to, R, V);                                                \
    }                                                                                              \
    static void attention_value_##R##x##V(const attention_block *t, int64_t query,                 \
                                          const float *panel, char *to, int64_t ds,                \
                                          int64_t columns) {                                       \
        attention_value(t, query, panel, to, ds, columns, R, V);                                   \
    }
#define ATTENTION_ALL(X, V) X(1, V) X(2, V) X(3, V) X(4, V) X(5, V) X(6, V)
ATTENTION_ALL(ATTENTION_TILE, 1)
ATTENTION_ALL(ATTENTION_TILE, 2)
#undef ATTENTION_TILE

#define ATTENTION_NAME(R, V) attention_score_##R##x##V,
static attention_scores *const ATTENTION_SCORES[2][ATTENTION_MR] = {
    {ATTENTION_ALL(ATTENTION_NAME, 1)}, {ATTENTION_ALL(ATTENTION_NAME, 2)}};
#undef ATTENTION_NAME
#define ATTENTION_NAME(R, V) attention_value_##R##x##V,
static attention_values *const ATTENTION_VALUES[2][ATTENTION_MR] = {
    {ATTENTION_ALL(ATTENTION_NAME, 1)}, {ATTENTION_ALL(ATTENTION_NAME, 2)}};
#undef ATTENTION_NAME
#undef ATTENTION_ALL

/* [queries][depth] becomes panels; what pads the last one is zero. */
static void attention_turn(const attention_block *t, const char *q, int64_t qs) {
    for (int64_t at = 0; at < t->queries; at += 2 * VL) {
        float *panel = t->turned + at * t->depth;
        const int64_t columns = op_min(2 * VL, t->queries - at);
        if (columns < 2 * VL) memset(panel, 0, (size_t)(8 * VL * t->depth));
        copy_turned((char *)panel, 8 * VL, q + at * qs, qs, t->depth, columns);
    }
}

static void attention_pack(const attention_block *t, const char *v, int64_t vs) {
    for (int64_t at = 0; at < t->width; at += 2 * VL) {
        float *to = t->values + at * t->keys;
        const int64_t columns = op_min(2 * VL, t->width - at);
        for (int64_t i = 0; i < t->keys; i++, to += 2 * VL) {
            const char *from = v + 4 * at + attention_row(t, i) * vs;
            vec_store(to, op_load((const float *)from, columns));
            if (columns > VL) vec_store(to + VL, op_load((const float *)from + VL, columns - VL));
        }
    }
}

static void attention_multiply(const attention_block *t, const char *k, int64_t ks) {
    const int64_t tiles = (t->keys + ATTENTION_MR - 1) / ATTENTION_MR;
    for (int64_t i = 0; i < tiles; i++) {
        const int64_t key = t->keys * i / tiles, rows = t->keys * (i + 1) / tiles - key;
        for (int64_t at = 0; at < t->pitch; at += 2 * VL)
            ATTENTION_SCORES[t->pitch - at > VL][rows - 1](t, k + key * ks, ks, t->turned + at * t->depth,
                                                           t->scores + key * t->pitch + at);
    }
}

/* How the bias is read. */
enum { ATTENTION_NO_BIAS, ATTENTION_OF_KEYS, ATTENTION_OF_ALL };

/* A vector of queries: scores become exponentials. n: those that exist. kind is a constant. */
TW_INLINE vec attention_softmax(const attention_block *t, float *x, const char *bias, int64_t bs, vec scale,
                                int64_t n, const int kind) {
    vec max = vec_set1(-__builtin_inff());
    float *p = x;
    for (int64_t i = 0; i < t->keys; i++, p += t->pitch, bias += bs) {
        vec s = vec_load(p);
        if (kind == ATTENTION_NO_BIAS) s = s * scale;
        if (kind == ATTENTION_OF_KEYS) s = vec_fma(s, scale, vec_set1(*(const float *)bias));
        if (kind == ATTENTION_OF_ALL) s = vec_fma(s, scale, op_load((const float *)bias, n));
        vec_store(p, s);
        max = vec_max(max, s);
    }
    vec sum = vec_set1(0.0f);
    p = x;
    for (int64_t i = 0; i < t->keys;) {
        const int64_t end = op_min(t->keys, i + SUM_BLOCK);
        vec block = vec_set1(0.0f);
        for (; i < end; i++, p += t->pitch) {
            const vec e = softmax_exp(vec_load(p) - max);
            vec_store(p, e);
            block = block + e;
        }
        sum = sum + block;
    }
    return vec_set1(1.0f) / sum;
}

static void attention_weigh(const attention_block *t, const char *bias, int64_t bs, int64_t step,
                            float factor) {
    const vec scale = vec_set1(factor);
    for (int64_t at = 0; at < t->pitch; at += VL) {
        float *x = t->scores + at;
        const char *b = bias ? bias + at * step : (const char *)x;
        const int64_t n = t->queries - at;
        vec sum;
        if (!bias)
            sum = attention_softmax(t, x, b, 0, scale, n, ATTENTION_NO_BIAS);
        else if (step == 0)
            sum = attention_softmax(t, x, b, bs, scale, n, ATTENTION_OF_KEYS);
        else if (n >= VL)
            sum = attention_softmax(t, x, b, bs, scale, VL, ATTENTION_OF_ALL);
        else
            sum = attention_softmax(t, x, b, bs, scale, n, ATTENTION_OF_ALL);
        vec_store(t->scales + at, sum);
    }
}

static void attention_add(const attention_block *t, char *d, int64_t ds) {
    const int64_t tiles = (t->queries + ATTENTION_MR - 1) / ATTENTION_MR;
    for (int64_t i = 0; i < tiles; i++) {
        const int64_t query = t->queries * i / tiles, rows = t->queries * (i + 1) / tiles - query;
        for (int64_t at = 0; at < t->width; at += 2 * VL) {
            const int64_t columns = op_min(2 * VL, t->width - at);
            ATTENTION_VALUES[columns > VL][rows - 1](t, query, t->values + at * t->keys,
                                                     d + 4 * at, ds, columns);
        }
    }
}

static void attention_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    const int64_t *size = args->size, *sd = args->stride[0], *sq = args->stride[1], *sk = args->stride[2];
    const int64_t *sv = args->extra, *sb = args->extra + 4, most = args->extra[8];
    const int64_t heads = size[ATTENTION_HEADS], queries = size[ATTENTION_QUERIES];
    const int64_t blocks = (queries + most - 1) / most;
    for (int64_t unit = from; unit < to; unit++) {
        const int64_t image = unit / blocks / heads, head = unit / blocks % heads;
        const int64_t first = unit % blocks * most;
        attention_block t = {.keys = size[ATTENTION_KEYS], .depth = size[ATTENTION_DEPTH],
                             .width = size[ATTENTION_WIDTH], .queries = op_min(most, queries - first),
                             .first = first};
        t.pitch = (t.queries + VL - 1) / VL * VL;
        const int64_t wide = (t.pitch + 2 * VL - 1) / (2 * VL) * (2 * VL);
        t.scales = (float *)workspace;
        t.turned = t.scales + wide;
        t.scores = t.turned + wide * t.depth;
        t.values = t.scores + t.keys * t.pitch;
        t.collected = t.values + t.keys * ((t.width + 2 * VL - 1) / (2 * VL) * (2 * VL));
        if (args->extra[9]) t.rows = (const int64_t *)(intptr_t)args->extra[9] + image * args->extra[10];
        int64_t step = sq[2];
        const char *q = args->in[0] + image * sq[0] + head * sq[1];
        q = attention_collect(&t, q, &step, first, t.queries);
        attention_turn(&t, q, step);
        step = sk[2];
        const char *k = args->in[1] + image * sk[0] + head * sk[1];
        k = attention_collect(&t, k, &step, 0, t.keys);
        attention_multiply(&t, k, step);
        const char *bias = (const char *)(intptr_t)args->extra[3];
        if (bias) bias += image % size[ATTENTION_BIASES] * sb[0] + head * sb[1] + first * sb[3];
        attention_weigh(&t, bias, sb[2], sb[3], args->a);
        attention_pack(&t, (const char *)args->table + image * sv[0] + head * sv[1], sv[2]);
        attention_add(&t, args->dst + image * sd[0] + head * sd[1], sd[2]);
    }
}

static int64_t attention_bind(tw_op_args *args) {
    const int64_t *size = args->size, most = args->extra[8];
    const int64_t queries = size[ATTENTION_QUERIES];
    args->units = size[ATTENTION_IMAGES] * size[ATTENTION_HEADS] * ((queries + most - 1) / most);
    /* Twenty multiply-adds take as long as moving 4 bytes, an exponential as long as 40. */
    return op_min(most, queries) * size[ATTENTION_KEYS] *
           (40 + (size[ATTENTION_DEPTH] + size[ATTENTION_WIDTH]) / 5);
}
