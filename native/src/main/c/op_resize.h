/* Loops: images, rows, columns, channels of dst; strides are those of a pixel, at loop 2. extra:
 * height and width of the source. table: for every row, then for every column of dst {low, high,
 * weight of high}. A unit is a row of dst. */
typedef struct {
    int32_t low, high;
    float weight;
} resize_tap;

/* A sample counts only where it has weight: it may be infinite. */
static void resize_pixel(float *d, const char *top, const char *bottom, float down,
                         const resize_tap *x, int64_t pixel, int64_t channels) {
    const float *p[4], weights[4] = {(1 - down) * (1 - x->weight), (1 - down) * x->weight,
                                     down * (1 - x->weight), down * x->weight};
    float w[4];
    int taps = 0;
    for (int i = 0; i < 4; i++)
        if (weights[i] != 0) {
            p[taps] = (const float *)((i < 2 ? top : bottom) + (i % 2 ? x->high : x->low) * pixel);
            w[taps++] = weights[i];
        }
    pixels_sum(d, p, w, taps, channels);
}

static void resize_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const resize_tap *rows = args->table, *columns = rows + args->size[1];
    const int64_t pixel = args->stride[1][2], line = pixel * args->extra[1];
    for (int64_t unit = from; unit < to; unit++) {
        const resize_tap *y = rows + unit % args->size[1];
        const char *image = args->in[0] + unit / args->size[1] * args->extra[0] * line;
        const char *top = image + y->low * line, *bottom = image + y->high * line;
        for (int64_t x = 0; x < args->size[2]; x++)
            resize_pixel((float *)(args->dst + (unit * args->size[2] + x) * args->stride[0][2]), top,
                         bottom, y->weight, columns + x, pixel, args->size[3]);
    }
}

static int64_t resize_bind(tw_op_args *args) {
    args->units = args->size[0] * args->size[1];
    return 12 * args->size[2] * args->size[3];
}
