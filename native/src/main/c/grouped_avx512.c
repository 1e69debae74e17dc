/* Rotated: at most 24 accumulators, with the factors of a tap or the inputs of it. Spread: 14 + 3
 * factors + 1 input, or 8x2 + 6 + 1. */
#include "vec_avx512.h"

#include <stdint.h>

static inline vec vec_move(vec x, const int32_t *moves) {
    return _mm512_permutexvar_ps(_mm512_loadu_si512(moves), x);
}

#define UNITS(X) X(1, 14) X(2, 12) X(3, 8) X(4, 6) X(5, 5) X(6, 4) X(7, 3) X(8, 3)
#define ROTATED_MR {14, 12, 8, 6, 5, 4, 3, 3}
#define MAX_UNIT 8
#define SPREAD_2(X, ...)                                                                           \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__)                        \
    X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__)
#define SPREAD_1(X, ...)                                                                           \
    SPREAD_2(X, __VA_ARGS__)                                                                       \
    X(9, __VA_ARGS__) X(10, __VA_ARGS__) X(11, __VA_ARGS__) X(12, __VA_ARGS__)                     \
    X(13, __VA_ARGS__) X(14, __VA_ARGS__)
#define SPREAD_MR {14, 8}
#define SPREAD_VECTORS 2
#define GROUPED_KERNEL tw_kernel_grouped_avx512
#define GROUPED_LAYOUT "grouped16"
#include "grouped_tile.h"
