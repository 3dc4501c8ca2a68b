"""lammps_socket.py STRUCTURE SOCKET INPUT   LAMMPS as an i-PI client (its fix ipi) for a socket model of Nacre.

INPUT holds what follows read_data in a LAMMPS script: masses, pair_style, pair_coeff. Types are the elements of STRUCTURE in
alphabetical order. SOCKET is the NAME of /tmp/ipi_NAME. Needs python3-ase and lmp with the package MISC.
"""
import os
import sys

from ase.io import read, write

structure, name, body = sys.argv[1:4]
atoms = read(structure)
folder = os.path.dirname(structure)  # Nacre's own, removed with the model
data, script = os.path.join(folder, "data"), os.path.join(folder, "in")
# an orthogonal box stays one in LAMMPS, which then drops the tilt of later cells without a word: force_skew
write(data, atoms, format="lammps-data", specorder=sorted(set(atoms.get_chemical_symbols())), force_skew=True)
with open(body) as text, open(script, "w") as out:
    boundary = " ".join("p" if periodic else "s" for periodic in atoms.pbc)
    out.write(f"units metal\natom_style atomic\natom_modify map array\nboundary {boundary}\nbox tilt large\nread_data {data}\n")
    out.write(text.read())
    # the run ends when the server says so
    out.write(f"\nneigh_modify delay 0 every 1 check no\nfix driver all ipi {name} 1 unix\nrun 1000000\n")
os.execvp("lmp", ["lmp", "-in", script, "-log", "none", "-screen", "none"])
