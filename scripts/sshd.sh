#!/usr/bin/env bash
# Starts a throw-away sshd on a free port of the loopback interface, with keys of its own, and prints the path of a configuration
# for `ssh -F`, in which the machines `node-a` and `node-b` are this one; `scripts/sshd.sh stop PATH` ends it and removes its files.
#
# It is that of the system; on Debian and Ubuntu it is installed if it is missing and this is root.
set -euo pipefail

install_programs() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo 'sshd is missing: install it (Debian, Ubuntu: apt-get install openssh-server)' >&2
        return 1
    fi
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends openssh-server openssh-client; } >&2
}

free_port() {
    local port
    for port in $(shuf -i 20000-32000 -n 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return; }
    done
}

start() {
    local folder port
    folder=$(mktemp -d "${TMPDIR:-/tmp}/hpo-sshd-XXXXXX")
    port=$(free_port)
    ssh-keygen -q -t ed25519 -N '' -f "$folder/host" >&2
    ssh-keygen -q -t ed25519 -N '' -f "$folder/user" >&2
    cp "$folder/user.pub" "$folder/authorized"
    cat >"$folder/sshd_config" <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $folder/authorized
PidFile $folder/pid
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
UsePAM no
MaxStartups 64
CONF
    cat >"$folder/config" <<CONF
Host node-a node-b
    HostName 127.0.0.1
    Port $port
    User $(id -un)
    IdentityFile $folder/user
    IdentitiesOnly yes
    UserKnownHostsFile $folder/known
    StrictHostKeyChecking accept-new
    LogLevel ERROR
CONF
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    "$(command -v sshd || echo /usr/sbin/sshd)" -f "$folder/sshd_config" -E "$folder/log"
    ssh -F "$folder/config" -o BatchMode=yes node-a true || { cat "$folder/log" >&2 && stop "$folder/config" && return 1; }
    echo "$folder/config"
}

stop() {
    local folder
    folder=$(dirname "$1")
    [ ! -e "$folder/pid" ] || kill "$(cat "$folder/pid")" || true
    rm -rf "$folder"
}

[ -x "$(command -v sshd || echo /usr/sbin/sshd)" ] || install_programs
case ${1:-start} in
start) start ;;
stop) stop "$2" ;;
*)
    echo "usage: $0 [start | stop PATH]" >&2
    exit 2
    ;;
esac
