"""A scheduler known only by its commands (qsub, qstat, qdel and qselect of a small batch system that really runs jobs):
calculations in a scratch folder, limits to core-hours, a death of nacre after submission, a job that is cancelled."""
from common import *

need("pw.x", GTH)
batch = temporary()
JOBS = batch + "/jobs"
os.mkdir(JOBS)
write_program(batch + "/qsub", f"""#!/bin/bash
cd {JOBS} || exit 255
exec 8> lock; flock 8
id=$(($(cat last 2>/dev/null || echo 0) + 1)); echo $id > last
sed -n 's/^#PBS -N //p' "$1" > $id.name
setsid bash "$1" > $id.out 2>&1 8>&- < /dev/null &
echo $! > $id.pid
echo $id.batch
""")
write_program(batch + "/qstat", f"""#!/bin/bash
id=${{2%.batch}}; cd {JOBS} || exit 255
[ -e $id.pid ] || {{ echo "qstat: Unknown Job Id $2" >&2; exit 153; }}
state=F; kill -0 -- -$(cat $id.pid) 2>/dev/null && state=R
printf 'Job id            Name             User   Time Use S Queue\\n%s %s root 00:00:00 %s batch\\n' $2 "$(cat $id.name)" $state
""")
write_program(batch + "/qselect", f"""#!/bin/bash
cd {JOBS} || exit 255
for name in *.name; do [ "$(cat "$name")" = "$2" ] && echo "${{name%.name}}.batch"; done
exit 0
""")
write_program(batch + "/qdel", f"""#!/bin/bash
kill -TERM -- -$(cat {JOBS}/${{1%.batch}}.pid)
""")
os.environ["PATH"] = batch + ":" + os.environ["PATH"]
scratch = batch + "/scratch"
os.mkdir(scratch)

GENERIC = f"""[dft.generic]
header = ["#PBS -N {{name}}", "#PBS -l select=1:ncpus={{cores}}", "#PBS -l walltime={{hours}}"]
submit = "qsub {{script}}"
status = "qstat -x {{id}} | tail -n 1"
cancel = "qdel {{id}}"
find = "qselect -N {{name}}"
command = "GUARD {{command}}"
scratch = "{scratch}"
copy_back = ["pw.out", "job.err"]
"""


def keys(more):
    return f'executor = "generic"\nmax_jobs = 4\nwalltime_min = 60\nunknown_min = 0.2\n{more}{GENERIC}'


# The guard finds its names by the folder that it runs in: in a scratch folder all are of one calculation, so no lock.
def wrap(campaign):
    write_program(campaign.guard, f"""#!/bin/bash
echo "$PWD" >> {campaign.work_folder}/starts
while [ -e {campaign.work_folder}/closed ]; do sleep 0.1; done
exec "$@"
""")


campaign = Campaign(keys("max_core_hours = 2.5\n"), top=2)
wrap(campaign)
total = campaign.queue()["total"]
check(total >= 4, "calculations", total)
campaign.close_gate()
campaign.die("after_submit:1")
worker = subprocess.Popen([NACRE, "queue", "work", campaign.folder], stderr=subprocess.DEVNULL)
# One core-hour each: two fit into the limit, and the others wait for it though max_jobs would take them.
wait_for(lambda: campaign.state("running") == 2 and
         sum("max_core_hours" in (e["reason"] or "") for e in campaign.queue()["entries"]) == total - 2, "a limit that holds")
wait_for(lambda: len(campaign.starts()) == 2, "both at the gate")
check(len(os.listdir(scratch)) == 2, "two scratch folders", os.listdir(scratch))
worker.terminate()
worker.wait()
victim = next(e["id"] for e in campaign.queue()["entries"] if e["state"] == "running")
nacre("queue", "cancel", campaign.folder, victim)
wait_for(lambda: nacre("queue", "collect", campaign.folder) and campaign.state("cancelled") == 1, "its end")
campaign.open_gate()
nacre("queue", "retry", campaign.folder, victim)
campaign.work()
queue = campaign.check_all_done(total)
submitted = [open(name).read().strip() for name in glob.glob(JOBS + "/*.name")]
check(len(submitted) == len(set(submitted)) == total + 1, "one job per attempt", len(submitted))
check(not os.listdir(scratch), "scratch is left clean", os.listdir(scratch))
for entry in queue["entries"]:
    left = sorted(os.listdir(f"{campaign.folder}/dft/{entry['id']}/attempt-{entry['attempts']:02d}"))
    check(left == ["claim", "exitcode", "job.err", "job.json", "job.sh", "pw.in", "pw.out"], "what came back", left)

# A total budget: what would pass it waits, and the worker says so and ends; spent hours count as what they were.
poor = Campaign(keys("budget_core_hours = 0.9\n"), top=1)
wrap(poor)
poor.work()
states = poor.queue()
check(states["states"]["queued"] == states["total"] and all("budget" in (e["reason"] or "") for e in states["entries"]), states)
poor.set_dft(keys("budget_core_hours = 1.2\n"), top=1)
poor.work()
check(poor.state("done") == states["total"], "one after another, each a few seconds of its hour", poor.queue()["states"])
print("generic:", total, "calculations,", len(submitted), "jobs; limits of core-hours held")
