/* 6x8: 12 accumulators + 2 filter vectors + 1 broadcast. */
#include "kernel.h"
#include "vec_generic.h"

#define WINOGRAD_MR 6
#define WINOGRAD_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define WINOGRAD_ISA generic
#include "winograd_tile.h"
