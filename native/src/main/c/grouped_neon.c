/* As grouped_avx512.c with vectors of 4: up to 24 accumulators, the inputs of a tap and a factor. */
#include "kernel.h"
#include "vec_neon.h"

/* Byte numbers for a table look-up. */
typedef uint8x16_t vec_moves;
static inline vec_moves load_moves(const int32_t *moves) {
    const uint32x4_t lanes = vreinterpretq_u32_s32(vld1q_s32(moves));
    return vreinterpretq_u8_u32(vmlaq_n_u32(vdupq_n_u32(0x03020100), lanes, 0x04040404));
}
static inline vec vec_move(vec x, vec_moves moves) {
    return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(x), moves));
}
#define KEEP(x) __asm__("" : "+w"(x))

#define UNITS(X) X(1, 14) X(2, 8) X(3, 7) X(4, 4)
#define ROTATED_MR {14, 8, 7, 4}
#define MAX_UNIT 4
#define SPREAD_2(X, ...)                                                                           \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__)                        \
    X(5, __VA_ARGS__) X(6, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__)
#define SPREAD_1(X, ...)                                                                           \
    SPREAD_2(X, __VA_ARGS__)                                                                       \
    X(9, __VA_ARGS__) X(10, __VA_ARGS__) X(11, __VA_ARGS__) X(12, __VA_ARGS__)                     \
    X(13, __VA_ARGS__) X(14, __VA_ARGS__)
#define SPREAD_MR {14, 8}
#define SPREAD_VECTORS 2
#define GROUPED_KERNEL tw_kernel_grouped_neon
#define GROUPED_LAYOUT "grouped4x2"
#include "grouped_tile.h"
