#define NACRE_KERNEL nequix_kernel_avx2
#include "nequix_kernel_body.hpp"
