"""LAMMPS moves the ions of a rigid-ion cell along the same paths from the same velocities.

Both integrate with velocity Verlet. LAMMPS evaluates erfc by a polynomial, which is good to 1.5e-7, and takes its units from
an older CODATA set: after 50 steps paths of 0.8 A have parted by 1.5e-6 A, and 1e-5 A is allowed."""
import os
import shutil
import subprocess
import tempfile
import unittest

from common import nacre, skip

LMP = shutil.which("lmp") or shutil.which("lammps")
if not LMP:
    skip("needs the package lammps")
try:
    import numpy
    from ase.io import read
except ImportError as error:
    skip(f"needs python3-ase ({error})")

CUTOFF, STEPS = 8.0, 50
PAIRS = {(1, 2): (985.869, 0.3760, 0.0), (2, 2): (22764.3, 0.149, 27.88)}  # lewis_catlow1985: Zr-O, O-O
MASSES = {"Zr": 91.224, "O": 15.999}


def zirconia():
    """2 x 2 x 2 cells, every ion displaced a little, with velocities of about 1500 K; all seeded."""
    cations = [(0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0)]
    anions = [(x, y, z) for x in (.25, .75) for y in (.25, .75) for z in (.25, .75)]
    shifts = [(i, j, k) for i in range(2) for j in range(2) for k in range(2)]
    symbols, places = [], []
    for shift in shifts:
        for symbol, sites in (("Zr", cations), ("O", anions)):
            for site in sites:
                symbols.append(symbol)
                places.append(5.12 * (numpy.array(site) + shift))
    rng = numpy.random.default_rng(11)
    places = numpy.array(places) + rng.normal(0.0, 0.05, (len(places), 3))
    mass = numpy.array([MASSES[s] for s in symbols])
    velocities = rng.normal(0.0, 1.0, (len(places), 3)) * numpy.sqrt(1500 * 8.617e-5 / 1.0364e-4 / mass)[:, None]
    velocities -= (mass[:, None] * velocities).sum(0) / mass.sum()
    return symbols, places, velocities


class Dynamics(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.symbols, self.places, self.velocities = zirconia()

    def path(self, name):
        return os.path.join(self.folder, name)

    def lammps(self):
        edge = 10.24
        lines = ["cell", "", f"{len(self.symbols)} atoms", "2 atom types"]
        lines += [f"0 {edge} {axis}lo {axis}hi" for axis in "xyz"]
        lines += ["", "Masses", "", "1 91.224", "2 15.999", "", "Atoms # charge", ""]
        for i, (symbol, p) in enumerate(zip(self.symbols, self.places)):
            kind, charge = (1, 4) if symbol == "Zr" else (2, -2)
            lines.append(f"{i + 1} {kind} {charge} {p[0]:.15f} {p[1]:.15f} {p[2]:.15f}")
        lines += ["", "Velocities", ""]
        lines += [f"{i + 1} {v[0]:.15f} {v[1]:.15f} {v[2]:.15f}" for i, v in enumerate(self.velocities)]
        with open(self.path("data"), "w") as file:
            file.write("\n".join(lines) + "\n")
        script = ["units metal", "atom_style charge", "read_data data", f"pair_style buck/coul/long {CUTOFF}",
                  "pair_coeff * * 0.0 1.0 0.0"]
        script += [f"pair_coeff {i} {j} {a} {rho} {c}" for (i, j), (a, rho, c) in PAIRS.items()]
        script += ["pair_modify table 0", "kspace_style ewald 1e-9", "timestep 0.001", "fix 1 all nve",
                   "dump d all custom 10 out id xu yu zu", 'dump_modify d sort id format float "%.12f"', f"run {STEPS}"]
        with open(self.path("in"), "w") as file:
            file.write("\n".join(script) + "\n")
        done = subprocess.run([LMP, "-in", "in", "-log", "none"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        with open(self.path("out")) as file:
            lines = file.read().splitlines()
        atoms, frames = len(self.symbols), []
        for start in range(0, len(lines), atoms + 9):
            frames.append([[float(x) for x in line.split()[1:]] for line in lines[start + 9:start + 9 + atoms]])
        return numpy.array(frames)

    def ours(self):
        header = 'Lattice="10.24 0 0 0 10.24 0 0 0 10.24" Properties=species:S:1:pos:R:3:velocity_A_per_ps:R:3 pbc="T T T"'
        with open(self.path("start.extxyz"), "w") as file:
            file.write(f"{len(self.symbols)}\n{header}\n")
            for symbol, p, v in zip(self.symbols, self.places, self.velocities):
                file.write(" ".join([symbol] + [repr(float(x)) for x in (*p, *v)]) + "\n")
        nacre("md", self.path("start.extxyz"), "--keep-velocities", "--model", "rigid-ion:lewis_catlow1985", "--cutoff",
              str(CUTOFF), "--truncation", "plain", "--temperature", "1500", "--ensemble", "nve", "--timestep-fs", "1",
              "--equilibrate-ps", "0", "--ps", str(STEPS * 1e-3), "--frame-ps", "0.01", "--output", self.path("run.xyz"))
        return numpy.array([atoms.positions for atoms in read(self.path("run.xyz"), ":")])

    def test_paths_are_the_same(self):
        theirs, ours = self.lammps(), self.ours()
        self.assertEqual(theirs.shape, ours.shape)
        moved = abs(ours[-1] - ours[0]).max()
        self.assertGreater(moved, 0.2)
        largest = abs(theirs - ours).max()
        print(f"largest difference {largest:.2e} A where ions moved by up to {moved:.3f} A")
        self.assertLess(largest, 1e-5)


if __name__ == "__main__":
    unittest.main()
