/* Rotated: up to 24 accumulators, the inputs of a tap and a factor. Spread: 14 + 3
 * factors + 1 input, or 8x2 + 6 + 1. */
#include "vec_avx512.h"

#include <stdint.h>

typedef __m512i vec_moves;
static inline vec_moves load_moves(const int32_t *moves) { return _mm512_loadu_si512(moves); }
static inline vec vec_move(vec x, vec_moves moves) { return _mm512_permutexvar_ps(moves, x); }
#define KEEP(x) __asm__("" : "+v"(x))

#define UNITS(X) X(1, 14) X(2, 8) X(3, 7) X(4, 4) X(5, 3) X(6, 3) X(7, 2) X(8, 2)
#define ROTATED_MR {14, 8, 7, 4, 3, 3, 2, 2}
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
