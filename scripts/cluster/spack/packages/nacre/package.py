# From the root of the sources: spack repo add scripts/cluster/spack && spack dev-build nacre@main
from spack.package import *

try:  # where Spack 1.0 and later keep it
    from spack_repo.builtin.build_systems.cmake import CMakePackage, generator
except ImportError:
    pass


class Nacre(CMakePackage):
    """Inverse design of stacks of crystalline membranes."""

    version("main")

    variant("torch", default=False, description="potentials in TorchScript, on CPU or GPU")

    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("eigen@3.4:")
    depends_on("nlopt@2.7:")
    depends_on("spglib")
    depends_on("boost@1.74: +serialization")
    depends_on("tomlplusplus@3.3:")
    depends_on("cli11@2.1:")
    depends_on("sqlite@3.34:")
    depends_on("nlohmann-json@3.11:")
    depends_on("spdlog@1.10:")
    depends_on("fftw@3 precision=double")
    depends_on("gemmi")
    depends_on("py-torch", when="+torch")

    generator("ninja")

    def cmake_args(self):
        return [self.define_from_variant("NACRE_WITH_TORCH", "torch"), self.define("NACRE_BUILD_TESTS", False)]
