"""VASP decks beside pymatgen's input sets, tag by tag. Every difference stands below with its reason; one that has none fails."""
import os
import tempfile
import unittest
import warnings

from common import nacre, skip

warnings.filterwarnings("ignore")
try:
    from pymatgen.core import Lattice, Structure
    from pymatgen.io.vasp.inputs import Incar, Kpoints
    from pymatgen.io.vasp.sets import MPHSERelaxSet, MPRelaxSet, MPScanRelaxSet, MPStaticSet, MVLSlabSet
except ImportError as error:
    skip(f"needs python3-pymatgen ({error})")

ABSENT = "absent"

# tag -> why ours differs from pymatgen's; for all sets
ALWAYS = {
    "SYSTEM": "ours names the crystal; it changes nothing",
    "GGA": "ours says PBE, which is what the POTCARs of these sets imply",
    "EDIFF": "ours is 1e-7 eV per atom: differences between stacks are small",
    "NELM": "ours allows 200 steps before it counts as failed",
    "ISMEAR": "one Gaussian smearing for insulators, metals and slabs, so that all energies of a ranking compare; "
              "tetrahedra need four k-points and give no forces in metals",
    "ISIF": "the in-plane cell is the stack's: only atoms move",
    "LREAL": "real-space projection from 33 atoms on; in small cells the exact one costs nothing",
    "LCHARG": "kept, for the next attempt to start from",
    "ISPIN": "polarised only where an ion has an open shell or the electrons are odd",
    "MAGMOM": "Hund's moment of the ion instead of 0.6 or 5 for every atom",
    "LORBIT": "moments are read where there is spin",
    "ALGO": "Normal (blocked Davidson) instead of Fast: the queue wants the first run to converge",
}
RELAX = {"EDIFFG": "forces below 0.01 eV/A instead of an energy criterion", "NSW": "ours allows 200 steps"}


def parsed(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "INCAR")
        with open(path, "w") as file:
            file.write(text)
        return dict(Incar.from_file(path))


def equal(a, b):
    if isinstance(a, str) and isinstance(b, str):
        return a.lower() == b.lower()
    if isinstance(a, (int, float)) and isinstance(b, (int, float)) and not isinstance(a, bool):
        return abs(a - b) < 1e-12
    if hasattr(a, "tolist") or hasattr(b, "tolist"):
        return list(a) == list(b)
    return a == b


class VaspSets(unittest.TestCase):
    def deck(self, structure, *options):
        folder = tempfile.mkdtemp()
        structure.to(filename=os.path.join(folder, "POSCAR"), fmt="poscar")
        out = os.path.join(folder, "deck")
        nacre("deck", os.path.join(folder, "POSCAR"), "--code", "vasp", "--out", out, *options)
        return {name: open(os.path.join(out, name)).read() for name in os.listdir(out)}

    def compare(self, theirs, structure, reasons, *options):
        files = self.deck(structure, *options)
        ours, peer = parsed(files["INCAR"]), dict(theirs.incar)
        found = {tag for tag in set(ours) | set(peer) if not equal(ours.get(tag, ABSENT), peer.get(tag, ABSENT))}
        for tag in sorted(found - set(reasons)):
            self.fail(f"{tag}: ours {ours.get(tag, ABSENT)}, pymatgen {peer.get(tag, ABSENT)}, and no reason is given")
        return files, found

    def labels(self, files, theirs):
        self.assertEqual(files["POTCAR.labels"].split(), theirs.potcar_symbols)

    def test_relaxation_of_strontium_titanate(self):
        theirs = MPRelaxSet(TITANATE)
        files, found = self.compare(theirs, TITANATE, {**ALWAYS, **RELAX}, "--kind", "relax")
        self.labels(files, theirs)
        for tag in ("ENCUT", "PREC", "LASPH", "IBRION", "SIGMA", "LWAVE", "LMAXMIX"):
            self.assertNotIn(tag, found)

    def test_single_point_of_strontium_titanate(self):
        theirs = MPStaticSet(TITANATE)
        reasons = {**ALWAYS, "LAECHG": "no all-electron charges are analysed", "LVHAR": "no potentials are analysed"}
        files, found = self.compare(theirs, TITANATE, reasons)
        self.assertNotIn("IBRION", found)
        self.assertNotIn("ALGO", found)
        ours = Kpoints.from_string(files["KPOINTS"])
        # A density of 30 A gives 8 points on 3.905 A, the set's 100 per reciprocal A^3 gives 7; both centred at Gamma.
        self.assertEqual((ours.style, tuple(ours.kpts[0])), (theirs.kpoints.style, (8, 8, 8)))
        self.assertEqual(tuple(theirs.kpoints.kpts[0]), (7, 7, 7))

    def test_hubbard_u_of_iron_oxide(self):
        theirs = MPRelaxSet(WUESTITE)
        reasons = {**ALWAYS, **RELAX, "LDAUL": "-1 (no U) instead of s with U = 0 for oxygen",
                   "LDAUPRINT": "occupation matrices are not read"}
        files, found = self.compare(theirs, WUESTITE, reasons, "--kind", "relax", "--level", "pbe+u")
        self.labels(files, theirs)
        for tag in ("LDAU", "LDAUU", "LDAUJ", "LDAUTYPE", "ISPIN"):
            self.assertNotIn(tag, found)

    def test_hybrid_of_strontium_titanate(self):
        theirs = MPHSERelaxSet(TITANATE)
        reasons = {**ALWAYS, **RELAX, "AEXX": "ours writes the default, 0.25", "LASPH": "non-spherical terms, as at PBE",
                   "PRECFOCK": "Normal: Fast costs accuracy in forces", "ICHARG": "no density is there to start from"}
        _, found = self.compare(theirs, TITANATE, reasons, "--kind", "relax", "--level", "hse06")
        for tag in ("LHFCALC", "HFSCREEN", "ALGO", "ISMEAR", "ENCUT"):
            self.assertNotIn(tag, found)

    def test_r2scan_of_strontium_titanate(self):
        theirs = MPScanRelaxSet(TITANATE)
        reasons = {**ALWAYS, **RELAX, "KSPACING": "the mesh stands in KPOINTS, by the density of the campaign",
                   "SIGMA": "0.05 eV as at the other levels", "LAECHG": "no all-electron charges are analysed",
                   "LELF": "no localisation function is analysed", "LVTOT": "no potentials are analysed"}
        _, found = self.compare(theirs, TITANATE, reasons, "--kind", "relax", "--level", "r2scan")
        for tag in ("METAGGA", "ENCUT", "ENAUG", "LMIXTAU", "ALGO", "LASPH"):
            self.assertNotIn(tag, found)

    def test_asymmetric_slab(self):
        slab = Structure(Lattice.orthorhombic(3.905, 3.905, 25.0), ["Sr", "Ti", "O", "O", "O"],
                         [[0, 0, .08], [.5, .5, .158], [.5, .5, .08], [.5, 0, .158], [0, .5, .158]])
        theirs = MVLSlabSet(slab, auto_dipole=True)
        reasons = {**ALWAYS, **RELAX, "ENCUT": "one cut-off for slabs and bulk, whose energies are subtracted",
                   "LVTOT": "no potentials are analysed",
                   "DIPOL": "the middle of the slab by its vacuum; theirs is the centre of mass"}
        files, found = self.compare(theirs, slab, reasons, "--kind", "relax")
        for tag in ("LDIPOL", "IDIPOL", "AMIN", "AMIX", "BMIX", "NELMIN"):
            self.assertNotIn(tag, found)
        self.assertEqual(Kpoints.from_string(files["KPOINTS"]).kpts[0][2], 1)

    def test_superlattice_has_no_dipole_correction(self):
        self.assertNotIn("LDIPOL", self.deck(TITANATE)["INCAR"])


TITANATE = Structure(Lattice.cubic(3.905), ["Sr", "Ti", "O", "O", "O"],
                     [[0, 0, 0], [.5, .5, .5], [.5, .5, 0], [.5, 0, .5], [0, .5, .5]])
WUESTITE = Structure(Lattice.cubic(4.3), ["Fe"] * 4 + ["O"] * 4,
                     [[0, 0, 0], [.5, .5, 0], [.5, 0, .5], [0, .5, .5], [.5, .5, .5], [0, 0, .5], [0, .5, 0], [.5, 0, 0]])

if __name__ == "__main__":
    unittest.main()
