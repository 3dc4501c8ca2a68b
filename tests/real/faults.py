"""Every failure made to happen, through Slurm where it comes up, else on this host: each calculation goes wrong in its
first attempt in a way of its own, and ends in the right state with its reason."""
from common import *

need("pw.x", GTH)
work = temporary()
slurm = Slurm()
if not slurm.runs:
    print("SKIPPED the part with Slurm:", slurm.reason, "- the local executor is tested")
small = work + "/small"
os.mkdir(small)
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", small], capture_output=True).returncode == 0
if mounted:
    atexit.register(lambda: subprocess.run(["umount", "-l", small]))
else:
    print("SKIPPED the full disk: no small tmpfs can be mounted here")

# What becomes of the first attempt of a calculation; all later ones are left alone. What has to be caught in the middle
# never ends by itself: pw.x that is to be killed has no limit to its steps and a threshold that it cannot reach.
FAULT = """#!/bin/bash
try=$(basename "$PWD") id=$(basename "$(dirname "$PWD")")
fault=$(cat WORK/faults/$id 2>/dev/null)
[ "$try" = attempt-01 ] || fault=none
case $fault in
  scf) sed -i 's/electron_maxstep *=.*/electron_maxstep = 1/' pw.in; exec "$@" ;;
  close) # the second atom 1.2 A beside the first, in the deck and in what it is compared with: pw.x ends with status 0
    /usr/bin/python3 WORK/close.py; exec "$@" ;;
  payload)
    sed -i -e 's/conv_thr *=.*/conv_thr = 1e-99/' -e 's/electron_maxstep *=.*/electron_maxstep = 1000000/' pw.in
    "$@" &
    until grep -q 'iteration #  2' pw.out; do sleep 0.1; kill -0 $! || exit 1; done
    kill -9 $!; wait $!; exit $? ;;
  script) kill -9 $PPID; exec sleep 1000 ;;
  hang) exec sleep 1000 ;;
  walltime)
    [ -z "$SLURM_JOB_ID" ] || scontrol update jobid=$SLURM_JOB_ID timelimit=1   # the least that Slurm knows
    while :; do echo still here; sleep 1; done ;;
  disk) sed -i "s#outdir *=.*#outdir = 'WORK/small/'#" pw.in; exec "$@" ;;
  garbage) head -c 20000 /dev/urandom; exit 0 ;;
  truncated) "$@" | head -c 6000; exit 0 ;;
  *) exec "$@" ;;
esac
"""
CLOSE = """import json
job = json.load(open("job.json"))
atoms = job["structure"]["positions_A"]
atoms[1] = [atoms[0][0] + 1.2, atoms[0][1], atoms[0][2]]
json.dump(job, open("job.json", "w"))
lines = open("pw.in").read().splitlines()
first = next(i for i, line in enumerate(lines) if line.startswith("ATOMIC_POSITIONS")) + 1
lines[first + 1] = " ".join([lines[first + 1].split()[0], *map(repr, atoms[1])])
print(*lines, sep="\\n", file=open("pw.in", "w"))
"""
open(work + "/close.py", "w").write(CLOSE)
script = write_program(work + "/fault", FAULT.replace("WORK", work))
os.mkdir(work + "/faults")
LAUNCH = f'command = "GUARD {script} {{command}}"\n'
if slurm.runs:
    DFT = f'walltime_min = 5\nstall_min = 1\nexecutor = "slurm"\n[dft.slurm]\nmemory_MB = 300\n{LAUNCH}'
else:
    DFT = f"walltime_min = 2\nstall_min = 0.5\n[dft.local]\n{LAUNCH}"
campaign = Campaign("max_jobs = 4\nunknown_min = 0.2\nreferences = false\n" + DFT)
faults = ["scf", "close", "payload", "script", "hang", "walltime", "garbage", "truncated"] + (["disk"] if mounted else [])
# The faults are planted before anything runs. A second level makes enough calculations of the few candidates.
def planned():
    return [e for e in campaign.queue()["entries"] if e["kind"] == "scf"]


candidates = json.loads(nacre("top", campaign.folder, "--top", "14", "--json").stdout)["candidates"]
for level, candidate in ((level, c) for level in ("pbe", "pbe+d3") for c in candidates):
    if len(planned()) <= len(faults):
        nacre("queue", "submit", campaign.folder, candidate["id"], "--ask", "--level", level, status=None)
entries = planned()
check(len(entries) >= len(faults), len(entries), "candidates for", len(faults), "faults")
planted = {}
for entry, fault in zip(entries, faults):
    open(f"{work}/faults/{entry['id']}", "w").write(fault)
    planted[fault] = entry["id"]
campaign.work()
campaign.check_ledger()
if slurm.runs:
    given = slurm.handed_over()
    check(len(given) == len(set(given)), "handed over twice:", given)
CLASSES = {"scf": {"scf_not_converged"}, "close": {"implausible", "bad_geometry"}, "payload": {"killed"}, "script": {"killed"},
           "hang": {"stalled"}, "walltime": {"walltime"}, "garbage": {"damaged", "truncated", "mismatch"},
           "truncated": {"truncated", "damaged"}, "disk": {"disk_full"}}
for fault, id in planted.items():
    shown = campaign.show(id)
    first = shown["history"][0]
    print(f"{fault:10} -> {first['outcome']} {first['class']}: {first['reason']} | then {shown['state']} after",
          len(shown["history"]), "attempts |", first["scheduler"], "|", first["process"])
    check(first["outcome"] == "failed" and first["class"] in CLASSES[fault], fault, first)
    check(first["reason"], fault, "has no reason")
    check(shown["state"] in ("done", "failed", "broken"), fault, shown["state"])
    if fault in ("scf", "payload", "script", "hang"):
        check(shown["state"] == "done", fault, "is not done in the end", shown)
states = campaign.queue()["states"]
check(states["done"] >= 4, "the others went on", states)
print("faults:", {k: v for k, v in states.items() if v})
