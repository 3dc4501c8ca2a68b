"""faulty_ipi.py FAULT FILE   an i-PI client on the UNIX socket FILE that goes wrong in the way that FAULT names."""
import os
import socket
import struct
import sys
import time

fault, file = sys.argv[1:3]
if fault == "dies at start":
    sys.exit("no such input file")
if fault == "never connects":
    time.sleep(60)
server = socket.socket(socket.AF_UNIX)
server.connect(file)


def receive(count):
    data = b""
    while len(data) < count:
        more = server.recv(count - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data


def header(text):
    server.sendall(text.encode().ljust(12))


ready = fault != "needs init"
has_data = False
atoms = 0
while True:
    word = receive(12).decode().strip()
    if word == "EXIT":
        sys.exit(0)
    if word == "STATUS":
        header("HTTP/1.1 200" if fault == "protocol" else "HAVEDATA" if has_data else "READY" if ready else "NEEDINIT")
    elif word == "INIT":
        receive(4)
        receive(struct.unpack("i", receive(4))[0])
        ready = True
    elif word == "POSDATA":
        receive(144)
        atoms = struct.unpack("i", receive(4))[0]
        receive(24 * atoms)
        if fault == "dies":
            sys.exit("segmentation fault of a kind")
        if fault == "killed":
            os.kill(os.getpid(), 9)
        if fault == "hangs":
            time.sleep(60)
        has_data = True
    elif word == "GETFORCE":
        header("FORCEREADY")
        server.sendall(struct.pack("d", float("nan") if fault == "nan" else 0.5))
        given = atoms + 1 if fault == "atoms" else atoms
        server.sendall(struct.pack("i", given) + struct.pack("d", 0.0) * (3 * given) + struct.pack("d", 0.0) * 9)
        extra = b'{"dipole": [0, 0, 1]}'
        server.sendall(struct.pack("i", -5 if fault == "extras" else len(extra)) + extra)
        has_data = False
        ready = fault != "needs init"
