/* Every kernel, one line each: name, instruction set. Order is the order of preference. A line here
 * and a file defining `const tw_kernel tw_kernel_<name>` is all that a new kernel needs. */
#if defined(__x86_64__)
#define TW_X86_KERNELS(X)                                                                          \
    X(winograd_f4_avx512, TW_ISA_AVX512)                                                           \
    X(winograd_f6_avx512, TW_ISA_AVX512)                                                           \
    X(winograd_f2_avx512, TW_ISA_AVX512)                                                           \
    X(gemm_avx512, TW_ISA_AVX512)                                                                  \
    X(strassen_avx512, TW_ISA_AVX512)                                                              \
    X(bf16x3_amx, TW_ISA_AMX)                                                                      \
    X(grouped_avx512, TW_ISA_AVX512)                                                               \
    X(depthwise_avx512, TW_ISA_AVX512)                                                             \
    X(dots_avx512, TW_ISA_AVX512)                                                                  \
    X(winograd_f4_avx2, TW_ISA_AVX2)                                                               \
    X(winograd_f6_avx2, TW_ISA_AVX2)                                                               \
    X(winograd_f2_avx2, TW_ISA_AVX2)                                                               \
    X(gemm_avx2, TW_ISA_AVX2)                                                                      \
    X(strassen_avx2, TW_ISA_AVX2)                                                                  \
    X(grouped_avx2, TW_ISA_AVX2)                                                                   \
    X(depthwise_avx2, TW_ISA_AVX2)                                                                 \
    X(dots_avx2, TW_ISA_AVX2)
#else
#define TW_X86_KERNELS(X)
#endif

#if defined(__aarch64__)
#define TW_AARCH64_KERNELS(X)                                                                      \
    X(winograd_f4_neon, TW_ISA_NEON)                                                               \
    X(winograd_f6_neon, TW_ISA_NEON)                                                               \
    X(winograd_f2_neon, TW_ISA_NEON)                                                               \
    X(gemm_neon, TW_ISA_NEON)                                                                      \
    X(grouped_neon, TW_ISA_NEON)                                                                   \
    X(depthwise_neon, TW_ISA_NEON)                                                                 \
    X(dots_neon, TW_ISA_NEON)
#else
#define TW_AARCH64_KERNELS(X)
#endif

#define TW_FOR_EACH_KERNEL(X)                                                                      \
    TW_X86_KERNELS(X)                                                                              \
    TW_AARCH64_KERNELS(X)                                                                          \
    X(winograd_f4_generic, TW_ISA_GENERIC)                                                         \
    X(winograd_f6_generic, TW_ISA_GENERIC)                                                         \
    X(winograd_f2_generic, TW_ISA_GENERIC)                                                         \
    X(gemm_generic, TW_ISA_GENERIC)                                                                \
    X(grouped_generic, TW_ISA_GENERIC)                                                             \
    X(depthwise_generic, TW_ISA_GENERIC)                                                           \
    X(dots_generic, TW_ISA_GENERIC)                                                                \
    X(direct_generic, TW_ISA_GENERIC)
