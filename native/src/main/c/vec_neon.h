/* 4 float32 lanes; NEON of every aarch64 CPU. The interface is described in vec_avx512.h. */
#include <arm_neon.h>

#define VL 4
typedef float32x4_t vec;
typedef int vec_mask; /* number of lanes that are on */

static inline vec vec_set1(float x) { return vdupq_n_f32(x); }
static inline vec vec_load(const float *p) { return vld1q_f32(p); }
static inline void vec_store(float *p, vec x) { vst1q_f32(p, x); }
static inline vec_mask vec_first(int n) { return n >= VL ? VL : n <= 0 ? 0 : n; }
static inline vec vec_load_mask(const float *p, vec_mask m) {
    if (m == VL) return vld1q_f32(p);
    vec x = vdupq_n_f32(0.0f);
    if (m & 2) {
        x = vcombine_f32(vld1_f32(p), vdup_n_f32(0.0f));
        return m & 1 ? vld1q_lane_f32(p + 2, x, 2) : x;
    }
    return m ? vld1q_lane_f32(p, x, 0) : x;
}
static inline void vec_store_mask(float *p, vec_mask m, vec x) {
    if (m == VL) {
        vst1q_f32(p, x);
        return;
    }
    if (m & 2) {
        vst1_f32(p, vget_low_f32(x));
        if (m & 1) vst1q_lane_f32(p + 2, x, 2);
    } else if (m) {
        vst1q_lane_f32(p, x, 0);
    }
}
static inline vec vec_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
/* a * b[lane] + c; lane is a constant. Only here: elsewhere a broadcast from memory costs no more than
 * a load. */
#define vec_fma_lane(a, b, lane, c) vfmaq_laneq_f32(c, a, b, lane)
/* The instructions return NaN if either operand is. */
static inline vec vec_at_least(vec x, vec low) { return vmaxq_f32(x, low); }
static inline vec vec_at_most(vec x, vec high) { return vminq_f32(x, high); }
static inline vec vec_max(vec a, vec b) { return vmaxq_f32(a, b); }
static inline vec vec_min(vec a, vec b) { return vminq_f32(a, b); }
static inline vec vec_pick(vec x, const int32_t *index, int32_t base) {
    const int32x4_t lane = vsubq_s32(vld1q_s32(index), vdupq_n_s32(base));
    /* Four bytes of each lane. */
    const int32x4_t bytes = vmlaq_n_s32(vdupq_n_s32(0x03020100), lane, 0x04040404);
    return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(x), vreinterpretq_u8_s32(bytes)));
}
static inline vec vec_sqrt(vec x) { return vsqrtq_f32(x); }
static inline vec vec_abs(vec x) { return vabsq_f32(x); }
static inline vec vec_if_greater(vec a, vec b, vec yes, vec no) {
    return vbslq_f32(vcgtq_f32(a, b), yes, no);
}
static inline vec vec_scale(vec x, vec n, vec sum) {
    (void)n;
    return vmulq_f32(x, vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(sum), 23)));
}
static inline vec vec_quotient(vec x, vec y) { return x / y; }
