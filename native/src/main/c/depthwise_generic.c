/* Four channels a vector, on whatever the compiler targets. */
#include <string.h>

#include "kernel.h"
#include "vec_generic.h"

#define DEPTHWISE_KERNEL tw_kernel_depthwise_generic
#define DEPTHWISE_LAYOUT "depthwise4"
#define TILE_ROWS 1
#include "depthwise_tile.h"
