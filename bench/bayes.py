#!/usr/bin/env python3
"""Bayesian optimisation of known functions through `nacre optimize`: medians over seeds, beside what is to be beaten.

usage: bayes.py NACRE [--seeds N] [--engine bo] [--acquisition gain|thompson] [PROBLEM ...]
"""
import argparse, json, math, os, random, statistics, subprocess, sys, tempfile

PI = math.pi


def branin(p):
    x, y = p["x"], p["y"]
    return (y - 5.1 / (4 * PI**2) * x * x + 5 / PI * x - 6) ** 2 + 10 * (1 - 1 / (8 * PI)) * math.cos(x) + 10


A6 = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P6 = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
      [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]


def hartmann6(p):
    return -sum(a * math.exp(-sum(A6[i][j] * (p[f"x{j}"] - 1e-4 * P6[i][j]) ** 2 for j in range(6)))
                for i, a in enumerate([1, 1.2, 3, 3.2]))


def rosen(x, y): return (100 * (y - x * x) ** 2 + (1 - x) ** 2) / 300
def camel(x, y): return ((4 - 2.1 * x * x + x**4 / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y) / 10
def beale(x, y): return ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y**3) ** 2) / 50


F = [rosen, camel, beale]


def func2c(p):
    x, y = 2 * p["z0"], 2 * p["z1"]
    return F[p["h1"]](x, y) + F[min(p["h2"], 2)](x, y)


def func3c(p):
    x, y, h = 2 * p["z0"], 2 * p["z1"], p["h3"]
    return func2c(p) + (5 * camel(x, y) if h == 0 else 2 * rosen(x, y) if h == 1 else h * beale(x, y))


def branin_currin(p):
    u, v = p["x"], p["y"]
    currin = (1 - (math.exp(-1 / (2 * v)) if v > 0 else 0)) * (2300 * u**3 + 1900 * u * u + 2092 * u + 60) / (
        100 * u**3 + 500 * u * u + 4 * u + 20)
    return branin({"x": 15 * u - 5, "y": 15 * v}), currin


def boundary(p):
    """A table of 37 x 27 x 18 = 17,982 rigid shifts with wells of many depths, the deepest of them narrow."""
    x, y, z = 2 * PI * p["dx"] / 37, 2 * PI * p["dy"] / 27, p["dz"] / 18
    e = 0.02 * (math.cos(x) + math.cos(2 * y) + math.cos(x + 3 * y)) + 0.3 * (z - 0.35 - 0.1 * math.cos(x - y)) ** 2
    for depth, a, b, c in WELLS:
        d = 2 - math.cos(x - a) - math.cos(y - b)
        e -= depth * math.exp(-4 * d - 30 * (z - c) ** 2)
    return e


WELLS = [(0.06, 1.1, 2.0, 0.4), (0.075, 4.0, 5.0, 0.25), (0.05, 2.5, 0.6, 0.5), (0.065, 5.3, 3.1, 0.3)]


def table_optimum():
    return min(boundary({"dx": i, "dy": j, "dz": k}) for i in range(37) for j in range(27) for k in range(18))


def real(name, low, high): return f'[[variable]]\nname = "{name}"\nkind = "real"\nrange = [{low}, {high}]\n'
def choice(name, n): return f'[[variable]]\nname = "{name}"\nkind = "categorical"\nchoices = {list(range(n))}\n'
def ordered(name, n): return f'[[variable]]\nname = "{name}"\nkind = "ordered"\nvalues = {list(range(n))}\n'


ONE = '[[objective]]\nname = "f"\n'
TWO = '[[objective]]\nname = "f"\nreference = 18\n[[objective]]\nname = "g"\nreference = 6\n'
SIDE = real("z0", -1, 1) + real("z1", -1, 1)
PROBLEMS = {  # space, function, noise, budgets to report, what to reach
    "branin": (real("x", -5, 10) + real("y", 0, 15) + ONE, branin, (0,), (30, 60), 0.3985),
    "hartmann6": ("".join(real(f"x{i}", 0, 1) for i in range(6)) + ONE, hartmann6, (0,), (40, 60), -3.3217),
    "func2c": (choice("h1", 3) + choice("h2", 5) + SIDE + ONE, func2c, (0,), (60, 100), -0.200),
    "func3c": (choice("h1", 3) + choice("h2", 5) + choice("h3", 4) + SIDE + ONE, func3c, (0,), (60, 100), -0.45),
    "branin_currin": (real("x", 0, 1) + real("y", 0, 1) + TWO, branin_currin, (15.19, 0.63), (46, 86), 57.8),
    "table": (ordered("dx", 37) + ordered("dy", 27) + ordered("dz", 18) + ONE, boundary, (0,), (60, 100), None),
}


def hypervolume(points, reference):
    volume, height = 0.0, reference[1]
    for a, b in sorted(points):
        if a < reference[0] and b < height:
            volume += (reference[0] - a) * (height - b)
            height = b
    return volume


def run(nacre, name, seed, engine, acquisition):
    space, function, noise, budgets, _ = PROBLEMS[name]
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "SPACE.toml")
        with open(path, "w") as file:
            file.write(f'seed = {seed}\nbudget = {budgets[-1]}\nengine = "{engine}"\nacquisition = "{acquisition}"\n' + space)
        program = subprocess.Popen([nacre, "optimize", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        best, trace = [], []
        for _ in range(budgets[-1]):
            program.stdin.write('{"ask": 1}\n')
            program.stdin.flush()
            task = json.loads(program.stdout.readline())
            if "id" not in task:
                break
            value = function(task["point"])
            values = value if isinstance(value, tuple) else (value,)
            best.append(values)
            trace.append(hypervolume(best, (18, 6)) if len(values) == 2 else min(v[0] for v in best))
            tell = {"tell": task["id"], "values": {}, "stderr": {}}
            for key, v, s in zip("fg", values, noise):
                tell["values"][key] = v + s * chance.gauss(0, 1) if s else v
                tell["stderr"][key] = s
            program.stdin.write(json.dumps(tell) + "\n")
        program.stdin.close()
        program.wait()
    trace += [trace[-1]] * (budgets[-1] - len(trace))
    return [trace[b - 1] for b in budgets]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nacre")
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--engine", default="bo")
    parser.add_argument("--acquisition", default="gain")
    args = parser.parse_args()
    for name in args.problems or PROBLEMS:
        budgets, goal = PROBLEMS[name][3:]
        if name == "table":
            goal = table_optimum()
        runs = [run(args.nacre, name, seed, args.engine, args.acquisition) for seed in range(1, args.seeds + 1)]
        text = "  ".join(f"at {b}: {statistics.median(r[i] for r in runs):.6g}" for i, b in enumerate(budgets))
        ends = sorted(r[-1] for r in runs)
        print(f"{name:14} {text}  (from {ends[0]:.6g} to {ends[-1]:.6g}, {args.seeds} seeds)  to reach: {goal:.6g}",
              flush=True)


main()
