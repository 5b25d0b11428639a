#!/usr/bin/env bash
# Starts a throw-away Slurm of one node on this machine, and prints the path of its slurm.conf, for SLURM_CONF;
# `scripts/slurm.sh stop PATH` ends it and removes its files.
#
# Slurm is that of the distribution; on Debian and Ubuntu it is installed if it is missing and this is root. It listens on free
# ports, authenticates by a munge of its own, and pretends to have 16 cores. There are two partitions: jobs of `urgent` preempt
# those of `main`, which go back to the queue, from which they may start again after 5 s (Slurm's default is 120).
set -euo pipefail

install_programs() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo 'Slurm is missing: install it (Debian, Ubuntu: apt-get install slurm-wlm munge)' >&2
        return 1
    fi
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends slurm-wlm munge; } >&2
}

free_port() {
    local port
    for port in $(shuf -i 20000-32000 -n 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return; }
    done
}

start() {
    local folder name
    folder=$(mktemp -d "${TMPDIR:-/tmp}/hpo-slurm-XXXXXX")
    chmod 755 "$folder"
    mkdir -m 755 "$folder/state" "$folder/spool" "$folder/munge"
    name=$(hostname -s)
    head -c 1024 /dev/urandom >"$folder/munge/key"
    chmod 400 "$folder/munge/key"
    munged --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
        --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" >&2
    cat >"$folder/slurm.conf" <<CONF
ClusterName=hpo
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,batch_sched_delay=1,requeue_delay=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=10
MinJobAge=300
NodeName=$name NodeAddr=127.0.0.1 CPUs=16 State=UNKNOWN
PartitionName=main Nodes=$name Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=$name MaxTime=INFINITE State=UP PriorityTier=10
CONF
    export SLURM_CONF=$folder/slurm.conf
    slurmctld -c >&2
    slurmd -c -N "$name" >&2 || slurmd -c >&2
    for _ in $(seq 60); do
        if sinfo -h -o '%T' 2>/dev/null | grep -q idle; then
            echo "$SLURM_CONF"
            return
        fi
        sleep 0.5
    done
    tail -n 20 "$folder"/slurm*.log >&2
    stop "$SLURM_CONF"
    echo 'the node does not come up: see the lines above' >&2
    return 1
}

stop() {
    local folder pid
    folder=$(dirname "$1")
    [ -e "$folder/slurm.conf" ] || return 0
    export SLURM_CONF=$1
    scancel --user="$(id -un)" 2>/dev/null || true
    for pid in "$folder/slurmd.pid" "$folder/slurmctld.pid" "$folder/munge/pid"; do
        [ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
    done
    sleep 1
    rm -rf "$folder"
}

command -v slurmctld >/dev/null && command -v munged >/dev/null || install_programs
case ${1:-start} in
start) start ;;
stop) stop "$2" ;;
*)
    echo "usage: $0 [start | stop PATH]" >&2
    exit 2
    ;;
esac
