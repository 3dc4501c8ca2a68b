"""The scripts of scripts/cluster on a Slurm of loopback: a campaign on two ranks is stopped by USR1 before its limit,
stores its state, submits itself again and goes on, started by srun with PMIx and by mpirun; the worker of the queue runs as
a job of its own, and its variables do not reach the jobs that it submits."""
from common import *

need("pw.x", "mpirun", GTH)
slurm = Slurm()
if not slurm.runs:
    skip("Slurm does not come up here: " + slurm.reason)
place = temporary()
os.environ["PATH"] = os.path.dirname(NACRE) + ":" + os.environ["PATH"]


def script(name, **sizes):
    """As a user adapts it: the sizes at its top."""
    text = open(f"{SOURCE}/scripts/cluster/{name}").read()
    for key, value in sizes.items():
        text = re.sub(f"#SBATCH --{key.replace('_', '-')}=.*", f"#SBATCH --{key.replace('_', '-')}={value}", text)
    return write_program(f"{place}/{name}", text)


def submit(path, *arguments, **environment):
    done = subprocess.run(["sbatch", "--parsable", "--chdir", place, path, *arguments], capture_output=True, text=True,
                          env={**os.environ, **environment})
    check(done.returncode == 0, "sbatch", done.stderr)


def jobs():
    return subprocess.run(["squeue", "-h", "-o", "%i %T"], capture_output=True, text=True).stdout.split("\n")[:-1]


def finished():
    """What Slurm wrote down of the jobs that ended: name, state and exit code."""
    path = slurm.folder + "/log/jobcomp.log"
    lines = open(path).read().split("\n")[:-1] if os.path.exists(path) else []
    return [dict(word.split("=", 1) for word in line.split(" ") if "=" in word) for line in lines]


def logs():
    return "".join(open(path).read() for path in glob.glob(place + "/*.log"))


def endless_campaign(seed):
    folder = temporary()
    shutil.copytree(SOURCE + "/runs/group_iv", folder, dirs_exist_ok=True)
    set_budget(folder, 10**6, seed)
    return folder


def set_budget(folder, budget, seed):
    text = open(SOURCE + "/runs/group_iv/campaign.toml").read()
    text = re.sub("budget = .*", f"budget = {budget}", text).replace("seed = 11", f"seed = {seed}")
    with open(folder + "/new.toml", "w") as out:
        out.write(text.split("[dft]")[0])
    os.replace(folder + "/new.toml", folder + "/campaign.toml")


def partition(state):
    subprocess.run(["scontrol", "update", "partitionname=dft", "state=" + state], check=True)


def proposals(folder):
    return json.loads(nacre("status", folder, "--json").stdout)["done"]


def run_until_it_hands_itself_over(seed, how, limit):
    folder = endless_campaign(seed)
    before = len(finished())
    path = script("campaign_cpu.slurm", nodes=1, ntasks_per_node=2, time=limit, signal="B:USR1@30")
    submit(path, folder, NACRE_LAUNCH=how) if how else submit(path, folder)
    wait_for(lambda: any("RUNNING" in job for job in jobs()), "the first job")
    partition("down")  # what is submitted from now on waits
    if limit != "1":  # its limit is far: the same signal as soon as there is something to store
        wait_for(lambda: os.path.exists(folder + "/published/campaign.db") and proposals(folder) > 0, "proposals")
        subprocess.run(["scancel", "--batch", "--signal=USR1", jobs()[0].split()[0]], check=True)
    wait_for(lambda: len(finished()) == before + 1 and jobs(), "the end of the first job, and the next one")
    first = proposals(folder)
    check(first < 10**6 and "PENDING" in jobs()[0], "stopped in the middle", first, jobs())
    set_budget(folder, first + 20, seed)
    partition("up")
    wait_for(lambda: len(finished()) == before + 2 and not jobs(), "the end of the second job")
    done = finished()[before:]
    check(all(job["JobState"] == "COMPLETED" for job in done), how, done, logs()[-3000:])
    check(proposals(folder) == first + 20, "it went on where it stopped", first, proposals(folder))
    state = json.loads(nacre("status", folder, "--json").stdout)
    check(state["state"] == "finished", state)
    print(how or "srun --mpi=pmix", "limit", limit, "min:", proposals(folder), "proposals in two jobs")


listed = subprocess.run(["srun", "--mpi=list"], capture_output=True, text=True)
pmix = "pmix" in listed.stdout + listed.stderr
if pmix:
    run_until_it_hands_itself_over(1, None, "1")   # USR1 comes from Slurm, half a minute before the limit
else:
    print("SKIPPED srun: this Slurm has no PMIx")
run_until_it_hands_itself_over(2, "mpirun --bind-to none", "1" if not pmix else "10")

# The worker as a job: what Slurm told it of itself is not told to the jobs that it submits.
campaign = Campaign('executor = "slurm"\nmax_jobs = 1\nwalltime_min = 5\n[dft.slurm]\nmemory_MB = 300\n'
                    f'command = "env > {place}/environment; GUARD {{command}}"\n', top=1)
total = campaign.queue()["total"]
submit(script("queue.slurm", mem="300M", time="30"), campaign.folder, SLURM_OF_THE_WORKER="1", OF_THE_USER="1")
wait_for(lambda: campaign.state("done") == total, "the labels", 400)
wait_for(lambda: not jobs(), "the end of the worker")
campaign.check_all_done(total)
names = dict(line.split("=", 1) for line in open(place + "/environment").read().split("\n") if "=" in line)
check("SLURM_OF_THE_WORKER" not in names and names["OF_THE_USER"] == "1", "variables of the worker", names)
check(names["SLURM_JOB_NAME"].startswith("nacre-") and names["SLURM_NTASKS"] == "1", "variables of the job", names)
print("cluster: campaigns handed themselves over, and", total, "calculations came from a worker in a job")
