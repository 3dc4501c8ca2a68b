#!/usr/bin/python3
"""energy_ase.py FOLDER: seconds of processor time for one of the stacks of energy_structures.py with a pair calculator in
Python for ASE (its neighbour list, numpy for everything else), as one JSON object. The same pair terms (grimes), cut-off
12 A and force accuracy 1e-5; energy, forces and stress."""
import json
import math
import os
import sys
import time

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.io import iread
from ase.neighborlist import neighbor_list
from scipy.special import erfc

COULOMB, CUTOFF, ACCURACY, COUNT = 14.3996454784255, 12.0, 1e-5, 10


class RigidIons(Calculator):
    implemented_properties = ["energy", "forces", "stress"]

    def __init__(self):
        super().__init__()
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "potentials", "grimes.json")
        with open(path) as file:
            data = json.load(file)
        self.charges = {s["element"]: s["charge_e"] for s in data["species"]}
        self.terms = {tuple(p["pair"][::way]): (p["A_eV"], p["rho_A"], p["C_eV_A6"])
                      for p in data["pairs"] for way in (1, -1)}
        self.alpha = math.sqrt(-math.log(ACCURACY)) / CUTOFF

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        q = np.array([self.charges[s] for s in atoms.symbols])
        self.forces, self.virial = np.zeros((len(atoms), 3)), np.zeros((3, 3))
        energy = self.pairs(q) + self.reciprocal(q) - COULOMB * self.alpha / math.sqrt(math.pi) * (q @ q)
        stress = (self.virial / atoms.get_volume()).ravel()[[0, 4, 8, 5, 2, 1]]
        self.results = {"energy": energy, "forces": self.forces, "stress": stress}

    def pairs(self, q):
        i, j, r, vector = neighbor_list("ijdD", self.atoms, CUTOFF)
        qq, gauss = COULOMB * q[i] * q[j], np.exp(-(self.alpha * r) ** 2)
        energy = qq * erfc(self.alpha * r) / r
        slope = -(energy + qq * 2 * self.alpha / math.sqrt(math.pi) * gauss) / r
        symbols = np.array(self.atoms.get_chemical_symbols())
        for (first, second), (a, rho, c) in self.terms.items():
            mask = (symbols[i] == first) & (symbols[j] == second)
            x = r[mask]
            repulsion, attraction = a * np.exp(-x / rho), c / x ** 6
            energy[mask] += repulsion - attraction
            slope[mask] += 6 * attraction / x - repulsion / rho
        force = (slope / r)[:, None] * vector
        for axis in range(3):
            self.forces[:, axis] += np.bincount(i, force[:, axis], len(q))
        self.virial += 0.5 * force.T @ vector
        return 0.5 * energy.sum()

    def reciprocal(self, q):
        basis, volume = 2 * math.pi * self.atoms.cell.reciprocal(), self.atoms.get_volume()
        largest = 2 * self.alpha * math.sqrt(-math.log(ACCURACY))
        reach = [int(largest * length / (2 * math.pi)) + 1 for length in self.atoms.cell.lengths()]
        grid = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in reach], indexing="ij"), -1).reshape(-1, 3) @ basis
        square = (grid ** 2).sum(1)
        keep = (square > 0) & (square < largest ** 2)
        grid, square = grid[keep], square[keep]
        phase = np.exp(1j * grid @ self.atoms.positions.T)
        structure = phase @ q
        weight = 2 * math.pi * COULOMB / volume * np.exp(-square / (4 * self.alpha ** 2)) / square
        part = weight * abs(structure) ** 2
        self.forces += 2 * q[:, None] * (np.imag(phase * structure.conj()[:, None]) * weight[:, None]).T @ grid
        self.virial += (grid * (2 * part * (1 / square + 1 / (4 * self.alpha ** 2)))[:, None]).T @ grid
        self.virial -= part.sum() * np.eye(3)
        return part.sum()


def main(folder):
    stacks = list(iread(os.path.join(folder, "stacks.extxyz"), index=f":{COUNT}"))
    calculator = RigidIons()
    begin = time.process_time()
    for atoms in stacks:
        calculator.calculate(atoms)
    print(json.dumps({"stacks_ase_s": (time.process_time() - begin) / COUNT}))


if __name__ == "__main__":
    main(sys.argv[1])
