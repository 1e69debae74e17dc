/* 8x8: 16 accumulators + 8 source vectors of four steps + filter vectors, of 32. */
#include "kernel.h"
#include "vec_neon.h"

#define WINOGRAD_MR 8
#define WINOGRAD_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define WINOGRAD_ISA neon
#include "winograd_tile.h"
