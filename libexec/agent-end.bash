# Part of mosaic-agent: what a start does not need (wait-server, end, a late word to stop).

wait_server() {
  local pid
  until pid=$(tm display-message -p '#{pid}' 2>/dev/null); do
    kill -0 "$MAINPID" 2>/dev/null || fail 70 tmux 'the server ended while it started'
    sleep 0.05
  done
  ((pid == MAINPID)) || fail 73 foreign "another tmux server (pid $pid) answers on $socket"
  remove "$record/fault"
}

# The processes of the wrapper's terminal, without the wrapper; the agent leads a group of its own below it.
terminal_processes() {
  local stat
  members=() child=''
  for stat in /proc/[0-9]*/stat; do
    { read -r stat <"$stat"; } 2>/dev/null || continue
    set -- "${stat%% *}" ${stat##*) }
    (($5 == wrapper && $1 != wrapper)) || continue
    members+=("$1")
    (($3 == wrapper && $4 == $1)) && child=$1
  done
}

# The pane of the session that carries our mark and runs our wrapper; a person may have opened more beside it.
find_wrapper() {
  local owner pid id words
  while read -r pid id owner; do
    mapfile -d '' -t words 2>/dev/null <"/proc/$pid/cmdline"
    [[ $owner == "$fleet/$agent" && ${words[*]: -3} == "pane $dir $agent" ]] && wrapper=$pid pane=$id
  done < <(tm list-panes -s -t "=$agent:" -F '#{pane_pid} #{pane_id} #{@mosaic_owner}' 2>/dev/null)
  [[ -n $wrapper ]]
}

await_end() { # MILLISECONDS
  local until
  now_ms
  until=$((now + $1))
  while is_alive "$wrapper"; do
    now_ms
    ((now < until)) || return
    sleep 0.05
  done
}

stop_ms() { # into `ms`
  local whole=${stop%%.*} part=${stop#"${stop%%.*}"}000
  ms=$((10#$whole * 1000 + 10#$(printf %.3s "${part#.}")))
}

# The one who watches the agent, and was to be the main process, has all the time but what the rest of `clean` needs.
pass_on_stop() {
  local pid='' group='' ms
  { read -r pid <"$XDG_RUNTIME_DIR/$unit@$agent.pid" && group=$(<"/proc/$pid/cgroup"); } 2>/dev/null
  [[ $group == *"/$unit@$agent.service" ]] || return
  read_items "$dir/launch/$agent" "launch v1 $fleet/$agent" || return
  load_launch
  stop_ms
  kill -TERM "$pid"
  wrapper=$pid await_end $((ms > 2000 ? ms - 1000 : ms / 2))
}

end_agent() {
  local ms
  find_wrapper || {
    end_session
    note_lost_exit
    return
  }
  terminal_processes
  stop_agent
  [[ -n $child ]] || kill -TERM "$wrapper"
  stop_ms
  await_end "$ms"
  terminal_processes
  ((${#members[@]} == 0)) || kill -KILL "${members[@]}" 2>/dev/null
  await_end 5000 || kill -KILL "$wrapper"
  end_session
  note_lost_exit
  remove "$record/stopping"
}
