/* The kernels that this CPU may run are exactly those of its instruction set and below, of the library
 * as it ships; the others refuse with their reason, none runs.
 *
 * Usage: dispatch_test none|generic|avx2|avx512|amx|neon, the highest that this CPU has. */
#include <stdio.h>
#include <string.h>

#include "tilewright.h"

static const char *const NAMES[] = {"generic", "avx2", "avx512", "amx", "neon"};

static int failed;

static void expect(int right, const char *what, const char *got) {
    if (right) return;
    printf("%s: %s\n", what, got ? got : "(none)");
    failed = 1;
}

static int32_t isa_named(const char *name) {
    for (int32_t isa = 0; isa <= TW_ISA_HIGHEST; isa++)
        if (strcmp(name, NAMES[isa]) == 0) return isa;
    return -1;
}

/* The reason for not running a kernel on this CPU, NULL if there is none. */
static const char *reason(int32_t kernel, int32_t limit) {
    const tw_problem p = {.batch = 1, .groups = 16, .in_channels = 16, .out_channels = 16,
                          .in_height = 3, .in_width = 3, .kernel_height = 3, .kernel_width = 3,
                          .stride_height = 1, .stride_width = 1, .dilation_height = 1,
                          .dilation_width = 1, .out_height = 1, .out_width = 1, .threads = 1,
                          .isa_limit = limit};
    const char *refusal = tw_refuses(kernel, (int64_t)(intptr_t)&p);
    const int about_cpu = refusal && (strstr(refusal, "this CPU") || strstr(refusal, "TILEWRIGHT_ISA"));
    return about_cpu ? refusal : NULL;
}

int main(int argc, char **argv) {
    const int32_t highest = argc > 1 ? isa_named(argv[1]) : -1;
    expect(tw_isa(TW_ISA_HIGHEST) == highest, "highest instruction set",
           highest < 0 ? "some" : NAMES[highest]);
    for (int32_t limit = 0; limit <= TW_ISA_HIGHEST; limit++)
        expect(tw_isa(limit) <= limit, "more than the limit of", NAMES[limit]);
    for (int32_t kernel = 0; kernel < tw_count(); kernel++) {
        const int32_t isa = isa_named(strrchr(tw_name(kernel), '_') + 1);
        const char *why = reason(kernel, TW_ISA_HIGHEST);
        expect(isa >= 0, "name without instruction set", tw_name(kernel));
        expect(isa <= highest ? why == NULL : why && strstr(why, "this CPU has no"), tw_name(kernel), why);
        why = reason(kernel, TW_ISA_GENERIC);
        expect(isa == TW_ISA_GENERIC || (why && strstr(why, "TILEWRIGHT_ISA")), tw_name(kernel), why);
    }
    if (highest >= 0) { /* else nothing may be called */
        const int32_t wrong = tw_self_test(TW_ISA_HIGHEST);
        expect(wrong == 0, "self-test", wrong ? tw_name(wrong - 1) : NULL);
        static const int64_t nothing[64]; /* a chain of no steps */
        for (int32_t op = 0; op < tw_op_count(); op++)
            for (int32_t limit = 0; limit <= TW_ISA_HIGHEST; limit++) {
                tw_op_args args = {.op = op, .isa_limit = limit, .rank = 4, .element_bytes = 4,
                                   .size = {1, 1, 1, 1},
                                   .table = nothing,
                                   .extra = {[8] = 1}}; /* attention: queries of a block */
                tw_op_bind((int64_t)(intptr_t)&args);
                expect(args.level <= limit && (limit < highest || args.level == highest), tw_op_name(op),
                       NAMES[args.level]);
            }
    }
    if (!failed) printf("%s: every kernel runs or refuses as it should\n", argc > 1 ? argv[1] : "none");
    return failed;
}
