#include <stdint.h>

#include "vec_avx512.h"

#define OP_TABLE tw_ops_avx512
#include "op_all.h"
