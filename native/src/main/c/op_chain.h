/* Elementwise operators as one pass: a block of the result goes through all of them while it is in L1.
 * The loops are those of the result; what an input repeats has stride 0, its innermost is 0 or 4 bytes.
 * table: a chain_table. A unit is an element of the result. workspace: a block for each step but the last,
 * all of CHAIN_FLOATS: a block costs some hundred cycles beside its arithmetic. */
#define CHAIN_FLOATS 4096

/* `function` of a step: of map, or this plus that of binary. */
#define CHAIN_BINARY 64

typedef struct {
    int64_t inputs, steps;
    struct {
        const char *at;
        int64_t stride[8];
    } in[8];
    struct {
        int32_t function;
        int32_t operand[2]; /* an input, or `inputs` plus an earlier step */
        float a, b;         /* parameters of the function */
        int32_t unused;
    } step[16];
} chain_table;

/* Part of a row of each of some rows. */
typedef struct {
    char *at;
    int64_t row_step, step; /* bytes to the next row and the next element */
} chain_rows;

TW_INLINE void chain_binary_of(chain_rows d, chain_rows a, chain_rows b, int64_t rows, int64_t n,
                               const int32_t f) {
    for (; rows > 0; rows--, d.at += d.row_step, a.at += a.row_step, b.at += b.row_step) {
        float *to = (float *)d.at;
        const float *x = (const float *)a.at, *y = (const float *)b.at;
        if (a.step && b.step)
            binary_dense(to, x, y, n, 1, 1, f);
        else if (a.step)
            binary_dense(to, x, y, n, 1, 0, f);
        else
            binary_dense(to, x, y, n, 0, b.step != 0, f);
    }
}

static void chain_binary(int32_t f, chain_rows d, chain_rows a, chain_rows b, int64_t rows, int64_t n) {
    switch (f) {
#define CHAIN_CASE(function)                                                                       \
    case function: chain_binary_of(d, a, b, rows, n, function); break
        CHAIN_CASE(BINARY_ADD);
        CHAIN_CASE(BINARY_SUB);
        CHAIN_CASE(BINARY_MUL);
        CHAIN_CASE(BINARY_DIV);
        CHAIN_CASE(BINARY_MIN);
    default: chain_binary_of(d, a, b, rows, n, BINARY_MAX); break;
#undef CHAIN_CASE
    }
}

TW_INLINE void chain_map_of(chain_rows d, chain_rows x, int64_t rows, int64_t n, const int32_t f,
                            vec a, vec b) {
    for (; rows > 0; rows--, d.at += d.row_step, x.at += x.row_step) {
        const float *from = (const float *)x.at;
        float *to = (float *)d.at;
        int64_t i = 0;
        for (; i + VL <= n; i += VL)
            vec_store(to + i, map_apply(vec_load(from + i), f, a, b));
        if (i < n) op_store(to + i, n - i, map_apply(op_load(from + i, n - i), f, a, b));
    }
}

static void chain_map(int32_t f, chain_rows d, chain_rows x, int64_t rows, int64_t n, float pa, float pb) {
    const vec a = vec_set1(pa), b = vec_set1(pb);
    switch (f) {
#define CHAIN_CASE(function)                                                                       \
    case function: chain_map_of(d, x, rows, n, function, a, b); break;
        MAP_FUNCTIONS(CHAIN_CASE)
#undef CHAIN_CASE
    default: chain_map_of(d, x, rows, n, TW_NONE, a, b); break;
    }
}

/* Elements `column` to before column + n of each of some rows, which are neighbours in the last loop but
 * one. */
static void chain_block(const tw_op_args *args, int64_t row, int64_t column, int64_t rows, int64_t n,
                        int64_t block, char *workspace) {
    const chain_table *t = args->table;
    const int32_t last = args->rank - 1;
    chain_rows known[8 + 16];
    chain_rows result = {args->dst + 4 * column, op_row_step(args, 0), 4};
    for (int64_t i = 0; i < t->inputs; i++)
        known[i] = (chain_rows){(char *)(intptr_t)t->in[i].at + column * t->in[i].stride[last],
                                last > 0 ? t->in[i].stride[last - 1] : 0, t->in[i].stride[last]};
    for (int32_t loop = last - 1; loop >= 0; loop--) {
        const int64_t index = row % args->size[loop];
        row /= args->size[loop];
        result.at += index * args->stride[0][loop];
        for (int64_t i = 0; i < t->inputs; i++)
            known[i].at += index * t->in[i].stride[loop];
    }
    for (int64_t s = 0; s < t->steps; s++) {
        chain_rows *d = known + t->inputs + s;
        *d = s + 1 == t->steps ? result : (chain_rows){workspace + 4 * s * block, 4 * n, 4};
        const chain_rows x = known[t->step[s].operand[0]], y = known[t->step[s].operand[1]];
        if (t->step[s].function >= CHAIN_BINARY)
            chain_binary(t->step[s].function - CHAIN_BINARY, *d, x, y, rows, n);
        else
            chain_map(t->step[s].function, *d, x, rows, n, t->step[s].a, t->step[s].b);
    }
}

static void chain_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    const int32_t last = args->rank - 1;
    const int64_t columns = args->size[last], of_image = last > 0 ? args->size[last - 1] : 1;
    const int64_t steps = ((const chain_table *)args->table)->steps;
    const int64_t block = op_min(2048, CHAIN_FLOATS / op_max(1, steps - 1) / VL * VL);
    for (int64_t n, rows; from < to; from += n * rows) {
        const int64_t row = from / columns, column = from % columns;
        n = op_min(op_min(columns - column, to - from), block);
        rows = 1;
        if (n == columns)
            rows = op_min(op_min((to - from) / columns, block / columns), of_image - row % of_image);
        chain_block(args, row, column, rows, n, block, workspace);
    }
}

static int64_t chain_bind(tw_op_args *args) {
    args->units = op_elements(args);
    return 4 + 4 * ((const chain_table *)args->table)->steps;
}
