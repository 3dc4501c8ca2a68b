"""A group-IV campaign in a temporary folder, its queue, and what must hold of every queue.

Nothing here waits for a time to pass: a step waits for a state that must come, and calculations that have to be caught
in the middle stand at a gate until it is opened."""
import atexit, glob, json, os, re, shutil, signal, stat, subprocess, sys, tempfile, threading, time

NACRE = os.environ["NACRE"]
SOURCE = os.environ["NACRE_SOURCE_DIR"]
GTH = "/usr/share/cp2k/GTH_POTENTIALS"


def skip(reason):
    print("SKIPPED:", reason)
    sys.exit(77)


def need(*programs):
    for program in programs:
        if not shutil.which(program) and not os.path.exists(program):
            skip(f"no {program} (scripts/bootstrap dft)")


def check(condition, *words):
    if not condition:
        print("FAILED:", *words)
        sys.exit(1)


def wait_for(condition, what, patience=300.0):
    """Until it holds. The patience is for a machine that hangs, not part of what is tested."""
    end = time.monotonic() + patience
    while not condition():
        check(time.monotonic() < end, "waited in vain for", what)
        time.sleep(0.1)


def temporary():
    folder = tempfile.mkdtemp(prefix="nacre-real-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def write_program(path, text):
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, 0o755)
    return path


def nacre(*arguments, status=0, env=None):
    done = subprocess.run([NACRE, *arguments], capture_output=True, text=True, env={**os.environ, **(env or {})})
    if status is not None:
        check(done.returncode == status, arguments, "ended with", done.returncode, done.stdout[-2000:], done.stderr[-3000:])
    return done


# Before every calculation: the gate, and a lock that two attempts of one calculation cannot hold together, not even by
# programs that their scripts left behind.
GUARD = """#!/bin/bash
try=$(basename "$PWD") id=$(basename "$(dirname "$PWD")")
exec 9> WORK/lock-$id
flock -n 9 || { echo "$id $try" >> WORK/overlaps; exit 98; }
echo "$id $try" >> WORK/starts
while [ -e WORK/closed ]; do sleep 0.1; done
exec "$@"
"""


class Campaign:
    """runs/group_iv searched on the potential tier, with the [dft] keys given. `guard` stands before every command."""

    def __init__(self, dft, top=4, codes=("qe",)):
        self.folder = temporary()
        self.work_folder = temporary()
        self.guard = write_program(self.work_folder + "/guard", GUARD.replace("WORK", self.work_folder))
        for name in ("campaign.toml", "structures"):
            path = os.path.join(SOURCE, "runs/group_iv", name)
            goal = os.path.join(self.folder, name)
            shutil.copytree(path, goal) if os.path.isdir(path) else shutil.copy(path, goal)
        nacre("pseudopotentials", GTH, self.folder + "/pseudo", "Si", "Ge")
        text = open(self.folder + "/campaign.toml").read().split("[dft]")[0]
        self.head = text
        self.set_dft(dft, top, codes)
        nacre("run", self.folder)

    def set_dft(self, dft, top=4, codes=("qe",)):
        with open(self.folder + "/campaign.toml", "w") as out:
            out.write(self.head + f'[dft]\ntop = {top}\ncodes = {json.dumps(list(codes))}\npseudo_dir = "pseudo"\n'
                      'ecutwfc_Ry = 20.0\nkpoint_density = 8.0\nsettle_s = 2\npoll_s = 0.5\nretry_wait_s = 0.5\n'
                      + dft.replace("GUARD", self.guard))

    def queue(self):
        return json.loads(nacre("queue", "list", self.folder, "--json").stdout)

    def state(self, name):
        return self.queue()["states"][name]

    def show(self, id):
        return json.loads(nacre("queue", "show", self.folder, id, "--json").stdout)

    def work(self, **environment):
        return nacre("queue", "work", self.folder, "--until-done", env=environment)

    def die(self, point):
        died = nacre("queue", "work", self.folder, "--until-done", status=None, env={"NACRE_DIE_AT": point})
        check(died.returncode == -signal.SIGKILL, "it did not die at", point, died.stderr)

    def close_gate(self):
        open(self.work_folder + "/closed", "w").close()

    def open_gate(self):
        os.unlink(self.work_folder + "/closed")

    def starts(self):
        path = self.work_folder + "/starts"
        return open(path).read().split("\n")[:-1] if os.path.exists(path) else []

    def check_ledger(self):
        """The sum adds up; no attempt was started twice, none beside another of its calculation, each has a folder."""
        queue = self.queue()
        check(sum(queue["states"].values()) == queue["total"] == len(queue["entries"]), "ledger", queue["states"])
        names = [a["job_name"] for e in queue["entries"] for a in self.show(e["id"])["history"]]
        check(len(names) == len(set(names)), "one name, two attempts")
        for info in glob.glob(self.folder + "/dft/*/attempt-*/claim/info"):
            check(open(info).read().count("pid ") == 1, info, "was claimed twice")
        starts, overlaps = self.starts(), self.work_folder + "/overlaps"
        check(len(starts) == len(set(starts)), "started twice:", starts)
        check(not os.path.exists(overlaps), "ran beside each other:", os.path.exists(overlaps) and open(overlaps).read())
        return queue

    def check_all_done(self, total):
        """Nothing lost: as many calculations as before, each done by exactly one of its attempts, each label once."""
        queue = self.check_ledger()
        check(queue["states"]["done"] == queue["total"] == total, "not all are done", queue["states"],
              [e for e in queue["entries"] if e["state"] != "done"])
        for entry in queue["entries"]:
            outcomes = [a["outcome"] for a in self.show(entry["id"])["history"]]
            check(outcomes.count("done") == 1 and outcomes[-1] == "done", entry["id"], outcomes)
        labels = nacre("queue", "export", self.folder).stdout
        check(labels.count("calculation=") == total, "labels", labels.count("calculation="), "of", total)
        return queue


# Counts what the scheduler is given: the name of every job that was handed over.
SBATCH = r"""#!/bin/bash
sed -n 's/^#SBATCH --job-name=\(nacre-.*-.*\)/\1/p' "${@: -1}" 2>/dev/null >> FOLDER/handed-over
exec SBATCH "$@"
"""


class Slurm:
    """On loopback. Its node is taken up again when the controller drains it, as an administrator would."""

    def __init__(self):
        self.folder = temporary()
        up = subprocess.run([SOURCE + "/scripts/slurm_here", "up", self.folder], capture_output=True, text=True)
        self.runs, self.reason = up.returncode == 0, (up.stderr or up.stdout).strip()
        if not self.runs:
            return
        atexit.register(self.down)
        os.environ["SLURM_CONF"] = self.folder + "/slurm.conf"
        write_program(self.folder + "/sbatch",
                      SBATCH.replace("FOLDER", self.folder).replace("SBATCH \"", shutil.which("sbatch") + ' "'))
        os.environ["PATH"] = self.folder + ":" + os.environ["PATH"]
        self.ended = threading.Event()
        self.administrator = threading.Thread(target=self.administer, daemon=True)
        self.administrator.start()

    def administer(self):
        while not self.ended.wait(2.0):
            node = subprocess.run(["sinfo", "-h", "-N", "-o", "%N %T"], capture_output=True, text=True).stdout.split()
            if len(node) == 2 and ("drain" in node[1] or "down" in node[1]):
                print("slurm: the node is", node[1], "- taken up again")
                subprocess.run(["scontrol", "update", "nodename=" + node[0], "state=resume"], capture_output=True)

    def do(self, action):
        subprocess.run([SOURCE + "/scripts/slurm_here", action, self.folder], check=True)

    def down(self):
        self.ended.set()
        self.administrator.join()
        self.do("down")

    def handed_over(self):
        path = self.folder + "/handed-over"
        return open(path).read().split("\n")[:-1] if os.path.exists(path) else []
