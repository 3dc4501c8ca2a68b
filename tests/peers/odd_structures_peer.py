"""Structures that no reference has: cells far smaller than the cutoff, strongly skewed and left-handed ones, atoms alone, no
periodicity, elements in disorder, atoms many cells away. Nacre's own engines and its TorchScript route beside the same
TorchScript driven from Python, with a list of neighbours by brute force."""
import os
import tempfile
import unittest

from common import nacre_json_lines, skip

try:
    import numpy
    import torch
    from ase.data import chemical_symbols
except ImportError as error:
    skip(f"needs python3-torch and python3-ase ({error})")

MODELS = os.path.join(os.environ["NACRE_SOURCE_DIR"], "..", "shared", "models")
if not os.path.isdir(MODELS):
    skip("needs the models in ../shared, which are absent")
torch.set_num_threads(1)
torch._C._set_graph_executor_optimize(False)


class Structure:
    def __init__(self, name, cell, numbers, positions, pbc=(True, True, True)):
        self.name, self.cell, self.numbers, self.pbc = name, numpy.array(cell, dtype=float), list(numbers), pbc
        self.positions = numpy.array(positions, dtype=float)

    def text(self):
        lattice = " ".join(repr(float(x)) for x in self.cell.ravel())
        pbc = " ".join("T" if p else "F" for p in self.pbc)
        rows = [f"{chemical_symbols[z]} " + " ".join(repr(float(x)) for x in r) for z, r in zip(self.numbers, self.positions)]
        return f'{len(rows)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="{pbc}"\n' + "\n".join(rows) + "\n"

    def edges(self, cutoff):
        """Every pair and image, tried one by one: j, i and the vector from i to j."""
        heights = 1.0 / numpy.linalg.norm(numpy.linalg.inv(self.cell), axis=0)
        fractions = self.positions @ numpy.linalg.inv(self.cell)
        spread = fractions.max(0) - fractions.min(0)
        reach = [int(numpy.ceil(cutoff / h + s)) if p else 0 for h, s, p in zip(heights, spread, self.pbc)]
        steps = numpy.stack(numpy.meshgrid(*[numpy.arange(-n, n + 1) for n in reach], indexing="ij"), -1).reshape(-1, 3)
        shifts = steps @ self.cell
        i, j, vectors = [], [], []
        for a in range(len(self.numbers)):
            all_vectors = self.positions[None, :, :] + shifts[:, None, :] - self.positions[a]
            squares = (all_vectors**2).sum(-1)
            image, b = numpy.nonzero((squares < cutoff**2) & (squares > 1e-12))
            i += [a] * len(b)
            j += list(b)
            vectors += list(all_vectors[image, b])
        return j, i, numpy.array(vectors).reshape(-1, 3)


def rattled(positions, width, seed):
    return numpy.array(positions, dtype=float) + width * numpy.random.RandomState(seed).randn(len(positions), 3)


def perovskite(n, seed, width=0.08, a=3.95):
    base = numpy.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]) * a
    grid = numpy.stack(numpy.meshgrid(*[numpy.arange(k) for k in n], indexing="ij"), -1).reshape(-1, 3) * a
    positions = (grid[:, None, :] + base[None, :, :]).reshape(-1, 3)
    return numpy.diag(numpy.array(n) * a), [38, 22, 8, 8, 8] * len(grid), rattled(positions, width, seed)


def odd_structures(largest):
    cell, numbers, positions = perovskite((2, 1, 1), 1)
    mixed = numpy.random.RandomState(2).permutation(len(numbers))
    far = positions + numpy.random.RandomState(3).randint(-40, 41, (len(numbers), 3)) @ cell
    skew = numpy.array([[1, 0, 0], [4, 1, 0], [-3, 5, 1]]) @ cell  # the same lattice, twelve times as slanted
    swapped = cell[[1, 0, 2]]  # left-handed
    found = [
        Structure("one atom, its cell a third of the cutoff", [[0, 1.95, 1.95], [1.95, 0, 1.95], [1.95, 1.95, 0]], [29], [[0.3, 0, 0]]),
        Structure("rock salt, smallest cell", [[0, 2.1, 2.1], [2.1, 0, 2.1], [2.1, 2.1, 0]], [12, 8], [[0, 0, 0], [2.15, 2.1, 2.05]]),
        Structure("needle", [[2.0, 0, 0], [0, 2.05, 0], [0, 0, 19.0]], [8, 12], [[0, 0, 0], [0, 0.1, 2.0]]),
        Structure("atoms in disorder", cell, [numbers[k] for k in mixed], positions[mixed]),
        Structure("atoms forty cells away", cell, numbers, far),
        Structure("slanted cell", skew, numbers, positions),
        Structure("left-handed cell", swapped, numbers, positions),
        Structure("slab under 30 A of vacuum", cell + numpy.diag([0, 0, 30.0]), numbers, positions),
        Structure("slab without periodicity along its normal", cell + numpy.diag([0, 0, 30.0]), numbers, positions, (True, True, False)),
        Structure("wire", cell + numpy.diag([0, 25.0, 25.0]), numbers, positions, (True, False, False)),
        Structure("molecule", numpy.eye(3), [8, 1, 1], [[0, 0, 0.1], [0.96, 0, 0], [-0.24, 0.93, 0]], (False, False, False)),
        Structure("two atoms out of reach", numpy.eye(3) * 30, [8, 12], [[0, 0, 0], [9, 9, 0]]),
        Structure("a pair and an atom alone", numpy.eye(3) * 30, [8, 12, 3], [[0, 0, 0], [1.9, 0, 0], [9, 12, 0]]),
        Structure("seven elements", numpy.diag([5.3, 5.6, 6.1]), [57, 8, 3, 14, 9, 26, 16],
                  rattled([[0, 0, 0], [2.6, 0, 0], [0, 2.8, 0], [0, 0, 3.0], [2.6, 2.8, 0], [2.6, 0, 3.0], [0, 2.8, 3.0]], 0.05, 4)),
    ]
    if largest:
        found.append(Structure("a thousand atoms", *perovskite((6, 6, 6), 5)))
    return found


class OddStructures(unittest.TestCase):
    def check(self, model, largest):
        files = os.path.join(MODELS, model, model)
        module = torch.jit.load(files + ".f32.torchscript.pt")
        cutoff = float(module.r_max)
        structures = odd_structures(largest)
        expected = [self.by_torch(module, structure, cutoff) for structure in structures]
        kind = "tensornet" if model.startswith("TensorNet") else "nequix"
        routes = {f"{kind}:{files}.safetensors": structures, f"torchscript:{files}.f32.torchscript.pt": structures[:14]}
        for route, chosen in routes.items():
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "odd.extxyz")
                with open(path, "w") as out:
                    out.write("".join(structure.text() for structure in chosen))
                answers = nacre_json_lines("energy", path, "--model", route)
            self.assertEqual(len(answers), len(chosen))
            for structure, answer, wanted in zip(chosen, answers, expected):
                with self.subTest(structure=structure.name, route=route.split(":")[0]):
                    self.compare(structure, answer, *wanted)

    def compare(self, structure, answer, energy, forces, stress, edges):
        self.assertEqual(answer["status"], "ok", answer)
        self.assertEqual(answer["n_edges"], edges)
        # single precision on both sides; where forces are of the order of 10 eV/A they carry more of it
        scale = max(1.0, abs(forces).max() / 5.0)
        self.assertLess(abs(answer["energy_eV"] - energy) / len(structure.numbers), 1e-5 * scale)
        self.assertLess(abs(numpy.array(answer["forces_eV_per_A"]) - forces).max(), 5e-5 * scale)
        if all(structure.pbc):
            self.assertLess(abs(numpy.array(answer["stress_eV_per_A3"]) - stress).max(), 1e-6 * scale)
        else:
            self.assertIsNone(answer["stress_eV_per_A3"])

    @staticmethod
    def by_torch(module, structure, cutoff):
        j, i, vectors = structure.edges(cutoff)
        numbers = torch.tensor(structure.numbers, dtype=torch.int64)
        index = torch.tensor(numpy.array([j, i]).reshape(2, -1), dtype=torch.int64)
        v = torch.tensor(vectors, dtype=torch.float32, requires_grad=True)
        energies = module.energy_from_edges(numbers, index, v)
        forces, stress = numpy.zeros((len(structure.numbers), 3)), numpy.zeros((3, 3))
        if len(i) > 0:
            gradient = torch.autograd.grad([energies.sum()], [v])[0].double().numpy()
            numpy.add.at(forces, i, gradient)
            numpy.add.at(forces, j, -gradient)
            stress = gradient.T @ vectors / abs(numpy.linalg.det(structure.cell))
        return float(energies.double().sum()), forces, 0.5 * (stress + stress.T), len(i)

    def test_nequix(self):
        self.check("nequix-oam-1-pft", False)  # its TorchScript needs 11 GB for a thousand atoms

    def test_tensornet(self):
        self.check("TensorNet-MatPES-PBE-v2025.1-PES", True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
