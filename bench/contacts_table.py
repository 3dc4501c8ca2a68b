#!/usr/bin/env python3
"""Energies of every design of three pairs of oxides, by `nacre match` and `nacre shift-map`.

usage: contacts_table.py NACRE ../shared/reference/interface/poscar > tests/data/contacts.csv     (20 s)

A line is a stack (pair, planes, termination, coincidence) at one gap: the energies of its 6 x 6 shifts in J/m2, `-` where
atoms overlap. The parts are rigid. Shifts that symmetry maps on each other have equal energies.
"""
import json, subprocess, sys

NACRE, FOLDER = sys.argv[1:3]
LIMITS = ["--max-area", "130", "--max-strain", "0.04"]
PAIRS = [("MgO", "SrTiO3"), ("CeO2", "ZrO2_cubic"), ("CeO2", "SrTiO3")]
PLANES = {"MgO": ["0,0,1", "1,1,0"], "SrTiO3": ["0,0,1"], "CeO2": ["1,1,1", "1,1,0"], "ZrO2_cubic": ["1,1,1", "1,1,0"]}
TERMINATIONS = {"SrTiO3": ["0", "1"]}
GAPS = ["1.8", "2.0", "2.2", "2.4", "2.7", "3.0"]


def ask(*words):
    done = subprocess.run([NACRE, *words, "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        print(" ".join(words), done.stderr, file=sys.stderr)
    return json.loads(done.stdout) if done.returncode == 0 else None


def rows_of(a, b, p, q, t, match):
    for gap in GAPS:
        found = ask("shift-map", a, b, "--planes", f"{p}/{q}", "--terminations", f"0/{t}", "--matches", str(match), *LIMITS,
                    "--gaps", gap, "--gap-mode", "fixed", "--model", "rigid-ion:grimes", "--grid", "6")
        if not found or found["status"] != "ok":
            yield gap, ["-"] * 36
        else:
            yield gap, ["-" if e is None else f"{e:.5f}" for row in found["energies_J_per_m2"] for e in row]


print("pair,lower_plane,upper_plane,termination,match,gap_A,energies_J_per_m2")
for lower, upper in PAIRS:
    a, b = f"{FOLDER}/{lower}.vasp", f"{FOLDER}/{upper}.vasp"
    for p in PLANES[lower]:
        for q in PLANES[upper]:
            found = ask("match", b, a, "--film-plane", q, "--substrate-plane", p, *LIMITS, "--top", "8")
            for t in TERMINATIONS.get(upper, ["0"]):
                for match in range(len(found["classes"])):
                    for gap, energies in rows_of(a, b, p, q, t, match):
                        print(f"{lower}-{upper},{p.replace(',', '')},{q.replace(',', '')},{t},{match},{gap},{' '.join(energies)}")
