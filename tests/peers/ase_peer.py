"""ASE reads what Nacre writes, and Nacre reads what ASE writes, to the same atoms."""
import os
import tempfile
import unittest

from common import STRUCTURES, nacre, nacre_json_lines, skip

try:
    import numpy
    from ase import Atoms
    from ase.io import read, write
except ImportError as error:
    skip(f"needs python3-ase ({error})")


class AseReadsAndWrites(unittest.TestCase):
    def rattled(self):
        atoms = read(os.path.join(STRUCTURES, "SrTiO3.cif")).repeat((2, 1, 1))
        atoms.rattle(0.05, seed=3)
        return atoms

    def test_energies_do_not_depend_on_the_file_format(self):
        atoms = self.rattled()
        with tempfile.TemporaryDirectory() as folder:
            energies = []
            for name, form in (("a.xyz", "extxyz"), ("POSCAR", "vasp"), ("a.cif", "cif")):
                path = os.path.join(folder, name)
                write(path, atoms, format=form)
                energies.append(nacre_json_lines("energy", path, "--model", "rigid-ion:grimes")[0]["energy_eV"])
        # POSCAR carries 16 digits; ASE rounds fractional coordinates of a CIF to 1e-5: 4e-5 A times forces of some eV/A
        self.assertAlmostEqual(energies[0], energies[1], delta=1e-6)
        self.assertAlmostEqual(energies[0], energies[2], delta=1e-3)

    def test_relaxed_structures_read_back(self):
        atoms = self.rattled()
        with tempfile.TemporaryDirectory() as folder:
            start, end = os.path.join(folder, "start.xyz"), os.path.join(folder, "end.xyz")
            write(start, atoms, format="extxyz")
            result = nacre_json_lines("relax", start, "--model", "rigid-ion:grimes", "-o", end)[0]
            relaxed = read(end)
            again = nacre_json_lines("energy", end, "--model", "rigid-ion:grimes")[0]
        self.assertTrue(result["converged"], result)
        self.assertEqual(relaxed.get_chemical_symbols(), atoms.get_chemical_symbols())
        self.assertAlmostEqual(again["energy_eV"], result["energy_eV"], delta=1e-6)
        # the cubic lattice constant of this set: 3.9034 A to its four digits (docs of the parameters)
        self.assertAlmostEqual(relaxed.cell.volume ** (1 / 3) / 2 ** (1 / 3), 3.9034, delta=2e-3)

    def test_forces_match_finite_differences_of_ase_files(self):
        atoms = self.rattled()
        step = 1e-4
        with tempfile.TemporaryDirectory() as folder:
            frames = [atoms.copy() for _ in range(3)]
            frames[1].positions[3, 1] += step
            frames[2].positions[3, 1] -= step
            path = os.path.join(folder, "frames.xyz")
            write(path, frames, format="extxyz")
            results = nacre_json_lines("energy", path, "--model", "rigid-ion:grimes")
        slope = -(results[1]["energy_eV"] - results[2]["energy_eV"]) / (2 * step)
        # third-order term of a stiff ionic well at this step
        self.assertAlmostEqual(results[0]["forces_eV_per_A"][3][1], slope, delta=1e-4)


if __name__ == "__main__":
    unittest.main()
