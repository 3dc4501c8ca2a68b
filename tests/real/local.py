"""The local executor: a group-IV campaign to labels and a ranked list; SIGKILL of nacre between the phases of a
submission, and of the worker in the middle, runs nothing twice and loses nothing."""
import json, os, signal, subprocess, time
from common import *

need("pw.x", GTH)
campaign = Campaign("max_jobs = 2\n")
folder = campaign.folder
asked = campaign.queue()
check(asked["total"] >= 4 and asked["states"]["queued"] == asked["total"], "what the run asked for", asked["states"])

for point in ("after_intent:1", "after_submit:1", "after_label:1"):
    died = nacre("queue", "work", folder, "--until-done", status=None, env={"NACRE_DIE_AT": point})
    check(died.returncode == -signal.SIGKILL, "it did not die at", point)
worker = subprocess.Popen([NACRE, "queue", "work", folder], stderr=subprocess.DEVNULL)
time.sleep(2.0)
worker.kill()
worker.wait()
campaign.work()

queue = campaign.check_ledger()
check(queue["states"]["done"] == queue["total"] == asked["total"], "not all are done", queue["states"])
started = [info for info in glob.glob(folder + "/dft/*/attempt-*/claim/info")]
tries = sum(e["attempts"] for e in queue["entries"])
check(len(started) == queue["total"], "payloads started", len(started), "for", queue["total"], "calculations")
check(tries == queue["total"] + 1, "one attempt was given up before it was submitted", tries)

first = json.loads(nacre("top", folder, "--level", "pbe", "--json").stdout)
check(len(first["groups"]) == 1, "one level, one group")
candidates = first["groups"][0]["candidates"]
values = [c["value_J_per_m2"] for c in candidates]
check(len(values) >= 2 and all(v is not None for v in values) and values == sorted(values), "ranked list", candidates)
labels = nacre("queue", "export", folder).stdout
check(labels.count("calculation=") == queue["total"] and "forces" in labels, "labels as extxyz")

before = time.time()
nacre("queue", "list", folder), nacre("status", folder), nacre("top", folder)
check(time.time() - before < 3.0, "commands of a login node take a second each at most")

# the next run takes the labels as external events, and asks for nothing that is done
text = open(folder + "/campaign.toml").read().replace("budget = 60", "budget = 64")
open(folder + "/campaign.toml", "w").write(text)
nacre("run", folder)
check(campaign.queue()["states"]["done"] >= queue["total"], "labels are kept")
print("local:", queue["total"], "calculations,", tries, "attempts; best", candidates[0]["value_J_per_m2"], "J/m^2")
