#pragma once

/// Before a function of the hot path: it is compiled twice, for any x86-64 and for x86-64-v3 (BMI2,
/// MOVBE, AVX2), and the loader picks by the processor. Sanitized and clang builds have the first
/// only: their run-time must start before a function can be picked.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WEIR_WIDE_CLONES [[gnu::target_clones("default", "arch=x86-64-v3")]]
#else
#define WEIR_WIDE_CLONES
#endif
