/* Regions of an image pooled into bins (He et al. 2017, Mask R-CNN), of bilinear samples on a grid in
 * each bin. Loops: regions, rows of bins, bins of a row, channels; strides of pixels of dst and src at
 * loop 2, of regions {x1, y1, x2, y2}, in[1], at loop 0. table: the image of each region, int64.
 * function: whether a bin is the largest product of weight and pixel, not the mean. a: scale. extra:
 * images, their height and width, samples along a side of a bin or 0 for one a pixel, whether pixels
 * have their centres at halves. A unit is a row of bins. Positions and weights are computed in double.
 *
 * What a sample weighs is a product of a factor of its row and one of its column, so the mean over a
 * bin is a sum over its pixels, each read once: factors of rows and of columns are summed up first.
 * workspace: factors of all rows, then of all columns for each bin of a row. The caller has refused
 * images that there are not, and bins of too many samples. */
enum { ROI_IMAGES, ROI_HEIGHT, ROI_WIDTH, ROI_SAMPLES, ROI_HALF };

/* Pixels that are added up in one pass over the channels; a multiple of the corners of a sample. */
#define ROI_PIXELS 64

/* Of a region, along one axis: where bin 0 starts, and the size and samples of a bin. */
typedef struct {
    double start, bin;
    int64_t samples;
} roi_side;

static roi_side roialign_side(const tw_op_args *args, double low, double high, int64_t bins) {
    const double half = args->extra[ROI_HALF] ? 0.5 : 0;
    roi_side side = {.start = low * (double)args->a - half, .samples = args->extra[ROI_SAMPLES]};
    double size = high * (double)args->a - half - side.start;
    /* Before pixels had halves, a region was at least one wide. */
    if (!args->extra[ROI_HALF] && size < 1) size = 1;
    side.bin = size / (double)bins;
    if (side.samples == 0) side.samples = side.bin > 0 ? (int64_t)__builtin_ceil(side.bin) : 0;
    return side;
}

/* NaN is 0. */
static int64_t roialign_clamp(double at, int64_t size) {
    return at >= (double)(size - 1) ? size - 1 : at > 0 ? (int64_t)at : 0;
}

/* Both neighbours of a sample and the weight of the higher one. Up to a pixel outside the image its
 * edge goes on; what is farther away does not count. */
typedef struct {
    int64_t low, high;
    double weight;
    int counts;
} roi_tap;

static roi_tap roialign_tap(const roi_side *side, double start, int64_t i, int64_t size) {
    const double at = start + ((double)i + 0.5) * side->bin / (double)side->samples;
    const int64_t low = roialign_clamp(at, size);
    const double inside = at > 0 ? at < (double)(size - 1) ? at : (double)(size - 1) : 0;
    return (roi_tap){low, op_min(low + 1, size - 1), inside - (double)low,
                     at >= -1 && at <= (double)size};
}

/* The rows, or columns, that a bin may touch: from (included) to (excluded). */
typedef struct {
    int64_t from, to;
} roi_range;

static roi_range roialign_range(const roi_side *side, int64_t bin, int64_t size) {
    const double a = side->start + (double)bin * side->bin, b = a + side->bin;
    return (roi_range){roialign_clamp(a < b ? a : b, size),
                       op_min(roialign_clamp(a < b ? b : a, size) + 2, size)};
}

/* Times `share`: what the samples of a bin take from each row or column. */
static void roialign_factors(double *factors, const roi_side *side, int64_t bin, int64_t size,
                             double share) {
    const roi_range range = roialign_range(side, bin, size);
    for (int64_t i = range.from; i < range.to; i++)
        factors[i] = 0;
    for (int64_t i = 0; i < side->samples; i++) {
        const roi_tap tap = roialign_tap(side, side->start + (double)bin * side->bin, i, size);
        if (!tap.counts) continue;
        factors[tap.low] += share * (1 - tap.weight);
        factors[tap.high] += share * tap.weight;
    }
}

/* Pixels on their way into a bin. */
typedef struct {
    const float *pixel[ROI_PIXELS];
    float weight[ROI_PIXELS];
    int count, more; /* whether d has something of the bin already */
} roi_list;

static void roialign_flush(roi_list *list, float *d, int64_t channels, int max) {
    if (max)
        pixels_largest(d, list->pixel, list->weight, list->count, channels, list->more);
    else
        pixels_add(d, list->pixel, list->weight, list->count, channels, list->more);
    list->count = 0;
    list->more = 1;
}

static void roialign_mean(const tw_op_args *args, float *d, const char *image, const double *rows,
                          roi_range down, const double *columns, roi_range across) {
    roi_list list = {.count = 0, .more = 0};
    for (int64_t y = down.from; y < down.to; y++)
        for (int64_t x = across.from; x < across.to; x++) {
            const float weight = (float)(rows[y] * columns[x]);
            if (weight == 0) continue;
            if (list.count == ROI_PIXELS) roialign_flush(&list, d, args->size[3], 0);
            list.weight[list.count] = weight;
            list.pixel[list.count++] =
                (const float *)(image + (y * args->extra[ROI_WIDTH] + x) * args->stride[1][2]);
        }
    if (list.count > 0 || !list.more) roialign_flush(&list, d, args->size[3], 0);
}

/* What does not count is a product of 0. */
static void roialign_largest(const tw_op_args *args, float *d, const char *image, const roi_side *down,
                             int64_t row, const roi_side *across, int64_t column) {
    const int64_t width = args->extra[ROI_WIDTH];
    roi_list list = {.count = 0, .more = 0};
    for (int64_t i = 0; i < down->samples; i++) {
        const roi_tap y = roialign_tap(down, down->start + (double)row * down->bin, i,
                                       args->extra[ROI_HEIGHT]);
        for (int64_t j = 0; j < across->samples; j++) {
            const roi_tap x =
                roialign_tap(across, across->start + (double)column * across->bin, j, width);
            if (list.count == ROI_PIXELS) roialign_flush(&list, d, args->size[3], 1);
            for (int corner = 0; corner < 4; corner++) {
                const double weight = (corner < 2 ? 1 - y.weight : y.weight) *
                                      (corner % 2 == 0 ? 1 - x.weight : x.weight);
                const int64_t at = (corner < 2 ? y.low : y.high) * width +
                                   (corner % 2 == 0 ? x.low : x.high);
                list.weight[list.count] = y.counts && x.counts ? (float)weight : 0;
                list.pixel[list.count++] = (const float *)(image + at * args->stride[1][2]);
            }
        }
    }
    if (list.count > 0)
        roialign_flush(&list, d, args->size[3], 1);
    else if (!list.more) /* no samples */
        pixels_add(d, list.pixel, list.weight, 0, args->size[3], 0);
}

static void roialign_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    const int64_t height = args->extra[ROI_HEIGHT], width = args->extra[ROI_WIDTH];
    const int64_t across = args->size[2], pixel = args->stride[1][2];
    double *rows = (double *)workspace, *columns = rows + height;
    roi_side y = {.samples = 0}, x = y;
    for (int64_t unit = from; unit < to; unit++) {
        const int64_t region = unit / args->size[1], row = unit % args->size[1];
        const float *box = (const float *)(args->in[1] + region * args->stride[2][0]);
        int64_t image = ((const int64_t *)args->table)[region];
        if (image < 0) image += args->extra[ROI_IMAGES];
        if (unit == from || row == 0) {
            y = roialign_side(args, box[1], box[3], args->size[1]);
            x = roialign_side(args, box[0], box[2], across);
            for (int64_t i = 0; i < across && !args->function; i++)
                roialign_factors(columns + i * width, &x, i, width, 1);
        }
        const char *src = args->in[0] + image * height * width * pixel;
        char *d = args->dst + unit * across * args->stride[0][2];
        if (!args->function)
            roialign_factors(rows, &y, row, height, 1 / (double)op_max(1, y.samples * x.samples));
        for (int64_t i = 0; i < across; i++, d += args->stride[0][2])
            if (args->function)
                roialign_largest(args, (float *)d, src, &y, row, &x, i);
            else
                roialign_mean(args, (float *)d, src, rows, roialign_range(&y, row, height),
                              columns + i * width, roialign_range(&x, i, width));
    }
}

/* A bin is mostly made of about so many pixels; finding them takes as long as moving these bytes. */
#define ROI_USUAL 9
#define ROI_FINDING 512

static int64_t roialign_bind(tw_op_args *args) {
    args->units = args->size[0] * args->size[1];
    return args->size[2] * (ROI_FINDING + 4 * args->size[3] * (1 + ROI_USUAL));
}
