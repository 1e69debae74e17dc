/* Largest value or mean under a window. Loops: images, rows, columns, channels of dst; strides are
 * those of a pixel, at loop 2. extra as below. A unit is a row of dst. */
enum { POOL_MAX, POOL_AVERAGE };

enum {
    POOL_HEIGHT, POOL_WIDTH, POOL_KERNEL_H, POOL_KERNEL_W, POOL_STRIDE_H, POOL_STRIDE_W,
    POOL_DILATION_H, POOL_DILATION_W, POOL_TOP, POOL_LEFT, POOL_BOTTOM, POOL_RIGHT, POOL_COUNT_PAD
};

/* One axis of one window: taps from `first` to `end` lie in the image, `cells` count. */
typedef struct {
    int64_t first, end, at, cells;
} pool_span;

static pool_span pool_axis(int64_t out, int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                           int64_t before, int64_t after, int64_t count_pad) {
    const int64_t at = out * stride - before;
    pool_span s = {0, 0, at, 0};
    while (s.first < kernel && at + s.first * dilation < 0)
        s.first++;
    s.end = s.first;
    while (s.end < kernel && at + s.end * dilation < in)
        s.end++;
    s.cells = s.end - s.first;
    if (count_pad) /* nothing lies before the padding */
        for (s.cells = s.end; s.cells < kernel && at + s.cells * dilation < in + after;)
            s.cells++;
    return s;
}

/* Joins to x `count` rows of `vectors` vectors, `step` bytes apart; the vector of one has `rest` lanes. */
TW_INLINE void pool_join(vec *x, const char *from, int64_t step, int64_t count, const int vectors,
                         int64_t rest, const int max) {
    for (int64_t i = 0; i < count; i++) {
        const float *p = (const float *)(from + i * step);
        TW_UNROLL for (int j = 0; j < vectors; j++) x[j] =
            vec_join(x[j], vectors == 1 ? op_load(p, rest) : vec_load(p + j * VL), max);
    }
}

/* Channels of `vectors` vectors, all whole but the last if that has `rest` of them. */
TW_INLINE void pool_channels(float *d, const char *a, int64_t line, int64_t pixel, int64_t height,
                             int64_t width, const int vectors, int64_t rest, const int max,
                             float cells) {
    vec x[4];
    TW_UNROLL for (int j = 0; j < vectors; j++) x[j] = vec_start(max);
    for (int64_t h = 0; h < height; h++)
        pool_join(x, a + h * line, pixel, width, vectors, rest, max);
    TW_UNROLL for (int j = 0; j < vectors; j++)
        op_store(d + j * VL, vectors == 1 ? rest : VL, vec_finish(x[j], max, cells));
}

/* Four vectors at a time: each waits for its own maximum before. */
TW_INLINE void pool_pixel(float *d, const char *a, int64_t line, int64_t pixel, int64_t height,
                          int64_t width, int64_t channels, const int max, float cells) {
    int64_t c = 0;
    for (; c + 4 * VL <= channels; c += 4 * VL)
        pool_channels(d + c, a + 4 * c, line, pixel, height, width, 4, VL, max, cells);
    for (; c + 2 * VL <= channels; c += 2 * VL)
        pool_channels(d + c, a + 4 * c, line, pixel, height, width, 2, VL, max, cells);
    for (; c < channels; c += VL)
        pool_channels(d + c, a + 4 * c, line, pixel, height, width, 1, channels - c, max, cells);
}

/* Most columns of a result whose windows are taken in two steps, and columns of an image that are joined at a
 * time: what they come to stays in L1 (3x3 of 100x100x64: 289 us, all columns at once 345). */
#define POOL_COLUMNS 384
#define POOL_JOINED 64

/* A column of a result. */
typedef struct {
    int32_t at, taps, cells;
} pool_column;

/* The rows of an image under the windows of a row of dst, a unit. */
typedef struct {
    const char *at; /* the first one's first pixel */
    int64_t height, cells;
} pool_rows;

static pool_rows pool_rows_of(const tw_op_args *args, int64_t unit) {
    const int64_t *e = args->extra;
    const pool_span y = pool_axis(unit % args->size[1], e[POOL_HEIGHT], e[POOL_KERNEL_H], e[POOL_STRIDE_H],
                                  e[POOL_DILATION_H], e[POOL_TOP], e[POOL_BOTTOM], e[POOL_COUNT_PAD]);
    const int64_t height = y.end - y.first, down = height ? y.at + y.first * e[POOL_DILATION_H] : 0;
    const int64_t line = args->stride[1][2] * e[POOL_WIDTH];
    return (pool_rows){args->in[0] + (unit / args->size[1] * e[POOL_HEIGHT] + down) * line, height, y.cells};
}

static void pool_columns(const tw_op_args *args, int64_t first, int64_t end, pool_column *columns) {
    const int64_t *e = args->extra;
    for (int64_t column = first; column < end; column++) {
        const pool_span x = pool_axis(column, e[POOL_WIDTH], e[POOL_KERNEL_W], e[POOL_STRIDE_W],
                                      e[POOL_DILATION_W], e[POOL_LEFT], e[POOL_RIGHT], e[POOL_COUNT_PAD]);
        const int64_t taps = x.end - x.first, at = taps ? x.at + x.first * e[POOL_DILATION_W] : 0;
        *columns++ = (pool_column){(int32_t)at, (int32_t)taps, (int32_t)x.cells};
    }
}

/* Whether windows are three columns wide, of which the next window has two, too: of nine values under a 3x3 window
 * three are joined anew. Where the next one has one column (stride 2) it was 10 to 15 % slower (Zen 5). */
static int pool_slides(const tw_op_args *args) {
    const int64_t *e = args->extra;
    return args->size[2] <= POOL_COLUMNS && e[POOL_KERNEL_W] == 3 && e[POOL_DILATION_W] == 1 &&
           e[POOL_STRIDE_W] == 1;
}

/* Whether it takes less than half the accesses to join the rows under all windows of a row of dst first, then
 * the columns under each: from 5x5 of stride 1 on (13x13x512: 29 us, 49 in one step). */
static int pool_separable(const tw_op_args *args) {
    const int64_t *e = args->extra, columns = args->size[2];
    const int64_t reach = (e[POOL_KERNEL_W] - 1) * e[POOL_DILATION_W] + 1;
    return columns <= POOL_COLUMNS && op_min(reach, e[POOL_WIDTH]) <= POOL_JOINED &&
           2 * (e[POOL_WIDTH] * (e[POOL_KERNEL_H] + 1) + columns * e[POOL_KERNEL_W]) <
               columns * e[POOL_KERNEL_H] * e[POOL_KERNEL_W];
}

/* The column of src behind the last under the window. */
static int32_t pool_end(const tw_op_args *args, pool_column column) {
    const int32_t dilation = (int32_t)args->extra[POOL_DILATION_W];
    return column.taps ? column.at + (column.taps - 1) * dilation + 1 : column.at;
}

/* The rows under one column of a window, which may be padding. */
TW_INLINE void pool_under(vec *x, const char *a, int64_t line, int64_t height, int64_t column, int64_t pixel,
                          int64_t width, const int vectors, int64_t rest, const int max) {
    TW_UNROLL for (int j = 0; j < vectors; j++) x[j] = vec_start(max);
    if (column >= 0 && column < width) pool_join(x, a + column * pixel, line, height, vectors, rest, max);
}

/* A row of dst, as many channels as `vectors` vectors have, of windows that slide: what is under a column stays in
 * registers until no window has it any more. a: where the rows under the windows begin. */
TW_INLINE void pool_slide_of(const tw_op_args *args, char *d, const char *a, int64_t line, const pool_rows *rows,
                             const pool_column *columns, const int vectors, int64_t rest, const int max) {
    const int64_t pixel = args->stride[1][2], width = args->extra[POOL_WIDTH], left = -args->extra[POOL_LEFT];
    vec x[3][4];
    pool_under(x[1], a, line, rows->height, left, pixel, width, vectors, rest, max);
    pool_under(x[2], a, line, rows->height, left + 1, pixel, width, vectors, rest, max);
    for (int64_t w = 0; w < args->size[2]; w++) {
        TW_UNROLL for (int i = 0; i < 2; i++)
            TW_UNROLL for (int j = 0; j < vectors; j++) x[i][j] = x[i + 1][j];
        pool_under(x[2], a, line, rows->height, left + w + 2, pixel, width, vectors, rest, max);
        float *y = (float *)(d + w * args->stride[0][2]);
        const float cells = (float)(rows->cells * columns[w].cells);
        TW_UNROLL for (int j = 0; j < vectors; j++) {
            const vec all = vec_join(vec_join(x[0][j], x[1][j], max), x[2][j], max);
            op_store(y + j * VL, vectors == 1 ? rest : VL, vec_finish(all, max, cells));
        }
    }
}

/* The same of other windows, in two steps. */
TW_INLINE void pool_line_of(const tw_op_args *args, char *d, const char *a, int64_t line, const pool_rows *rows,
                            const pool_column *columns, const int vectors, int64_t rest, const int max) {
    const int64_t pixel = args->stride[1][2], step = 4 * VL * vectors;
    float joined[POOL_JOINED * 4 * VL];
    vec x[4];
    for (int64_t from = 0, to; from < args->size[2]; from = to) {
        const int32_t first = columns[from].at;
        int32_t end = first;
        for (to = from; to < args->size[2] && pool_end(args, columns[to]) - first <= POOL_JOINED; to++)
            end = (int32_t)op_max(end, pool_end(args, columns[to])); /* a window over padding alone ends at 0 */
        for (int32_t w = first; w < end; w++) {
            TW_UNROLL for (int j = 0; j < vectors; j++) x[j] = vec_start(max);
            pool_join(x, a + w * pixel, line, rows->height, vectors, rest, max);
            TW_UNROLL for (int j = 0; j < vectors; j++)
                vec_store(joined + ((w - first) * vectors + j) * VL, x[j]);
        }
        for (int64_t w = from; w < to; w++) {
            float *y = (float *)(d + w * args->stride[0][2]);
            const float cells = (float)(rows->cells * columns[w].cells);
            TW_UNROLL for (int j = 0; j < vectors; j++) x[j] = vec_start(max);
            pool_join(x, (const char *)joined + (columns[w].at - first) * step,
                      args->extra[POOL_DILATION_W] * step, columns[w].taps, vectors, VL, max);
            TW_UNROLL for (int j = 0; j < vectors; j++)
                op_store(y + j * VL, vectors == 1 ? rest : VL, vec_finish(x[j], max, cells));
        }
    }
}

/* Rows of dst, some channels of all of them before the next: the rows of an image that two rows of windows have in
 * common are still in L1 then. */
TW_INLINE void pool_by_lines(const tw_op_args *args, int64_t from, int64_t to, const int max, const int slides) {
    const int64_t channels = args->size[3], row = args->size[2] * args->stride[0][2];
    const int64_t line = args->stride[1][2] * args->extra[POOL_WIDTH] * args->extra[POOL_DILATION_H];
    pool_column columns[POOL_COLUMNS];
    pool_columns(args, 0, args->size[2], columns);
    int64_t c = 0;
#define POOL_BLOCKS(vectors, rest)                                                                 \
    for (; c + (vectors == 1 ? 1 : vectors * VL) <= channels; c += vectors * VL)                   \
        for (int64_t unit = from; unit < to; unit++) {                                             \
            const pool_rows y = pool_rows_of(args, unit);                                          \
            char *d = args->dst + unit * row + 4 * c;                                              \
            if (slides)                                                                            \
                pool_slide_of(args, d, y.at + 4 * c, line, &y, columns, vectors, rest, max);       \
            else                                                                                   \
                pool_line_of(args, d, y.at + 4 * c, line, &y, columns, vectors, rest, max);        \
        }
    POOL_BLOCKS(4, VL)
    POOL_BLOCKS(2, VL)
    POOL_BLOCKS(1, channels - c)
#undef POOL_BLOCKS
}

/* Window by window. */
TW_INLINE void pool_by_windows(const tw_op_args *args, int64_t from, int64_t to, const int max) {
    const int64_t *e = args->extra, pixel = args->stride[1][2], line = pixel * e[POOL_WIDTH];
    const int64_t down = line * e[POOL_DILATION_H], along = pixel * e[POOL_DILATION_W];
    pool_column columns[POOL_COLUMNS];
    for (int64_t first = 0, end; first < args->size[2]; first = end) {
        end = op_min(args->size[2], first + POOL_COLUMNS);
        pool_columns(args, first, end, columns);
        for (int64_t unit = from; unit < to; unit++) {
            const pool_rows y = pool_rows_of(args, unit);
            char *d = args->dst + (unit * args->size[2] + first) * args->stride[0][2];
            for (int64_t i = 0; i < end - first; i++, d += args->stride[0][2])
                pool_pixel((float *)d, y.at + columns[i].at * pixel, down, along, y.height, columns[i].taps,
                           args->size[3], max, (float)(y.cells * columns[i].cells));
        }
    }
}

static void pool_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int largest = args->function == POOL_MAX;
    if (pool_slides(args) && largest)
        pool_by_lines(args, from, to, 1, 1);
    else if (pool_slides(args))
        pool_by_lines(args, from, to, 0, 1);
    else if (pool_separable(args) && largest)
        pool_by_lines(args, from, to, 1, 0);
    else if (pool_separable(args))
        pool_by_lines(args, from, to, 0, 0);
    else if (largest)
        pool_by_windows(args, from, to, 1);
    else
        pool_by_windows(args, from, to, 0);
}

static int64_t pool_bind(tw_op_args *args) {
    args->units = args->size[0] * args->size[1];
    return 4 * args->size[2] * args->size[3] *
           (1 + args->extra[POOL_KERNEL_H] * args->extra[POOL_KERNEL_W]);
}
