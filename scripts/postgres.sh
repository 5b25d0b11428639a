#!/usr/bin/env bash
# Starts a throw-away PostgreSQL for the tests and prints its URL; `scripts/postgres.sh stop URL` ends it and removes its files.
#
# PostgreSQL is that of the system; on Debian and Ubuntu it is installed if it is missing and this is root. The server runs as an
# unprivileged user, listens on a free port of the loopback interface alone, asks for a password (scram-sha-256), and waits for the
# disk as any other. `restart URL` and `crash URL` do to it what some tests
# need, and `certificate URL` names the file of its certificate.
set -euo pipefail

# Where the servers of all users of this script stand, by port: a short path, since that of a socket is limited.
base=${TMPDIR:-/tmp}

find_programs() {
    bin=$(dirname "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || true)")
    [ -x "$bin/initdb" ]
}

install_programs() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo 'PostgreSQL is missing: install its server (Debian, Ubuntu: apt-get install postgresql)' >&2
        return 1
    fi
    # Its packages would start a server of their own.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends postgresql; } >&2
}

# PostgreSQL refuses to run as root.
unprivileged() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    else
        runuser -u "$(id -un postgres 2>/dev/null || echo nobody)" -- "$@"
    fi
}

folder_of() {
    local port=${1##*:}
    port=${port%%/*}
    printf '%s/hpo-postgres-%s\n' "$base" "$port"
}

control() { unprivileged "$bin/pg_ctl" --silent --wait --timeout=60 --pgdata="$folder/data" --log="$folder/log" "$@" >&2; }

start() {
    local port password
    # A port that is free now; whoever takes it before the server does is told by an error.
    port=$(for port in $(shuf -i 20000-32000 -n 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && break; }
    done)
    folder=$(folder_of ":$port")
    mkdir "$folder"
    chmod 755 "$folder"
    [ "$(id -u)" != 0 ] || chown "$(id -un postgres 2>/dev/null || echo nobody)" "$folder"
    password=$(head -c 18 /dev/urandom | od -An -tx1 | tr -d ' \n')
    unprivileged sh -c 'cat >"$1"' sh "$folder/password" <<<"$password"
    unprivileged "$bin/initdb" --pgdata="$folder/data" --username=hpo --pwfile="$folder/password" --auth=scram-sha-256 \
        --encoding=UTF8 --no-locale >"$folder/initdb" 2>&1 || { cat "$folder/initdb" >&2 && return 1; }
    unprivileged sh -c 'cat >>"$1"' sh "$folder/data/postgresql.conf" <<EOF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 200
EOF
    # Where there is OpenSSL, connections can be encrypted; the certificate vouches for itself, and for 127.0.0.1 alone.
    if command -v openssl >/dev/null; then
        unprivileged openssl req -new -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=hpo -keyout "$folder/server.key" \
            -out "$folder/server.crt" -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1 2>/dev/null
        unprivileged chmod 600 "$folder/server.key"
        unprivileged sh -c 'cat >>"$1"' sh "$folder/data/postgresql.conf" <<EOF
ssl = on
ssl_cert_file = '$folder/server.crt'
ssl_key_file = '$folder/server.key'
EOF
    fi
    control start || { cat "$folder/log" >&2 && return 1; }
    printf 'postgresql://hpo:%s@127.0.0.1:%s/postgres\n' "$password" "$port"
}

find_programs || { install_programs && find_programs; }
case ${1:-start} in
start) start ;;
stop)
    folder=$(folder_of "$2")
    control --mode=immediate stop || true
    rm -rf "$folder"
    ;;
restart)
    folder=$(folder_of "$2")
    control --mode=fast restart
    ;;
certificate)
    folder=$(folder_of "$2")
    [ -e "$folder/server.crt" ] && echo "$folder/server.crt"
    ;;
crash)
    folder=$(folder_of "$2")
    control --mode=immediate stop
    control start
    ;;
*)
    echo "usage: $0 [start | stop URL | restart URL | crash URL | certificate URL]" >&2
    exit 2
    ;;
esac
