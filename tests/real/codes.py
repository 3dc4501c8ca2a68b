"""One candidate and its bulks through the queue with three codes: pw.x and ABINIT agree on the same pseudopotentials to
1e-5 Ha, and on the energy of the contact; CP2K with its own basis has a table of its own."""
from common import *

need("pw.x", GTH)
codes = ["qe"] + (["abinit"] if shutil.which("abinit") else []) + (["cp2k"] if shutil.which("cp2k.psmp") else [])
print("codes:", *codes)
hartree_eV = 27.211386245988
campaign = Campaign('max_jobs = 2\ncp2k_cutoff_Ry = 150\ncp2k_rel_cutoff_Ry = 40\n[dft.local]\ncommand = "GUARD {command}"\n',
                    top=1, codes=codes)
total = campaign.queue()["total"]
check(total == 3 * len(codes), "the candidate and two bulks with each code", total)
campaign.work()
queue = campaign.check_all_done(total)
code_of = {e["id"]: e["code"] for e in queue["entries"]}
labels = {}
for line in nacre("queue", "export", campaign.folder).stdout.split("\n"):
    if "calculation=" in line:
        info = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line))
        labels.setdefault(info["design"], {})[code_of[info["calculation"]]] = float(info["energy"])
check(len(labels) == 3 and all(len(energies) == len(codes) for energies in labels.values()), "labels", labels)
for design, energies in labels.items():
    print(design, energies)
    if "abinit" in codes:
        apart = abs(energies["qe"] - energies["abinit"]) / hartree_eV
        check(apart < 1e-5, "pw.x and ABINIT differ by", apart, "Ha for", design)
groups = json.loads(nacre("top", campaign.folder, "--level", "pbe", "--json").stdout)["groups"]
values = {g["comparable"].split()[0]: g["candidates"][0]["value_J_per_m2"] for g in groups}
print("work of the contact in J/m^2:", values)
check(len(values) == len(groups) == len(codes), "a table of its own for each code", list(values))
if "abinit" in codes:
    apart = abs(values["qe"] - values["abinit"])
    check(apart < 1e-3, "pw.x and ABINIT differ by", apart, "J/m^2")
