"""Slurm on loopback: a campaign through it to labels; the controller is killed right after the jobs were handed over,
nacre is killed between the phases, a job is cancelled, a request is refused."""
import json, os, signal, subprocess, time
from common import *

need("pw.x", GTH)
slurm = temporary()
up = subprocess.run([SOURCE + "/scripts/slurm_here", "up", slurm], capture_output=True, text=True)
if up.returncode != 0:
    skip("Slurm does not come up here: " + (up.stderr or up.stdout).strip())
atexit.register(lambda: subprocess.run([SOURCE + "/scripts/slurm_here", "down", slurm]))
os.environ["SLURM_CONF"] = slurm + "/slurm.conf"

DFT = 'executor = "slurm"\nmax_jobs = 4\nwalltime_min = 5\nunknown_min = 0.2\n[dft.slurm]\npartition = "dft"\nmemory_MB = 300\n'
campaign = Campaign(DFT)
folder = campaign.folder
for point in ("after_intent:1", "after_submit:1"):
    died = nacre("queue", "work", folder, "--until-done", status=None, env={"NACRE_DIE_AT": point})
    check(died.returncode == -signal.SIGKILL, "it did not die at", point)
nacre("queue", "submit", folder)
os.kill(int(open(slurm + "/run/slurmctld.pid").read()), signal.SIGKILL)   # before its state is saved
time.sleep(1.0)
subprocess.run(["slurmctld", "-f", slurm + "/slurm.conf"], check=True)
campaign.work()
queue = campaign.check_ledger()
check(queue["states"]["done"] == queue["total"], "not all are done", queue["states"], [e for e in queue["entries"] if e["state"] != "done"])
candidates = json.loads(nacre("top", folder, "--level", "pbe", "--json").stdout)["groups"][0]["candidates"]
check(all(c["value_J_per_m2"] is not None for c in candidates), "ranked list", candidates)

# cancelled, and refused by the scheduler
held = Campaign(DFT.replace("[dft.slurm]", "[dft.slurm]\ncommand = \"sleep 300 && {command}\""))
nacre("queue", "submit", held.folder)
victim = held.queue()["entries"][0]["id"]
for entry in held.queue()["entries"]:
    nacre("queue", "cancel", held.folder, entry["id"])
held.work()
after = held.check_ledger()
check(after["states"]["cancelled"] == after["total"], "cancelled", after["states"])
held.set_dft(DFT.replace('"dft"\n', '"nowhere"\n'))
nacre("queue", "retry", held.folder, victim)
held.work()
refused = held.show(victim)
check(refused["state"] == "failed" and refused["class"] == "refused" and "partition" in refused["reason"], refused)
print("slurm:", queue["total"], "calculations; best", candidates[0]["value_J_per_m2"], "J/m^2")
