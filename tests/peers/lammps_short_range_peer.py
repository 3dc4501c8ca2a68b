"""Tersoff, Stillinger-Weber and Lennard-Jones give what LAMMPS gives from the same parameter files: 1e-8 of the energy,
1e-7 eV/A. Perturbed crystals, cells below the cut-off among them (LAMMPS gets those through its own images)."""
import os
import shutil
import subprocess
import tempfile
import unittest

from common import nacre_json_lines, skip

LMP = shutil.which("lmp") or shutil.which("lammps")
FOLDER = "/usr/share/lammps/potentials"
if not LMP or not os.path.isdir(FOLDER):
    skip("needs the packages lammps and lammps-data")
try:
    import numpy
    from ase.build import bulk
except ImportError as error:
    skip(f"needs python3-ase ({error})")


def lower_triangular(atoms):
    """The same crystal with a along x and b in the xy plane, as LAMMPS wants it."""
    atoms = atoms.copy()
    atoms.set_cell(atoms.cell.standard_form()[0], scale_atoms=True)
    return atoms


def structure(atoms, name, folder):
    symbols = sorted(set(atoms.get_chemical_symbols()))
    (ax, _, _), (bx, by, _), (cx, cy, cz) = atoms.cell
    lines = ["cell", "", f"{len(atoms)} atoms", f"{len(symbols)} atom types", f"0.0 {float(ax)!r} xlo xhi",
             f"0.0 {float(by)!r} ylo yhi", f"0.0 {float(cz)!r} zlo zhi",
             f"{float(bx)!r} {float(cx)!r} {float(cy)!r} xy xz yz", "", "Masses", ""]
    lines += [f"{i + 1} 1.0" for i in range(len(symbols))] + ["", "Atoms # atomic", ""]
    for i, atom in enumerate(atoms):
        x, y, z = (float(v) for v in atom.position)
        lines.append(f"{i + 1} {symbols.index(atom.symbol) + 1} {x!r} {y!r} {z!r}")
    with open(os.path.join(folder, name + ".data"), "w") as file:
        file.write("\n".join(lines) + "\n")
    cell = " ".join(repr(float(x)) for x in atoms.cell[:].ravel())
    with open(os.path.join(folder, name + ".xyz"), "w") as file:
        file.write(f'{len(atoms)}\nLattice="{cell}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for atom in atoms:
            file.write(atom.symbol + " " + " ".join(repr(float(x)) for x in atom.position) + "\n")
    return symbols


def run_lammps(cases, folder):
    """Energy, two stresses and forces of every case, in one process: its start is slow."""
    script = []
    for number, case in enumerate(cases):
        symbols = structure(case["atoms"], str(number), folder)
        labels = " ".join(case["labels"].get(s, s) for s in symbols)
        coefficients = case["coefficients"] if "coefficients" in case else f"{case['file']} {labels}"
        script += ["clear", "units metal", "atom_style atomic", "boundary p p p", "box tilt large",
                   f"read_data {number}.data", f"pair_style {case['style']}", f"pair_coeff * * {coefficients}",
                   "thermo_style custom step pe press pxx pxy", "thermo_modify norm no",
                   f"dump f all custom 1 {number}.forces id fx fy fz",
                   'dump_modify f sort id format float "%.14f"', "run 0 post no", "variable e equal pe",
                   "variable pxx equal pxx", "variable pxy equal pxy",
                   'print "RESULT $(v_e:%.14f) $(v_pxx:%.10f) $(v_pxy:%.10f)"']
    with open(os.path.join(folder, "in"), "w") as file:
        file.write("\n".join(script) + "\n")
    done = subprocess.run([LMP, "-in", "in", "-log", "none"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stdout[-2000:] + done.stderr[-2000:])
    results = [[float(x) for x in line.split()[1:]] for line in done.stdout.splitlines() if line.startswith("RESULT")]
    return [(*values, numpy.loadtxt(os.path.join(folder, f"{number}.forces"), skiprows=9, ndmin=2)[:, 1:])
            for number, values in enumerate(results)]


def perturbed(crystal, repeats, amplitude, seed):
    atoms = crystal.repeat(repeats)
    atoms.set_cell(atoms.cell[:] @ (numpy.eye(3) + 0.03 * numpy.array([[0.3, 1, 0], [0, -0.5, 0.7], [0, 0, 0.4]])),
                   scale_atoms=True)
    atoms.rattle(amplitude, seed=seed)
    return lower_triangular(atoms)


def silicon_germanium():
    return bulk("SiGe", "zincblende", a=5.54)


CASES = [  # crystal, repeats, rattle
    (bulk("C", "diamond", a=3.57), (2, 2, 1), 0.08),
    (bulk("C", "diamond", a=3.57), (1, 1, 1), 0.02),
    (bulk("Si", "diamond", a=5.43), (2, 1, 1), 0.15),
    (bulk("Si", "diamond", a=5.43, cubic=True), (1, 1, 1), 0.3),
    (bulk("Ge", "diamond", a=5.66), (1, 1, 1), 0.1),
    (bulk("SiC", "zincblende", a=4.36), (1, 1, 1), 0.1),
    (bulk("SiC", "zincblende", a=4.36, cubic=True), (2, 1, 1), 0.15),
    (silicon_germanium(), (2, 2, 2), 0.2),
    (bulk("Si", "diamond", a=4.9), (1, 1, 1), 0.1),
]
EV_PER_A3_IN_BAR = 1602176.634


def triplets(atoms, style, name, label=None):
    """A case of Tersoff or Stillinger-Weber with one of LAMMPS's files; `label` stands for silicon."""
    labels = {"Si": label} if label else {"Si": "Si(D)"} if name == "SiCGe.tersoff" else {}
    model = f"{style}:{FOLDER}/{name}" + (f"#Si={label}" if label else "")
    return {"atoms": atoms, "style": style, "file": f"{FOLDER}/{name}", "labels": labels, "model": model}


class SameAsLammps(unittest.TestCase):
    def compare(self, cases):
        with tempfile.TemporaryDirectory() as folder:
            for number, (case, theirs) in enumerate(zip(cases, run_lammps(cases, folder), strict=True)):
                ours = nacre_json_lines("energy", os.path.join(folder, f"{number}.xyz"), "--model", case["model"],
                                        *case.get("options", ()))[0]
                with self.subTest(model=case["model"], formula=case["atoms"].get_chemical_formula(), number=number):
                    self.same(ours, *theirs)

    def same(self, ours, energy, pxx, pxy, forces):
        self.assertLess(abs(ours["energy_eV"] - energy), 1e-8 * abs(energy))
        self.assertLess(numpy.abs(numpy.array(ours["forces_eV_per_A"]) - forces).max(), 1e-7)
        stress = ours["stress_eV_per_A3"]
        for mine, pressure in ((stress[0][0], pxx), (stress[0][1], pxy)):
            # 1e-8 eV/A^3 is 0.016 bar
            self.assertLess(abs(-mine * EV_PER_A3_IN_BAR - pressure), 2e-2 + 1e-7 * abs(pressure))

    def test_tersoff(self):
        self.compare([triplets(perturbed(crystal, repeats, amplitude, number), "tersoff", "SiCGe.tersoff")
                      for number, (crystal, repeats, amplitude) in enumerate(CASES)])

    def test_tersoff_with_a_chosen_label_and_other_files(self):
        silicon = perturbed(bulk("Si", "diamond", a=5.43), (2, 1, 1), 0.1, 3)
        carbide = perturbed(bulk("SiC", "zincblende", a=4.36), (2, 1, 1), 0.1, 4)
        nitride = perturbed(bulk("GaN", "zincblende", a=4.5), (1, 2, 1), 0.1, 5)
        shipped = triplets(silicon, "tersoff", "SiCGe.tersoff")
        shipped["model"] = "tersoff:tersoff1989"
        self.compare([triplets(silicon, "tersoff", "SiCGe.tersoff", label) for label in ("Si(B)", "Si(C)")] +
                     [triplets(carbide, "tersoff", name)
                      for name in ("SiC.tersoff", "SiC_1990.tersoff", "SiC_Erhart-Albe.tersoff")] +
                     [triplets(nitride, "tersoff", "GaN.tersoff"), shipped])

    def test_stillinger_weber(self):
        silicon = [triplets(perturbed(*CASES[number], number), "sw", "Si.sw") for number in (2, 3, 8)]
        nitride = perturbed(bulk("GaN", "zincblende", a=4.5), (2, 1, 1), 0.1, 7)
        telluride = perturbed(bulk("CdTe", "zincblende", a=6.5), (1, 1, 2), 0.1, 8)
        self.compare(silicon + [triplets(nitride, "sw", "GaN.sw"), triplets(telluride, "sw", "CdTe.sw")])

    def test_lennard_jones(self):
        atoms = perturbed(bulk("Ar", "fcc", a=5.3), (2, 1, 1), 0.2, 9)
        self.compare([{"atoms": atoms, "style": "lj/cut 8.5", "coefficients": "0.0104 3.4", "labels": {},
                       "model": "lj:0.0104,3.4,8.5", "options": ("--truncation", "plain")}])


if __name__ == "__main__":
    unittest.main()
