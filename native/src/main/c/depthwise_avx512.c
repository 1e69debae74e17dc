/* Sixteen channels a vector; the last vector of a pixel is masked. */
#include <string.h>

#include "kernel.h"
#include "vec_avx512.h"

#define DEPTHWISE_KERNEL tw_kernel_depthwise_avx512
#define DEPTHWISE_LAYOUT "depthwise16"
#define TILE_ROWS 2
#include "depthwise_tile.h"
