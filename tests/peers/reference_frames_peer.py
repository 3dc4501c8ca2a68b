"""Every reference frame of the shared models by every route of the program: TorchScript, and Nacre's own engine.

TorchScript takes a minute a model of the Nequix family; of three with one architecture it runs the first unless
NACRE_ALL_FRAMES is set.
"""
import json
import os
import re
import tempfile
import unittest

from common import nacre, nacre_json_lines, skip

try:
    import numpy
except ImportError as error:
    skip(f"needs python3-numpy ({error})")

SHARED = os.path.join(os.environ["NACRE_SOURCE_DIR"], "..", "shared")
REFERENCE = os.path.join(SHARED, "reference", "mlip", "reference.extxyz")
if not os.path.exists(REFERENCE):
    skip("needs the reference data in ../shared, which is absent")


def frames_by_model():
    with open(REFERENCE) as text:
        lines = text.read().splitlines()
    frames, at = {}, 0
    while at < len(lines):
        end = at + 2 + int(lines[at])
        frames.setdefault(re.search(r' model="?([^" ]+)', lines[at + 1]).group(1), []).append(lines[at:end])
        at = end
    return frames


def expected(frame):
    comment = " " + frame[1]
    names = re.search(r"Properties=(\S+)", comment).group(1).split(":")
    starts, column = {}, 0
    for k in range(0, len(names), 3):
        starts[names[k]] = column
        column += int(names[k + 2])
    first = starts["forces"]
    return {
        "energy": float(re.search(r" energy=(\S+)", comment).group(1)),
        "stress": numpy.array(re.search(r'stress="([^"]+)"', comment).group(1).split(), dtype=float).reshape(3, 3),
        "edges": int(re.search(r"n_edges=(\d+)", comment).group(1)),
        "forces": numpy.array([row.split()[first:first + 3] for row in frame[2:]], dtype=float),
    }


class EveryReferenceFrame(unittest.TestCase):
    def check(self, model, route, frames):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "frames.extxyz")
            with open(path, "w") as out:
                out.write("\n".join("\n".join(frame) for frame in frames) + "\n")
            answers = nacre_json_lines("energy", path, "--model", route)
        self.assertEqual(len(answers), len(frames))
        largest = [0.0, 0.0, 0.0]
        for frame, answer in zip(frames, answers):
            truth = expected(frame)
            self.assertEqual(answer["n_edges"], truth["edges"])
            largest[0] = max(largest[0], abs(answer["energy_eV"] - truth["energy"]) / answer["n_atoms"])
            largest[1] = max(largest[1], abs(numpy.array(answer["forces_eV_per_A"]) - truth["forces"]).max())
            largest[2] = max(largest[2], abs(numpy.array(answer["stress_eV_per_A3"]) - truth["stress"]).max())
        print("{:11s} {:35s} {} frames: {:.1e} eV/atom, {:.1e} eV/A, {:.1e} eV/A^3".format(
            route.split(":")[0], model, len(frames), *largest), flush=True)
        # what single precision of the weights allows
        self.assertLess(largest[0], 1e-5)
        self.assertLess(largest[1], 5e-5)
        self.assertLess(largest[2], 1e-6)

    def test_is_met_by_every_route(self):
        listing = json.loads(nacre("models", "--json"))
        available = {kind["kind"] for kind in listing["kinds"] if kind["available"]}
        for model, frames in sorted(frames_by_model().items()):
            base = os.path.join(SHARED, "models", model, model)
            again = model in ("nequix-mp-1-pft", "nequix-oam-1-pft") and "NACRE_ALL_FRAMES" not in os.environ
            if "torchscript" in available and not again:
                self.check(model, f"torchscript:{base}.f32.torchscript.pt", frames)
            if model.startswith("nequix"):
                self.check(model, f"nequix:{base}.safetensors", frames)


if __name__ == "__main__":
    unittest.main()
