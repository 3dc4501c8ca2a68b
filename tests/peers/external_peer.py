"""Models in other programs: ASE and LAMMPS as force engines of Nacre, and Nacre as the force engine of ASE."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from common import NACRE, nacre_json_lines, skip

try:
    import numpy
    from ase.build import bulk
    from ase.calculators.emt import EMT
    from ase.calculators.lj import LennardJones
    from ase.calculators.socketio import SocketIOCalculator
    from ase.io import read, write
    from ase.optimize import BFGS
except ImportError as error:
    skip(f"needs python3-ase ({error})")

EXAMPLES = os.path.join(os.environ["NACRE_SOURCE_DIR"], "examples", "external")
PYTHON = "/usr/bin/python3"  # Debian's, which has ASE


def crystal(symbol="Cu", seed=1):
    atoms = bulk("Cu", "fcc", a=3.7, cubic=True).repeat((2, 1, 1))
    atoms.symbols[:] = symbol
    atoms.rattle(0.1, seed=seed)
    strain = 0.03 * numpy.random.RandomState(seed).randn(3, 3)
    atoms.set_cell(atoms.cell @ (numpy.eye(3) + strain), scale_atoms=True)
    return atoms


class PeersGiveTheirOwnNumbers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nacre-peers-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.files_before = set(os.listdir("/tmp"))
        self.addCleanup(self.no_socket_is_left)

    def no_socket_is_left(self):
        left = [name for name in set(os.listdir("/tmp")) - self.files_before if name.startswith("ipi_nacre-")]
        self.assertEqual(left, [])

    def frames(self, *structures):
        path = os.path.join(self.folder, "frames.extxyz")
        write(path, list(structures), format="extxyz")
        return path, read(path, ":")  # ASE writes eight decimals: both sides take what stands in the file

    def settings(self, text):
        path = os.path.join(self.folder, "settings.toml")
        with open(path, "w") as out:
            out.write(text)
        return path

    def compare(self, model, calculator, tolerance, *structures):
        path, frames = self.frames(*structures)
        answers = nacre_json_lines("energy", path, "--model", model)
        for atoms, answer in zip(frames, answers):
            atoms.calc = calculator
            self.assertAlmostEqual(answer["energy_eV"], atoms.get_potential_energy(), delta=tolerance)
            self.assertLess(abs(numpy.array(answer["forces_eV_per_A"]) - atoms.get_forces()).max(), tolerance)
            difference = numpy.array(answer["stress_eV_per_A3"]) - atoms.get_stress(voigt=False)
            self.assertLess(abs(difference).max(), tolerance)

    def test_calculator_of_ase_by_lines(self):
        # text carries every digit; the rest is the order of sums
        self.compare(f"exec:{PYTHON} {EXAMPLES}/ase_exec.py emt", EMT(), 1e-10, crystal(), crystal("Ag"), crystal(seed=2))

    def test_calculator_of_ase_over_a_unix_socket(self):
        settings = self.settings(f'name = "EMT"\nelements = ["Cu", "Ag"]\n'
                                 f'command = ["{PYTHON}", "{EXAMPLES}/ase_socket.py", "{{structure}}", "{{socket}}", "emt"]\n')
        # ASE takes hartree and bohr of CODATA 2014, Nacre those of 2018: 1e-8 of energies of some eV
        self.compare(f"socket:{settings}", EMT(), 2e-7, crystal(), crystal("Ag"), crystal(seed=2))

    def test_calculator_of_ase_over_a_port(self):
        settings = self.settings(f'name = "EMT"\nelements = ["Cu"]\naddress = "inet:0"\n'
                                 f'command = ["{PYTHON}", "{EXAMPLES}/ase_socket.py", "{{structure}}", "{{port}}", "emt"]\n')
        self.compare(f"socket:{settings}", EMT(), 2e-7, crystal())

    def test_peer_that_the_user_started(self):
        path, frames = self.frames(crystal())
        name = f"nacre-test-{os.getpid()}"
        model = subprocess.Popen([NACRE, "energy", path, "--model", f"socket:unix:{name}", "--json"], stdout=subprocess.PIPE)
        for _ in range(200):
            if os.path.exists(f"/tmp/ipi_{name}"):
                break
            time.sleep(0.05)
        subprocess.run([PYTHON, f"{EXAMPLES}/ase_socket.py", path, name, "emt"], check=True)
        answer, _ = model.communicate(timeout=60)
        self.assertEqual(model.returncode, 0)
        frames[0].calc = EMT()
        self.assertAlmostEqual(json.loads(answer)["energy_eV"], frames[0].get_potential_energy(), delta=2e-7)

    def test_lammps_as_a_client(self):
        if not shutil.which("lmp"):
            self.skipTest("needs lammps")
        body = os.path.join(self.folder, "body")
        with open(body, "w") as out:
            out.write("mass 1 63.5\npair_style lj/cut 6.0\npair_coeff 1 1 0.1 2.4\n")
        settings = self.settings(f'name = "lj/cut of LAMMPS"\nelements = ["Cu"]\n'
                                 f'command = ["{PYTHON}", "{EXAMPLES}/lammps_socket.py", "{{structure}}", "{{socket}}", "{body}"]\n')
        path, _ = self.frames(crystal(), crystal(seed=2))
        ours = nacre_json_lines("energy", path, "--model", "lj:0.1,2.4,6.0", "--truncation", "plain")
        theirs = nacre_json_lines("energy", path, "--model", f"socket:{settings}")
        for a, b in zip(ours, theirs):
            # LAMMPS converts with eight digits of hartree and bohr: 1e-7 of what is converted
            self.assertAlmostEqual(a["energy_eV"], b["energy_eV"], delta=1e-6)
            self.assertLess(abs(numpy.array(a["forces_eV_per_A"]) - numpy.array(b["forces_eV_per_A"])).max(), 1e-5)
            self.assertLess(abs(numpy.array(a["stress_eV_per_A3"]) - numpy.array(b["stress_eV_per_A3"])).max(), 1e-6)

    def test_relaxation_over_the_socket_ends_where_that_of_ase_ends(self):
        atoms = bulk("Cu", "fcc", a=3.6, cubic=True).repeat((2, 1, 1))
        atoms.rattle(0.05, seed=4)
        path, frames = self.frames(atoms)
        settings = self.settings(f'name = "EMT"\nelements = ["Cu"]\n'
                                 f'command = ["{PYTHON}", "{EXAMPLES}/ase_socket.py", "{{structure}}", "{{socket}}", "emt"]\n')
        relaxed = nacre_json_lines("relax", path, "--model", f"socket:{settings}", "--cell", "fixed", "--fmax", "1e-3")[0]
        frames[0].calc = EMT()
        with BFGS(frames[0], logfile=None) as steps:
            steps.run(fmax=1e-3)
        self.assertTrue(relaxed["converged"], relaxed)
        self.assertAlmostEqual(relaxed["energy_eV"], frames[0].get_potential_energy(), delta=1e-5)


class AseUsesAModelOfNacre(unittest.TestCase):
    def drive(self, *options, **socket):
        atoms = crystal("Ar")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "start.extxyz")
            write(path, atoms, format="extxyz")
            with SocketIOCalculator(timeout=60, **socket) as calculator:
                client = subprocess.Popen([NACRE, "serve", path, "--model", "lj:0.1,2.4,6.0", "--truncation", "plain", *options])
                atoms.calc = calculator
                first = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress(voigt=False)
                with BFGS(atoms, logfile=None) as steps:
                    steps.run(fmax=1e-3, steps=10)
            self.assertEqual(client.wait(60), 0)
        reference = crystal("Ar")
        reference.calc = LennardJones(epsilon=0.1, sigma=2.4, rc=6.0, smooth=False)
        shift = 0.5 * pairs_of(reference) * 4 * 0.1 * ((2.4 / 6) ** 12 - (2.4 / 6) ** 6)
        self.assertAlmostEqual(first[0], reference.get_potential_energy() + shift, delta=1e-6)
        self.assertLess(abs(first[1] - reference.get_forces()).max(), 1e-6)
        self.assertLess(abs(first[2] - reference.get_stress(voigt=False)).max(), 1e-6)

    def test_over_a_unix_socket(self):
        name = f"nacre-test-{os.getpid()}"
        self.drive("--unix", name, unixsocket=name)

    def test_over_a_port(self):
        port = 31000 + os.getpid() % 20000
        self.drive("--port", str(port), port=port)


def pairs_of(atoms):
    """Directed pairs within 6 A: ASE shifts each of its pairs to zero there, `--truncation plain` does not."""
    from ase.neighborlist import neighbor_list
    return len(neighbor_list("i", atoms, 6.0))


if __name__ == "__main__":
    unittest.main()
