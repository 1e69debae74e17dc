/* As grouped_avx2.c with vectors of 4, on whatever the compiler targets. */
#include "kernel.h"
#include "vec_generic.h"

typedef vec_int vec_moves;
static inline vec_moves load_moves(const int32_t *moves) {
    return (vec_moves){moves[0], moves[1], moves[2], moves[3]};
}
static inline vec vec_move(vec x, vec_moves moves) {
    return (vec){x[moves[0]], x[moves[1]], x[moves[2]], x[moves[3]]};
}
#define KEEP(x)

#define UNITS(X) X(1, 12) X(2, 6) X(3, 4) X(4, 3)
#define ROTATED_MR {12, 6, 4, 3}
#define MAX_UNIT 4
#define SPREAD_1(X, ...)                                                                           \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__)                        \
    X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__)                        \
    X(9, __VA_ARGS__) X(10, __VA_ARGS__) X(11, __VA_ARGS__) X(12, __VA_ARGS__)
#define SPREAD_MR {12, 0}
#define SPREAD_VECTORS 1
#define GROUPED_KERNEL tw_kernel_grouped_generic
#define GROUPED_LAYOUT "grouped4"
#include "grouped_tile.h"
