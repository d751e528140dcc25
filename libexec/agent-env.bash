# Part of mosaic-agent: env files, of the agents that have any.

is_ours_to_set() { # NAME
  case $1 in
    PATH | TMUX* | MOSAIC_* | XDG_RUNTIME_DIR | DBUS_* | LD_PRELOAD | _ | SHLVL | OLDPWD) ;;
    UID | EUID | PPID | SECONDS | RANDOM | SRANDOM | LINENO | GROUPS | DIRSTACK | FUNCNAME | HISTCMD | EPOCHSECONDS) ;;
    EPOCHREALTIME | PIPESTATUS | OPTIND | BASHPID | SHELLOPTS | BASHOPTS | BASH_*) ;;
    *) return 1 ;;
  esac
}

# No message may hold more of a line than a well-formed name: the rest can be a secret.
read_env_file() { # FILE
  local file=$1 text line number=0 name value owner rights bytes handle
  [[ -f $file ]] && exec {handle}<"$file" || fail 72 env-file "$file: no such file, or not readable"
  read -r owner rights bytes < <(stat -L -c '%u %a %s' "/proc/$$/fd/$handle")
  ((owner == EUID)) || fail 72 env-file "$file: belongs to somebody else (uid $owner)"
  ((8#$rights & 8#177)) && fail 72 env-file "$file: mode $rights lets others in: chmod 600"
  ((bytes <= 65536)) || fail 72 env-file "$file: more than 64 KiB"
  ! IFS= read -r -d '' text <&"$handle" || fail 72 env-file "$file: holds a NUL byte"
  exec {handle}<&-
  while IFS= read -r line; do
    ((++number))
    [[ $line == '#'* || $line =~ ^[[:blank:]]*$ ]] && continue
    line=${line#export }
    [[ $line =~ ^([A-Za-z_][A-Za-z0-9_]*)= ]] || fail 72 env-file "$file:$number: not a line of the form KEY=VALUE"
    name=${BASH_REMATCH[1]} value=${line#*=}
    ! is_ours_to_set "$name" || fail 72 env-file "$file:$number: $name: an agent's file cannot set this name"
    [[ $value != *$'\r' ]] || fail 72 env-file "$file:$number: $name: the line ends in a carriage return"
    [[ $value != *[$'\x80'-$'\xff']* ]] || printf %s "$value" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 ||
      fail 72 env-file "$file:$number: $name: the value is not UTF-8"
    [[ $value == \"*\" || $value == \'*\' ]] && ((${#value} > 1)) && value=${value:1:-1}
    MOSAIC_VARS+=("$name=$value")
  done < <(printf '%s\n' "$text")
}
