/* The kernel table and the functions of the ABI: everything here is generated from kernels.h, checks
 * what no kernel should have to check, and is compiled for the oldest CPU. */
#include "kernel.h"
#include "kernels.h"

#include <string.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#endif

#if defined(__x86_64__)
/* Of CPUID leaf 7, edx. */
#define CPUID_AMX_BF16 (1u << 22)
#define CPUID_AMX_TILE (1u << 24)
/* Of Linux, 5.16 and later; asm/prctl.h of older systems has them not. */
#define SYS_ARCH_PRCTL 158
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18
#endif

/* Of a core that does not say. */
#define LEAST_L2_KB 256

#define DECLARE(name, isa) extern const tw_kernel tw_kernel_##name;
TW_FOR_EACH_KERNEL(DECLARE)

static const struct {
    const char *name;
    int32_t isa;
    const tw_kernel *kernel;
} TABLE[] = {
#define ROW(name, isa) {#name, isa, &tw_kernel_##name},
    TW_FOR_EACH_KERNEL(ROW)};

#define COUNT ((int32_t)(sizeof TABLE / sizeof TABLE[0]))

#if defined(__x86_64__)
/* Whether a process may use the tiles, for which it has to ask Linux: their state is 8 KB a thread. Asked
 * once; threads that ask at the same time write the same. */
static int has_amx(void) {
    static int32_t known; /* 1 no, 2 yes */
    int32_t answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (answer == 0) {
        uint32_t eax, ebx, ecx, edx;
        answer = 1;
        if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && edx & CPUID_AMX_BF16 && edx & CPUID_AMX_TILE) {
            int64_t result = SYS_ARCH_PRCTL;
            __asm__ volatile("syscall"
                             : "+a"(result)
                             : "D"((int64_t)ARCH_REQ_XCOMP_PERM), "S"((int64_t)XFEATURE_XTILEDATA)
                             : "rcx", "r11", "memory");
            if (result == 0) answer = 2;
        }
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer == 2;
}
#endif

int tw_cpu_has(int32_t isa) {
#if defined(__x86_64__)
    __builtin_cpu_init(); /* cached by the compiler's library; asks the operating system too */
    switch (isa) {
    case TW_ISA_AMX: return tw_cpu_has(TW_ISA_AVX512) && has_amx();
    case TW_ISA_AVX512: return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
    case TW_ISA_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case TW_ISA_GENERIC: return __builtin_cpu_supports("sse4.2");
    default: return 0;
    }
#elif defined(__aarch64__)
    /* Compilers use NEON for the generic vectors too. */
    return (isa == TW_ISA_NEON || isa == TW_ISA_GENERIC) && getauxval(AT_HWCAP) & HWCAP_ASIMD;
#else
    return isa == TW_ISA_GENERIC;
#endif
}

int32_t tw_isa(int32_t isa_limit) {
    int32_t isa = tw_min(isa_limit, TW_ISA_HIGHEST);
    while (isa >= TW_ISA_GENERIC && !tw_cpu_has(isa))
        isa--;
    return isa;
}

static const char *lacks(int32_t isa) {
    switch (isa) {
    case TW_ISA_AMX: return "this CPU has no AMX for bfloat16, or the system does not hand it out";
    case TW_ISA_AVX512: return "this CPU has no AVX-512F";
    case TW_ISA_AVX2: return "this CPU has no AVX2 and FMA";
    case TW_ISA_NEON: return "this CPU has no NEON";
    default: return "this CPU has no SSE4.2";
    }
}

static const tw_problem *problem_at(int64_t address) {
    return (const tw_problem *)(intptr_t)address;
}

int64_t tw_l2_bytes(void) {
    int32_t kb = LEAST_L2_KB;
#if defined(__x86_64__)
    /* Asked once: in a virtual machine that takes 7 us. Threads that ask at the same time write the same. */
    static int32_t known;
    const int32_t before = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (before > 0) return (int64_t)before * 1024;
    uint32_t eax, ebx, ecx = 0, edx;
    if (__get_cpuid(0x80000006, &eax, &ebx, &ecx, &edx) && ecx >> 16 > 0) kb = (int32_t)(ecx >> 16);
    __atomic_store_n(&known, kb, __ATOMIC_RELAXED);
#endif
    return (int64_t)kb * 1024;
}

double tw_tensor_bytes(const tw_problem *p) {
    const double in = (double)p->batch * p->in_height * p->in_width * p->in_channels;
    const double out = (double)tw_pixels(p) * p->out_channels;
    return 4 * (in + out * (p->has_residual ? 2 : 1));
}

int32_t tw_abi_version(void) { return TW_ABI_VERSION; }

int32_t tw_struct_bytes(void) { return (int32_t)(sizeof(tw_problem) << 16 | sizeof(tw_args)); }

int32_t tw_count(void) { return COUNT; }

const char *tw_name(int32_t kernel) { return TABLE[kernel].name; }

const char *tw_refuses(int32_t kernel, int64_t problem) {
    const tw_problem *p = problem_at(problem);
    const int32_t isa = TABLE[kernel].isa;
    if (isa > p->isa_limit) return "switched off by TILEWRIGHT_ISA";
    if (!tw_cpu_has(isa)) return lacks(isa);
    if (p->src_type != TW_FLOAT32 || p->filter_type != TW_FLOAT32 || p->dst_type != TW_FLOAT32)
        return "computes float32 only";
    if (p->activation < TW_NONE || p->activation > TW_TANH) return "does not know this activation";
    if (p->experts > 0 && !TABLE[kernel].kernel->sums) return "takes no sums of filters";
    return TABLE[kernel].kernel->refuses(p);
}

const char *tw_tile_name(int32_t kernel, int32_t index) {
    return index < TW_MOST_TUNABLES ? TABLE[kernel].kernel->tile_names[index] : NULL;
}

int32_t tw_tiles(int32_t kernel, int64_t problem, int64_t values) {
    return TABLE[kernel].kernel->tiles(problem_at(problem), (int32_t *)(intptr_t)values);
}

void tw_cost(int32_t kernel, int64_t problem, int64_t cost) {
    double *c = (double *)(intptr_t)cost;
    /* Multiply and add apart where the others have fma; on aarch64 1.9 instructions an FMA, not 1.3. */
    const double generic = tw_cpu_has(TW_ISA_AVX2) ? 0.5 : tw_cpu_has(TW_ISA_NEON) ? 0.67 : 1;
    const double lanes = tw_cpu_has(TW_ISA_AVX512) ? 16 : tw_cpu_has(TW_ISA_AVX2) ? 8 : 4;
    TABLE[kernel].kernel->cost(problem_at(problem), c);
    c[2] *= TABLE[kernel].kernel->lanes / lanes;
    if (TABLE[kernel].isa == TW_ISA_GENERIC) c[2] *= generic;
}

void tw_rounding(int32_t kernel, int64_t problem, int64_t rounding) {
    double *r = (double *)(intptr_t)rounding;
    r[0] = r[1] = r[2] = r[3] = 1;
    if (TABLE[kernel].kernel->rounding) TABLE[kernel].kernel->rounding(problem_at(problem), r);
}

const char *tw_family(int32_t kernel) { return TABLE[kernel].kernel->family; }

const char *tw_layout(int32_t kernel) { return TABLE[kernel].kernel->layout; }

int64_t tw_packed_bytes(int32_t kernel, int64_t problem) {
    return TABLE[kernel].kernel->packed_bytes(problem_at(problem));
}

void tw_pack(int32_t kernel, int64_t problem, int64_t filter, int64_t bias, int64_t packed) {
    TABLE[kernel].kernel->pack(problem_at(problem), (const float *)(intptr_t)filter,
                               (const float *)(intptr_t)bias, (float *)(intptr_t)packed);
}

int64_t tw_workspace_bytes(int32_t kernel, int64_t problem) {
    return TABLE[kernel].kernel->workspace_bytes(problem_at(problem));
}

int32_t tw_bind(int64_t args) {
    tw_args *a = (tw_args *)(intptr_t)args;
    return TABLE[a->kernel].kernel->bind(a);
}

void tw_run(int64_t args, int32_t from, int32_t to, int32_t worker, int32_t goes_on) {
    const tw_args *a = (const tw_args *)(intptr_t)args;
    TABLE[a->kernel].kernel->run(a, from, to, worker, goes_on);
}

/* Small whole numbers, at most 4, so that every order of summation gives the same float. */
static float pattern(int32_t i) { return (float)((i * 37 + i / 5) % 9 - 4); }

/* 1 if the kernel computes this problem right, or refuses it. */
static int computes(int32_t kernel, const tw_problem *p) {
    static const int32_t guard = 12345;
    _Alignas(64) float packed[28000] = {0}, workspace[12000];
    float src[1024], dst[2049], filter[4096], bias[64];
    double rounding[4];
    const int64_t problem = (int64_t)(intptr_t)p;
    const int32_t cg = p->in_channels / p->groups, kg = p->out_channels / p->groups;
    if (tw_refuses(kernel, problem)) return 1;
    if (tw_packed_bytes(kernel, problem) > (int64_t)sizeof packed ||
        tw_workspace_bytes(kernel, problem) > (int64_t)sizeof workspace)
        return 0;
    for (int32_t i = 0; i < 1024; i++)
        src[i] = pattern(i);
    for (int32_t i = 0; i < 4096; i++)
        filter[i] = pattern(i + 1);
    for (int32_t i = 0; i < 64; i++)
        bias[i] = pattern(i + 2);
    const int32_t elements = tw_pixels(p) * p->out_channels;
    dst[elements] = (float)guard;
    tw_pack(kernel, problem, (int64_t)(intptr_t)filter, (int64_t)(intptr_t)bias,
            (int64_t)(intptr_t)packed);
    tw_args args = {.problem = *p, .src = src, .dst = dst, .src_stride = p->in_channels,
                    .dst_stride = p->out_channels, .packed = packed, .workspace = (char *)workspace,
                    .kernel = kernel};
    const int32_t parts = tw_bind((int64_t)(intptr_t)&args);
    tw_run((int64_t)(intptr_t)&args, 0, parts, 0, 0);
    if (dst[elements] != (float)guard) return 0;
    /* Algorithms that do not just add the products make sums that floats do not hold exactly. */
    const double magnitude = 16.0 * cg * p->kernel_height * p->kernel_width;
    tw_rounding(kernel, problem, (int64_t)(intptr_t)rounding);
    const float tolerance = (float)(3e-6 * magnitude * (rounding[0] - 1));
    for (int32_t i = 0; i < elements; i++) {
        const int32_t k = i % p->out_channels, pixel = i / p->out_channels;
        float sum = bias[k];
        for (int32_t tap = 0; tap < p->kernel_height * p->kernel_width; tap++) {
            const int32_t y = pixel / p->out_width * p->stride_height - p->pad_top +
                              tap / p->kernel_width * p->dilation_height;
            const int32_t x = pixel % p->out_width * p->stride_width - p->pad_left +
                              tap % p->kernel_width * p->dilation_width;
            if (y < 0 || y >= p->in_height || x < 0 || x >= p->in_width) continue;
            for (int32_t c = 0; c < cg; c++)
                sum += src[(y * p->in_width + x) * p->in_channels + k / kg * cg + c] *
                       filter[(k * cg + c) * p->kernel_height * p->kernel_width + tap];
        }
        const float error = dst[i] - (sum > 0 ? sum : 0);
        if (!(error <= tolerance && error >= -tolerance)) return 0;
    }
    return 1;
}

int32_t tw_self_test(int32_t isa_limit) {
    const tw_problem dense = {
        .batch = 1, .groups = 1, .in_channels = 9, .out_channels = 37, .in_height = 5, .in_width = 9,
        .kernel_height = 3, .kernel_width = 3, .stride_height = 1, .stride_width = 1,
        .dilation_height = 1, .dilation_width = 1, .pad_top = 1, .pad_left = 1, .pad_bottom = 1,
        .pad_right = 1, .out_height = 5, .out_width = 9, .activation = TW_CLIP,
        .activation_b = __builtin_inff(), .threads = 1, .isa_limit = isa_limit};
    tw_problem depthwise = dense;
    depthwise.groups = depthwise.in_channels = depthwise.out_channels = 19;
    tw_problem grouped = dense;
    grouped.groups = 5;
    grouped.in_channels = grouped.out_channels = 20;
    tw_problem pointwise = dense;
    pointwise.in_channels = 32;
    pointwise.in_width = pointwise.out_width = 6;
    pointwise.kernel_height = pointwise.kernel_width = 1;
    pointwise.pad_top = pointwise.pad_left = pointwise.pad_bottom = pointwise.pad_right = 0;
    for (int32_t kernel = 0; kernel < COUNT; kernel++)
        if (!computes(kernel, &dense) || !computes(kernel, &depthwise) || !computes(kernel, &grouped) ||
            !computes(kernel, &pointwise))
            return 1 + kernel;
    return 0;
}
