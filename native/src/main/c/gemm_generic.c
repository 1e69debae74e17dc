/* Six rows by two vectors of 4: 12 accumulators + 2 filter vectors + 1 broadcast fit the 16 vector
 * registers of SSE2 and the 32 of NEON. */
#include "kernel.h"
#include "vec_generic.h"

#define GEMM_MR 6
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define GEMM_KERNEL tw_kernel_gemm_generic
#define GEMM_LAYOUT "gemm8"
#include "gemm_tile.h"
