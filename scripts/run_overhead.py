#!/usr/bin/env python3
"""What `hpo run` costs per trial, and how busy it keeps two workers.

    cargo build --release -p hpo-cli
    scripts/run_overhead.py target/release/hpo [FOLDER]

The trials are `sh -c 'echo loss=1'` and `sh -c 'sleep 0.01; echo loss=1'`, by random search, in
SQLite. The period of a trial is the time between the last writes to the logs of neighbouring
trials; the overhead is the median period less the median time of the same command alone. FOLDER is
where the studies are written (default: a temporary folder); its disk decides what a commit costs.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time


def alone(script, count):
    times = []
    for _ in range(count):
        began = time.perf_counter()
        subprocess.run(["sh", "-c", script], stdout=subprocess.DEVNULL, check=True)
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
    """Returns the moments at which the trials wrote their last line, in order."""
    command = [hpo, "run", "--param", "x=0.0..1.0", "--minimize", "loss", "--sampler", "random",
               "--trials", str(trials), "--workers", str(workers), "--keep", "all",
               "--", "sh", "-c", script]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    logs = os.path.join(folder, "runs", "study")
    moments = []
    for trial in range(trials):
        moments.append(os.stat(os.path.join(logs, f"{trial:04}", "stdout.log")).st_mtime_ns / 1e9)
    return sorted(moments)


def main():
    hpo = os.path.abspath(sys.argv[1])
    base = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(dir=base) as folder:
        print(f"flush of the disk           {1e3 * flush(folder):8.2f} ms median")
    script = "echo loss=1"
    with tempfile.TemporaryDirectory(dir=base) as folder:
        moments = run(hpo, folder, script, 300, 1)
    periods = [later - earlier for earlier, later in zip(moments[20:], moments[21:])]
    own = alone(script, 300)
    period = statistics.median(periods)
    print(f"sh -c alone                 {1e3 * own:8.2f} ms median")
    print(f"a trial, one worker         {1e3 * period:8.2f} ms median")
    print(f"overhead of a trial         {1e3 * (period - own):8.2f} ms median")
    script = "sleep 0.01; echo loss=1"
    own = alone(script, 200)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        moments = run(hpo, folder, script, 1000, 2)
    took = moments[-1] - moments[0]
    ideal = own * (len(moments) - 2) / 2
    print(f"sleep 0.01 alone            {1e3 * own:8.2f} ms median")
    print(f"1,000 of them, two workers  {took:8.2f} s, {100 * ideal / took:.0f} % of the ideal throughput")


if __name__ == "__main__":
    main()
