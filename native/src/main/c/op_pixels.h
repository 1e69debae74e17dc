/* Weighted sums of pixels, each a run of channels. */

/* d = sum of w[i] * p[i], i < n; at least one. */
TW_INLINE void pixels_blend(float *d, const float *const *p, const float *w, const int n,
                            int64_t channels) {
    int64_t c = 0;
    for (; c + VL <= channels; c += VL) {
        vec sum = vec_load(p[0] + c) * vec_set1(w[0]);
        for (int i = 1; i < n; i++)
            sum = vec_fma(vec_load(p[i] + c), vec_set1(w[i]), sum);
        vec_store(d + c, sum);
    }
    if (c == channels) return;
    const vec_mask rest = vec_first((int)(channels - c));
    vec sum = vec_load_mask(p[0] + c, rest) * vec_set1(w[0]);
    for (int i = 1; i < n; i++)
        sum = vec_fma(vec_load_mask(p[i] + c, rest), vec_set1(w[i]), sum);
    vec_store_mask(d + c, rest, sum);
}

static void pixels_sum(float *d, const float *const *p, const float *w, int n, int64_t channels) {
    switch (n) {
    case 0: memset(d, 0, (size_t)channels * sizeof *d); break;
    case 1: pixels_blend(d, p, w, 1, channels); break;
    case 2: pixels_blend(d, p, w, 2, channels); break;
    case 4: pixels_blend(d, p, w, 4, channels); break;
    default: pixels_blend(d, p, w, n, channels); break;
    }
}

/* Channels that go through all pixels together. */
#define PIXELS_VECTORS 4

TW_INLINE vec pixels_joined(vec so_far, vec pixel, vec weight, const int largest) {
    return largest ? vec_max(so_far, pixel * weight) : vec_fma(pixel, weight, so_far);
}

/* The vectors from channel c on; the last of them may end with channel `channels`. */
TW_INLINE void pixels_block(float *d, const float *const *p, const float *w, int n, int64_t c,
                            int64_t channels, int more, const int vectors, const int largest) {
    vec joined[PIXELS_VECTORS];
    for (int v = 0; v < vectors; v++)
        joined[v] = more ? op_load(d + c + v * VL, channels - c - v * VL) : vec_start(largest);
    for (int i = 0; i < n; i++)
        for (int v = 0; v < vectors; v++)
            joined[v] = pixels_joined(joined[v], op_load(p[i] + c + v * VL, channels - c - v * VL),
                                      vec_set1(w[i]), largest);
    for (int v = 0; v < vectors; v++)
        op_store(d + c + v * VL, channels - c - v * VL, joined[v]);
}

TW_INLINE void pixels_join(float *d, const float *const *p, const float *w, int n,
                           int64_t channels, int more, const int largest) {
    int64_t c = 0;
    for (; c + PIXELS_VECTORS * VL <= channels; c += PIXELS_VECTORS * VL)
        pixels_block(d, p, w, n, c, c + PIXELS_VECTORS * VL, more, PIXELS_VECTORS, largest);
    for (; c < channels; c += VL)
        pixels_block(d, p, w, n, c, channels, more, 1, largest);
}

/* d = (more ? d : 0) + sum of w[i] * p[i], i < n, of any number. */
static void pixels_add(float *d, const float *const *p, const float *w, int n, int64_t channels,
                       int more) {
    pixels_join(d, p, w, n, channels, more, 0);
}

/* d = the largest of w[i] * p[i] and, if more, d; NaN wins. */
static void pixels_largest(float *d, const float *const *p, const float *w, int n,
                           int64_t channels, int more) {
    pixels_join(d, p, w, n, channels, more, 1);
}
