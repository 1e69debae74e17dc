#include <stdint.h>

#include "vec_generic.h"

#define OP_TABLE tw_ops_generic
#include "op_all.h"
