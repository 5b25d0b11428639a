#!/usr/bin/env python3
"""What `hpo run` costs per trial, and how busy it keeps two workers.

    cargo build --release -p hpo-cli
    scripts/run_overhead.py target/release/hpo [FOLDER]

The trials are a shell that prints a value, and one that sleeps for 10 ms before, by random search,
in SQLite. The period of a trial is the time between the starts of neighbouring trials; the overhead
is the median period less the median time of the same command alone. FOLDER is where the studies are
written (default: a temporary folder); its disk decides what a commit costs: one flush a trial.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time


# Bash knows the time without a process of its own.
PRINTS = 'echo $EPOCHREALTIME >> times; echo loss=1'
SLEEPS = 'echo $EPOCHREALTIME >> times; sleep 0.01; echo loss=1'


def alone(folder, script, count):
    times = []
    for _ in range(count):
        began = time.perf_counter()
        subprocess.run(["bash", "-c", script], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def flush(folder, count=100):
    """The median time in which the disk writes a few bytes for good."""
    with open(os.path.join(folder, "flush"), "wb", buffering=0) as file:
        times = []
        for _ in range(count):
            file.write(b"x" * 100)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def run(hpo, folder, script, trials, workers):
    """Returns the moments at which the trials started, in order."""
    command = [hpo, "run", "--param", "x=0.0..1.0", "--minimize", "loss", "--sampler", "random",
               "--trials", str(trials), "--workers", str(workers), "--", "bash", "-c", script]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with open(os.path.join(folder, "times")) as file:
        return sorted(float(line) for line in file)


def main():
    hpo = os.path.abspath(sys.argv[1])
    base = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(dir=base) as folder:
        print(f"flush of the disk           {1e3 * flush(folder):8.2f} ms median")
        own = alone(folder, PRINTS, 300)
        slept = alone(folder, SLEEPS, 200)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        moments = run(hpo, folder, PRINTS, 300, 1)
    period = statistics.median(
        later - earlier for earlier, later in zip(moments[20:], moments[21:]))
    print(f"bash -c alone               {1e3 * own:8.2f} ms median")
    print(f"a trial, one worker         {1e3 * period:8.2f} ms median")
    print(f"overhead of a trial         {1e3 * (period - own):8.2f} ms median")
    with tempfile.TemporaryDirectory(dir=base) as folder:
        moments = run(hpo, folder, SLEEPS, 1000, 2)
    took = moments[-1] - moments[0]
    ideal = slept * (len(moments) - 1) / 2
    print(f"sleep 0.01 alone            {1e3 * slept:8.2f} ms median")
    print(f"1,000 of them, two workers  {took:8.2f} s, {100 * ideal / took:.0f} % of the ideal")


if __name__ == "__main__":
    main()
