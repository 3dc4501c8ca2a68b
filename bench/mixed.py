#!/usr/bin/env python3
"""Problems of many discrete choices through `nacre optimize`: medians over seeds of the value above the minimum.

usage: mixed.py NACRE [--seeds N] [--engines pso,random] [--budgets 100,300,1000,3000] [PROBLEM ...]

Grids have 10 variables: two each with 2, 4, 8 and 16 values in [-5, 5] and two reals, about a minimum that the seed of the
problem places. The tree has 4 x 5 choices with different variables behind them.
"""
import argparse, json, math, os, random, statistics, subprocess, tempfile

COUNTS = [2, 2, 4, 4, 8, 8, 16, 16]


def levels(n): return [-5 + 10 * i / (n - 1) for i in range(n)]


def grid_space():
    text = "".join(f'[[variable]]\nname = "x{i}"\nkind = "ordered"\nvalues = {levels(n)}\n' for i, n in enumerate(COUNTS))
    return text + "".join(f'[[variable]]\nname = "x{i}"\nkind = "real"\nrange = [-5, 5]\n' for i in (8, 9))


CHANCE = random.Random(5)
CENTRE = [CHANCE.choice(levels(n)) for n in COUNTS] + [CHANCE.uniform(-4, 4) for _ in range(2)]
TABLE = [[CHANCE.random() for _ in range(6)] for _ in range(5)]
PAIRS = [[[CHANCE.random() for _ in range(6)] for _ in range(6)] for _ in range(4)]
LEAVES = [[CHANCE.random() for _ in range(5)] for _ in range(4)]


def away(p): return [p[f"x{i}"] - c for i, c in enumerate(CENTRE)]
def sphere(p): return sum(d * d for d in away(p))
def ellipsoid(p): return sum(10 ** (4 * i / 9) * d * d for i, d in enumerate(away(p)))
def rastrigin(p): return sum(d * d + 10 * (1 - math.cos(2 * math.pi * d)) for d in away(p))


def rosenbrock(p):
    d = [x + 1 for x in away(p)]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(d, d[1:]))


def coupled(p):
    d = away(p)
    return sum(d[i] * d[i] for i in range(10)) + 2 * sum((d[i] + d[i + 1]) ** 2 for i in range(9))


def table(p):
    c = [int(p[f"c{i}"]) for i in range(5)]
    return sum(TABLE[i][v] for i, v in enumerate(c)) + sum(PAIRS[i][c[i]][c[i + 1]] for i in range(4))


def table_least():
    import itertools
    return min(table({f"c{i}": v for i, v in enumerate(c)}) for c in itertools.product(range(6), repeat=5))


def tree(p):
    a, b = "abcd".index(p["a"]), "vwxyz".index(p["b"])
    return LEAVES[a][b] - min(map(min, LEAVES)) + (p["x"] - 0.3) ** 2 + (sum((p[k] - 0.6) ** 2 for k in "rs" if k in p))


def choice(name, choices, rest=""): return f'[[variable]]\nname = "{name}"\nkind = "categorical"\nchoices = {json.dumps(choices)}\n{rest}'
def real(name, rest=""): return f'[[variable]]\nname = "{name}"\nkind = "real"\nrange = [0, 1]\n{rest}'


PROBLEMS = {
    "sphere": (grid_space(), sphere), "ellipsoid": (grid_space(), ellipsoid), "rastrigin": (grid_space(), rastrigin),
    "rosenbrock": (grid_space(), rosenbrock), "coupled": (grid_space(), coupled),
    "table": ("".join(choice(f"c{i}", list(range(6))) for i in range(5)), table),
    "tree": (choice("a", list("abcd")) + choice("b", list("vwxyz")) + real("x")
             + real("r", "when = \"a == 'b'\"\n") + real("s", "when = \"a == 'd'\"\n"), tree),
}


def run(nacre, name, seed, engine, budgets):
    space, function = PROBLEMS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "SPACE.toml")
        with open(path, "w") as file:
            file.write(f'seed = {seed}\nengine = "{engine}"\n{space}[[objective]]\nname = "f"\n')
        program = subprocess.Popen([nacre, "optimize", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        best, trace = math.inf, []
        for _ in range(budgets[-1]):
            program.stdin.write('{"ask": 1}\n')
            program.stdin.flush()
            task = json.loads(program.stdout.readline())
            if "id" not in task:
                break
            value = function(task["point"])
            best = min(best, value)
            trace.append(best)
            program.stdin.write(json.dumps({"tell": task["id"], "values": {"f": value}}) + "\n")
        program.stdin.close()
        program.wait()
    return [trace[min(b, len(trace)) - 1] for b in budgets]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nacre")
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--engines", default="auto,pso,random")
    parser.add_argument("--budgets", default="100,300,1000,3000")
    args = parser.parse_args()
    budgets = [int(b) for b in args.budgets.split(",")]
    print("| problem | engine | " + " / ".join(map(str, budgets)) + " |\n|---|---|---|")
    for name in args.problems or PROBLEMS:
        least = table_least() if name == "table" else 0.0
        for engine in args.engines.split(","):
            runs = [run(args.nacre, name, seed, engine, budgets) for seed in range(1, args.seeds + 1)]
            print(f"| {name} | {engine} | " + " / ".join(
                f"{statistics.median(r[i] for r in runs) - least:.2g}" for i in range(len(budgets))) + " |", flush=True)


main()
