/* 12 accumulators, with 3 factors and an input, of 16 ymm. */
#include "vec_avx2.h"

#include <stdint.h>

typedef __m256i vec_moves;
static inline vec_moves load_moves(const int32_t *moves) {
    return _mm256_loadu_si256((const __m256i *)moves);
}
static inline vec vec_move(vec x, vec_moves moves) { return _mm256_permutevar8x32_ps(x, moves); }
#define KEEP(x) __asm__("" : "+x"(x))

#define UNITS(X) X(1, 12) X(2, 6) X(3, 4) X(4, 3)
#define ROTATED_MR {12, 6, 4, 3}
#define MAX_UNIT 4
#define SPREAD_1(X, ...)                                                                           \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__)                        \
    X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__)                        \
    X(9, __VA_ARGS__) X(10, __VA_ARGS__) X(11, __VA_ARGS__) X(12, __VA_ARGS__)
#define SPREAD_MR {12, 0}
#define SPREAD_VECTORS 1
#define GROUPED_KERNEL tw_kernel_grouped_avx2
#define GROUPED_LAYOUT "grouped8"
#include "grouped_tile.h"
