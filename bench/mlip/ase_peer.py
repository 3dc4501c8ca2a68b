"""ase_peer.py MODULE FILE ROUNDS: the same TorchScript module driven from Python, neighbours by ASE, one thread.

Prints what bench_mlip prints: processor time per evaluation (the least of the rounds), atoms per second, peak memory.
"""
import json
import resource
import sys
import time

import ase.io
import ase.neighborlist
import numpy as np
import torch


def evaluate(module, atoms, cutoff):
    i, j, shifts = ase.neighborlist.neighbor_list("ijS", atoms, cutoff)
    real = torch.float32
    answer = module.forward({
        "positions": torch.tensor(atoms.get_positions(), dtype=real),
        "cell": torch.tensor(np.array(atoms.get_cell()), dtype=real),
        "edge_index": torch.tensor(np.stack([j, i]), dtype=torch.int64),
        "unit_shifts": torch.tensor(shifts, dtype=real),
        "atomic_numbers": torch.tensor(atoms.get_atomic_numbers(), dtype=torch.int64),
    })
    return float(answer["energy"]), answer["forces"].numpy(), len(i)


def main():
    module_path, file, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(1)
    torch._C._set_graph_executor_optimize(False)
    module = torch.jit.load(module_path)
    atoms = ase.io.read(file)
    least = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        energy, forces, edges = evaluate(module, atoms, float(module.r_max))
        least = min(least, time.process_time() - start)
    print(json.dumps({
        "atoms": len(atoms), "edges": edges, "seconds": least, "atoms_per_second": len(atoms) / least,
        "peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "energy_eV": energy,
        "first_force_eV_per_A": float(forces[0, 0]),
    }))


if __name__ == "__main__":
    main()
