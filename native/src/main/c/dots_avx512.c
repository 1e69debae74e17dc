/* Sixteen lanes: 16 sums become one vector of results. */
#include "kernel.h"
#include "vec_avx512.h"

#define DOTS_KERNEL tw_kernel_dots_avx512
#include "dots_tile.h"
