"""ase_socket.py STRUCTURE SOCKET [CALCULATOR]   any ASE calculator as an i-PI client, for a socket model of Nacre.

    nacre relax cu.extxyz --model socket:ase_socket.toml

SOCKET is a port, or the NAME of /tmp/ipi_NAME; STRUCTURE names the elements, which the protocol does not.
"""
import sys

from ase.calculators.socketio import SocketClient
from ase.io import read


def make_calculator(name):
    if name == "emt":
        from ase.calculators.emt import EMT
        return EMT()
    if name == "lj":
        from ase.calculators.lj import LennardJones
        return LennardJones(epsilon=0.1, sigma=2.4, rc=6.0, smooth=False)
    sys.exit(f"ase_socket.py: unknown calculator '{name}' (emt, lj)")


def main():
    structure, socket = sys.argv[1:3]
    atoms = read(structure)
    atoms.calc = make_calculator(sys.argv[3] if len(sys.argv) > 3 else "emt")
    place = {"port": int(socket)} if socket.isdigit() else {"unixsocket": socket}
    SocketClient(**place).run(atoms, use_stress=all(atoms.pbc))


main()
