#!/usr/bin/env python3
"""How busy many workers are on one study of `hpo run`.

many_workers.py HPO URL WORKERS SECONDS ROUNDS [PER_PROCESS]

HPO is the program `hpo`, URL a storage (a database of its own: scripts/postgres.sh). A worker runs trials whose program sleeps for
SECONDS in the place of a computation; PER_PROCESS workers (20) share a process of `hpo run` and its two connections. Nothing else is
simulated: each trial is asked for, sampled by TPE, started as a process, and its value is on the disk before the next begins.

The share of busy time is the sleep of all trials, divided by the time from the start of the first process to the end of the last, over
all workers. It includes the start, when all processes open the study at once.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

hpo, url, workers, seconds, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
each = int(sys.argv[6]) if len(sys.argv) > 6 else 20
hpo = os.path.abspath(hpo)
processes = -(-workers // each)
workers = processes * each
trials = workers * rounds
study = f"many-{os.getpid()}"
spaces = ["x=-5.0..5.0", "y=-5.0..5.0", "lr=1e-5..1e-1 log", "layers=1..8", "kind=a,b,c"]

with tempfile.TemporaryDirectory() as folder:
    params = [word for space in spaces for word in ("--param", space)]
    program = ["sh", "-c", f"sleep {seconds}; echo loss=$HPO_x"]
    run = [hpo, "run", "--study", study, *params, "--minimize", "loss", "--sampler", "tpe", "--seed", "1", "--keep", "0"]
    run += ["--workers", str(each), "--trials", str(trials), "--", *program]
    begin = time.time()
    launch = [hpo, "launch", "local", "-n", str(processes), "--storage", url, "--", *run]
    code = subprocess.run(launch, cwd=folder).returncode
    wall = time.time() - begin
    output = subprocess.run([hpo, "trials", url, "--study", study, "--format", "json"], capture_output=True, check=True).stdout
    ended = [trial for trial in json.loads(output) if trial["state"] == "complete"]
    subprocess.run([hpo, "rm", url, "--study", study, "--yes"], check=True)

took = sorted(trial["seconds"] for trial in ended)
share = 100 * len(ended) * seconds / (workers * wall)
print(f"{workers} workers in {processes} processes, {len(ended)} of {trials} trials of {seconds} s, exit code {code}")
print(f"{wall:.1f} s in all: {share:.1f} % busy, {len(ended) / wall:.1f} trials/s")
print(f"from ask to tell: median {took[len(took) // 2]:.2f} s, 99 %: {took[int(len(took) * 0.99)]:.2f} s")
