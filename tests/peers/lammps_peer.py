"""LAMMPS with the same parameters, cut-off and truncation gives the same energies and forces.

LAMMPS evaluates erfc by a polynomial (error below 1.5e-7) and rounds the Coulomb constant, hence the tolerances:
5e-5 eV/atom and 1e-5 eV/A cover what was measured for formal charges."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from common import STRUCTURES, nacre_json_lines, skip

LMP = shutil.which("lmp") or shutil.which("lammps")
if not LMP:
    skip("needs the package lammps")
try:
    import numpy
    from ase.io import read, write
except ImportError as error:
    skip(f"needs python3-ase ({error})")

CUTOFF = 9.0


def buckingham_set(name):
    path = os.path.join(os.environ["NACRE_SOURCE_DIR"], "data", "potentials", name + ".json")
    with open(path) as file:
        return json.load(file)


def run_lammps(atoms, charges, pairs, folder):
    symbols = sorted(set(atoms.get_chemical_symbols()))
    lines = ["cell", "", f"{len(atoms)} atoms", f"{len(symbols)} atom types"]
    for axis, length in zip("xyz", atoms.cell.lengths()):
        lines.append(f"0.0 {length:.15f} {axis}lo {axis}hi")
    lines += ["", "Masses", ""] + [f"{i + 1} 1.0" for i in range(len(symbols))] + ["", "Atoms # charge", ""]
    for i, atom in enumerate(atoms):
        x, y, z = atom.position
        lines.append(f"{i + 1} {symbols.index(atom.symbol) + 1} {charges[atom.symbol]} {x:.15f} {y:.15f} {z:.15f}")
    with open(os.path.join(folder, "data"), "w") as file:
        file.write("\n".join(lines) + "\n")
    script = ["units metal", "atom_style charge", "boundary p p p", "read_data data",
              f"pair_style buck/coul/long {CUTOFF} {CUTOFF}", "pair_coeff * * 0.0 1.0 0.0"]
    for (a, b), (amplitude, rho, c6) in pairs.items():
        if a in symbols and b in symbols:
            i, j = sorted((symbols.index(a) + 1, symbols.index(b) + 1))
            script.append(f"pair_coeff {i} {j} {amplitude} {rho} {c6}")
    script += ["pair_modify table 0", "kspace_style ewald 1e-10", "thermo_style custom step pe",
               "thermo_modify format float %.12f", "dump f all custom 1 forces id fx fy fz",
               'dump_modify f sort id format float "%.12f"', "run 0", "variable e equal pe",
               'print "ENERGY $(v_e:%.12f)"']
    with open(os.path.join(folder, "in"), "w") as file:
        file.write("\n".join(script) + "\n")
    done = subprocess.run([LMP, "-in", "in", "-log", "none"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stdout[-2000:] + done.stderr[-2000:])
    energy = float([line for line in done.stdout.splitlines() if line.startswith("ENERGY")][0].split()[1])
    return energy, numpy.loadtxt(os.path.join(folder, "forces"), skiprows=9)[:, 1:]


class SameAsLammps(unittest.TestCase):
    def compare(self, name):
        data = buckingham_set("grimes")
        charges = {species["element"]: species["charge_e"] for species in data["species"]}
        pairs = {tuple(p["pair"]): (p["A_eV"], p["rho_A"], p["C_eV_A6"]) for p in data["pairs"]}
        atoms = read(os.path.join(STRUCTURES, name + ".cif"))
        atoms = atoms.repeat([max(1, round(9.0 / length)) for length in atoms.cell.lengths()])
        atoms.rattle(0.05, seed=11)
        with tempfile.TemporaryDirectory() as folder:
            energy, forces = run_lammps(atoms, charges, pairs, folder)
            path = os.path.join(folder, "atoms.xyz")
            write(path, atoms, format="extxyz")
            ours = nacre_json_lines("energy", path, "--model", "rigid-ion:grimes", "--cutoff", str(CUTOFF),
                                    "--truncation", "plain")[0]
        self.assertAlmostEqual(ours["energy_eV"], energy, delta=5e-5 * len(atoms))
        difference = numpy.abs(numpy.array(ours["forces_eV_per_A"]) - forces).max()
        self.assertLess(difference, 1e-5)

    def test_strontium_titanate(self):
        self.compare("SrTiO3")

    def test_ceria(self):
        self.compare("CeO2")

    def test_magnesia(self):
        self.compare("MgO")


if __name__ == "__main__":
    unittest.main()
