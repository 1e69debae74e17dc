/* As dots_avx512.c with vectors of 8. */
#include "kernel.h"
#include "vec_avx2.h"

#define DOTS_KERNEL tw_kernel_dots_avx2
#include "dots_tile.h"
