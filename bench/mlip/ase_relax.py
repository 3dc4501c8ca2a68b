"""ase_relax.py MODULE FILE STEPS COUNT: the first COUNT structures of FILE relaxed one after the other by ASE's FIRE, the
TorchScript module driven from Python, one thread. Prints one line of JSON: processor time and mean energy.

ase_relax.py --write FILE COUNT: SrTiO3 slabs of 60 atoms with 12 A of vacuum, displaced.
"""
import json
import sys
import time

import ase.io
import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.optimize import FIRE

from ase_peer import evaluate


class Module(Calculator):
    implemented_properties = ["energy", "forces"]

    def __init__(self, path):
        super().__init__()
        self.module = torch.jit.load(path)

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        energy, forces, _ = evaluate(self.module, atoms, float(self.module.r_max))
        self.results = {"energy": energy, "forces": np.array(forces, dtype=float)}


def write(path, count):
    a, h = 3.945, 1.9725
    cell = Atoms("SrTiO3", [(0, 0, 0), (h, h, h), (h, h, 0), (h, 0, h), (0, h, h)], cell=[a, a, a], pbc=True)
    slab = cell.repeat((3, 2, 2))
    slab.center(vacuum=6.0, axis=2)
    frames = []
    for seed in range(count):
        frames.append(slab.copy())
        frames[-1].rattle(0.05, seed=seed)
    ase.io.write(path, frames, format="extxyz")


def main():
    if sys.argv[1] == "--write":
        return write(sys.argv[2], int(sys.argv[3]))
    torch.set_num_threads(1)
    torch._C._set_graph_executor_optimize(False)
    calculator = Module(sys.argv[1])
    frames = ase.io.read(sys.argv[2], f":{int(sys.argv[4])}")
    start = time.process_time()
    energies = []
    for atoms in frames:
        atoms.calc = calculator
        with FIRE(atoms, logfile=None) as optimizer:
            optimizer.run(fmax=1e-6, steps=int(sys.argv[3]))
        energies.append(atoms.get_potential_energy())
    print(json.dumps({"structures": len(frames), "seconds": time.process_time() - start, "mean_energy_eV": float(np.mean(energies))}))


if __name__ == "__main__":
    main()
