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
