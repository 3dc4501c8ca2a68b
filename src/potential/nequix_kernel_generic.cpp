#define NACRE_KERNEL nequix_kernel_generic
#include "nequix_kernel_body.hpp"
