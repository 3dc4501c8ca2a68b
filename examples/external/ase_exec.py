"""ase_exec.py [CALCULATOR]   any ASE calculator as a model of Nacre, over standard input and output.

    nacre energy stack.extxyz --model "exec:python3 ase_exec.py emt" --json

Copy this file and write your own calculator into `make_calculator`: one process then serves every structure of a
campaign. Only numbers go through the pipe, so the calculator may live in a Python environment of its own.
"""
import os
import sys

import numpy
from ase import Atoms
from ase.symbols import symbols2numbers

# Libraries print; the protocol has the real standard output to itself.
protocol = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def make_calculator(name):
    """The calculator, what to call it, its elements, and its cutoff in A."""
    if name == "emt":
        from ase.calculators.emt import EMT
        return EMT(), "EMT of ASE", "Al Ni Cu Pd Ag Pt Au", 6.0
    if name == "lj":
        from ase.calculators.lj import LennardJones
        return LennardJones(epsilon=0.1, sigma=2.4, rc=6.0, smooth=False), "LJ of ASE", "H He O Ne Mg Ar", 6.0
    sys.exit(f"ase_exec.py: unknown calculator '{name}' (emt, lj)")


def comment_value(comment, key):
    """The text behind KEY= in a comment line of extxyz; None if it is not there."""
    at = f" {comment}".find(f" {key}=")
    if at < 0:
        return None
    rest = comment[at + len(key) + 1:]
    return rest[1:].split('"', 1)[0] if rest.startswith('"') else rest.split(" ", 1)[0]


def read_structure():
    first = sys.stdin.readline()
    if not first:
        return None
    comment = sys.stdin.readline().rstrip("\n")
    rows = [sys.stdin.readline().split() for _ in range(int(first))]
    pbc = [word == "T" for word in (comment_value(comment, "pbc") or "F F F").split()]
    lattice = comment_value(comment, "Lattice")
    cell = numpy.array(lattice.split(), dtype=float).reshape(3, 3) if lattice else None
    positions = [[float(word) for word in row[1:4]] for row in rows]
    return Atoms(symbols2numbers([row[0] for row in rows]), positions, cell=cell, pbc=pbc)


def write_answer(atoms, energy, forces, stress):
    words = lambda numbers: " ".join(repr(float(x)) for x in numpy.ravel(numbers))
    comment = f"energy={energy!r} Properties=species:S:1:pos:R:3:forces:R:3"
    if stress is not None:
        comment += f' stress="{words(stress)}"'
    if atoms.cell.rank == 3:
        comment += f' Lattice="{words(atoms.cell)}"'
    flags = " ".join("T" if periodic else "F" for periodic in atoms.pbc)
    lines = [str(len(atoms)), f'{comment} pbc="{flags}"']
    for symbol, position, force in zip(atoms.get_chemical_symbols(), atoms.positions, forces):
        lines.append(f"{symbol} {words(position)} {words(force)}")
    protocol.write("\n".join(lines) + "\n")


def main():
    calculator, name, elements, cutoff = make_calculator(sys.argv[1] if len(sys.argv) > 1 else "emt")
    protocol.write(f'nacre-exec 1 name="{name}" elements="{elements}" cutoff_A={cutoff}\n')
    protocol.flush()
    while (atoms := read_structure()) is not None:
        atoms.calc = calculator
        try:
            stress = atoms.get_stress(voigt=False) if all(atoms.pbc) else None
            write_answer(atoms, float(atoms.get_potential_energy()), atoms.get_forces(), stress)
        except (NotImplementedError, ValueError, RuntimeError) as error:  # this structure, not this program
            protocol.write("refused: " + " ".join(str(error).split()) + "\n")
        protocol.flush()


main()
