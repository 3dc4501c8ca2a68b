"""Block-averaged mean squared displacements in numpy and MDAnalysis, beside the seconds given as the argument."""
import sys
import time

import numpy as np

FRAMES, IONS, BLOCKS = 6000, 208, 10


def msd_numpy(block):
    """FFT algorithm over all origins, mean over ions; block: frames x ions x 3."""
    n = len(block)
    f = np.fft.fft(block, n=2 * n, axis=0)
    s2 = np.fft.ifft(f * f.conj(), axis=0)[:n].real.sum(axis=2) / (n - np.arange(n))[:, None]
    d = np.concatenate([np.square(block).sum(axis=2), np.zeros((1, block.shape[1]))])
    q = 2 * d.sum(axis=0)
    s1 = np.empty((n, block.shape[1]))
    for m in range(n):
        q = q - d[m - 1] - d[n - m]
        s1[m] = q / (n - m)
    return (s1 - 2 * s2).mean(axis=1)


def least(f, repeats=5):
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        f()
        best = min(best, time.process_time() - start)
    return best


def main():
    ours = float(sys.argv[1])
    print(f"nacre       {ours:.4f} s")
    rng = np.random.default_rng(1)
    path = np.cumsum(0.1 * rng.standard_normal((FRAMES, IONS, 3)), axis=0)
    length = FRAMES // BLOCKS
    blocks = [path[b * length:(b + 1) * length] for b in range(BLOCKS)]
    seconds = least(lambda: [msd_numpy(b) for b in blocks])
    print(f"numpy FFT   {seconds:.4f} s   {seconds / ours:.1f} times nacre")
    try:
        import MDAnalysis
        from MDAnalysis.analysis.msd import EinsteinMSD
    except ImportError as missing:
        print(f"MDAnalysis  not measured ({missing})")
        return
    universes = []
    for block in blocks:
        universe = MDAnalysis.Universe.empty(IONS, trajectory=True)
        universe.load_new(block.astype(np.float32), order="fac")
        universes.append(universe)
    for fft in (True, False):
        try:
            seconds = least(lambda: [EinsteinMSD(u, select="all", fft=fft).run() for u in universes], 2)
        except ImportError as missing:
            print(f"MDAnalysis  fft={fft} not measured ({missing})")
            continue
        print(f"MDAnalysis  {seconds:.4f} s   {seconds / ours:.1f} times nacre (fft={fft})")


main()
