/* The operator table: picks the instruction set, cuts units into parts. */
#include "ops.h"

#include "kernel.h"

/* About 10 us at 25 GB/s: below that, handing a part out costs more than it gains. */
#define PART_BYTES (256 << 10)

#define MOST_PARTS 4096

extern const tw_op tw_ops_generic[];
#if defined(__x86_64__)
extern const tw_op tw_ops_avx2[], tw_ops_avx512[];
#elif defined(__aarch64__)
extern const tw_op tw_ops_neon[];
#endif

static const char *const NAMES[] = {
#define NAME(name) #name,
    TW_FOR_EACH_OP(NAME)};

static const tw_op *table(int32_t level) {
#if defined(__x86_64__)
    if (level >= TW_ISA_AVX512) return tw_ops_avx512;
    if (level == TW_ISA_AVX2) return tw_ops_avx2;
#elif defined(__aarch64__)
    if (level == TW_ISA_NEON) return tw_ops_neon;
#endif
    (void)level;
    return tw_ops_generic;
}

int32_t tw_op_struct_bytes(void) { return (int32_t)sizeof(tw_op_args); }

int32_t tw_op_count(void) { return (int32_t)(sizeof NAMES / sizeof NAMES[0]); }

const char *tw_op_name(int32_t op) { return NAMES[op]; }

int32_t tw_op_bind(int64_t args) {
    tw_op_args *a = (tw_op_args *)(intptr_t)args;
    a->level = tw_isa(a->isa_limit);
    const int64_t bytes = table(a->level)[a->op].bind(a);
    const int64_t most = op_max(1, op_min(a->units, MOST_PARTS));
    a->parts = op_max(1, op_min(most, (int64_t)((double)a->units * (double)bytes / PART_BYTES)));
    return (int32_t)a->parts;
}

void tw_op_run(int64_t args, int32_t from, int32_t to, int32_t worker) {
    const tw_op_args *a = (const tw_op_args *)(intptr_t)args;
    table(a->level)[a->op].run(a, a->units * from / a->parts, a->units * to / a->parts,
                               a->workspace ? a->workspace + worker * a->workspace_stride : NULL);
}
