#define NACRE_KERNEL nequix_kernel_avx512
#include "nequix_kernel_body.hpp"
