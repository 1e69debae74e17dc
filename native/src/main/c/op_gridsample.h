/* An image read at the points (x, y) of in[1], from -1 to 1 inside it. Loops: images, points of each,
 * channels; the strides at loop 1 are those of a pixel of dst, a pixel of src and a point. function:
 * taps along each side: 1, the nearest, 2, linear, or 4, cubic. extra: height, width, what is read
 * outside, whether -1 and 1 are the centres of the outermost pixels and not their edges. A unit is a
 * point. Positions and weights are computed in double. */
enum { GRIDSAMPLE_ZEROS, GRIDSAMPLE_BORDER, GRIDSAMPLE_REFLECTION };

#define GRIDSAMPLE_TAPS 4

/* Pixels along one side that count, and their weights. */
typedef struct {
    int count;
    int64_t at[GRIDSAMPLE_TAPS];
    double weight[GRIDSAMPLE_TAPS];
} gridsample_side;

/* The pixel that stands for position i of a line, or -1. */
static int64_t gridsample_inside(int64_t i, int64_t size, int64_t outside, int64_t corners) {
    if (i >= 0 && i < size) return i;
    if (outside == GRIDSAMPLE_ZEROS) return -1;
    if (outside == GRIDSAMPLE_BORDER) return i < 0 ? 0 : size - 1;
    /* Mirrors stand at the centres of the outermost pixels, which are not repeated, or at edges. */
    const int64_t period = corners ? op_max(1, 2 * (size - 1)) : 2 * size;
    const int64_t at = (i % period + period) % period;
    return op_min(at, period - (corners ? 0 : 1) - at);
}

/* Of a pixel d away. Cubic: Keys 1981, eq. 4. */
static double gridsample_weight(int32_t taps, double d) {
    const double a = -0.75;
    if (taps == 1) return 1;
    if (taps == 2) return 1 - d;
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

/* NaN has weights of NaN, or is pixel 0. A pixel counts only where it has weight: it may be infinite. */
static gridsample_side gridsample_find(const tw_op_args *args, double normal, int64_t size) {
    const int32_t taps = args->function;
    const int64_t corners = args->extra[3];
    double x = (corners ? (normal + 1) * (double)(size - 1) : (normal + 1) * (double)size - 1) / 2;
    x = x > 1e9 ? 1e9 : x < -1e9 ? -1e9 : x;
    const double first = taps == 1 ? __builtin_rint(x) : __builtin_floor(x) - (taps / 2 - 1);
    const int64_t whole = first == first ? (int64_t)first : 0;
    gridsample_side side = {.count = 0};
    for (int32_t i = 0; i < taps; i++) {
        const int64_t at = gridsample_inside(whole + i, size, args->extra[2], corners);
        const double weight = gridsample_weight(taps, __builtin_fabs(x - first - i));
        if (at < 0 || weight == 0) continue;
        side.at[side.count] = at;
        side.weight[side.count++] = weight;
    }
    return side;
}

static void gridsample_point(const tw_op_args *args, float *d, const char *image, const float *point) {
    const int64_t pixel = args->stride[1][1], width = args->extra[1];
    const gridsample_side rows = gridsample_find(args, point[1], args->extra[0]);
    const gridsample_side columns = gridsample_find(args, point[0], width);
    const float *pixels[GRIDSAMPLE_TAPS * GRIDSAMPLE_TAPS];
    float weights[GRIDSAMPLE_TAPS * GRIDSAMPLE_TAPS];
    int count = 0;
    for (int i = 0; i < rows.count; i++)
        for (int j = 0; j < columns.count; j++) {
            weights[count] = (float)(rows.weight[i] * columns.weight[j]);
            if (weights[count] == 0) continue;
            pixels[count++] = (const float *)(image + (rows.at[i] * width + columns.at[j]) * pixel);
        }
    pixels_sum(d, pixels, weights, count, args->size[2]);
}

static void gridsample_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    const int64_t image = args->stride[1][1] * args->extra[0] * args->extra[1];
    for (int64_t i = from; i < to; i++)
        gridsample_point(args, (float *)(args->dst + i * args->stride[0][1]),
                         args->in[0] + i / args->size[1] * image,
                         (const float *)(args->in[1] + i * args->stride[2][1]));
}

/* Finding a point's pixels takes as long as moving this many bytes. */
#define GRIDSAMPLE_FINDING 512

static int64_t gridsample_bind(tw_op_args *args) {
    args->units = args->size[0] * args->size[1];
    return GRIDSAMPLE_FINDING + 4 * args->size[2] * (1 + args->function * args->function);
}
