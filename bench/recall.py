#!/usr/bin/env python3
"""How many of the ten best groups of a real table an engine finds within a tenth of its rows, through `nacre optimize`.

usage: recall.py NACRE [--seeds N] [--engines auto,bo,pso,random] [--share 0.1] [--torus] [--no-budget]

A group is what symmetry maps on each other. With --torus the shift is a continuous variable, and the row nearest to it
answers; with --no-budget SPACE.toml does not say how many evaluations there will be.
"""
import argparse, csv, json, os, statistics, subprocess, tempfile

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "data", "contacts.csv")
KEYS = ("pair", "lower_plane", "upper_plane", "termination", "match", "gap_A")


def read_table():
    """{(keys..., u, v): energy or None}, and the ten best groups: rows that symmetry maps on each other."""
    table = {}
    for row in csv.DictReader(open(TABLE)):
        for i, e in enumerate(row["energies_J_per_m2"].split()):
            table[tuple(row[k] for k in KEYS) + (i // 6, i % 6)] = None if e == "-" else float(e)
    groups = {}
    for key, e in table.items():
        if e is not None:
            groups.setdefault((e,) + key[:6], set()).add(key)
    return table, [groups[k] for k in sorted(groups)[:10]]


def space_of(table, engine, seed, budget, torus):
    text = f'seed = {seed}\nengine = "{engine}"\n' + (f"budget = {budget}\n" if budget else "")
    for i, name in enumerate(KEYS[:5]):
        text += f'[[variable]]\nname = "{name}"\nkind = "categorical"\nchoices = {json.dumps(sorted({k[i] for k in table}))}\n'
    text += '[[variable]]\nname = "gap_A"\nkind = "ordered"\nvalues = [%s]\n' % ", ".join(sorted({k[5] for k in table}))
    if torus:
        text += '[[variable]]\nname = "shift"\nkind = "torus"\n'
    else:
        text += "".join(f'[[variable]]\nname = "{n}"\nkind = "ordered"\nvalues = [0, 1, 2, 3, 4, 5]\n' for n in "uv")
    stacks = sorted({k[:5] for k in table})
    exists = " or ".join("(" + " and ".join(f"{n} == '{v}'" for n, v in zip(KEYS, s)) + ")" for s in stacks)
    text += f'[[constraint]]\nname = "exists"\nkind = "known"\nexpression = "{exists}"\n[[objective]]\nname = "E"\n'
    return text


def key_of(point):
    if "shift" in point:
        u, v = (round(6 * x) % 6 for x in point["shift"])
    else:
        u, v = point["u"], point["v"]
    return tuple(point[k] for k in KEYS[:5]) + (str(point["gap_A"]) if point["gap_A"] % 1 else f"{point['gap_A']:.1f}", u, v)


def run(nacre, table, top, engine, seed, budget, torus, tell_budget):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "SPACE.toml")
        open(path, "w").write(space_of(table, engine, seed, budget if tell_budget else 0, torus))
        program = subprocess.Popen([nacre, "optimize", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        seen, trace = set(), []
        for _ in range(budget):
            program.stdin.write('{"ask": 1}\n')
            program.stdin.flush()
            task = json.loads(program.stdout.readline())
            if "id" not in task:
                break
            key = key_of(task["point"])
            seen.add(key)
            e = table[key]
            tell = {"tell": task["id"], "values": {"E": e}} if e is not None else {"tell": task["id"], "status": "refused", "reason": "overlap"}
            program.stdin.write(json.dumps(tell) + "\n")
            trace.append(sum(bool(g & seen) for g in top) / len(top))
        program.stdin.close()
        program.wait()
        return trace


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nacre")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--engines", default="auto,bo,pso,random")
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--torus", action="store_true")
    parser.add_argument("--no-budget", action="store_true")
    args = parser.parse_args()
    table, top = read_table()
    budget = int(args.share * len(table))
    print(f"{len(table)} rows, {sum(e is None for e in table.values())} without energy; {budget} evaluations", flush=True)
    for engine in args.engines.split(","):
        runs = [run(args.nacre, table, top, engine, seed, budget, args.torus, not args.no_budget) for seed in range(1, args.seeds + 1)]
        at = [budget // 4, budget // 2, budget]
        print(f"{engine:8}" + "  ".join(f"at {n}: {statistics.mean(r[min(n, len(r)) - 1] for r in runs):.3f}" for n in at)
              + "  ends " + " ".join(f"{r[-1]:.1f}" for r in runs), flush=True)


if __name__ == "__main__":
    main()
