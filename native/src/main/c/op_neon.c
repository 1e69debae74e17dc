#include <stdint.h>

#include "vec_neon.h"

#define OP_TABLE tw_ops_neon
#include "op_all.h"
