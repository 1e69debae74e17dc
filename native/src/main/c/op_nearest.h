/* An image of which every place is one of the source. Loops: planes, rows, columns, elements of a
 * place, all of dst; strides of planes, rows and places. extra: columns of src. table: for every row
 * of dst the one of src, an int32, likewise for every column, and VL more. A unit is a row of dst.
 * Neighbouring rows that are the same are stored together. */

/* Whether vectors along a row are picked from one vector of src each; written by bind. */
#define NEAREST_PICKED 1

/* Where the vector of src starts that column x of dst and the next ones are picked from. */
static inline int32_t nearest_base(const int32_t *column, int64_t width) {
    return (int32_t)op_max(0, op_min(column[0], width - VL));
}

/* The columns from x on of rows of adjacent places of one element. */
TW_INLINE void nearest_vector(char *d, int64_t row, const float *a, const int32_t *column, int64_t n,
                              int64_t width, const int64_t same) {
    const int32_t base = nearest_base(column, width);
    const vec picked = vec_pick(op_load(a + base, width), column, base);
    for (int64_t r = 0; r < same; r++)
        op_store((float *)(d + r * row), n, picked);
}

/* Whole vectors; the last overlaps the one before. */
TW_INLINE void nearest_pick(char *d, int64_t row, const float *a, const int32_t *columns, int64_t n,
                            int64_t width, const int64_t same) {
    for (int64_t x = 0; x < n - VL; x += VL)
        nearest_vector(d + 4 * x, row, a, columns + x, VL, width, same);
    nearest_vector(d + 4 * (n - VL), row, a, columns + n - VL, VL, width, same);
}

/* 128 planes of 28x28 doubled, us (Zen 5, AVX-512): 28, and 33 if neither the number of rows nor that
 * they are whole vectors is known before the loop. */
static void nearest_picked(const tw_op_args *args, char *d, const float *a, const int32_t *columns,
                           int64_t same) {
    const int64_t n = args->size[2], width = args->extra[0], row = args->stride[0][1];
    if (n < VL)
        nearest_vector(d, row, a, columns, n, width, same);
    else if (width < VL)
        nearest_pick(d, row, a, columns, n, width, same);
    else if (same == 2)
        nearest_pick(d, row, a, columns, n, width, 2);
    else
        nearest_pick(d, row, a, columns, n, width, same);
}

static void nearest_each(const tw_op_args *args, char *d, const char *a, const int32_t *columns,
                         int64_t same) {
    for (int64_t x = 0; x < args->size[2]; x++)
        for (int64_t r = 0; r < same; r++)
            memcpy(d + r * args->stride[0][1] + x * args->stride[0][2],
                   a + columns[x] * args->stride[1][2], 4);
}

/* Columns that are the same are stored together, too. */
static void nearest_places(const tw_op_args *args, char *d, const char *a, const int32_t *columns,
                           int64_t same) {
    const int64_t n = args->size[2], elements = args->size[3];
    const int64_t row = args->stride[0][1], place = args->stride[0][2];
    for (int64_t x = 0, next; x < n; x = next) {
        const float *from = (const float *)(a + columns[x] * args->stride[1][2]);
        for (next = x + 1; next < n && columns[next] == columns[x];)
            next++;
        for (int64_t e = 0; e < elements; e += VL) {
            const vec values = op_load(from + e, elements - e);
            for (int64_t r = 0; r < same; r++)
                for (int64_t i = x; i < next; i++)
                    op_store((float *)(d + r * row + i * place) + e, elements - e, values);
        }
    }
}

static void nearest_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int64_t height = args->size[1];
    const int32_t *rows = args->table, *columns = rows + height;
    const char *plane = args->in[0] + from / height * args->stride[1][0];
    char *d = args->dst + from * args->stride[0][1];
    int64_t y = from % height;
    for (int64_t left = to - from, same; left > 0; left -= same) {
        for (same = 1; same < left && y + same < height && rows[y + same] == rows[y];)
            same++;
        const char *a = plane + rows[y] * args->stride[1][1];
        if (args->extra[NEAREST_PICKED])
            nearest_picked(args, d, (const float *)a, columns, same);
        else if (args->size[3] == 1)
            nearest_each(args, d, a, columns, same);
        else
            nearest_places(args, d, a, columns, same);
        d += same * args->stride[0][1];
        y += same;
        if (y < height) continue;
        y = 0;
        plane += args->stride[1][0];
    }
}

/* Not if a vector's columns lie farther apart, as in an image that shrinks. */
static int nearest_is_picked(const tw_op_args *args) {
    const int64_t n = args->size[2];
    const int32_t *columns = (const int32_t *)args->table + args->size[1];
    if (args->size[3] != 1 || args->stride[0][2] != 4 || args->stride[1][2] != 4) return 0;
    for (int64_t at = 0; at < n; at += VL) {
        const int64_t x = op_max(0, op_min(at, n - VL));
        const int32_t base = nearest_base(columns + x, args->extra[0]);
        for (int64_t i = x; i < op_min(n, x + VL); i++)
            if (columns[i] < base || columns[i] >= base + VL) return 0;
    }
    return 1;
}

static int64_t nearest_bind(tw_op_args *args) {
    args->units = args->size[0] * args->size[1];
    args->extra[NEAREST_PICKED] = nearest_is_picked(args);
    return 8 * args->size[2] * args->size[3];
}
