/* 8x8: 16 accumulators + 8 source vectors of four steps + 4 filter vectors = 28 of 32. A step of four
 * is 64 FMAs in 82 instructions (gcc 12; 10 rows spill). */
#include "kernel.h"
#include "vec_neon.h"

#define GEMM_MR 8
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define GEMM_KERNEL tw_kernel_gemm_neon
#define GEMM_LAYOUT "gemm8"
#include "gemm_tile.h"
