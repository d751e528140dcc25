# Part of mosaic-agent: the agent from inside its pane.

# What the manager would do if it were asked; where cgroups are not ours to write, it is.
enter_group() {
  [[ -e /sys/fs/cgroup/cgroup.controllers ]] || return
  group_of "$runner"
  is_our_group && { echo $$ >"/sys/fs/cgroup$group/cgroup.procs"; } 2>/dev/null && group_of $$ && is_our_group
}

attach() { # moves this process into its unit; busctl needs twice the time of dbus-send, which not every machine has
  local to=org.freedesktop.systemd1 at=/org/freedesktop/systemd1
  exec 2>&1
  ! hash dbus-send 2>/dev/null || exec dbus-send --session --print-reply --reply-timeout=2147483647 --dest=$to $at \
    $to.Manager.AttachProcessesToUnit "string:$unit@$agent.service" string: array:uint32:$$
  exec busctl --user --quiet --timeout=infinity call $to $at $to.Manager AttachProcessesToUnit ssau \
    "$unit@$agent.service" '' 1 $$
}

group_of() { # PID; its cgroup, into `group`
  local line lines
  group=''
  { mapfile -t lines <"/proc/$1/cgroup"; } 2>/dev/null
  for line in "${lines[@]}"; do [[ $line != 0::* ]] || group=${line#0::}; done
}

is_our_group() { [[ $group == */"$unit@$agent.service" ]]; }

join_unit() {
  local said group
  # Without a pipe `run` is gone, and opening would leave a plain file in its place.
  [[ -p /proc/$runner/fd/8 ]] || exit 71
  exec 9>"/proc/$runner/fd/8"
  enter_group && return
  said=$(attach) || fail 74 cgroup "the manager refused: $said"
  group_of $$
  is_our_group || fail 74 cgroup "the pane is in $group"
}

make_environment() {
  local file
  MOSAIC_VARS=("${MOSAIC_BASE[@]}")
  ((${#MOSAIC_FILES[@]} == 0)) || . "${0%/*}/agent-env.bash"
  for file in "${MOSAIC_FILES[@]}"; do read_env_file "$file"; done
  MOSAIC_VARS+=("${MOSAIC_ENV[@]}" "TMUX=$inside" "TMUX_PANE=$pane" "PWD=$PWD")
  [[ $supervisor == tmux ]] || MOSAIC_VARS+=("XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" "DBUS_SESSION_BUS_ADDRESS=$bus")
}

search_program() { # NAME; as the agent's own PATH finds it, into `program`
  local item
  searched=''
  for item in "${MOSAIC_BASE[@]}"; do [[ $item != PATH=* ]] || searched=${item#PATH=}; done
  program=$1
  [[ $1 != */* ]] || { [[ -f $1 && -x $1 ]]; return; }
  local rest=$searched
  while [[ -n $rest ]]; do
    program=${rest%%:*}/$1
    [[ -f $program && -x $program ]] && return
    [[ $rest == *:* ]] || break
    rest=${rest#*:}
  done
  return 1
}

find_program() { # NAME
  local searched
  search_program "$1" || case $1 in
    */*) fail 72 command-not-found "$1: not an executable file" ;;
    *) fail 72 command-not-found "$1: not in PATH ($searched)" ;;
  esac
}

# Of a last run that was over within seconds: its code, empty for a signal, and who asked for its end.
early_end() {
  local started
  field starts at
  started=${value:-0}
  field exit at
  ((${value:-0} >= started)) || return
  field exit uptime
  ((${value:-5} < 5)) || return
  field exit code
  printf %s: "$value"
  field exit asked
  printf %s "$value"
}

# `command` at the first start and after a reset, else `resume`. A reset is not over while a stop cuts its start short:
# systemd may have been about to start the agent anyway. A resume that fails at once has nothing to go on with.
choose_program() {
  local before searched
  kind=command because=''
  ((${#MOSAIC_RESUME[@]})) && [[ -s $record/starts ]] || return 0
  [[ ! -e $record/fresh ]] || { because=reset; return; }
  field starts because
  before=$value
  field starts program
  case $value:$before:$(early_end) in
    *:reset:*:stop) because=reset ;;
    # Not 75: the pane was lost below a resume that may have been fine.
    resume:*:75:none) kind=resume ;;
    resume:*:[1-9]*:none) because=resume-failed ;;
    *) kind=resume ;;
  esac
  [[ $kind == command ]] || search_program "${MOSAIC_RESUME[0]}" || kind=command because=resume-failed
  [[ $kind == command ]] || MOSAIC_ARGV=("${MOSAIC_RESUME[@]}")
}

prepare_agent() {
  local kind because
  [[ $supervisor == tmux ]] || join_unit
  cd -- "$cwd" 2>/dev/null || fail 72 cwd "$cwd: not a directory this user can enter"
  choose_program
  make_environment
  find_program "${MOSAIC_ARGV[0]}"
  field starts count
  local count=$((${value:-0} + 1))
  now_ms
  save starts "count=$count"$'\n'"at=$now"$'\n'"program=$kind"$'\n'"because=$because"$'\n'"spec=$spec"
  ((count % 100)) || cut_events
  note_event start "program=$kind"
  mark running
  remove "$record/fresh" "$record/fault"
}

# A start and an end are two lines, so at most four hundred are ever kept.
cut_events() {
  mapfile -t MOSAIC_ITEMS <"$record/events"
  ((${#MOSAIC_ITEMS[@]} > 200)) || return
  printf -v value '%s\n' "${MOSAIC_ITEMS[@]: -200}"
  save events "${value%$'\n'}"
}

become_agent() { # PROGRAM ARGV...; nothing of this shell but what the manifest says reaches the agent
  tell up "$BASHPID"
  exec 9>&-
  umask 022
  unset -v PATH XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS PWD OLDPWD SHLVL _
  # Not unset: then this shell would load the locale that the agent is to have.
  export -n LC_ALL
  export -- "${MOSAIC_VARS[@]}"
  exec -a "$2" -- "$1" "${@:3}" 2>&0
}

# A function of its own: a job that stops again breaks every loop it is called from directly.
go_on() {
  fg %% >/dev/null
  code=$?
}

# The terminal answers a status request in its place in the stream: then all output before it is on the screen.
settle_screen() {
  local answer
  set +m
  trap '' TTIN TTOU
  IFS= read -rs -t 2 -d n -p $'\e[5n' answer 2>&0
}
