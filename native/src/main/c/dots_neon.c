/* As dots_avx512.c with vectors of 4. */
#include "kernel.h"
#include "vec_neon.h"

#define DOTS_KERNEL tw_kernel_dots_neon
#include "dots_tile.h"
