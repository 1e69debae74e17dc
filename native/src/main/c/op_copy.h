/* Values moved and not looked at, of 1, 2, 4, 8, 12 or 16 bytes. If the innermost loop is adjacent on both
 * sides, a unit is an element of a row; if not, the innermost loops are a plane to transpose, and a unit is
 * a block of it. Its rows are values that follow each other in src, its columns in dst; each is one loop or,
 * as extra says, two: pixels to channels and back have rows, or columns, that two short loops make up. */
#include "copy_square.h"

enum { COPY_TWO_LOOPS_OF_ROWS, COPY_TWO_LOOPS_OF_COLUMNS };

#define COPY_ROWS 64
#define COPY_COLUMNS 256

/* Columns that are few are taken together, and blocks are longer. */
#define COPY_NARROW 4
#define COPY_NARROW_ROWS 1024

static int copy_is_rows(const tw_op_args *args) {
    const int32_t last = args->rank - 1;
    return args->stride[0][last] == args->element_bytes &&
           args->stride[1][last] == args->element_bytes;
}

/* Rows of fewer vectors than this are not worth a call of the C library's copy. */
#define COPY_VECTORS 16

/* The last vector overlaps the one before. */
static void copy_rows(const tw_op_args *args, char *d, const char *a, const char *b, int64_t n,
                      int64_t rows) {
    const int64_t bytes = n * args->element_bytes, vector = 4 * VL;
    const int64_t sd = op_row_step(args, 0), sa = op_row_step(args, 1);
    (void)b;
    if (bytes < vector || bytes >= COPY_VECTORS * vector)
        for (; rows > 0; rows--, d += sd, a += sa)
            memcpy(d, a, (size_t)bytes);
    for (; rows > 0; rows--, d += sd, a += sa) {
        for (int64_t i = 0; i < bytes - vector; i += vector)
            vec_store((float *)(d + i), vec_load((const float *)(a + i)));
        vec_store((float *)(d + bytes - vector), vec_load((const float *)(a + bytes - vector)));
    }
}

static inline __attribute__((always_inline)) void
copy_each(char *d, int64_t sd, const char *a, int64_t sa, int64_t n, size_t bytes) {
    for (int64_t i = 0; i < n; i++)
        memcpy(d + i * sd, a + i * sa, bytes);
}

static void copy_strided(char *d, int64_t sd, const char *a, int64_t sa, int64_t n, int32_t bytes) {
    switch (bytes) {
    case 1: copy_each(d, sd, a, sa, n, 1); break;
    case 2: copy_each(d, sd, a, sa, n, 2); break;
    case 4: copy_each(d, sd, a, sa, n, 4); break;
    case 8: copy_each(d, sd, a, sa, n, 8); break;
    case 12: copy_each(d, sd, a, sa, n, 12); break;
    default: copy_each(d, sd, a, sa, n, 16); break;
    }
}

/* Rows or columns of a plane on the side where they are apart: `inner` of them `step` bytes from one to the
 * next, then so many again, `outer` bytes on; or all of them, where inner is COPY_ALL. */
#define COPY_ALL INT64_MAX
typedef struct {
    int64_t inner, step, outer;
} copy_axis;

static inline int copy_is_even(copy_axis axis) { return axis.inner == COPY_ALL; }

static inline int64_t copy_at(copy_axis axis, int64_t i) {
    if (copy_is_even(axis)) return i * axis.step;
    return i % axis.inner * axis.step + i / axis.inner * axis.outer;
}

typedef struct {
    int64_t rows, columns;
    copy_axis dst_rows, src_columns;
    int64_t src_row, dst_column; /* bytes from one to the next */
} copy_plane;

#if defined(COPY_SQUARES)
/* 2, 3 or 4 columns, all that a row of dst has, of at least 4 rows. */
static void copy_few_columns(char *d, const char *a, int64_t ac, int64_t rows, int64_t columns) {
#if defined(__AVX512F__)
    if (rows >= COPY_WIDE && columns < 4) {
        for (int64_t r = 0; r < rows; r += COPY_WIDE) {
            const int64_t first = op_min(r, rows - COPY_WIDE);
            if (columns == 2)
                copy_pairs(d + first * 8, a + first * 4, ac);
            else
                copy_triples(d + first * 12, a + first * 4, ac);
        }
        return;
    }
#endif
    for (int64_t r = 0; r < rows; r += 4) {
        const int64_t first = op_min(r, rows - 4);
        char *y = d + first * 4 * columns;
        const char *x = a + first * 4;
        if (columns == 2) {
            copy_pair(y, x, ac);
        } else if (columns == 3) {
            copy_triple(y, x, ac);
        } else {
            char *const lines[] = {y, y + 16, y + 32, y + 48};
            const char *const values[] = {x, x + ac, x + 2 * ac, x + 3 * ac};
            copy_square(lines, values);
        }
    }
}

/* At least 4 rows and 4 columns; the last squares share some with those before. */
static void copy_squares(copy_axis dst_rows, copy_axis src_columns, char *d, const char *a, int64_t row,
                         int64_t column, int64_t rows, int64_t columns) {
    int64_t place[COPY_NARROW_ROWS], width;
    for (int64_t r = 0; r < rows; r++)
        place[r] = copy_at(dst_rows, row + r);
    for (int64_t c = 0; c < columns; c += width) {
        width = copy_is_even(src_columns) && c + COPY_WIDE <= columns ? COPY_WIDE : 4;
        const int64_t first = op_min(c, columns - width), at = column + first;
        const int64_t from[] = {copy_at(src_columns, at), copy_at(src_columns, at + 1),
                                copy_at(src_columns, at + 2), copy_at(src_columns, at + 3)};
        for (int64_t r = 0; r < rows; r += 4) {
            const int64_t *to = place + op_min(r, rows - 4);
            const char *x = a + 4 * op_min(r, rows - 4);
            char *y = d + 4 * first;
            char *const lines[] = {y + to[0], y + to[1], y + to[2], y + to[3]};
            if (width == COPY_WIDE) {
                copy_wide(lines, x + from[0], src_columns.step);
            } else {
                const char *const values[] = {x + from[0], x + from[1], x + from[2], x + from[3]};
                copy_square(lines, values);
            }
        }
    }
}

/* 4 rows, at least 4 columns that step evenly: what pixels to channels is made of. A function of its own, for
 * such planes are short (784 of 4 x 32: 14 us, with copy_squares 26). */
static void copy_four_rows(char *const to[4], const char *a, int64_t ac, int64_t columns) {
    int64_t c = 0;
    for (; c + COPY_WIDE <= columns; c += COPY_WIDE) {
        char *const lines[] = {to[0] + 4 * c, to[1] + 4 * c, to[2] + 4 * c, to[3] + 4 * c};
#if defined(__AVX512F__)
        if (ac == 16) {
            copy_fours(lines, a + c * ac);
            continue;
        }
#endif
        copy_wide(lines, a + c * ac, ac);
    }
    for (; c < columns; c += 4) {
        const int64_t first = op_min(c, columns - 4);
        const char *x = a + first * ac;
        char *const lines[] = {to[0] + 4 * first, to[1] + 4 * first, to[2] + 4 * first, to[3] + 4 * first};
        const char *const values[] = {x, x + ac, x + 2 * ac, x + 3 * ac};
        copy_square(lines, values);
    }
}

/* 2 rows of dst, whose values are adjacent in src. */
static void copy_two_rows(char *d, int64_t dr, const char *a, int64_t columns) {
    if (columns < 4) {
        copy_strided(d, 4, a, 8, columns, 4);
        copy_strided(d + dr, 4, a + 4, 8, columns, 4);
        return;
    }
    int64_t c = 0;
#if defined(__AVX512F__)
    for (; c + COPY_WIDE <= columns; c += COPY_WIDE)
        copy_unpairs(d + 4 * c, dr, a + 8 * c);
    if (c == columns) return;
#endif
    for (; c < columns - 4; c += 4)
        copy_unpair(d + 4 * c, dr, a + 8 * c);
    copy_unpair(d + 4 * (columns - 4), dr, a + 8 * (columns - 4));
}

/* The same where columns are two loops. */
static void copy_two_long_rows(copy_axis from, char *d, int64_t dr, const char *a, int64_t column,
                               int64_t columns) {
    for (int64_t c = 0, n; c < columns; c += n) {
        n = op_min(columns - c, from.inner - (column + c) % from.inner);
        copy_two_rows(d + 4 * c, dr, a + copy_at(from, column + c), n);
    }
}

/* Of values of 4 bytes that follow each other along the rows of src and the columns of dst: whether vectors did
 * it. */
TW_INLINE int copy_vectors(copy_plane p, char *d, const char *a, int64_t row, int64_t column,
                        int64_t rows, int64_t columns) {
    const int64_t dr = p.dst_rows.step, ac = p.src_columns.step;
    const int even = copy_is_even(p.dst_rows) && copy_is_even(p.src_columns);
    if (even && rows == 2 && ac == 8)
        copy_two_rows(d + row * dr, dr, a + column * ac, columns);
    else if (copy_is_even(p.dst_rows) && rows == 2 && ac == 8)
        copy_two_long_rows(p.src_columns, d + row * dr, dr, a, column, columns);
    else if (even && rows >= 4 && columns >= 2 && columns <= 4 && dr == 4 * columns)
        copy_few_columns(d + row * dr, a + column * ac, ac, rows, columns);
    else if (copy_is_even(p.src_columns) && rows == 4 && columns >= 4) {
        char *const to[] = {d + copy_at(p.dst_rows, row), d + copy_at(p.dst_rows, row + 1),
                            d + copy_at(p.dst_rows, row + 2), d + copy_at(p.dst_rows, row + 3)};
        copy_four_rows(to, a + column * ac, ac, columns);
    } else if (rows >= 4 && columns >= 4)
        copy_squares(p.dst_rows, p.src_columns, d, a, row, column, rows, columns);
    else
        return 0;
    return 1;
}
#endif

/* Rows and columns of a plane, which begins at d and a, from `row` and `column` on. */
TW_INLINE void copy_block(copy_plane p, char *d, const char *a, int64_t row, int64_t column,
                       int64_t rows, int64_t columns, int32_t bytes) {
    d += column * p.dst_column;
    a += row * p.src_row;
#if defined(COPY_SQUARES)
    if (bytes == 4 && p.dst_column == 4 && p.src_row == 4 &&
        copy_vectors(p, d, a, row, column, rows, columns))
        return;
#endif
    const int64_t most = copy_is_even(p.src_columns) ? columns : 1;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c += most)
            copy_strided(d + copy_at(p.dst_rows, row + r) + c * p.dst_column, p.dst_column,
                         a + r * p.src_row + copy_at(p.src_columns, column + c),
                         p.src_columns.step, most, bytes);
}

/* Adjacent rows of floats become columns of rows that are dr apart; ac from column to column of src. */
static void copy_turned(char *d, int64_t dr, const char *a, int64_t ac, int64_t rows, int64_t columns) {
    const copy_plane p = {rows, columns, {COPY_ALL, dr, 0}, {COPY_ALL, ac, 0}, 4, 4};
    for (int64_t r = 0; r < rows; r += COPY_ROWS)
        copy_block(p, d, a, r, 0, op_min(COPY_ROWS, rows - r), columns, 4);
}

/* Loops of the rows and of the columns of the planes. */
static int32_t copy_row_loops(const tw_op_args *args) { return args->extra[COPY_TWO_LOOPS_OF_ROWS] ? 2 : 1; }
static int32_t copy_column_loops(const tw_op_args *args) {
    return args->extra[COPY_TWO_LOOPS_OF_COLUMNS] ? 2 : 1;
}
static int32_t copy_first_loop(const tw_op_args *args) {
    return args->rank - copy_row_loops(args) - copy_column_loops(args);
}

static copy_axis copy_axis_of(const int64_t *size, const int64_t *stride, int32_t last, int32_t loops) {
    if (loops == 1) return (copy_axis){COPY_ALL, stride[last], 0};
    return (copy_axis){size[last], stride[last], stride[last - 1]};
}

static copy_plane copy_plane_of(const tw_op_args *args) {
    const int32_t column = args->rank - 1, row = column - copy_column_loops(args);
    const int64_t *size = args->size;
    return (copy_plane){
        .rows = size[row] * (copy_row_loops(args) == 2 ? size[row - 1] : 1),
        .columns = size[column] * (copy_column_loops(args) == 2 ? size[column - 1] : 1),
        .dst_rows = copy_axis_of(size, args->stride[0], row, copy_row_loops(args)),
        .src_columns = copy_axis_of(size, args->stride[1], column, copy_column_loops(args)),
        .src_row = args->stride[1][row],
        .dst_column = args->stride[0][column],
    };
}

/* Blocks of a plane, column by column. */
typedef struct {
    int64_t rows, columns; /* of a block */
    int64_t down, right;   /* blocks */
} copy_grid;

static copy_grid copy_grid_of(copy_plane p) {
    const int64_t height = op_min(p.rows, p.columns <= COPY_NARROW ? COPY_NARROW_ROWS : COPY_ROWS);
    const int64_t width = op_min(p.columns, COPY_COLUMNS);
    return (copy_grid){height, width, (p.rows + height - 1) / height, (p.columns + width - 1) / width};
}

static void copy_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    if (copy_is_rows(args)) {
        op_walk(args, from, to, copy_rows);
        return;
    }
    const copy_plane p = copy_plane_of(args);
    const copy_grid g = copy_grid_of(p);
    op_place at = op_place_at(args, copy_first_loop(args), from / (g.down * g.right));
    int64_t r = from % g.down * g.rows, c = from / g.down % g.right * g.columns;
    for (int64_t unit = from; unit < to; unit++) {
        copy_block(p, at.d, at.a, r, c, op_min(g.rows, p.rows - r), op_min(g.columns, p.columns - c),
                   args->element_bytes);
        r += g.rows;
        if (r < p.rows) continue;
        r = 0;
        c += g.columns;
        if (c < p.columns) continue;
        c = 0;
        op_next(args, &at, 1);
    }
}

static int64_t copy_bind(tw_op_args *args) {
    args->units = op_elements(args);
    if (copy_is_rows(args)) return 2 * args->element_bytes;
    if (args->rank == 1) { /* a plane of one row */
        args->rank = 2;
        args->size[1] = args->size[0];
        args->size[0] = 1;
        for (int i = 0; i < 2; i++) {
            args->stride[i][1] = args->stride[i][0];
            args->stride[i][0] = 0;
        }
    }
    const copy_plane p = copy_plane_of(args);
    const copy_grid g = copy_grid_of(p);
    args->units = args->units / p.rows / p.columns * g.down * g.right;
    return g.rows * g.columns * 4 * args->element_bytes;
}
