"""Dispersion beside CP2K (energies and forces of every functional that it knows) and pw.x (energies of others)."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from common import nacre_json_lines, skip

try:
    import numpy
    from ase import Atoms
    from ase.build import bulk
    from ase.io import read, write
except ImportError as error:
    skip(f"needs python3-ase ({error})")

HARTREE_EV, BOHR_A = 27.211386245988, 0.529177210903
CP2K = next((path for path in map(shutil.which, ("cp2k.psmp", "cp2k.popt", "cp2k")) if path), None)
PW = shutil.which("pw.x")
PSEUDO = "/usr/share/espresso/pseudo"
CUTOFF_A = 20.0

# Names in CP2K, whose pairs reach twice as far as its R_CUTOFF says; and those that pw.x knows, other ones among them.
BY_CP2K = {"pbe": "PBE", "scan": "SCAN", "rpbe": "RPBE", "hse06": "HSE06", "pbe0": "PBE0", "tpss": "TPSS", "blyp": "BLYP",
           "b3lyp": "B3LYP", "bp86": "BP86"}
BY_PW = ("pbe", "pbesol", "revpbe", "rpbe", "blyp")
PSEUDOPOTENTIALS = {"Mg": "Mg.pz-n-vbc.UPF", "O": "O.pbe-kjpaw.UPF"}


def structures():
    """Rattled SrTiO3, whose atoms have neighbours enough, and a cluster, whose coordination numbers lie between references."""
    titanate = Atoms("SrTiO3", scaled_positions=[(0, 0, 0), (.5, .5, .5), (.5, .5, 0), (.5, 0, .5), (0, .5, .5)], cell=[3.95, 3.97, 4.0], pbc=True)
    cluster = Atoms("SiSiSiGe", positions=[(0, 0, 0), (1.9, 1.1, 0.7), (0.3, 0, 4.6), (2.2, 1.3, 5.2)], cell=[16.0, 16.5, 18.0], pbc=True)
    for seed, atoms in enumerate((titanate, cluster)):
        atoms.rattle(0.08, seed=seed)
        yield atoms


def cp2k_deck(atoms, functional, three_body):
    cell = "\n".join(f"{name} " + " ".join(repr(float(x)) for x in row) for name, row in zip("ABC", atoms.cell))
    coordinates = "\n".join(f"{symbol} " + " ".join(repr(float(x)) for x in row) for symbol, row in zip(atoms.symbols, atoms.positions))
    kinds = "\n".join(f"&KIND {symbol}\nBASIS_SET SZV-MOLOPT-SR-GTH\nPOTENTIAL GTH-PBE\n&END KIND" for symbol in sorted(set(atoms.symbols)))
    return f"""&GLOBAL
PROJECT d3
RUN_TYPE ENERGY_FORCE
&END GLOBAL
&FORCE_EVAL
METHOD QS
&DFT
BASIS_SET_FILE_NAME BASIS_MOLOPT
POTENTIAL_FILE_NAME GTH_POTENTIALS
&MGRID
CUTOFF 40
REL_CUTOFF 20
&END MGRID
&SCF
MAX_SCF 1
SCF_GUESS ATOMIC
&END SCF
&XC
&XC_FUNCTIONAL PBE
&END XC_FUNCTIONAL
&VDW_POTENTIAL
POTENTIAL_TYPE PAIR_POTENTIAL
&PAIR_POTENTIAL
TYPE DFTD3(BJ)
PARAMETER_FILE_NAME dftd3.dat
REFERENCE_FUNCTIONAL {functional}
R_CUTOFF [angstrom] {CUTOFF_A / 2}
EPS_CN 1e-12
CALCULATE_C9_TERM {three_body}
VERBOSE_OUTPUT T
&PRINT_DFTD
&END PRINT_DFTD
&END PAIR_POTENTIAL
&END VDW_POTENTIAL
&END XC
&END DFT
&SUBSYS
&CELL
{cell}
&END CELL
&COORD
{coordinates}
&END COORD
{kinds}
&END SUBSYS
&END FORCE_EVAL
"""


class DispersionBesideOtherPrograms(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nacre-d3-")
        self.addCleanup(shutil.rmtree, self.folder)

    def as_written(self, atoms):
        path = os.path.join(self.folder, "frame.extxyz")
        write(path, atoms, format="extxyz")  # eight decimals: both sides take what stands in the file
        return path, read(path)

    def run_in_folder(self, command, deck):
        with open(os.path.join(self.folder, "deck"), "w") as out:
            out.write(deck)
        environment = dict(os.environ, OMP_NUM_THREADS="1", ESPRESSO_PSEUDO=PSEUDO)
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120, env=environment).stdout

    def cp2k(self, atoms, functional, three_body=False):
        self.run_in_folder([CP2K, "-i", "deck", "-o", "out"], cp2k_deck(atoms, functional, "T" if three_body else "F"))
        with open(os.path.join(self.folder, "d3-1_0.dftd")) as report:
            text = report.read()
        os.remove(os.path.join(self.folder, "d3-1_0.dftd"))
        energy = float(re.search(r"Total vdW energy \[au\]\s*:\s*(\S+)", text)[1])
        forces = [[float(x) for x in line.split()[2:5]] for line in text.split("Dispersion Forces")[1].splitlines()[2:2 + len(atoms)]]
        return energy * HARTREE_EV, numpy.array(forces) * HARTREE_EV / BOHR_A

    def pw(self, atoms, functional, three_body=False):
        lattice = "\n".join(" ".join(repr(float(x)) for x in row) for row in atoms.cell)
        coordinates = "\n".join(f"{symbol} " + " ".join(repr(float(x)) for x in row) for symbol, row in zip(atoms.symbols, atoms.positions))
        kinds = "\n".join(f"{symbol} 1 {PSEUDOPOTENTIALS[symbol]}" for symbol in sorted(set(atoms.symbols)))
        text = self.run_in_folder([PW, "-in", "deck"], f"""&control
pseudo_dir = '{PSEUDO}', outdir = '{self.folder}'
/
&system
ibrav = 0, nat = {len(atoms)}, ntyp = {len(set(atoms.symbols))}, ecutwfc = 6, nosym = .true., input_dft = '{functional}'
vdw_corr = 'dft-d3', dftd3_version = 4, dftd3_threebody = .{str(three_body).lower()}.
/
&electrons
electron_maxstep = 1, conv_thr = 1e3
/
ATOMIC_SPECIES
{kinds}
CELL_PARAMETERS angstrom
{lattice}
ATOMIC_POSITIONS angstrom
{coordinates}
K_POINTS gamma
""")
        return float(re.search(r"DFT-D3 Dispersion\s*=\s*(\S+) Ry", text)[1]) * HARTREE_EV / 2

    def ours(self, path, model):
        answer = nacre_json_lines("energy", path, "--model", model, "--truncation", "plain")[0]
        return answer["energy_eV"], numpy.array(answer["forces_eV_per_A"])

    @unittest.skipUnless(CP2K, "needs cp2k")
    def test_energies_and_forces_are_those_of_cp2k(self):
        for name, reference in BY_CP2K.items():
            for atoms in structures():
                path, atoms = self.as_written(atoms)
                energy, forces = self.ours(path, f"d3:{name},cutoff={CUTOFF_A},cn=9")
                theirs, gradient = self.cp2k(atoms, reference)
                with self.subTest(functional=name, structure=str(atoms.symbols)):
                    # CP2K's coordination numbers differ by 2e-4 (it ends its lists of neighbours where a count is 1e-5)
                    self.assertAlmostEqual(energy, theirs, delta=2e-5 * abs(theirs))
                    self.assertLess(numpy.abs(forces + gradient).max(), 5e-5 * numpy.abs(gradient).max() + 1e-9)

    @unittest.skipUnless(PW and os.path.isdir(PSEUDO), "needs pw.x and quantum-espresso-data")
    def test_energies_are_those_of_pw_x(self):
        atoms = bulk("MgO", "rocksalt", a=4.25)
        atoms.rattle(0.05, seed=4)
        path, atoms = self.as_written(atoms)
        for name in BY_PW:
            with self.subTest(functional=name):
                self.assertAlmostEqual(self.ours(path, f"d3:{name},cutoff=50.2")[0], self.pw(atoms, name), delta=4e-7)  # 1.4e-7 is the last digit printed


if __name__ == "__main__":
    unittest.main()
