/* Families of operators, one line each: a line here, a file op_<name>.h that defines
 * `static int64_t <name>_bind(tw_op_args *)` and `static void <name>_run(const tw_op_args *, int64_t
 * from, int64_t to, char *workspace)`, and its #include in op_all.h. Java finds a family by its name. */
#ifndef TW_OPS_H
#define TW_OPS_H

#include <stddef.h>

#include "tilewright.h"

#define TW_FOR_EACH_OP(X)                                                                          \
    X(map) X(binary) X(copy) X(pool) X(reduce) X(softmax) X(resize) X(matmul) X(layernorm)         \
    X(attention) X(gather) X(runs) X(chain) X(gridsample) X(nearest) X(roialign) X(localnorm)

typedef struct {
    /* Sets `units`, the independent pieces of equal cost; returns the bytes that are read and written
     * for one, or could be in the time it takes. */
    int64_t (*bind)(tw_op_args *);
    /* Computes the units from (included) to (excluded). How a caller cuts does not change a bit.
     * workspace: the worker's. */
    void (*run)(const tw_op_args *, int64_t from, int64_t to, char *workspace);
} tw_op;

static inline int64_t op_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t op_max(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
