/* Values moved and not looked at, of 1, 2, 4, 8, 12 or 16 bytes. If the innermost loop is adjacent on both
 * sides, a unit is an element of a row; if not, the innermost loops are a plane to transpose, and a unit is
 * a block of it. Its rows are values that follow each other in src, its columns in dst; each is one loop or,
 * as extra says, two: pixels to channels and back have rows, or columns, that two short loops make up. */
enum { COPY_TWO_LOOPS_OF_ROWS, COPY_TWO_LOOPS_OF_COLUMNS };

#define COPY_ROWS 64
#define COPY_COLUMNS 256

/* Columns that are few are taken together, and blocks are longer. */
#define COPY_NARROW 4
#define COPY_NARROW_ROWS 1024

/* Columns of a transposition that are stored together, for they are a cache line: a line that waits for
 * the rest of its columns until other rows had theirs may be gone, for rows are often a multiple of 1024
 * bytes apart. 64 x 12544 values, 4 columns at a time and 16, us: AVX2 638 and 298 (Emerald Rapids). */
#define COPY_WIDE 16

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 copy_vector;
#define COPY_VECTOR(function) _mm512_##function
/* Rows of 4 values, `step` apart, into the quarters of a vector. */
static inline __m512 copy_lanes(const char *from, int64_t step) {
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps((const float *)from));
    x = _mm512_insertf32x4(x, _mm_loadu_ps((const float *)(from + step)), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps((const float *)(from + 2 * step)), 2);
    return _mm512_insertf32x4(x, _mm_loadu_ps((const float *)(from + 3 * step)), 3);
}
/* Value `at` of the interleaving of `of` vectors: its place in the first two of them, or, with the
 * places of the rest, in what that gave and the third. */
#define COPY_FIRST(at, of) ((at) % (of) % 2 * 16 + (at) / (of))
#define COPY_THIRD(at, of) ((at) % 3 == 2 ? 16 + (at) / 3 : (at) % 16)
#define COPY_PLACES(place, at, of)                                                                 \
    _mm512_setr_epi32(place(at, of), place(at + 1, of), place(at + 2, of), place(at + 3, of),      \
                      place(at + 4, of), place(at + 5, of), place(at + 6, of), place(at + 7, of),  \
                      place(at + 8, of), place(at + 9, of), place(at + 10, of), place(at + 11, of), \
                      place(at + 12, of), place(at + 13, of), place(at + 14, of), place(at + 15, of))
/* 2 x 16 and 3 x 16 values become adjacent columns. */
static inline void copy_pairs(char *to, const char *from, int64_t from_step) {
    const __m512 x = _mm512_loadu_ps((const float *)from);
    const __m512 y = _mm512_loadu_ps((const float *)(from + from_step));
    float *d = (float *)to;
    _mm512_storeu_ps(d, _mm512_permutex2var_ps(x, COPY_PLACES(COPY_FIRST, 0, 2), y));
    _mm512_storeu_ps(d + 16, _mm512_permutex2var_ps(x, COPY_PLACES(COPY_FIRST, 16, 2), y));
}
static inline void copy_triples(char *to, const char *from, int64_t from_step) {
    const __m512 x = _mm512_loadu_ps((const float *)from);
    const __m512 y = _mm512_loadu_ps((const float *)(from + from_step));
    const __m512 z = _mm512_loadu_ps((const float *)(from + 2 * from_step));
#define COPY_TRIPLES(at)                                                                           \
    _mm512_storeu_ps((float *)to + at,                                                             \
                     _mm512_permutex2var_ps(                                                       \
                         _mm512_permutex2var_ps(x, COPY_PLACES(COPY_FIRST, at, 3), y),             \
                         COPY_PLACES(COPY_THIRD, at, 3), z))
    COPY_TRIPLES(0);
    COPY_TRIPLES(16);
    COPY_TRIPLES(32);
#undef COPY_TRIPLES
}
#undef COPY_FIRST
#undef COPY_THIRD
#undef COPY_PLACES
#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256 copy_vector;
#define COPY_VECTOR(function) _mm256_##function
static inline __m256 copy_lanes(const char *from, int64_t step) {
    const __m256 x = _mm256_castps128_ps256(_mm_loadu_ps((const float *)from));
    return _mm256_insertf128_ps(x, _mm_loadu_ps((const float *)(from + step)), 1);
}
#endif

#if defined(COPY_VECTOR)
/* 16 rows of 4 values become 4 of 16. */
static inline void copy_wide(char *const to[4], const char *from, int64_t from_step) {
    const int64_t rows = sizeof(copy_vector) / 4;
    for (int64_t c = 0; c < COPY_WIDE; c += rows, from += rows * from_step) {
        const copy_vector w = copy_lanes(from, 4 * from_step);
        const copy_vector x = copy_lanes(from + from_step, 4 * from_step);
        const copy_vector y = copy_lanes(from + 2 * from_step, 4 * from_step);
        const copy_vector z = copy_lanes(from + 3 * from_step, 4 * from_step);
        const copy_vector wx0 = COPY_VECTOR(unpacklo_ps)(w, x), wx2 = COPY_VECTOR(unpackhi_ps)(w, x);
        const copy_vector yz0 = COPY_VECTOR(unpacklo_ps)(y, z), yz2 = COPY_VECTOR(unpackhi_ps)(y, z);
        COPY_VECTOR(storeu_ps)((float *)to[0] + c, COPY_VECTOR(shuffle_ps)(wx0, yz0, 0x44));
        COPY_VECTOR(storeu_ps)((float *)to[1] + c, COPY_VECTOR(shuffle_ps)(wx0, yz0, 0xee));
        COPY_VECTOR(storeu_ps)((float *)to[2] + c, COPY_VECTOR(shuffle_ps)(wx2, yz2, 0x44));
        COPY_VECTOR(storeu_ps)((float *)to[3] + c, COPY_VECTOR(shuffle_ps)(wx2, yz2, 0xee));
    }
}
#endif

/* 4 x 4 values of 4 bytes, rows become columns;
 * 2 x 4 and 3 x 4 values become adjacent columns; 4 adjacent pairs become 4 values in each of two rows. */
#if defined(__SSE__)
#include <xmmintrin.h>
#define COPY_SQUARES 1
static inline void copy_square(char *const to[4], const char *const from[4]) {
    __m128 w = _mm_loadu_ps((const float *)from[0]), x = _mm_loadu_ps((const float *)from[1]);
    __m128 y = _mm_loadu_ps((const float *)from[2]), z = _mm_loadu_ps((const float *)from[3]);
    _MM_TRANSPOSE4_PS(w, x, y, z);
    _mm_storeu_ps((float *)to[0], w);
    _mm_storeu_ps((float *)to[1], x);
    _mm_storeu_ps((float *)to[2], y);
    _mm_storeu_ps((float *)to[3], z);
}
static inline void copy_pair(char *to, const char *from, int64_t from_step) {
    const __m128 x = _mm_loadu_ps((const float *)from);
    const __m128 y = _mm_loadu_ps((const float *)(from + from_step));
    _mm_storeu_ps((float *)to, _mm_unpacklo_ps(x, y));
    _mm_storeu_ps((float *)to + 4, _mm_unpackhi_ps(x, y));
}
static inline void copy_triple(char *to, const char *from, int64_t from_step) {
    const __m128 x = _mm_loadu_ps((const float *)from);
    const __m128 y = _mm_loadu_ps((const float *)(from + from_step));
    const __m128 z = _mm_loadu_ps((const float *)(from + 2 * from_step));
    const __m128 z0x1 = _mm_shuffle_ps(z, x, _MM_SHUFFLE(1, 1, 0, 0));
    const __m128 y1z1 = _mm_shuffle_ps(y, z, _MM_SHUFFLE(1, 1, 1, 1));
    const __m128 z2x3 = _mm_shuffle_ps(z, x, _MM_SHUFFLE(3, 3, 2, 2));
    const __m128 y3z3 = _mm_shuffle_ps(y, z, _MM_SHUFFLE(3, 3, 3, 3));
    const __m128 low = _mm_unpacklo_ps(x, y), high = _mm_unpackhi_ps(x, y);
    _mm_storeu_ps((float *)to, _mm_shuffle_ps(low, z0x1, _MM_SHUFFLE(2, 0, 1, 0)));
    _mm_storeu_ps((float *)to + 4, _mm_shuffle_ps(y1z1, high, _MM_SHUFFLE(1, 0, 2, 0)));
    _mm_storeu_ps((float *)to + 8, _mm_shuffle_ps(z2x3, y3z3, _MM_SHUFFLE(2, 0, 2, 0)));
}
static inline void copy_unpair(char *to, int64_t to_step, const char *from) {
    const __m128 x = _mm_loadu_ps((const float *)from), y = _mm_loadu_ps((const float *)from + 4);
    _mm_storeu_ps((float *)to, _mm_shuffle_ps(x, y, _MM_SHUFFLE(2, 0, 2, 0)));
    _mm_storeu_ps((float *)(to + to_step), _mm_shuffle_ps(x, y, _MM_SHUFFLE(3, 1, 3, 1)));
}
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#define COPY_SQUARES 1
static inline void copy_square(char *const to[4], const char *const from[4]) {
    /* Pairs of rows, then halves of pairs. */
    const float32x4x2_t even =
        vzipq_f32(vld1q_f32((const float *)from[0]), vld1q_f32((const float *)from[2]));
    const float32x4x2_t odd =
        vzipq_f32(vld1q_f32((const float *)from[1]), vld1q_f32((const float *)from[3]));
    const float32x4x2_t upper = vzipq_f32(even.val[0], odd.val[0]);
    const float32x4x2_t lower = vzipq_f32(even.val[1], odd.val[1]);
    vst1q_f32((float *)to[0], upper.val[0]);
    vst1q_f32((float *)to[1], upper.val[1]);
    vst1q_f32((float *)to[2], lower.val[0]);
    vst1q_f32((float *)to[3], lower.val[1]);
}
static inline void copy_pair(char *to, const char *from, int64_t from_step) {
    const float32x4x2_t xy = {
        {vld1q_f32((const float *)from), vld1q_f32((const float *)(from + from_step))}};
    vst2q_f32((float *)to, xy);
}
static inline void copy_triple(char *to, const char *from, int64_t from_step) {
    const float32x4x3_t xyz = {{vld1q_f32((const float *)from),
                                vld1q_f32((const float *)(from + from_step)),
                                vld1q_f32((const float *)(from + 2 * from_step))}};
    vst3q_f32((float *)to, xyz);
}
static inline void copy_unpair(char *to, int64_t to_step, const char *from) {
    const float32x4x2_t xy = vld2q_f32((const float *)from);
    vst1q_f32((float *)to, xy.val[0]);
    vst1q_f32((float *)(to + to_step), xy.val[1]);
}
#endif

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
 * next, then so many again, `outer` bytes on. */
typedef struct {
    int64_t inner, step, outer;
} copy_axis;

static inline int copy_is_even(copy_axis axis) { return axis.outer == 0; }

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
#if !defined(COPY_VECTOR)
static inline void copy_wide(char *const to[4], const char *from, int64_t from_step) {
    for (int64_t c = 0; c < COPY_WIDE; c += 4, from += 4 * from_step) {
        char *const next[] = {to[0] + 4 * c, to[1] + 4 * c, to[2] + 4 * c, to[3] + 4 * c};
        const char *const rows[] = {from, from + from_step, from + 2 * from_step, from + 3 * from_step};
        copy_square(next, rows);
    }
}
#endif

/* 2 or 3 columns, all that a row of dst has, of at least 4 rows. */
static void copy_few_columns(char *d, int64_t dr, const char *a, int64_t ac, int64_t rows,
                             int64_t columns) {
#if defined(__AVX512F__)
    if (rows >= COPY_WIDE) {
        for (int64_t r = 0; r < rows; r += COPY_WIDE) {
            const int64_t first = op_min(r, rows - COPY_WIDE);
            if (columns == 2)
                copy_pairs(d + first * dr, a + first * 4, ac);
            else
                copy_triples(d + first * dr, a + first * 4, ac);
        }
        return;
    }
#endif
    for (int64_t r = 0; r < rows; r += 4) {
        const int64_t first = op_min(r, rows - 4);
        if (columns == 2)
            copy_pair(d + first * dr, a + first * 4, ac);
        else
            copy_triple(d + first * dr, a + first * 4, ac);
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

/* 2 rows of dst, whose values are adjacent in src. */
static void copy_two_rows(char *d, int64_t dr, const char *a, int64_t columns) {
    if (columns < 4) {
        copy_strided(d, 4, a, 8, columns, 4);
        copy_strided(d + dr, 4, a + 4, 8, columns, 4);
        return;
    }
    for (int64_t c = 0; c < columns - 4; c += 4)
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

/* Whether it could be done by vectors, of values of 4 bytes that follow each other in both planes. */
TW_INLINE int copy_vectors(copy_plane p, char *d, const char *a, int64_t row, int64_t column,
                        int64_t rows, int64_t columns) {
    const int64_t dr = p.dst_rows.step, ac = p.src_columns.step;
    const int even = copy_is_even(p.dst_rows) && copy_is_even(p.src_columns);
    if (even && rows == 2 && ac == 8)
        copy_two_rows(d + row * dr, dr, a + column * ac, columns);
    else if (copy_is_even(p.dst_rows) && rows == 2 && ac == 8)
        copy_two_long_rows(p.src_columns, d + row * dr, dr, a, column, columns);
    else if (even && rows >= 4 && (columns == 2 || columns == 3) && dr == 4 * columns)
        copy_few_columns(d + row * dr, dr, a + column * ac, ac, rows, columns);
    else if (rows >= 4 && columns >= 4)
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
    const copy_plane p = {rows, columns, {rows, dr, 0}, {columns, ac, 0}, 4, 4};
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
    return (copy_axis){size[last], stride[last], loops == 2 ? stride[last - 1] : 0};
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
