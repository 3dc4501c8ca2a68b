#!/usr/bin/python3
"""energy_structures.py FOLDER: the structures that scripts/bench_energy times, the same on every machine.

cell_N.extxyz: SrTiO3 supercells of N ions, displaced by up to 0.05 A; stacks.extxyz: 500 distinct stacks of SrTiO3 and
MgO, 60 to 200 ions with 16 A of vacuum; relax.extxyz: 200 of 140 to 160 ions."""
import os
import random
import sys

A = 3.9034  # SrTiO3 [A]
PEROVSKITE = [("Sr", 0, 0, 0), ("Ti", .5, .5, .5), ("O", 0, .5, .5), ("O", .5, 0, .5), ("O", .5, .5, 0)]
ROCK_SALT = [(element, x, y, z) for x in (0, .5) for y in (0, .5) for z in (0, .5)
             for element in ["O" if round(2 * (x + y + z)) % 2 else "Mg"]]


def frame(lattice, atoms, draw, amplitude=0.05):
    lines = [str(len(atoms)), 'Lattice="%.6f 0 0 0 %.6f 0 0 0 %.6f" Properties=species:S:1:pos:R:3 pbc="T T T"' % lattice]
    for element, *place in atoms:
        lines.append(element + " " + " ".join("%.6f" % (x + draw.uniform(-amplitude, amplitude)) for x in place))
    return "\n".join(lines) + "\n"


def repeated(basis, lengths, repeats, below=0.0):
    return [(element, (x + i) * lengths[0], (y + j) * lengths[1], (z + k) * lengths[2] + below)
            for i in range(repeats[0]) for j in range(repeats[1]) for k in range(repeats[2])
            for element, x, y, z in basis]


def supercell(n, draw):
    return frame((n * A,) * 3, repeated(PEROVSKITE, (A,) * 3, (n,) * 3), draw)


def stack(draw, least=60, most=200):
    while True:
        n, m, lower, upper = (draw.randint(1, 3), draw.randint(2, 4), draw.randint(1, 4), draw.randint(1, 3))
        if least <= n * m * (5 * lower + 8 * upper) <= most:
            break
    stretch = (1 + draw.uniform(-0.02, 0.02), 1 + draw.uniform(-0.02, 0.02))
    lengths = (A * stretch[0], A * stretch[1], A)
    atoms = repeated(PEROVSKITE, lengths, (n, m, lower))
    top = (lower - 0.5) * A + 2.2
    atoms += repeated(ROCK_SALT, (lengths[0], lengths[1], 4.4), (n, m, upper), top)
    height = top + (upper - 0.5) * 4.4 + 16.0
    return frame((n * lengths[0], m * lengths[1], height), atoms, draw)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    draw = random.Random(20)
    for n in (3, 6, 12, 19, 27):  # 135, 1080, 8640, 34295, 98415 ions
        with open(os.path.join(folder, f"cell_{5 * n ** 3}.extxyz"), "w") as file:
            file.write(supercell(n, draw))
    with open(os.path.join(folder, "stacks.extxyz"), "w") as file:
        for _ in range(500):
            file.write(stack(draw))
    with open(os.path.join(folder, "relax.extxyz"), "w") as file:
        for _ in range(200):
            file.write(stack(draw, 140, 160))


if __name__ == "__main__":
    main(sys.argv[1])
