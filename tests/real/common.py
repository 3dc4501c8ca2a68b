"""A group-IV campaign in a temporary folder, its queue, and what must hold of every queue."""
import atexit, glob, json, os, re, shutil, subprocess, sys, tempfile

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


def temporary():
    folder = tempfile.mkdtemp(prefix="nacre-real-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def nacre(*arguments, status=0, env=None):
    done = subprocess.run([NACRE, *arguments], capture_output=True, text=True, env={**os.environ, **(env or {})})
    if status is not None:
        check(done.returncode == status, arguments, "ended with", done.returncode, done.stdout[-2000:], done.stderr[-3000:])
    return done


class Campaign:
    """runs/group_iv searched on the potential tier, with the [dft] keys given."""

    def __init__(self, dft, top=4):
        self.folder = temporary()
        for name in ("campaign.toml", "structures"):
            path = os.path.join(SOURCE, "runs/group_iv", name)
            goal = os.path.join(self.folder, name)
            shutil.copytree(path, goal) if os.path.isdir(path) else shutil.copy(path, goal)
        nacre("pseudopotentials", GTH, self.folder + "/pseudo", "Si", "Ge")
        text = open(self.folder + "/campaign.toml").read().split("[dft]")[0]
        self.head = text
        self.set_dft(dft, top)
        nacre("run", self.folder)

    def set_dft(self, dft, top=4):
        with open(self.folder + "/campaign.toml", "w") as out:
            out.write(self.head + f'[dft]\ntop = {top}\ncodes = ["qe"]\npseudo_dir = "pseudo"\necutwfc_Ry = 20.0\n'
                      'kpoint_density = 8.0\nsettle_s = 2\npoll_s = 0.5\nretry_wait_s = 0.5\n' + dft)

    def queue(self):
        return json.loads(nacre("queue", "list", self.folder, "--json").stdout)

    def show(self, id):
        return json.loads(nacre("queue", "show", self.folder, id, "--json").stdout)

    def work(self, **environment):
        return nacre("queue", "work", self.folder, "--until-done", env=environment)

    def check_ledger(self):
        """The sum adds up, no attempt was started twice, and each folder has one attempt."""
        queue = self.queue()
        check(sum(queue["states"].values()) == queue["total"] == len(queue["entries"]), "ledger", queue["states"])
        names = [a["job_name"] for e in queue["entries"] for a in self.show(e["id"])["history"]]
        check(len(names) == len(set(names)), "one name, two attempts")
        for info in glob.glob(self.folder + "/dft/*/attempt-*/claim/info"):
            check(open(info).read().count("pid ") == 1, info, "was claimed twice")
        return queue
