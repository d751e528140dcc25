# Part of mosaic-agent: the session from outside (run, clean, end).

# tmux lets its panes inherit signals that it ignores, and no shell can take that back. For a locale but C a shell first
# reads a dozen files; tmux is told of UTF-8 by -u.
make_session() {
  reply=$(cd -- "$cwd" 2>/dev/null
    exec "$tmux" -u -N -S "$socket" new-session -d -s "$agent" -x "${size%x*}" -y "${size#*x}" -P -F '#{pane_pid} #{pane_id}' \
      -e XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR/%;/\\;}" -e DBUS_SESSION_BUS_ADDRESS="${bus/%;/\\;}" \
      -- /usr/bin/env --default-signal LC_ALL=C /bin/bash -p "$0" pane "$dir" "$agent" $$ \; \
      set-option -t "=$agent:" @mosaic_owner "$fleet/$agent" \; set-option -t "=$agent:" @mosaic_spec "$spec" \; \
      set-option -t "=$agent:" @mosaic_launcher "$launcher" 2>&1)
}

# Mark and end in tmux's own queue: nothing can come between, and a session without our mark stays.
end_session() {
  tm if-shell -F -t "=$agent:" "#{==:#{@mosaic_owner},$fleet/$agent}" "kill-session -t =$agent:" 2>/dev/null
}

open_session() {
  make_session || { end_session; make_session; } || case $reply in
    *'duplicate session'*) fail 73 foreign "a session named $agent exists that is not ours" ;;
    *) fail 70 tmux "$reply" ;;
  esac
  wrapper=${reply%% *} pane=${reply##* }
}

# The terminal must be alive while the agent saves; a stopped one hears TERM only after CONT. An interactive shell
# ignores TERM and ends on HUP.
stop_agent() {
  asked=1
  mark stopping
  [[ -n $child ]] || return 0
  {
    kill -TERM -- "-$child"
    ! ignores_term "$child" || kill -HUP -- "-$child"
    kill -CONT -- "-$child" "$wrapper"
  } 2>/dev/null
}

ignores_term() { # PID; bit 14 of the mask is SIGTERM (proc(5))
  local key value mask=0
  # Read to the end: of a process that dies half way, bash would give the rest to the next `read`.
  while read -r key value; do [[ $key != SigIgn: ]] || mask=$value; done <"/proc/$1/status"
  (((16#$mask >> 14) & 1))
}

# A death by SIGTERM is what the unit's state tells apart from an agent that ended by itself.
leave() { # CODE
  await_parent
  ((asked)) || exit "$1"
  trap - TERM
  kill -TERM "$BASHPID"
}

# The manager goes by the main process it knows: from when it has taken note of the end of the one that started it.
# Asked to stop before that, the other one waits for this one. Hundreds that start together keep the manager busy for
# seconds: each looks half as often as before.
await_parent() {
  local ms=10 pause
  [[ $BASHPID != "$$" ]] || return
  while ((!asked && ms <= 5000)) && [[ -e /proc/$$ ]]; do
    printf -v pause '%d.%03d' $((ms / 1000)) $((ms % 1000))
    nap "$pause"
    ((ms *= 2))
  done
}

# To wait for what nobody writes takes no program, as `sleep` does. Bash before 5.1 has no pipe behind `<<<`.
open_nap() {
  exec 6<<<''
  [[ ! -p /proc/self/fd/6 ]] || { read -r <&6 && exec 6<>/proc/self/fd/6; }
}

nap() { # SECONDS
  if [[ -p /proc/self/fd/6 ]]; then read -r -t "$1" <&6; else sleep "$1"; fi
}

await_wrapper() {
  local word='' pid='' rest='' alive=1
  until [[ $pid == "$wrapper" ]]; do
    [[ -n $alive ]] || fail 71 handshake 'the pane ended before the agent was started'
    is_alive "$wrapper" || alive=''
    ((asked)) && leave 0
    read -r -t 1 word pid rest <&7
  done
  [[ $word == up ]] || give_up "${rest%% *}" "${rest#* }"
  child=$rest
}

# A pipe without a name, read at 7; the wrapper opens its other end as our 8. Bash before 5.1 has a file behind `<<<`.
open_pipe() {
  local pipe=$XDG_RUNTIME_DIR/$unit@$agent.pipe
  exec 7<<<''
  if [[ -p /proc/$$/fd/7 ]]; then
    exec 8>"/proc/$$/fd/7" && read -r <&7
  else
    rm -f -- "$pipe" && mkfifo -m 600 -- "$pipe" && exec 8<>"$pipe" 7<"$pipe" && rm -f -- "$pipe"
  fi || fail 71 handshake "no pipe can be made ($pipe)"
}

# Without a name in that file the unit never comes up, and the manager would kill the agent.
name_main() { # PID
  { printf '%s\n' "$1" >"$pidfile"; } 2>/dev/null
}

run_agent() {
  remove "$record/stopping"
  trap stop_agent TERM
  [[ -z $pidfile ]] || name_main $$ || fail_to_name
  open_pipe
  open_nap
  open_session
  await_wrapper
  # With the last other writer gone, the end of the pipe is the end of the wrapper, however it came.
  exec 8>&-
  # From here on an order to stop waits until there is the one who carries it out.
  trap 'asked=1' TERM
  ((asked)) || hand_over
  trap stop_agent TERM
  ! ((asked)) || stop_agent
  watch_agent
}

fail_to_name() { fail 71 handshake "$pidfile cannot be written"; }

# Ends the start of the unit: the process that watches from here on is its main process. That is less work than telling
# the manager over a socket, for which bash needs another program. A unit of an earlier mosaic waits to be told.
hand_over() {
  [[ -n $pidfile ]] || { systemd-notify --ready; return; }
  # Asked to stop in between, this process ends with the other one. That word has a higher number than TERM, because
  # bash sees to signals that wait in the order of their numbers.
  trap '((asked)) || exit 0; kill -TERM $!' RTMIN
  watch_as_main &
  while kill -0 $! 2>/dev/null; do wait $!; done
  ((asked)) || fail_to_name
  exit 0
}

# It cannot look for an order and end in one moment. An order that comes between the two is lost with it: the manager knows
# no main process yet, and nothing has failed. `clean` passes such a one on.
was_stopped_unheard() {
  [[ ${SERVICE_RESULT-} == success && -z ${EXIT_CODE-} && -e $record/running ]]
}

watch_as_main() {
  trap stop_agent TERM
  # An order to stop ends a nap, too.
  set -o posix
  name_main "$BASHPID" || exit
  kill -RTMIN $$
  # An order passed on in the moment a `read` begins would not end it.
  await_parent
  watch_agent
}

watch_agent() {
  local word pid rest how wait=(-t 1)
  # Only in this mode does a trapped signal end a `read`; not one that came before, or in the moment it begins.
  set -o posix
  until read -r "${wait[@]}" word pid rest <&7; do
    how=$?
    ((how > 128)) || lose_pane
    # A stop that takes long may end in a kill: keep the screen while there is one.
    if ((how == 128 + 15)); then
      wait=(-t 1)
    elif ((!asked)) || save_screen; then
      wait=()
    fi
  done
  leave "$rest"
}

lose_pane() {
  # In a stop, `clean` notes an end that nobody could note; two who did would take each other's marks away.
  ((asked)) && leave 75
  note_exit 75 session
  fail 75 pane-lost 'the pane ended before the agent did'
}
