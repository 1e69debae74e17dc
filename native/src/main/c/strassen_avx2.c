/* 6 pairs by 16: 12 accumulators + 2 filter vectors + 1 broadcast = 15 of 16 ymm. */
#include "vec_avx2.h"

#define STRASSEN_MR 6
#define STRASSEN_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define STRASSEN_KERNEL tw_kernel_strassen_avx2
#define STRASSEN_LAYOUT "strassen16"
#include "strassen_tile.h"
