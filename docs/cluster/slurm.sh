#!/bin/bash
# A cluster of workers on one study, as a Slurm array: `sbatch docs/cluster/slurm.sh`.
#
# Each task is the same program with the same storage and study name; together they run as many trials as it asks for. A
# task that is killed, or runs out of time, loses nothing but the trial that it was at, which another one takes up.
#SBATCH --job-name=hpo
#SBATCH --array=1-32
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=08:00:00
# Two minutes before the end of its time a task is asked to drain: it returns its trial to the queue, and ends.
#SBATCH --signal=B:TERM@120
#SBATCH --output=hpo-%A_%a.log
set -eu

# The password does not belong here: this library reads it from PGPASSWORD, which the job inherits from where it was submitted.
export HPO_STORAGE="postgresql://hpo@db.example.org/hpo?sslmode=require"

exec ./target/release/my-search
