/* 6x16: 12 accumulators + 2 filter vectors + 1 broadcast = 15 of 16 ymm. */
#include "vec_avx2.h"

#define GEMM_MR 6
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define GEMM_KERNEL tw_kernel_gemm_avx2
#define GEMM_LAYOUT "gemm16"
#include "gemm_tile.h"
