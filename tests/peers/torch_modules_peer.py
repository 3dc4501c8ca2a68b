"""Networks with random weights, written in Python and exported with the interfaces of MACE, NequIP and SevenNet, give in
Nacre what they give in Python: elements in an order of their own, reference energies, cutoff, units, counts of edges."""
import os
import tempfile
import unittest
from typing import Dict, List, Optional, Tuple

from common import nacre_json_lines, skip

try:
    import numpy
    import torch
    from ase import Atoms
    from ase.io import read, write
    from ase.neighborlist import neighbor_list
except ImportError as error:
    skip(f"needs python3-torch and python3-ase ({error})")

ELEMENTS = [22, 8, 38]  # Ti O Sr: neither sorted nor the order of the structure
SYMBOLS = "Ti O Sr"
CUTOFF = 4.3
torch.manual_seed(11)
torch.set_num_threads(1)


class Network(torch.nn.Module):
    """Two rounds of messages between species features, and a reference energy for each element."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Linear(3, 8, bias=False)  # one-hot, as in MACE
        self.radial = torch.nn.Sequential(torch.nn.Linear(6, 12), torch.nn.SiLU(), torch.nn.Linear(12, 8))
        self.mix = torch.nn.Linear(8, 8)
        self.readout = torch.nn.Linear(8, 1)
        self.register_buffer("reference", torch.tensor([-3.1, -1.7, -0.4]))

    def forward(self, one_hot: torch.Tensor, centre: torch.Tensor, neighbour: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        r = (vectors * vectors).sum(1, keepdim=True).sqrt()
        u = (r / 4.3).clamp(max=1.0)
        order = torch.arange(1, 7, dtype=r.dtype, device=r.device)
        weights = self.radial(torch.sin(order * 3.14159265 * u) / r) * (1.0 - u * u) ** 3
        h = self.embedding(one_hot)
        for _ in range(2):
            h = h + torch.tanh(self.mix(torch.zeros_like(h).index_add(0, centre, weights * h[neighbour])))
        return self.readout(h).squeeze(1) + one_hot @ self.reference


class WithDerivatives(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.model = network

    @torch.jit.export
    def derivatives(self, one_hot: torch.Tensor, centre: torch.Tensor, neighbour: torch.Tensor, x: torch.Tensor,
                    shifts: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = x.detach().requires_grad_(True)
        strain = torch.zeros([3, 3], dtype=x.dtype).requires_grad_(True)
        v = x[neighbour] - x[centre] + shifts
        energies = self.model(one_hot, centre, neighbour, v + v @ (0.5 * (strain + strain.t())))
        seed: List[Optional[torch.Tensor]] = [torch.ones([], dtype=x.dtype)]
        gradients = torch.autograd.grad([energies.sum()], [x, strain], seed)
        dx, ds = gradients[0], gradients[1]
        assert dx is not None and ds is not None
        return energies.detach(), -dx, -ds


class Mace(WithDerivatives):
    def __init__(self, network):
        super().__init__(network)
        self.register_buffer("r_max", torch.tensor(CUTOFF))
        self.register_buffer("atomic_numbers", torch.tensor(ELEMENTS))
        self.register_buffer("num_interactions", torch.tensor(2))

    def forward(self, data: Dict[str, torch.Tensor], local_or_ghost: torch.Tensor,
                compute_virials: bool) -> Dict[str, Optional[torch.Tensor]]:
        i, j = data["edge_index"][0], data["edge_index"][1]
        e, f, w = self.derivatives(data["node_attrs"], i, j, data["positions"], data["shifts"])
        total = e[local_or_ghost].sum().unsqueeze(0)
        return {"total_energy_local": total, "node_energy": e, "forces": f, "virials": w.unsqueeze(0)}


class Nequip(WithDerivatives):
    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        one_hot = torch.nn.functional.one_hot(data["atom_types"], 3).to(data["pos"].dtype)
        shifts = data["edge_cell_shift"] @ data["cell"][0]
        e, f, w = self.derivatives(one_hot, data["edge_index"][0], data["edge_index"][1], data["pos"], shifts)
        return {"atomic_energy": e.unsqueeze(1), "total_energy": e.sum().reshape(1, 1), "forces": f, "virial": w.unsqueeze(0)}


class SevenNet(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.model = network

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        v = data["edge_vec"]
        one_hot = torch.nn.functional.one_hot(data["x"], 3).to(v.dtype)
        e = self.model(one_hot, data["edge_index"][0], data["edge_index"][1], v)
        return {"atomic_energy": e.unsqueeze(1), "inferred_total_energy": e.sum()}


def structure():
    a = 3.93
    cell = Atoms("SrTiO3", [(0, 0, 0), (a / 2, a / 2, a / 2), (a / 2, a / 2, 0), (a / 2, 0, a / 2), (0, a / 2, a / 2)],
                 cell=[a, a, a], pbc=True).repeat((2, 1, 1))
    cell.rattle(0.1, seed=3)
    cell.set_cell(cell.cell @ (numpy.eye(3) + 0.03 * numpy.random.RandomState(2).randn(3, 3)), scale_atoms=True)
    return cell


def in_python(network, atoms):
    """In double precision, with the neighbours of ASE: energy, forces, stress, number of edges."""
    i, j, shifts = neighbor_list("ijS", atoms, CUTOFF)
    types = torch.tensor([ELEMENTS.index(z) for z in atoms.numbers])
    e, f, w = WithDerivatives(network.double()).derivatives(
        torch.nn.functional.one_hot(types, 3).double(), torch.tensor(i), torch.tensor(j), torch.tensor(atoms.positions),
        torch.tensor(shifts @ numpy.array(atoms.cell), dtype=torch.float64))
    return float(e.sum()), f.numpy(), -w.numpy() / atoms.get_volume(), len(i)


class ExportsFromPython(unittest.TestCase):
    def compare(self, kind, dtype, energy, force):
        with tempfile.TemporaryDirectory() as folder:
            network = Network().to(dtype)
            path, file = os.path.join(folder, "model.pt"), os.path.join(folder, "frames.extxyz")
            texts = {"mace": {}, "nequip": {"r_max": str(CUTOFF), "type_names": SYMBOLS, "num_types": "3"},
                     "sevennet": {"cutoff": str(CUTOFF), "chemical_symbols_to_index": SYMBOLS,
                                  "model_type": "E3_equivariant_model"}}[kind]
            module = {"mace": Mace, "nequip": Nequip, "sevennet": SevenNet}[kind](network)
            torch.jit.script(module.eval()).save(path, _extra_files=texts)
            lonely = Atoms("Sr", [(1, 2, 3)], cell=[12, 12, 12], pbc=True)
            write(file, [structure(), lonely], format="extxyz")
            frames = read(file, ":")
            answers = nacre_json_lines("energy", file, "--model", f"{kind}:{path}")
            by_contents = nacre_json_lines("energy", file, "--model", path)
        self.assertEqual([a["energy_eV"] for a in answers], [a["energy_eV"] for a in by_contents])
        e, f, s, edges = in_python(network, frames[0])
        self.assertEqual(answers[0]["n_edges"], edges)
        self.assertAlmostEqual(answers[0]["energy_eV"], e, delta=energy)
        self.assertLess(abs(numpy.array(answers[0]["forces_eV_per_A"]) - f).max(), force)
        self.assertLess(abs(numpy.array(answers[0]["stress_eV_per_A3"]) - s).max(), force)
        self.assertEqual(answers[1]["n_edges"], 0)
        self.assertEqual(answers[1]["forces_eV_per_A"], [[0.0, 0.0, 0.0]])

    def test_in_double_precision(self):
        for kind in ("mace", "nequip", "sevennet"):
            with self.subTest(kind=kind):
                self.compare(kind, torch.float64, 1e-9, 1e-9)

    def test_in_single_precision(self):
        for kind in ("mace", "nequip", "sevennet"):
            with self.subTest(kind=kind):
                self.compare(kind, torch.float32, 1e-4, 1e-4)  # ten atoms of some eV in float32


WATER = "/usr/share/cp2k/NequIP/water.pth"


@unittest.skipUnless(os.path.exists(WATER), "needs cp2k-data (a published NequIP model of water)")
class PublishedNequip(unittest.TestCase):
    def test_gives_what_python_gives(self):
        texts = {"r_max": "", "type_names": ""}
        module = torch.jit.load(WATER, _extra_files=texts)
        symbols, cutoff = texts["type_names"].decode().split(), float(texts["r_max"])
        atoms = Atoms("OHHOHH", [(0, 0, 0.1), (0.96, 0, 0), (-0.24, 0.93, 0), (2.6, 0.2, 0.9), (3.3, 0.8, 0.7), (2.9, -0.3, 1.7)],
                      cell=[[5.2, 0, 0], [0.8, 5.0, 0], [0, -0.5, 5.5]], pbc=True)
        i, j, shifts = neighbor_list("ijS", atoms, cutoff)
        answer = module.forward({
            "pos": torch.tensor(atoms.positions, dtype=torch.float32),
            "edge_index": torch.tensor(numpy.array([i, j])),
            "atom_types": torch.tensor([symbols.index(s) for s in atoms.get_chemical_symbols()]),
            "cell": torch.tensor(numpy.array(atoms.cell), dtype=torch.float32).reshape(1, 3, 3),
            "edge_cell_shift": torch.tensor(shifts, dtype=torch.float32)})
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "water.extxyz")
            write(file, atoms, format="extxyz")
            found = nacre_json_lines("energy", file, "--model", WATER)[0]
        self.assertEqual(found["n_edges"], len(i))
        # single precision of 300 eV an atom
        self.assertAlmostEqual(found["energy_eV"], float(answer["atomic_energy"].double().sum()), delta=2e-3)
        self.assertLess(abs(numpy.array(found["forces_eV_per_A"]) - answer["forces"].detach().numpy()).max(), 1e-4)


if __name__ == "__main__":
    unittest.main()
