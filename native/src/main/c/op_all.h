/* Every family for one instruction set: op_<isa>.c includes its vec_*.h, then this. */
#include <stddef.h>
#include <string.h>

#include "activation.h"
#include "kernel.h"
#include "ops.h"

#include "op_walk.h"

#include "op_lanes.h"
#include "op_pixels.h"

#include "op_binary.h"
#include "op_copy.h"
#include "op_gather.h"
#include "op_gridsample.h"
#include "op_layernorm.h"
#include "op_localnorm.h"
#include "op_map.h"
#include "op_matmul.h"
#include "op_nearest.h"
#include "op_pool.h"
#include "op_reduce.h"
#include "op_resize.h"
#include "op_roialign.h"
#include "op_runs.h"
#include "op_softmax.h"

#include "op_attention.h"
#include "op_chain.h"

extern const tw_op OP_TABLE[];
const tw_op OP_TABLE[] = {
#define OP_ROW(name) {name##_bind, name##_run},
    TW_FOR_EACH_OP(OP_ROW)
#undef OP_ROW
};
