"""The local executor: a group-IV campaign to labels and a ranked list; SIGKILL of nacre between the phases of a
submission, and of the worker in the middle, runs nothing twice and loses nothing."""
import resource
from common import *

need("pw.x", GTH)
campaign = Campaign('max_jobs = 2\n[dft.local]\ncommand = "GUARD {command}"\n')
folder = campaign.folder
asked = campaign.queue()
check(asked["total"] >= 4 and asked["states"]["queued"] == asked["total"], "what the run asked for", asked["states"])

campaign.close_gate()
campaign.die("after_intent:1")
campaign.die("after_submit:1")
worker = subprocess.Popen([NACRE, "queue", "work", folder], stderr=subprocess.DEVNULL)
# The attempt that was never submitted is given up, and two calculations stand at the gate.
wait_for(lambda: campaign.state("running") == 2 and sum(e["attempts"] for e in campaign.queue()["entries"]) == 3,
         "two running calculations")
worker.kill()
worker.wait()
wait_for(lambda: len(campaign.starts()) == 2, "both at the gate")
campaign.open_gate()
campaign.die("after_label:1")
campaign.work()

queue = campaign.check_all_done(asked["total"])
started = glob.glob(folder + "/dft/*/attempt-*/claim/info")
tries = sum(e["attempts"] for e in queue["entries"])
check(len(campaign.starts()) == len(started) == queue["total"], "started", len(started), "of", queue["total"])
check(tries == queue["total"] + 1, "one attempt was given up before it was submitted", tries)

first = json.loads(nacre("top", folder, "--level", "pbe", "--json").stdout)
check(len(first["groups"]) == 1, "one level, one group")
candidates = first["groups"][0]["candidates"]
values = [c["value_J_per_m2"] for c in candidates]
check(len(values) >= 2 and all(v is not None for v in values) and values == sorted(values), "ranked list", candidates)
check("forces" in nacre("queue", "export", folder).stdout, "labels as extxyz")

# Commands of a login node, by their processor time: the clock on the wall depends on who else is there.
def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

for command in (("queue", "list"), ("status",), ("top",)):
    before = processor_time()
    nacre(*command, folder)
    check(processor_time() - before < 1.0, command, "took", processor_time() - before, "s")

# the next run takes the labels as external events, and asks for nothing that is done
text = open(folder + "/campaign.toml").read().replace("budget = 60", "budget = 64")
open(folder + "/campaign.toml", "w").write(text)
nacre("run", folder)
check(campaign.queue()["states"]["done"] >= queue["total"], "labels are kept")
print("local:", queue["total"], "calculations,", tries, "attempts; best", candidates[0]["value_J_per_m2"], "J/m^2")
