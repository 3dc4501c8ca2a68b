"""Mean squared displacements in numpy and MDAnalysis, beside the seconds given as arguments: ten blocks up to a quarter
of a block, ten blocks with all lags, the whole trajectory with all lags."""
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


def line(name, seconds, ours):
    print(f"  {name:24s} {seconds:.4f} s   {seconds / ours:.1f} times nacre", flush=True)


def mdanalysis(blocks):
    """The class of the package; its FFT needs tidynamics, which Debian does not have."""
    import MDAnalysis
    from MDAnalysis.analysis.msd import EinsteinMSD

    universes = []
    for block in blocks:
        universe = MDAnalysis.Universe.empty(IONS, trajectory=True)
        universe.load_new(block.astype(np.float32), order="fac")
        universes.append(universe)
    return lambda: [EinsteinMSD(u, select="all", fft=False).run() for u in universes]


def main():
    window, all_lags, whole = (float(word) for word in sys.argv[1:4])
    rng = np.random.default_rng(1)
    path = np.cumsum(0.1 * rng.standard_normal((FRAMES, IONS, 3)), axis=0)
    length = FRAMES // BLOCKS
    blocks = [path[b * length:(b + 1) * length] for b in range(BLOCKS)]
    in_blocks = least(lambda: [msd_numpy(b) for b in blocks])
    print(f"ten blocks, lags of the window: nacre {window:.4f} s")
    line("numpy FFT (all lags)", in_blocks, window)
    print(f"ten blocks, all lags: nacre {all_lags:.4f} s")
    line("numpy FFT", in_blocks, all_lags)
    try:
        line("MDAnalysis, no FFT", BLOCKS * least(mdanalysis(blocks[:1]), 1), all_lags)
    except ImportError as missing:
        print(f"  MDAnalysis not measured ({missing})")
    print(f"whole trajectory, all lags: nacre {whole:.4f} s")
    line("numpy FFT", least(lambda: msd_numpy(path), 3), whole)


main()
