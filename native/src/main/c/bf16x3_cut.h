/* Cuts float32 values into the three bfloat16 whose sum they are: the first 8 significant bits, the next 8, and
 * the rest. Included after vec_avx512.h.
 *
 * Channels go in steps of 32, of which pairs are c and c + 16, as a product of tiles wants them: so no value has
 * to change its lane. Pixels are cut into [step][part][pixel][16 pairs], a panel of packed filter into
 * [step][part][1 or 2][16 pairs][16 output channels][2]. */
#include <stddef.h>

#include "kernel.h"

#define STEP 32         /* channels */
#define PART_BYTES 64   /* of a pixel and step */
#define PARTS 3
#define STEP_BYTES (PARTS * PART_BYTES)
#define TILE_BYTES 1024

/* 16 pairs of values become 16 pairs of each part. */
TW_INLINE void cut(vec x, vec y, char *to, const ptrdiff_t part) {
    const __m512i high = _mm512_set1_epi32((int32_t)0xffff0000);
    TW_UNROLL for (int i = 0; i < PARTS; i++) {
        const __m512i bits = _mm512_srli_epi32(_mm512_castps_si512(x), 16), odd = _mm512_castps_si512(y);
        /* bits | odd & high */
        _mm512_storeu_si512(to + i * part, _mm512_ternarylogic_epi32(bits, odd, high, 0xf8));
        if (i + 1 == PARTS) break;
        x = x - _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), high));
        y = y - _mm512_castsi512_ps(_mm512_and_si512(odd, high));
    }
}

/* The channels from c of a pixel, one step; to is where those from 0 go, part from there to the next part. */
TW_INLINE void cut_step(const float *src, int32_t c, int32_t channels, char *to, ptrdiff_t part) {
    cut(vec_load_mask(src + c, vec_first(channels - c)), vec_load_mask(src + c + VL, vec_first(channels - c - VL)),
        to + c / STEP * PARTS * part, part);
}

static void cut_pixel(const float *src, int32_t channels, char *to, ptrdiff_t part) {
    for (int32_t c = 0; c < channels; c += STEP) cut_step(src, c, channels, to, part);
}

/* One of 16 rows of a step of a panel: channels c and c + 16 of all of its columns. */
TW_INLINE void cut_row(const float *panel, int32_t c, int32_t channels, char *to, const int vectors) {
    for (int j = 0; j < vectors; j++) {
        const float *at = panel + (ptrdiff_t)c * vectors * VL + j * VL;
        const vec zero = vec_set1(0.0f);
        cut(c < channels ? vec_load(at) : zero, c + VL < channels ? vec_load(at + VL * vectors * VL) : zero,
            to + j * TILE_BYTES, vectors * TILE_BYTES);
    }
}
