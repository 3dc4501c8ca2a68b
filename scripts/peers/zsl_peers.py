"""The same lattices and limits through pymatgen's ZSLGenerator and through `nacre match --symmetry lattice --json`.

usage: zsl_peers.py NACRE   prints classes, milliseconds of both (the least of repeated calls) and the ratio.
"""
import json
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
from pymatgen.analysis.interfaces.zsl import ZSLGenerator

STRUCTURES = Path("runs/oxide_membranes/structures")
SHARED = Path("../shared/reference/interface")


def own_cases():
    pairs = [("SrTiO3", "0,0,1", "MgO", "0,0,1", 200.0), ("SrTiO3", "0,0,1", "MgO", "0,0,1", 400.0),
             ("CeO2", "0,0,1", "SrTiO3", "0,0,1", 200.0), ("CeO2", "1,1,1", "ZrO2", "1,1,1", 200.0),
             ("Al2O3", "0,0,1", "MgO", "1,1,1", 200.0)]
    for film, film_plane, substrate, substrate_plane, area in pairs:
        name = f"{film}({film_plane})/{substrate}({substrate_plane})@{area:g}"
        yield name, STRUCTURES / f"{film}.cif", film_plane, STRUCTURES / f"{substrate}.cif", substrate_plane, area, 0.03


def reference_cases():
    if not SHARED.exists():
        return
    for case in json.loads((SHARED / "cases.json").read_text())["cases"]:
        film, substrate, limits = case["film"], case["substrate"], case["limits"]
        plane = lambda side: ",".join(str(i) for i in side["miller"])
        yield (case["id"], SHARED / film["poscar"], plane(film), SHARED / substrate["poscar"], plane(substrate),
               limits["max_area"], limits["max_principal_strain"])


def nacre(program, film, film_plane, substrate, substrate_plane, area, strain):
    command = [program, "match", str(film), str(substrate), "--film-plane", film_plane, "--substrate-plane",
               substrate_plane, "--max-area", repr(area), "--max-strain", repr(strain), "--symmetry", "lattice", "--json"]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(5)]
    return runs[0], min(run["seconds"] for run in runs)


def holohedry(rows):
    metric = rows @ rows.T
    operations = []
    for code in range(81):
        g = np.array([[code % 3 - 1, code // 3 % 3 - 1], [code // 9 % 3 - 1, code // 27 - 1]])
        if abs(round(np.linalg.det(g))) == 1 and np.allclose(g @ metric @ g.T, metric, atol=1e-4 * metric.max()):
            operations.append(g)
    return operations


def key(x, film_group, substrate_group):
    """A name for the class of X = M^-1 N."""
    images = []
    for g in film_group:
        for h in substrate_group:
            if round(np.linalg.det(g) * np.linalg.det(h)) == 1:
                images.append(tuple(Fraction(float(e)).limit_denominator(2000) for e in (g @ x @ h).ravel()))
    return max(images)


def pymatgen(film, substrate, area, strain):
    generator = ZSLGenerator(max_area=area, max_length_tol=strain, max_angle_tol=0.01, max_area_ratio_tol=0.09)
    rows = lambda m: np.hstack([m, np.zeros((2, 1))])
    start = time.perf_counter()
    matches = list(generator(rows(film), rows(substrate)))
    return matches, time.perf_counter() - start


def main():
    program = sys.argv[1]
    print(f"{'case':42} {'classes':>8} {'pymatgen finds':>15} {'mirror images':>14} {'Nacre ms':>9} {'pymatgen ms':>12} {'ratio':>8}")
    for name, *case in [*own_cases(), *reference_cases()]:
        ours, seconds = nacre(program, *case)
        film, substrate = np.array(ours["film_basis_A"]), np.array(ours["substrate_basis_A"])
        groups = holohedry(film), holohedry(substrate)
        wanted = {key(np.linalg.inv(c["film_matrix"]) @ np.array(c["substrate_matrix"]), *groups) for c in ours["classes"]}
        matches, theirs = pymatgen(film, substrate, *case[4:])
        found, mirrored = set(), 0
        for match in matches:
            m = np.array(match.film_sl_vectors)[:, :2] @ np.linalg.inv(film)
            n = np.array(match.substrate_sl_vectors)[:, :2] @ np.linalg.inv(substrate)
            x = np.linalg.inv(m) @ n
            if np.linalg.det(x) < 0:
                mirrored += 1
            else:
                found.add(key(x, *groups))
        print(f"{name:42} {len(wanted):8d} {len(found & wanted):15d} {mirrored:14d} {1e3 * seconds:9.3f} "
              f"{1e3 * theirs:12.1f} {theirs / seconds:8.0f}", flush=True)


main()
