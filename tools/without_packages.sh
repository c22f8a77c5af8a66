#!/bin/sh
# without_packages.sh GROUP... -- COMMAND...: runs COMMAND with the headers and pkg-config files of
# the packages in dev's GROUPs hidden, as on a machine that never had them. What the group `build`
# needs stays. It uses a mount namespace, so it needs root. Without one COMMAND runs unhidden.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
groups=''
while [ "$1" != -- ]; do
  groups="$groups $1"
  shift
done
shift

if [ -z "${WEIR_HIDDEN:-}" ]; then
  if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
    echo 'without_packages.sh: no mount namespaces here: the packages stay visible' >&2
    exec "$@"
  fi
  # shellcheck disable=SC2086  # a list of words
  exec env WEIR_HIDDEN=yes unshare --mount --propagation private "$0" $groups -- "$@"
fi
unset WEIR_HIDDEN

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/dev" packages build | sort >"$work/kept"
# shellcheck disable=SC2086  # a list of words
"$root/dev" packages $groups | sort | comm -23 - "$work/kept" | grep -- '-dev$' |
  xargs -r dpkg -L 2>/dev/null | sort -u >"$work/files" || :
hidden=0
mkdir "$work/mounts"
for folder in /usr/include "/usr/lib/$(uname -m)-linux-gnu/pkgconfig" /usr/share/pkgconfig; do
  if ! grep -q "^$folder/" "$work/files"; then continue; fi
  copy=$work/mounts$folder
  mkdir -p "$copy"
  cp -a "$folder/." "$copy/"
  grep "^$folder/" "$work/files" | while read -r file; do
    if [ ! -d "$file" ]; then rm -f "$copy${file#"$folder"}"; fi
  done
  mount --bind "$copy" "$folder"
  hidden=$((hidden + $(grep -c "^$folder/" "$work/files")))
done
echo "without_packages.sh: $hidden paths of$groups are hidden" >&2
status=0
"$@" || status=$?
exit "$status"
