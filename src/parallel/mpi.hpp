/// The one place that includes mpi.h.
#pragma once

#define OMPI_SKIP_MPICXX 1  // the C interface only: the C++ one would need a library of its own
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

namespace nacre {

/// @throws Error with MPI's own words unless `code` is MPI_SUCCESS
void check_mpi(int code, char const* call);

}  // namespace nacre
