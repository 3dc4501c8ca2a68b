"""Slurm on loopback: a campaign through it to labels; nacre is killed between the phases, the controller is killed right
after the jobs were handed over, and once more in a way that it must forget them; jobs are cancelled, one is refused."""
from common import *

need("pw.x", GTH)
slurm = Slurm()
if not slurm.runs:
    skip("Slurm does not come up here: " + slurm.reason)

DFT = ('executor = "slurm"\nmax_jobs = 4\nwalltime_min = 5\nunknown_min = 0.4\n[dft.slurm]\npartition = "dft"\n'
       'memory_MB = 300\ncommand = "GUARD {command}"\n')
campaign = Campaign(DFT)
folder = campaign.folder
total = campaign.queue()["total"]
campaign.close_gate()
campaign.die("after_intent:1")
campaign.die("after_submit:1")
nacre("queue", "submit", folder)
slurm.do("crash")     # it may have written its state down or not
slurm.do("restart")
check(len(slurm.handed_over()) >= 3, "handed over", slurm.handed_over())

worker = subprocess.Popen([NACRE, "queue", "work", folder], stderr=subprocess.DEVNULL)
wait_for(lambda: campaign.state("running") >= 1 and campaign.state("unknown") == 0, "calculations that run again")
worker.terminate()
worker.wait()
# What a controller forgets that is killed before it writes its state: all that it took in since an older one.
slurm.do("crash")
running = campaign.queue()["entries"]
forgotten = [e["id"] for e in running if e["state"] in ("running", "submitted")]
for name in os.listdir(slurm.folder + "/state"):
    if name.startswith(("job_state", "last_id", "hash.", "job.")) or name == "job_state":
        path = slurm.folder + "/state/" + name
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
slurm.do("restart")
campaign.open_gate()
campaign.work()
queue = campaign.check_all_done(total)
given = slurm.handed_over()
check(len(given) == len(set(given)), "handed over twice:", given)
attempts = [a["job_name"] for e in queue["entries"] for a in campaign.show(e["id"])["history"]]
check(set(given) <= set(attempts), "jobs that nobody knows:", set(given) - set(attempts))
check(len(attempts) == len(given) + 1, "one attempt was given up before it was handed over", len(attempts), len(given))
candidates = json.loads(nacre("top", folder, "--level", "pbe", "--json").stdout)["groups"][0]["candidates"]
check(all(c["value_J_per_m2"] is not None for c in candidates), "ranked list", candidates)

# cancelled, and refused by the scheduler
held = Campaign(DFT)
held.close_gate()
nacre("queue", "submit", held.folder)
victim = held.queue()["entries"][0]["id"]
for entry in held.queue()["entries"]:
    nacre("queue", "cancel", held.folder, entry["id"])
held.work()
after = held.check_ledger()
check(after["states"]["cancelled"] == after["total"], "cancelled", after["states"])
wait_for(lambda: not subprocess.run(["squeue", "-h"], capture_output=True, text=True).stdout, "an empty queue of Slurm")
held.set_dft(DFT.replace('"dft"\n', '"nowhere"\n'))
nacre("queue", "retry", held.folder, victim)
held.work()
refused = held.show(victim)
check(refused["state"] == "failed" and refused["class"] == "refused" and "partition" in refused["reason"], refused)
print("slurm:", queue["total"], "calculations,", len(attempts), "attempts,", len(forgotten),
      "forgotten by the controller; best", candidates[0]["value_J_per_m2"], "J/m^2")
