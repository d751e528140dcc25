#!/usr/bin/env bash
# Usage: scripts/private-manager.sh COMMAND [ARG...]
#
# Runs COMMAND as the test user `mosaic` beside a real `systemd --user` of its own, in private mount and pid
# namespaces, from a private view of this checkout in /mnt/mosaic. Passes on the streams and the exit code.
# Everything ends with it, and the machine stays as it was. Needs root; PID 1 may be anything.
set -euo pipefail

readonly USER_NAME=mosaic USER_ID=4711
readonly USER_HOME=/home/$USER_NAME RUNTIME=/run/user/$USER_ID
readonly CHECKOUT=/mnt/mosaic NODE_DIR=/mnt/node/bin
readonly CGROUPS=/sys/fs/cgroup CGROUP_PREFIX=mosaic-private-manager.
readonly BOOT_TRIES=400 GRACE_TRIES=100

fail() {
  echo "private-manager: $1" >&2
  exit "${2:-69}"
}

# ---- outside: check, start the namespaces, clean up behind them -------------------------------------------------

check_machine() {
  ((EUID == 0)) || fail 'needs root, because it makes namespaces of its own'
  local missing=()
  [[ -x /lib/systemd/systemd && -x $(command -v busctl) ]] || missing+=(systemd)
  [[ -e /usr/lib/systemd/user/dbus.socket ]] || missing+=(dbus-user-session)
  [[ -x $(command -v tmux) ]] || missing+=(tmux)
  [[ -x $(command -v unshare) && -x $(command -v setpriv) && -x $(command -v flock) ]] || missing+=(util-linux)
  [[ -x $(command -v mount) ]] || missing+=(mount)
  ((${#missing[@]} == 0)) || fail "packages are missing: apt-get install -y --no-install-recommends ${missing[*]}"
  local node
  node=$(realpath "$(command -v node)" 2>/dev/null) || fail 'node is not in PATH'
  [[ -n $(find "$node" -perm -o=rx) ]] || fail "the test user may not run node: chmod o+rx $node"
}

# Removes the cgroups of this run, and those of runs that were killed before they could.
remove_cgroups() {
  unshare --mount --propagation private bash -c '
    mount -t cgroup2 none "$1" || exit 0
    for root in "$1/$2"*; do
      owner=${root##*.}
      [[ -d $root ]] && { ((owner == $3)) || [[ ! -e /proc/$owner ]]; } || continue
      find "$root" -depth -type d -exec rmdir {} + || true
    done' _ "$CGROUPS" "$CGROUP_PREFIX" $$ 2>/dev/null || true
}

# Asks COMMAND to end through the namespaces' first process, and ends everything when it does not.
stop_all() {
  local first tries=$GRACE_TRIES
  trap '' INT TERM HUP
  first=$(cat "/proc/$space/task/$space/children" 2>/dev/null) || true
  [[ -z $first ]] || kill -TERM $first 2>/dev/null || true
  while ((tries-- > 0)) && kill -0 "$space" 2>/dev/null; do sleep 0.05; done
  kill -KILL "$space" 2>/dev/null || true
  wait "$space" 2>/dev/null || true
  exit $((128 + $1))
}

run_outside() {
  (($# > 0)) || fail 'usage: scripts/private-manager.sh COMMAND [ARG...]' 64
  check_machine
  local self status=0
  self=$(realpath "${BASH_SOURCE[0]}")
  trap remove_cgroups EXIT
  # A job in the background starts with INT ignored; --pdeathsig covers the death of this script itself.
  env --default-signal=INT,QUIT setpriv --pdeathsig KILL \
    unshare --mount --pid --fork --mount-proc --kill-child=KILL --propagation private \
    env MOSAIC_PRIVATE_STAGE=inside MOSAIC_PRIVATE_CGROUP="$CGROUP_PREFIX$$" bash "$self" "$@" <&0 &
  space=$!
  trap 'stop_all 2' INT
  trap 'stop_all 15' TERM
  trap 'stop_all 1' HUP
  wait "$space" || status=$?
  exit "$status"
}

# ---- inside, as the first process of the namespaces --------------------------------------------------------------

# The first process stands for init: systemd reads from its place where the root of all user cgroups is.
make_cgroups() {
  local root=$CGROUPS/$MOSAIC_PRIVATE_CGROUP slice
  mount -t cgroup2 none "$CGROUPS" || fail 'cannot mount cgroup2 here'
  slice=$root/user.slice/user-$USER_ID.slice
  manager_cgroup=$slice/user@$USER_ID.service
  session_cgroup=$slice/session-1.scope
  mkdir -p "$root/init.scope" "$manager_cgroup" "$session_cgroup"
  echo $$ >"$root/init.scope/cgroup.procs"
  chown "$USER_ID:$USER_ID" "$manager_cgroup" "$manager_cgroup"/cgroup.{procs,threads,subtree_control}
}

# An overlay: nothing written here reaches the checkout, and one made under umask 077 can be opened to the user.
mount_checkout() {
  local layers="lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work,metacopy=on"
  mkdir -p /mnt/upper /mnt/work "$CHECKOUT"
  if mount -t overlay -o "$layers" none "$CHECKOUT" 2>/dev/null; then
    [[ -z $(find "$CHECKOUT" ! -perm -o=r -print -quit) ]] || chmod -R go+rX "$CHECKOUT"
  else
    mount --no-canonicalize --bind -o ro "$1" "$CHECKOUT"
  fi
}

mount_private_places() {
  local checkout_fd node_fd
  exec {checkout_fd}<"$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")" {node_fd}<"$(realpath "$(command -v node)")"
  # From here on the originals may be covered; the open descriptors still lead to them.
  mount -t tmpfs -o mode=0755 none /mnt
  mount_checkout "/proc/self/fd/$checkout_fd"
  mkdir -p "$NODE_DIR"
  touch "$NODE_DIR/node"
  mount --no-canonicalize --bind "/proc/self/fd/$node_fd" "$NODE_DIR/node"
  exec {checkout_fd}<&- {node_fd}<&-
  mount -t tmpfs -o mode=0755 none /run
  mount -t tmpfs -o mode=0755 none /home
  mount -t tmpfs -o mode=1777 none /tmp
  mount -t tmpfs -o mode=1777 none /var/tmp
  # Only what the distribution ships starts in this manager, nothing this machine has enabled.
  mount -t tmpfs -o mode=0755 none /etc/systemd/user
}

make_user() {
  local file
  for file in passwd group; do grep -vE "^$USER_NAME:|^[^:]*:[^:]*:$USER_ID:" "/etc/$file" >"/mnt/$file"; done
  echo "$USER_NAME:x:$USER_ID:$USER_ID:Mosaic tests:$USER_HOME:/bin/bash" >>/mnt/passwd
  echo "$USER_NAME:x:$USER_ID:" >>/mnt/group
  for file in passwd group; do mount --bind "/mnt/$file" "/etc/$file"; done
  # An empty /run/systemd/system says "booted with systemd"; without it the user manager ends at once, silently.
  mkdir -p /run/systemd/system
  install -d -m 0700 -o "$USER_ID" -g "$USER_ID" "$USER_HOME" "$USER_HOME/tmux-tmp"
  install -d -m 0700 -o "$USER_ID" -g "$USER_ID" /run/user/$USER_ID
}

# Becomes the test user in the given cgroup, with exactly the given environment, and executes.
as_user_in() {
  echo "$BASHPID" >"$1/cgroup.procs"
  shift
  exec setpriv --reuid=$USER_ID --regid=$USER_ID --init-groups --inh-caps=-all env -i "${environment[@]}" "$@"
}

start_manager() {
  local tries=$BOOT_TRIES
  (as_user_in "$manager_cgroup" /lib/systemd/systemd --user --log-target=console) \
    </dev/null >/run/user-manager.log 2>&1 &
  local manager=$!
  until [[ $(XDG_RUNTIME_DIR=$RUNTIME ask_manager) =~ ^(running|degraded)$ ]]; do
    kill -0 "$manager" 2>/dev/null && ((tries-- > 0)) || {
      tail -n 5 /run/user-manager.log >&2
      fail 'the user manager did not start'
    }
    sleep 0.025
  done
}

ask_manager() {
  setpriv --reuid=$USER_ID --regid=$USER_ID --clear-groups systemctl --user is-system-running 2>/dev/null || true
}

# What of the caller's environment COMMAND sees.
pass_on() {
  local name
  for name in CI NO_COLOR FORCE_COLOR TERM "${!MOSAIC_TEST_@}"; do
    [[ ! -v $name ]] || environment+=("$name=${!name}")
  done
}

run_inside() {
  local status=0 command
  umask 022
  make_cgroups
  mount_private_places
  make_user
  environment=(HOME=$USER_HOME USER=$USER_NAME LOGNAME=$USER_NAME SHELL=/bin/bash LANG=C.UTF-8
    PATH=$NODE_DIR:/usr/local/bin:/usr/bin:/bin XDG_RUNTIME_DIR=$RUNTIME)
  start_manager
  pass_on
  environment+=(DBUS_SESSION_BUS_ADDRESS=unix:path=$RUNTIME/bus TMUX_TMPDIR=$USER_HOME/tmux-tmp MOSAIC_TEST_MANAGER=1)
  cd "$CHECKOUT"
  (as_user_in "$session_cgroup" env --default-signal=INT,QUIT "$@") <&0 &
  command=$!
  trap 'kill -TERM $command 2>/dev/null' TERM
  wait "$command" || status=$?
  # A trapped signal ends `wait` early; the command's own status comes with the next one.
  while kill -0 "$command" 2>/dev/null; do
    status=0
    wait "$command" || status=$?
  done
  exit "$status"
}

case ${MOSAIC_PRIVATE_STAGE:-outside} in
  inside) run_inside "$@" ;;
  *) run_outside "$@" ;;
esac
