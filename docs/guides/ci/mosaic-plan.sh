#!/bin/sh
# Reviews a manifest where there is nothing of its host: no tmux, no systemd, no home. Copy it into your repository.
set -euf

usage() {
  printf '%s\n' \
    'usage: mosaic-plan.sh [-d] [-a CODE]... [-m PAGE] [-o PLAN] SNAPSHOT MANIFEST' \
    '  -a CODE  a warning that may stand, such as W_SHELL; can be given again' \
    '  -d       end with 2 when there is something to do' \
    '  -m PAGE  where the plan is written as a page (default: plan.md)' \
    '  -o PLAN  save the plan: on the host, `mosaic fleet apply PLAN` does exactly that' >&2
  exit 64
}

allow='' page=plan.md saved='' detailed=no
while getopts a:dm:o: option; do
  case $option in
    a) allow="$allow --allow $OPTARG" ;;
    d) detailed=yes ;;
    m) page=$OPTARG ;;
    o) saved=$OPTARG ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || usage
mosaic=${MOSAIC:-mosaic} snapshot=$1 manifest=$2
format=text
[ -z "${GITHUB_ACTIONS:-}" ] || format=github

# Without quotes: it holds several words, and no file is looked for in them (set -f).
"$mosaic" fleet validate --strict $allow -o "$format" "$manifest"

exit=0
"$mosaic" fleet plan --observed "$snapshot" -f "$manifest" --detailed-exitcode -o markdown \
  ${saved:+--out "$saved"} >"$page" || exit=$?
case $exit in
  0) printf '%s\n' 'Nothing to do: the fleet is as the manifest says.' ;;
  2) printf '%s\n' "There is something to do; it is told in $page." ;;
  *) printf '%s\n' "There is no plan: mosaic ended with $exit." >&2 ;;
esac
if [ "$format" = github ] && { [ "$exit" = 0 ] || [ "$exit" = 2 ]; }; then
  "$mosaic" fleet plan --observed "$snapshot" -f "$manifest" -o github 2>/dev/null
fi
if [ "$exit" = 2 ] && [ "$detailed" = no ]; then exit=0; fi
exit "$exit"
