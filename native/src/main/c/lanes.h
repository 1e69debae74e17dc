/* Lanes of one vector among themselves. */
#ifndef TW_LANES_H
#define TW_LANES_H

/* lanes_swap: lanes i and i ^ distance exchanged. lanes_mix: the lanes of b whose number has the bit
 * `distance`, else those of a. distance: a power of two below VL, a constant. */
#if defined(__AVX512F__)
TW_INLINE vec lanes_swap(vec x, const int distance) {
    return distance == 8   ? _mm512_shuffle_f32x4(x, x, 0x4e)
           : distance == 4 ? _mm512_shuffle_f32x4(x, x, 0xb1)
           : distance == 2 ? _mm512_permute_ps(x, 0x4e)
                           : _mm512_permute_ps(x, 0xb1);
}
TW_INLINE vec lanes_mix(vec a, vec b, const int distance) {
    return _mm512_mask_blend_ps(distance == 8   ? 0xff00
                                : distance == 4 ? 0xf0f0
                                : distance == 2 ? 0xcccc
                                                : 0xaaaa,
                                a, b);
}
#elif defined(__AVX2__)
TW_INLINE vec lanes_swap(vec x, const int distance) {
    return distance == 4   ? _mm256_permute2f128_ps(x, x, 1)
           : distance == 2 ? _mm256_permute_ps(x, 0x4e)
                           : _mm256_permute_ps(x, 0xb1);
}
TW_INLINE vec lanes_mix(vec a, vec b, const int distance) {
    return distance == 4   ? _mm256_blend_ps(a, b, 0xf0)
           : distance == 2 ? _mm256_blend_ps(a, b, 0xcc)
                           : _mm256_blend_ps(a, b, 0xaa);
}
#else
TW_INLINE vec lanes_swap(vec x, const int distance) {
    return distance == 2 ? (vec){x[2], x[3], x[0], x[1]} : (vec){x[1], x[0], x[3], x[2]};
}
TW_INLINE vec lanes_mix(vec a, vec b, const int distance) {
    return distance == 2 ? (vec){a[0], a[1], b[2], b[3]} : (vec){a[0], b[1], a[2], b[3]};
}
#endif

#endif
