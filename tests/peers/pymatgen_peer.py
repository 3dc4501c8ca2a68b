"""Every proper match that pymatgen's Zur-McGill search finds is in our list; ours has more (it keeps one map per pair
of cells, drops the largest cells and counts mirror images)."""
import json
import os
import unittest

from common import STRUCTURES, nacre, skip

try:
    import numpy
    from pymatgen.analysis.interfaces.zsl import ZSLGenerator
except ImportError as error:
    skip(f"needs python3-pymatgen ({error})")

MAX_AREA, MAX_STRAIN = 150.0, 0.03


def principal_strains(film, substrate):
    return numpy.linalg.svd(numpy.linalg.inv(film) @ substrate, compute_uv=False) - 1.0


class MoreThanPymatgen(unittest.TestCase):
    def compare(self, film, film_plane, substrate, substrate_plane):
        document = json.loads(nacre(
            "match", os.path.join(STRUCTURES, film + ".cif"), os.path.join(STRUCTURES, substrate + ".cif"),
            "--film-plane", film_plane, "--substrate-plane", substrate_plane, "--max-area", str(MAX_AREA),
            "--max-strain", str(MAX_STRAIN), "--symmetry", "lattice", "--json"))
        a = numpy.array(document["film_basis_A"])
        b = numpy.array(document["substrate_basis_A"])
        ours = [(c["film_index"], c["substrate_index"], *c["principal_strains"]) for c in document["classes"]]
        generator = ZSLGenerator(max_area=MAX_AREA, max_length_tol=MAX_STRAIN, max_angle_tol=0.01)
        found = 0
        for match in generator(numpy.pad(a, ((0, 0), (0, 1))), numpy.pad(b, ((0, 0), (0, 1)))):
            cells = numpy.array(match.film_sl_vectors)[:, :2], numpy.array(match.substrate_sl_vectors)[:, :2]
            if numpy.linalg.det(cells[0]) * numpy.linalg.det(cells[1]) <= 0:
                continue  # a mirror image, no rotation
            strains = principal_strains(*cells)
            if numpy.abs(strains).max() > MAX_STRAIN:
                continue
            x = numpy.linalg.inv(cells[0] @ numpy.linalg.inv(a)) @ (cells[1] @ numpy.linalg.inv(b))
            index = next(n for n in range(1, 400) if is_index(x, n))
            key = (index, round(index * numpy.linalg.det(x)), *strains)
            self.assertTrue(any(close(key, entry) for entry in ours), f"{key} is missing")
            found += 1
        self.assertGreater(found, 0)

    def test_strontium_titanate_on_magnesia(self):
        self.compare("SrTiO3", "0,0,1", "MgO", "0,0,1")

    def test_ceria_on_strontium_titanate(self):
        self.compare("CeO2", "0,0,1", "SrTiO3", "0,0,1")


def is_index(x, n):
    """n is the index of {m : m X integer}: n times the g.c.d. of X's Smith form is integer, by counting cosets."""
    size = 1
    for size in range(1, 200):
        if numpy.abs(size * x - numpy.round(size * x)).max() < 1e-6:
            break
    rows = numpy.round(size * x).astype(int)
    inside = sum(1 for i in range(size) for j in range(size) if not ((numpy.array([i, j]) @ rows) % size).any())
    return size * size // inside == n


def close(a, b):
    return a[:2] == b[:2] and numpy.allclose(sorted(a[2:]), sorted(b[2:]), atol=1e-6)


if __name__ == "__main__":
    unittest.main()
