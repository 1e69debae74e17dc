/* Winograd's matrices: what transforms a filter, and how that rounds. See winograd.h. */
#include "winograd.h"

#include <math.h>
#include <string.h>

static const double POINTS[4][4] = WINOGRAD_POINTS;

/* Coefficients, constant first, of the product of (t - x) over the points 0, p, -p, .. of n products,
 * but one. */
static void vanishing(int32_t n, int32_t but, double *c) {
    memset(c, 0, WINOGRAD_MAX_PRODUCTS * sizeof *c);
    c[0] = 1;
    for (int32_t l = 0; l < n - 1; l++) {
        const double x = l == 0 ? 0 : POINTS[n / 2 - 2][(l - 1) / 2] * (l % 2 ? 1 : -1);
        for (int32_t i = n - 1; l != but && i >= 0; i--)
            c[i] = (i > 0 ? c[i - 1] : 0) - x * c[i];
    }
}

/* Row j of G for r taps; the last is that of infinity. */
static void filter_row(int32_t n, int32_t r, int32_t j, double *row) {
    memset(row, 0, (size_t)r * sizeof *row);
    if (n == 1 || j == n - 1) {
        row[r - 1] = 1;
        return;
    }
    const double x = j == 0 ? 0 : POINTS[n / 2 - 2][(j - 1) / 2] * (j % 2 ? 1 : -1);
    double c[WINOGRAD_MAX_PRODUCTS], scale = 0, power = 1;
    vanishing(n, j, c);
    for (int32_t i = n - 1; i >= 0; i--)
        scale = scale * x + c[i];
    for (int32_t k = 0; k < r; k++, power *= x)
        row[k] = power / scale;
}

static double squares(int32_t n, const double *x) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

/* How much larger the terms are that are summed than those of the direct sum, in one dimension
 * (docs/numerics.md): the root of the largest over i of sum over j A_ij^2 |G_j|^2 |B_j|^2 / r. */
static double growth(int32_t n, int32_t r) {
    double worst = 1;
    for (int32_t i = 0; n > 1 && i <= n - r; i++) {
        double sum = 0;
        for (int32_t j = 0; j < n; j++) {
            const double x = j == 0 || j == n - 1 ? 0 : POINTS[n / 2 - 2][(j - 1) / 2];
            double a = j == n - 1 ? i == n - r : 1;
            double g[WINOGRAD_MAX_PRODUCTS], b[WINOGRAD_MAX_PRODUCTS];
            for (int32_t power = 0; j < n - 1 && power < i; power++)
                a *= x;
            filter_row(n, r, j, g);
            vanishing(n, j, b);
            sum += a * a * squares(r, g) * squares(n, b);
        }
        if (i == 0 || sum / r > worst) worst = sum / r;
    }
    return sqrt(worst);
}

void winograd_rounding(int32_t m, const tw_problem *p, double *rounding) {
    const int32_t high = p->kernel_height == 1 ? 1 : m, wide = p->kernel_width == 1 ? 1 : m;
    rounding[0] = growth(high + p->kernel_height - 1, p->kernel_height) *
                  growth(wide + p->kernel_width - 1, p->kernel_width);
    /* Of all phases: outputs of one tile lie in one such block. */
    rounding[1] = high * (high == 1 ? 1 : p->dilation_height);
    rounding[2] = wide * (wide == 1 ? 1 : p->dilation_width);
}

void winograd_matrices(winograd_filters *f) {
    for (int32_t j = 0; j < f->n_high; j++)
        filter_row(f->n_high, f->high, j, f->down[j]);
    for (int32_t j = 0; j < f->n_wide; j++)
        filter_row(f->n_wide, f->wide, j, f->along[j]);
}
