/* G g G^T of 3x3 filters, a vector of output channels at a time. Included by winograd_filter.h once
 * for each type that it is computed in, with
 *   SQUARE_NAME(f)      name of function f
 *   SQUARE_VEC          vector of VL values
 *   SQUARE_SCALAR       its values' type
 *   SQUARE_LOAD(x, p)   *x from VL floats
 *   SQUARE_STORE(p, x)  back
 *
 * Rows of G for p and -p differ in the signs of their odd columns: what they have in common is
 * computed once. */

/* y = G x, n of y and r of x. */
TW_INLINE void SQUARE_NAME(values)(int n, int r, const SQUARE_VEC *x, SQUARE_VEC *y) {
    double all = 1; /* product of -p^2 */
    TW_UNROLL for (int k = 0; k < n / 2 - 1; k++) {
        const double square = FILTER_POINTS[n / 2 - 2][k] * FILTER_POINTS[n / 2 - 2][k];
        all *= -square;
        double scale = 2 * square;
        TW_UNROLL for (int l = 0; l < n / 2 - 1; l++) {
            const double other = FILTER_POINTS[n / 2 - 2][l] * FILTER_POINTS[n / 2 - 2][l];
            if (l != k) scale *= square - other;
        }
        double power = 1 / scale;
        SQUARE_VEC sums[2] = {x[0] * (SQUARE_SCALAR)power};
        TW_UNROLL for (int i = 1; i < r; i++) {
            power *= FILTER_POINTS[n / 2 - 2][k];
            sums[i % 2] = i == 1 ? x[i] * (SQUARE_SCALAR)power
                                 : x[i] * (SQUARE_SCALAR)power + sums[i % 2];
        }
        y[2 * k + 1] = sums[0] + sums[1];
        y[2 * k + 2] = sums[0] - sums[1];
    }
    y[0] = x[0] * (SQUARE_SCALAR)(1 / all);
    y[n - 1] = x[r - 1];
}

/* All products of one channel of n x n for r x r taps, both constants; g: [r * r][VL]. */
TW_INLINE void SQUARE_NAME(square)(int n, int r, const float *g, float *dst, ptrdiff_t plane) {
    SQUARE_VEC rows[WINOGRAD_MAX_PLANES], x[WINOGRAD_MAX_PRODUCTS], y[WINOGRAD_MAX_PRODUCTS];
    for (int j = 0; j < r; j++) {
        TW_UNROLL for (int i = 0; i < r; i++) SQUARE_LOAD(x + i, g + (i * r + j) * VL);
        SQUARE_NAME(values)(n, r, x, y);
        TW_UNROLL for (int i = 0; i < n; i++) rows[i * r + j] = y[i];
    }
    for (int i = 0; i < n; i++) {
        SQUARE_NAME(values)(n, r, rows + i * r, y);
        TW_UNROLL for (int j = 0; j < n; j++, dst += plane) SQUARE_STORE(dst, y + j);
    }
}

#undef SQUARE_NAME
#undef SQUARE_VEC
#undef SQUARE_SCALAR
#undef SQUARE_LOAD
#undef SQUARE_STORE
