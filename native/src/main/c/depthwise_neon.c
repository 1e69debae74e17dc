/* Four channels a vector; pairs of rows are 16 accumulators, 9 filter and 3 source vectors of 32. */
#include <string.h>

#include "kernel.h"
#include "vec_neon.h"

#define DEPTHWISE_KERNEL tw_kernel_depthwise_neon
#define DEPTHWISE_LAYOUT "depthwise4"
#define TILE_ROWS 2
#include "depthwise_tile.h"
