/* 14 pairs by 32: as gemm_avx512.c. Not all sizes: a tile function is 20 KB. */
#include "vec_avx512.h"

#define STRASSEN_MR 14
#define STRASSEN_ROWS(X) X(4) X(7) X(10) X(12) X(13) X(14)
#define STRASSEN_KERNEL tw_kernel_strassen_avx512
#define STRASSEN_LAYOUT "strassen32"
#include "strassen_tile.h"
