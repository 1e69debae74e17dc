/* 14x32: 28 accumulators + 2 filter vectors + 1 broadcast = 31 of 32 zmm; rows are one register and
 * constants apart. */
#include "vec_avx512.h"

#define WINOGRAD_MR 14
#define WINOGRAD_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define WINOGRAD_ISA avx512
#include "winograd_tile.h"
