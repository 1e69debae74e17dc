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

static inline __attribute__((always_inline)) void
pool_pixel(float *d, const char *a, int64_t line, int64_t pixel, int64_t height, int64_t width,
           int64_t channels, int max, float cells) {
    const vec start = vec_start(max);
    int64_t c = 0;
    for (; c + 2 * VL <= channels; c += 2 * VL) {
        vec x = start, y = start;
        for (int64_t h = 0; h < height; h++)
            for (int64_t w = 0; w < width; w++) {
                const float *p = (const float *)(a + h * line + w * pixel) + c;
                x = vec_join(x, vec_load(p), max);
                y = vec_join(y, vec_load(p + VL), max);
            }
        vec_store(d + c, vec_finish(x, max, cells));
        vec_store(d + c + VL, vec_finish(y, max, cells));
    }
    for (; c < channels; c += VL) {
        vec x = start;
        for (int64_t h = 0; h < height; h++)
            for (int64_t w = 0; w < width; w++) {
                const vec v = op_load((const float *)(a + h * line + w * pixel) + c, channels - c);
                x = vec_join(x, v, max);
            }
        op_store(d + c, channels - c, vec_finish(x, max, cells));
    }
}

static void pool_run(const tw_op_args *args, int64_t from, int64_t to) {
    const int64_t *e = args->extra;
    const int64_t pixel = args->stride[1][2], line = pixel * e[POOL_WIDTH];
    for (int64_t unit = from; unit < to; unit++) {
        const pool_span y =
            pool_axis(unit % args->size[1], e[POOL_HEIGHT], e[POOL_KERNEL_H], e[POOL_STRIDE_H],
                      e[POOL_DILATION_H], e[POOL_TOP], e[POOL_BOTTOM], e[POOL_COUNT_PAD]);
        const char *image = args->in[0] + unit / args->size[1] * e[POOL_HEIGHT] * line;
        for (int64_t column = 0; column < args->size[2]; column++) {
            const pool_span x =
                pool_axis(column, e[POOL_WIDTH], e[POOL_KERNEL_W], e[POOL_STRIDE_W],
                          e[POOL_DILATION_W], e[POOL_LEFT], e[POOL_RIGHT], e[POOL_COUNT_PAD]);
            const int64_t down = y.at + y.first * e[POOL_DILATION_H];
            const int64_t right = x.at + x.first * e[POOL_DILATION_W];
            const int64_t height = y.end - y.first, width = x.end - x.first;
            const char *a = height && width ? image + down * line + right * pixel : image;
            float *d = (float *)(args->dst + (unit * args->size[2] + column) * args->stride[0][2]);
            if (args->function == POOL_MAX)
                pool_pixel(d, a, line * e[POOL_DILATION_H], pixel * e[POOL_DILATION_W], height, width,
                           args->size[3], 1, 1);
            else
                pool_pixel(d, a, line * e[POOL_DILATION_H], pixel * e[POOL_DILATION_W], height, width,
                           args->size[3], 0, (float)(y.cells * x.cells));
        }
    }
}

static int64_t pool_bind(tw_op_args *args) {
    args->units = args->size[0] * args->size[1];
    return 4 * args->size[2] * args->size[3] *
           (1 + args->extra[POOL_KERNEL_H] * args->extra[POOL_KERNEL_W]);
}
