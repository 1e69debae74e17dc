/* Values moved and not looked at, of 1, 2, 4 or 8 bytes. If the innermost loop is adjacent on both
 * sides, a unit is an element of a row; if not, the two innermost loops are a plane to transpose, and
 * a unit is a block of it. */
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
static inline void copy_wide(char *to, int64_t to_step, const char *from, int64_t from_step) {
    const int64_t rows = sizeof(copy_vector) / 4;
    for (int64_t c = 0; c < COPY_WIDE; c += rows, to += 4 * rows, from += rows * from_step) {
        const copy_vector w = copy_lanes(from, 4 * from_step);
        const copy_vector x = copy_lanes(from + from_step, 4 * from_step);
        const copy_vector y = copy_lanes(from + 2 * from_step, 4 * from_step);
        const copy_vector z = copy_lanes(from + 3 * from_step, 4 * from_step);
        const copy_vector wx0 = COPY_VECTOR(unpacklo_ps)(w, x), wx2 = COPY_VECTOR(unpackhi_ps)(w, x);
        const copy_vector yz0 = COPY_VECTOR(unpacklo_ps)(y, z), yz2 = COPY_VECTOR(unpackhi_ps)(y, z);
        COPY_VECTOR(storeu_ps)((float *)to, COPY_VECTOR(shuffle_ps)(wx0, yz0, 0x44));
        COPY_VECTOR(storeu_ps)((float *)(to + to_step), COPY_VECTOR(shuffle_ps)(wx0, yz0, 0xee));
        COPY_VECTOR(storeu_ps)((float *)(to + 2 * to_step), COPY_VECTOR(shuffle_ps)(wx2, yz2, 0x44));
        COPY_VECTOR(storeu_ps)((float *)(to + 3 * to_step), COPY_VECTOR(shuffle_ps)(wx2, yz2, 0xee));
    }
}
#endif

/* 4 x 4 values of 4 bytes, rows `from_step` apart become columns of rows `to_step` apart;
 * 2 x 4 and 3 x 4 values become adjacent columns; 4 adjacent pairs become 4 values in each of two rows. */
#if defined(__SSE__)
#include <xmmintrin.h>
#define COPY_SQUARES 1
static inline void copy_square(char *to, int64_t to_step, const char *from, int64_t from_step) {
    __m128 w = _mm_loadu_ps((const float *)from);
    __m128 x = _mm_loadu_ps((const float *)(from + from_step));
    __m128 y = _mm_loadu_ps((const float *)(from + 2 * from_step));
    __m128 z = _mm_loadu_ps((const float *)(from + 3 * from_step));
    _MM_TRANSPOSE4_PS(w, x, y, z);
    _mm_storeu_ps((float *)to, w);
    _mm_storeu_ps((float *)(to + to_step), x);
    _mm_storeu_ps((float *)(to + 2 * to_step), y);
    _mm_storeu_ps((float *)(to + 3 * to_step), z);
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
static inline void copy_square(char *to, int64_t to_step, const char *from, int64_t from_step) {
    /* Pairs of rows, then halves of pairs. */
    const float32x4x2_t even = vzipq_f32(vld1q_f32((const float *)from),
                                         vld1q_f32((const float *)(from + 2 * from_step)));
    const float32x4x2_t odd = vzipq_f32(vld1q_f32((const float *)(from + from_step)),
                                        vld1q_f32((const float *)(from + 3 * from_step)));
    const float32x4x2_t upper = vzipq_f32(even.val[0], odd.val[0]);
    const float32x4x2_t lower = vzipq_f32(even.val[1], odd.val[1]);
    vst1q_f32((float *)to, upper.val[0]);
    vst1q_f32((float *)(to + to_step), upper.val[1]);
    vst1q_f32((float *)(to + 2 * to_step), lower.val[0]);
    vst1q_f32((float *)(to + 3 * to_step), lower.val[1]);
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
    default: copy_each(d, sd, a, sa, n, 8); break;
    }
}

#if defined(COPY_SQUARES) && !defined(COPY_VECTOR)
static inline void copy_wide(char *to, int64_t to_step, const char *from, int64_t from_step) {
    for (int64_t c = 0; c < COPY_WIDE; c += 4)
        copy_square(to + 4 * c, to_step, from + c * from_step, from_step);
}
#endif

#if defined(COPY_SQUARES)
/* Of values of 4 bytes, adjacent along the columns of dst and the rows of src; at least 4 rows, of
 * which the last square shares some with the one before. Returns the columns done. */
static int64_t copy_squares(char *d, int64_t dr, const char *a, int64_t ac, int64_t rows,
                            int64_t columns) {
    int64_t c = 0;
#if defined(__AVX512F__)
    if (columns == 2 && dr == 8 && rows >= COPY_WIDE) {
        for (int64_t r = 0; r < rows; r += COPY_WIDE)
            copy_pairs(d + op_min(r, rows - COPY_WIDE) * dr, a + op_min(r, rows - COPY_WIDE) * 4, ac);
        return columns;
    }
    if (columns == 3 && dr == 12 && rows >= COPY_WIDE) {
        for (int64_t r = 0; r < rows; r += COPY_WIDE)
            copy_triples(d + op_min(r, rows - COPY_WIDE) * dr, a + op_min(r, rows - COPY_WIDE) * 4, ac);
        return columns;
    }
#endif
    if (columns == 2 && dr == 8) {
        for (int64_t r = 0; r < rows; r += 4)
            copy_pair(d + op_min(r, rows - 4) * dr, a + op_min(r, rows - 4) * 4, ac);
        return columns;
    }
    if (columns == 3 && dr == 12) {
        for (int64_t r = 0; r < rows; r += 4)
            copy_triple(d + op_min(r, rows - 4) * dr, a + op_min(r, rows - 4) * 4, ac);
        return columns;
    }
    for (; c + COPY_WIDE <= columns; c += COPY_WIDE)
        for (int64_t r = 0; r < rows; r += 4)
            copy_wide(d + op_min(r, rows - 4) * dr + 4 * c, dr, a + op_min(r, rows - 4) * 4 + c * ac,
                      ac);
    for (; c + 4 <= columns; c += 4)
        for (int64_t r = 0; r < rows; r += 4)
            copy_square(d + op_min(r, rows - 4) * dr + 4 * c, dr,
                        a + op_min(r, rows - 4) * 4 + c * ac, ac);
    return c;
}

/* At least 4 columns of 2 rows of dst, whose values are adjacent in src. */
static void copy_two_rows(char *d, int64_t dr, const char *a, int64_t columns) {
    for (int64_t c = 0; c < columns; c += 4)
        copy_unpair(d + 4 * op_min(c, columns - 4), dr, a + 8 * op_min(c, columns - 4));
}
#endif

/* rows x columns; dr, dc, ar, ac: steps of both sides along a column and along a row. */
static void copy_plane(char *d, int64_t dr, int64_t dc, const char *a, int64_t ar, int64_t ac,
                       int64_t rows, int64_t columns, int32_t bytes) {
    int64_t c = 0;
#if defined(COPY_SQUARES)
    if (bytes == 4 && dc == 4 && ar == 4 && rows == 2 && ac == 8 && columns >= 4) {
        copy_two_rows(d, dr, a, columns);
        return;
    }
    if (bytes == 4 && dc == 4 && ar == 4 && rows >= 4) c = copy_squares(d, dr, a, ac, rows, columns);
#endif
    for (int64_t r = 0; r < rows && c < columns; r++)
        copy_strided(d + r * dr + c * dc, dc, a + r * ar + c * ac, ac, columns - c, bytes);
}

/* Blocks of a plane, column by column. */
typedef struct {
    int64_t rows, columns; /* of a block */
    int64_t down, right;   /* blocks */
} copy_grid;

static copy_grid copy_grid_of(const tw_op_args *args) {
    const int64_t rows = args->size[args->rank - 2], columns = args->size[args->rank - 1];
    const int64_t height = op_min(rows, columns <= COPY_NARROW ? COPY_NARROW_ROWS : COPY_ROWS);
    const int64_t width = op_min(columns, COPY_COLUMNS);
    return (copy_grid){height, width, (rows + height - 1) / height, (columns + width - 1) / width};
}

static void copy_run(const tw_op_args *args, int64_t from, int64_t to, char *workspace) {
    (void)workspace;
    if (copy_is_rows(args)) {
        op_walk(args, from, to, copy_rows);
        return;
    }
    const int32_t plane = args->rank - 2;
    const int64_t rows = args->size[plane], columns = args->size[plane + 1];
    const copy_grid g = copy_grid_of(args);
    const int64_t *ds = args->stride[0] + plane, *as = args->stride[1] + plane;
    op_place p = op_place_at(args, plane, from / (g.down * g.right));
    int64_t r = from % g.down * g.rows, c = from / g.down % g.right * g.columns;
    for (int64_t unit = from; unit < to; unit++) {
        copy_plane(p.d + r * ds[0] + c * ds[1], ds[0], ds[1], p.a + r * as[0] + c * as[1], as[0], as[1],
                   op_min(g.rows, rows - r), op_min(g.columns, columns - c), args->element_bytes);
        r += g.rows;
        if (r < rows) continue;
        r = 0;
        c += g.columns;
        if (c < columns) continue;
        c = 0;
        op_next(args, &p, 1);
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
    const copy_grid g = copy_grid_of(args);
    args->units = args->units / args->size[args->rank - 2] / args->size[args->rank - 1] * g.down * g.right;
    return g.rows * g.columns * 4 * args->element_bytes;
}
