/* 14x32: 28 accumulators + 2 filter vectors + 1 broadcast = 31 of 32 zmm. Fourteen pointers to listed rows are
 * more than the free general registers; reloading some costs less than the second broadcast of 13 or 12 rows
 * would. */
#include "vec_avx512.h"

#define GEMM_MR 14
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define GEMM_KERNEL tw_kernel_gemm_avx512
#define GEMM_LAYOUT "gemm32_halves"
#include "gemm_tile.h"
