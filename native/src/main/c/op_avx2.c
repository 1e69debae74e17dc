#include <stdint.h>

#include "vec_avx2.h"

#define OP_TABLE tw_ops_avx2
#include "op_all.h"
