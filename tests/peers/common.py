"""What the peer tests share: the program under test, and a visible skip where the peer is absent."""
import json
import os
import subprocess
import sys

NACRE = os.environ["NACRE"]
STRUCTURES = os.path.join(os.environ["NACRE_SOURCE_DIR"], "runs", "oxide_membranes", "structures")


def skip(reason):
    print("SKIPPED:", reason)
    sys.exit(77)


def nacre(*arguments):
    """Standard output of the program; its message becomes the failure if it does not succeed."""
    done = subprocess.run([NACRE, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"nacre {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def nacre_json_lines(*arguments):
    return [json.loads(line) for line in nacre(*arguments, "--json").splitlines()]
