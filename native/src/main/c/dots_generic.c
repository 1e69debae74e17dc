/* As dots_avx512.c with vectors of 4. */
#include "kernel.h"
#include "vec_generic.h"

#define DOTS_KERNEL tw_kernel_dots_generic
#include "dots_tile.h"
