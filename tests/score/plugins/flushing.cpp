/// Switches flush-to-zero on when it is loaded, as libraries linked with -ffast-math do.
#ifdef __SSE__
#include <xmmintrin.h>
__attribute__((constructor)) static void flush_denormals() { _mm_setcsr(_mm_getcsr() | 0x8040u); }
#elif defined(__aarch64__)
__attribute__((constructor)) static void flush_denormals() {
  __builtin_aarch64_set_fpcr(__builtin_aarch64_get_fpcr() | (1u << 24));
}
#endif
