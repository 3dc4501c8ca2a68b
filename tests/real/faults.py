"""Every failure made to happen, through Slurm where it comes up, else on this host: each calculation goes wrong in its
first attempt in a way of its own, and ends in the right state with its reason."""
import json, os, signal, stat, subprocess, time
from common import *

need("pw.x", GTH)
work = temporary()
slurm = work + "/slurm"
up = subprocess.run([SOURCE + "/scripts/slurm_here", "up", slurm], capture_output=True, text=True)
with_slurm = up.returncode == 0
if with_slurm:
    atexit.register(lambda: subprocess.run([SOURCE + "/scripts/slurm_here", "down", slurm]))
    os.environ["SLURM_CONF"] = slurm + "/slurm.conf"
else:
    print("SKIPPED the part with Slurm:", (up.stderr or up.stdout).strip(), "- the local executor is tested")
small = work + "/small"
os.mkdir(small)
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", small], capture_output=True).returncode == 0
if mounted:
    atexit.register(lambda: subprocess.run(["umount", "-l", small]))
else:
    print("SKIPPED the full disk: no small tmpfs can be mounted here")

# What becomes of the first attempt of a calculation; all later ones are left alone.
FAULT = """#!/bin/bash
try=$(basename "$PWD") id=$(basename "$(dirname "$PWD")")
echo "$id $try" >> WORK/starts
fault=$(cat WORK/faults/$id 2>/dev/null)
[ "$try" = attempt-01 ] || fault=none
case $fault in
  scf) sed -i 's/electron_maxstep *=.*/electron_maxstep = 1/' pw.in; exec "$@" ;;
  close) # the second atom 1.2 A beside the first, in the deck and in what it is compared with: pw.x ends with status 0
    /usr/bin/python3 WORK/close.py; exec "$@" ;;
  payload) "$@" & sleep 0.5; kill -9 $!; wait $!; exit $? ;;
  script) kill -9 $PPID; sleep 60 ;;
  hang) sleep 1000 ;;
  walltime) while :; do echo still here; sleep 1; done ;;
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
script = work + "/fault"
open(script, "w").write(FAULT.replace("WORK", work))
os.chmod(script, 0o755)
os.mkdir(work + "/faults")
LAUNCH = f'command = "{script} {{command}}"\n'
DFT = "max_jobs = 4\nwalltime_min = 1\nstall_min = 0.3\n"
DFT += f'executor = "slurm"\n[dft.slurm]\nmemory_MB = 300\n{LAUNCH}' if with_slurm else f"[dft.local]\n{LAUNCH}"
campaign = Campaign(DFT)
top = json.loads(nacre("top", campaign.folder, "--top", "14", "--json").stdout)["candidates"]
faults = ["scf", "close", "payload", "script", "hang", "walltime", "garbage", "truncated"] + (["disk"] if mounted else [])
listed = {e["design"] for e in campaign.queue()["entries"] if e["kind"] == "scf"}
more = [c["id"] for c in top if c["id"] not in listed]
for id in more[: max(0, len(faults) + 1 - len(listed))]:
    nacre("queue", "submit", campaign.folder, id, "--ask")  # the faults are planted before anything runs
entries = [e for e in campaign.queue()["entries"] if e["kind"] == "scf"]
check(len(entries) >= len(faults), len(entries), "candidates for", len(faults), "faults")
planted = {}
for entry, fault in zip(entries, faults):
    open(f"{work}/faults/{entry['id']}", "w").write(fault)
    planted[fault] = entry["id"]
campaign.work()
campaign.check_ledger()

starts = open(work + "/starts").read().split("\n")[:-1]
check(len(starts) == len(set(starts)), "started twice:", starts)
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
