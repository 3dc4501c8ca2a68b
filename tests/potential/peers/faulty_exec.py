"""faulty_exec.py FAULT [FILE]   an exec peer that goes wrong in the way that FAULT names; without one all energies are 1.5.

FILE is made at the first fault: a fault with FILE happens once.
"""
import os
import sys
import time

fault = sys.argv[1]
marker = sys.argv[2] if len(sys.argv) > 2 else None
if marker and os.path.exists(marker):
    fault = "none"


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def answer(symbols, energy="1.5", force="0.25 0 0", rows=None, last="\n"):
    rows = len(symbols) if rows is None else rows
    text = f'{rows}\nenergy={energy} stress="1 0 0 0 2 0 0 0 3" Properties=species:S:1:pos:R:3:forces:R:3 pbc="F F F"\n'
    text += "".join(f"{(symbols + symbols)[k]} 0 0 {3 * k} {force}\n" for k in range(rows))
    sys.stdout.write(text[: -1] + last)
    sys.stdout.flush()


if fault == "silent":
    time.sleep(60)
if fault == "dies at start":
    sys.exit("no such model file 'best.pt'")
if fault == "version":
    say("nacre-exec 7")
say("a library says hello")
say('nacre-exec 1 name="constant" elements="H O" cutoff_A=3')
while True:
    first = sys.stdin.readline()
    if not first:
        sys.exit(0)
    sys.stdin.readline()
    symbols = [sys.stdin.readline().split()[0] for _ in range(int(first))]
    if marker and fault != "none":
        open(marker, "w").close()
    if fault == "dies":
        sys.exit("out of memory")
    elif fault == "killed":
        os.kill(os.getpid(), 9)
    elif fault == "hangs":
        time.sleep(60)
    elif fault == "nan":
        answer(symbols, energy="nan")
    elif fault == "infinite force":
        answer(symbols, force="inf 0 0")
    elif fault == "atoms":
        answer(symbols, rows=len(symbols) + 1)
    elif fault == "elements":
        answer(["N"] * len(symbols))
    elif fault == "garbage":
        say("Traceback: something went wrong")
    elif fault == "no energy":
        say(f"{len(symbols)}\nProperties=species:S:1:pos:R:3:forces:R:3")
        for symbol in symbols:
            say(f"{symbol} 0 0 0 0 0 0")
    elif fault == "half":
        answer(symbols, last="")
        sys.exit(0)
    elif fault == "refuses" and "O" in symbols:
        say("refused: no oxygen today")
    else:
        answer(symbols)
