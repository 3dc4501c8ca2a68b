"""CP2K and pw.x as force engines over the i-PI socket, beside their own outputs for the same structure."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from common import nacre_json_lines, skip

try:
    import numpy
except ImportError as error:
    skip(f"needs python3-numpy ({error})")

HARTREE, RYDBERG, BOHR = 27.211386245988, 13.605693122994, 0.529177210903  # CODATA 2018
CP2K = shutil.which("cp2k")
PW, PSEUDO = shutil.which("pw.x"), "/usr/share/espresso/pseudo/Si.pz-vbc.UPF"
if CP2K is None and PW is None:
    skip("needs cp2k or quantum-espresso")
SKEWED = numpy.array([[0.0, 2.7, 2.7], [2.7, 0.0, 2.7], [2.75, 2.7, 0.0]])  # no triangle
FIRST = numpy.array([[0.0, 0.0, 0.05], [1.35, 1.3, 1.4]])
SECOND = FIRST + [[0.03, 0.0, -0.02], [0.0, 0.1, 0.0]]


def rows(matrix, before=""):
    return "\n".join(before + " ".join(f"{x:.10f}" for x in row) for row in matrix)


def frame(symbol, cell, positions):
    lattice = " ".join(f"{x:.10f}" for x in cell.ravel())
    return (f'{len(positions)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n'
            + rows(positions, symbol + " ") + "\n")


class ForceEngine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nacre-engines-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.environ["OMP_NUM_THREADS"] = "1"

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def run_here(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout

    def over_the_socket(self, settings, *frames):
        path = self.write("frames.extxyz", "".join(frames))
        return nacre_json_lines("energy", path, "--model", "socket:" + self.write("engine.toml", settings))


@unittest.skipIf(PW is None or not os.path.exists(PSEUDO), "needs quantum-espresso and quantum-espresso-data")
class PwX(ForceEngine):
    def input_for(self, positions):
        return f"""&control
 prefix='si', outdir='{self.folder}', pseudo_dir='{os.path.dirname(PSEUDO)}', tprnfor=.true., tstress=.true.
/
&system
 ibrav=0, nat=2, ntyp=1, ecutwfc=12, nosym=.true.
/
&electrons
 conv_thr=1e-10
/
ATOMIC_SPECIES
Si 28.0855 {os.path.basename(PSEUDO)}
CELL_PARAMETERS angstrom
{rows(SKEWED)}
ATOMIC_POSITIONS angstrom
{rows(positions, "Si ")}
K_POINTS automatic
2 2 2 1 1 1
"""

    def own(self, positions):
        said = self.run_here(PW, "-in", self.write("own.in", self.input_for(positions)))
        energy = float(re.search(r"!\s+total energy\s+=\s+(\S+) Ry", said).group(1)) * RYDBERG
        forces = re.findall(r"atom +\d+ +type +1 +force = +(\S+) +(\S+) +(\S+)", said)[:2]
        return energy, numpy.array(forces, dtype=float) * RYDBERG / BOHR

    def test_gives_what_it_prints_itself(self):
        self.write("driver.in", self.input_for(FIRST))
        settings = f'name = "LDA"\nelements = ["Si"]\nprobe = "none"\ncommand = ["{PW}", "--ipi", "{{socket}}:UNIX", "-in", "driver.in"]\n'
        answers = self.over_the_socket(settings, frame("Si", SKEWED, FIRST), frame("Si", SKEWED, SECOND))

        for answer, positions in zip(answers, (FIRST, SECOND)):
            energy, forces = self.own(positions)
            # 8 digits of rydberg are printed; bohr and hartree differ in the tenth digit between the programs
            self.assertAlmostEqual(answer["energy_eV"], energy, delta=2e-6)
            self.assertLess(abs(numpy.array(answer["forces_eV_per_A"]) - forces).max(), 2e-5)
            self.assertIsNotNone(answer["stress_eV_per_A3"])


@unittest.skipIf(CP2K is None, "needs cp2k")
class Cp2k(ForceEngine):
    CELL = numpy.diag([5.0, 5.0, 5.5])
    MOLECULE = numpy.array([[2.5, 2.5, 2.4], [2.5, 2.6, 3.2]])

    def input_for(self, run_type, positions):
        return f"""&GLOBAL
  PROJECT engine
  RUN_TYPE {run_type}
  PRINT_LEVEL LOW
&END GLOBAL
&MOTION
  &DRIVER
    UNIX
    HOST nacre-cp2k-{os.getpid()}
  &END DRIVER
&END MOTION
&FORCE_EVAL
  METHOD QS
  STRESS_TENSOR ANALYTICAL
  &DFT
    BASIS_SET_FILE_NAME GTH_BASIS_SETS
    POTENTIAL_FILE_NAME GTH_POTENTIALS
    &MGRID
      CUTOFF 120
    &END MGRID
    &SCF
      EPS_SCF 1.0E-8
    &END SCF
    &XC
      &XC_FUNCTIONAL PADE
      &END XC_FUNCTIONAL
    &END XC
  &END DFT
  &PRINT
    &FORCES ON
    &END FORCES
  &END PRINT
  &SUBSYS
    &CELL
{rows(self.CELL[:1], "      A ")}
{rows(self.CELL[1:2], "      B ")}
{rows(self.CELL[2:], "      C ")}
    &END CELL
    &COORD
{rows(positions, "      H ")}
    &END COORD
    &KIND H
      BASIS_SET SZV-GTH
      POTENTIAL GTH-PADE-q1
    &END KIND
  &END SUBSYS
&END FORCE_EVAL
"""

    def own(self, positions):
        said = self.run_here(CP2K, "-i", self.write("own.inp", self.input_for("ENERGY_FORCE", positions)))
        energy = float(re.search(r"Total FORCE_EVAL.*:\s+(\S+)", said).group(1)) * HARTREE
        forces = re.findall(r"^ +\d+ +1 +H +(\S+) +(\S+) +(\S+)$", said, re.MULTILINE)
        return energy, numpy.array(forces, dtype=float) * HARTREE / BOHR

    def test_gives_what_it_prints_itself(self):
        self.write("driver.inp", self.input_for("DRIVER", self.MOLECULE))
        settings = (f'name = "LDA"\nelements = ["H"]\nprobe = "none"\naddress = "unix:nacre-cp2k-{os.getpid()}"\n'
                    f'command = ["{CP2K}", "-i", "driver.inp", "-o", "driver.out"]\n')
        moved = self.MOLECULE + [[0.0, 0.0, 0.05], [0.02, 0.0, 0.0]]
        answers = self.over_the_socket(settings, frame("H", self.CELL, self.MOLECULE), frame("H", self.CELL, moved))

        for answer, positions in zip(answers, (self.MOLECULE, moved)):
            energy, forces = self.own(positions)
            # two minimisations of the density, the second from the first one's: 1e-8 of their gradients
            self.assertAlmostEqual(answer["energy_eV"], energy, delta=2e-6)
            self.assertLess(abs(numpy.array(answer["forces_eV_per_A"]) - forces).max(), 2e-4)
            self.assertIsNotNone(answer["stress_eV_per_A3"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
