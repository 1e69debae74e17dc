/* Eight channels a vector; 8 accumulators, 3 filter and 2 source vectors of 16 ymm. */
#include <string.h>

#include "kernel.h"
#include "vec_avx2.h"

#define DEPTHWISE_KERNEL tw_kernel_depthwise_avx2
#define DEPTHWISE_LAYOUT "depthwise8"
#define TILE_ROWS 1
#include "depthwise_tile.h"
