# Starts a private PostgreSQL: a new cluster in a temporary directory on a free loopback port, removed when the script
# that sources this file ends.
# shellcheck shell=bash

# The newest PostgreSQL binaries, which Debian does not put in the path.
postgres_bin() {
    local found
    found=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    if [[ -n $found ]]; then
        echo "$found"
    elif command -v initdb >/dev/null; then
        dirname "$(command -v initdb)"
    fi
}

postgres_home=
postgres_pid=
pgbouncer_pid=

stop_postgres() {
    if [[ -n $pgbouncer_pid ]]; then
        kill -TERM "$pgbouncer_pid" 2>/dev/null || true
        wait "$pgbouncer_pid" 2>/dev/null || true
    fi
    if [[ -n $postgres_pid ]]; then
        # An immediate shutdown is enough, because no data of this cluster is kept.
        kill -QUIT "$postgres_pid" 2>/dev/null || true
        wait "$postgres_pid" 2>/dev/null || true
    fi
    [[ -z $postgres_home ]] || rm -rf "$postgres_home"
}

# Starts it with additional settings (`-c name=value`) and sets postgres_url and postgres_pid.
start_postgres() {
    local bin port owner=()
    bin=$(postgres_bin)
    postgres_home=$(mktemp -d)
    trap stop_postgres EXIT
    trap 'exit 130' INT TERM
    # PostgreSQL does not run as root.
    if [[ $EUID -eq 0 ]]; then
        owner=(setpriv --reuid=postgres --regid=postgres --init-groups)
        chown postgres "$postgres_home"
    fi
    (cd "$postgres_home" && exec "${owner[@]}" "$bin/initdb" --pgdata="$postgres_home/data" --username=tests --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync) >"$postgres_home/initdb.log" 2>&1 || {
        cat "$postgres_home/initdb.log" >&2
        exit 1
    }
    # A port that was free a moment ago may be taken, so several are tried.
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        (cd "$postgres_home" && exec "${owner[@]}" "$bin/postgres" -D "$postgres_home/data" -p "$port" -c listen_addresses=127.0.0.1 \
            -c unix_socket_directories="$postgres_home" -c jit=off "$@") >"$postgres_home/postgres.log" 2>&1 &
        postgres_pid=$!
        while kill -0 "$postgres_pid" 2>/dev/null && ! "$bin/pg_isready" -q -h "$postgres_home" -p "$port" -U tests; do
            sleep 0.1
        done
        if kill -0 "$postgres_pid" 2>/dev/null; then
            postgres_url="postgres://tests@127.0.0.1:$port/postgres"
            return
        fi
        wait "$postgres_pid" || true
        postgres_pid=
    done
    cat "$postgres_home/postgres.log" >&2
    exit 1
}

# Starts PgBouncer in transaction mode in front of it, with PgBouncer's defaults, and sets pgbouncer_port.
start_pgbouncer() {
    local port=${postgres_url##*:} owner=()
    port=${port%%/*}
    [[ $EUID -ne 0 ]] || owner=(setpriv --reuid=postgres --regid=postgres --init-groups)
    for _ in 1 2 3 4 5; do
        pgbouncer_port=$((20000 + RANDOM % 20000))
        cat >"$postgres_home/pgbouncer.ini" <<END
[databases]
* = host=127.0.0.1 port=$port user=tests
[pgbouncer]
pool_mode = transaction
auth_type = any
listen_addr = 127.0.0.1
listen_port = $pgbouncer_port
unix_socket_dir =
default_pool_size = 8
max_client_conn = 1000
server_idle_timeout = 2
END
        "${owner[@]}" pgbouncer "$postgres_home/pgbouncer.ini" >"$postgres_home/pgbouncer.log" 2>&1 &
        pgbouncer_pid=$!
        while kill -0 "$pgbouncer_pid" 2>/dev/null; do
            if (exec 3<>"/dev/tcp/127.0.0.1/$pgbouncer_port") 2>/dev/null; then return; fi
            sleep 0.1
        done
    done
    cat "$postgres_home/pgbouncer.log" >&2
    exit 1
}
