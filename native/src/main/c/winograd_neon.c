/* 12x8: 24 accumulators + 2 filter vectors + 1 broadcast. */
#include "kernel.h"
#include "vec_neon.h"

#define WINOGRAD_MR 12
#define WINOGRAD_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#define WINOGRAD_ISA neon
#include "winograd_tile.h"
