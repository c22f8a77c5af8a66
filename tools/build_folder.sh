# shellcheck shell=sh
# Brings a Meson build folder up to date with the machine: `configure DIR OPTIONS...`. Part of dev,
# which reads it and has the variable $root and the functions say, die, usable and run_quiet.
# shellcheck disable=SC2016,SC2154
#
# Meson stores in the build folder what it found: headers, libraries, programs, the compiler. It
# does not ask again when these come, go or change, and in Debian 12's Meson 1.0 neither
# --reconfigure nor `meson configure --clearcache` forgets header checks. So dev keeps the state of
# the machine beside the build (DIR/.dev-state). When that changed, it deletes Meson's answers
# (coredata.dat) and runs `meson setup` again: 1 to 3 s, and unlike --wipe it keeps the objects.

# Name and version of packages, one a line: `compiled-with` those that an object depends on,
# `asked-with` others that decide what Meson finds.
package_versions() {
  dpkg-query -W -f='${db:Status-Status} ${Package}:${Architecture} ${Version}\n' 2>/dev/null |
    awk '$1 == "installed" {
      if ($2 ~ /-dev:|^(gcc|g[+][+]|cpp|clang|llvm|binutils)/) print "compiled-with", $2, $3
      else if ($2 ~ /^(meson|ninja-build|cmake|ccache|lld|mold|pkg)/) print "asked-with", $2, $3
    }'
}

# The programs behind a build. Their size and time show a change that dpkg does not know of.
build_programs() {
  for name in meson ninja pkg-config ${CXX:-c++}; do
    path=$(command -v "$name" 2>/dev/null) || continue
    case $name in meson | ninja | pkg-config) kind='asked-with' ;; *) kind='compiled-with' ;; esac
    find -L "$path" -maxdepth 0 -printf "$kind %p %s %T@\n" 2>/dev/null || :
  done
}

# Folders in which Meson, pkg-config and the compiler look.
search_folders() {
  triplet=$(uname -m)-linux-gnu
  printf '%s\n' /usr/include "/usr/include/$triplet" /usr/local/include \
    /usr/lib "/usr/lib/$triplet" /usr/lib/pkgconfig "/usr/lib/$triplet/pkgconfig" \
    /usr/share/pkgconfig \
    /usr/local/lib /usr/local/lib/pkgconfig "/usr/local/lib/$triplet/pkgconfig" \
    /usr/local/share/pkgconfig /usr/sbin /sbin
  printf '%s\n' "$PATH:${CPATH-}:${CPLUS_INCLUDE_PATH-}:${LIBRARY_PATH-}:${PKG_CONFIG_PATH-}" |
    tr ':' '\n' | grep '^/'
}

# A folder's time changes when an entry comes or goes. Headers lie up to one folder deeper
# (tl/expected.hpp); a .pc file may also change in place.
folder_times() {
  search_folders | sort -u | while read -r folder; do
    case $folder in
    *pkgconfig*) find -L "$folder" -maxdepth 1 -printf '%p %s %T@\n' ;;
    *include*) find -L "$folder" -maxdepth 1 -type d -printf '%p %T@\n' ;;
    *) find -L "$folder" -maxdepth 0 -printf '%p %T@\n' ;;
    esac
  done 2>/dev/null | sort | cksum
}

# Meson and the compiler read these; Meson only when it sets up a folder for the first time.
remembered='CXX CXXFLAGS CPPFLAGS LDFLAGS PKG_CONFIG PKG_CONFIG_PATH PKG_CONFIG_LIBDIR'

# The state of the machine and of the tree's build files: what the answers of Meson depend on.
machine_state() {
  for name in $remembered PATH CPATH CPLUS_INCLUDE_PATH LIBRARY_PATH; do
    eval "printf 'env %s=%s\n' $name \"\${$name-}\""
  done
  package_versions
  build_programs
  printf 'folders %s\n' "$(folder_times)"
  printf 'build files %s\n' "$(find "$root" \( -path "$root/build*" -o -name .git \) -prune -o \
    \( -name meson.build -o -name meson_options.txt \) -print | sort | tr '\n' '\0' |
    xargs -0 cat | cksum)"
}

# Meson takes a compiler and flags from the environment once and sticks to them. A folder that dev
# sets up again keeps them in the same way, as long as the caller names none and they are there.
recall_environment() {
  if [ ! -f "$1/.dev-environment" ]; then
    # Set up by hand or by an older dev. Meson puts ccache in front by itself.
    sed -nE '/^rule cpp_COMPILER$/{n;s/^ command = (ccache )?(.*) \$ARGS.*/env CXX=\2/p;}' \
      "$1/build.ninja" >"$1/.dev-environment" 2>/dev/null || :
  fi
  for name in $remembered; do
    if eval "[ -n \"\${$name+set}\" ]"; then continue; fi
    value=$(sed -n "s/^env $name=//p" "$1/.dev-environment")
    if [ "$name" = CXX ] && [ -n "$value" ] && ! command -v "${value%% *}" >/dev/null 2>&1; then
      say "$value, which $1 was built with, is gone: taking the default compiler"
    elif [ -n "$value" ]; then
      export "$name=$value"
    fi
  done
}

# has_option DIR -DNAME=VALUE: true when the folder was set up with it.
has_option() {
  option=${2#-D}
  grep -qxF "${option%%=*} = ${option#*=}" "$1/meson-private/cmd_line.txt" 2>/dev/null
}

# inherited_options FILE OPTIONS...: the -D options of an earlier set-up, from FILE, that OPTIONS do
# not replace, one a line. On a changed machine ($changed is yes), `tests` and `benchmarks` are not
# inherited: `run` must not fail because something that `test` needs has gone.
inherited_options() {
  file=$1
  shift
  if [ ! -f "$file" ]; then return 0; fi
  sed -n '/^\[options\]/,/^\[properties\]/s/^\([^ =]*\) = /\1=/p' "$file" |
    while read -r option; do
      key=${option%%=*}
      case " $*" in *" -D$key="*) continue ;; esac
      case $option,$changed in tests=enabled,yes | benchmarks=enabled,yes) continue ;; esac
      # These follow from buildtype.
      case $key" $*" in optimization*' -Dbuildtype='* | debug*' -Dbuildtype='*) continue ;; esac
      printf '%s\n' "-D$option"
    done
}

# What Meson named as wrong in the log $1, or nothing.
setup_error() {
  sed -n 's/^\(.*: \)\{0,1\}ERROR: /\1/p' "$1" | head -n 1
}

# try_setup DIR INHERITED OPTIONS...: Meson from a state without answers; INHERITED has an option a
# line. The options in Meson's own file would be read too: it keeps only what is not an option.
try_setup() (
  dir=$1
  inherited=$2
  shift 2
  mkdir -p "$dir/meson-private"
  rm -f "$dir/.dev-state" "$dir/meson-private/coredata.dat"
  { printf '[options]\n\n'; sed -n '/^\[properties\]/,$p' "$dir/.dev-options"; } \
    >"$dir/meson-private/cmd_line.txt"
  IFS='
'
  set -f
  # shellcheck disable=SC2086  # cut at newlines
  meson setup "$dir" "$root" $inherited "$@" >"$dir/dev-setup.log" 2>&1 </dev/null
)

# meson_setup DIR OPTIONS...: asks everything anew. An option of an older commit that these build
# files do not know, or whose value they do not know, is left out.
meson_setup() {
  dir=$1
  shift
  # The copy outlives an interrupted set-up.
  if [ ! -f "$dir/.dev-options" ]; then
    cat "$dir/meson-private/cmd_line.txt" >"$dir/.dev-options.new" 2>/dev/null ||
      printf '[options]\n\n[properties]\n' >"$dir/.dev-options.new"
    mv "$dir/.dev-options.new" "$dir/.dev-options"
  fi
  inherited=$(inherited_options "$dir/.dev-options" "$@")
  while ! try_setup "$dir" "$inherited" "$@"; do
    error=$(setup_error "$dir/dev-setup.log")
    kept=$(printf '%s\n' "$inherited" | while read -r option; do
      key=${option#-D}
      case $error in *[!a-z0-9_]"${key%%=*}"[!a-z0-9_]*) continue ;; esac
      printf '%s\n' "$option"
    done)
    if [ "$kept" = "$inherited" ]; then setup_failed "$dir"; fi
    say "leaving out an option that $dir had: $error"
    inherited=$kept
  done
  rm -f "$dir/.dev-options"
}

# Says in one sentence why Meson cannot set up DIR, and ends.
setup_failed() {
  if [ -n "$error" ]; then
    die "cannot configure $1: $error (Meson's whole output is in $1/dev-setup.log)"
  fi
  cat "$1/dev-setup.log" >&2
  die "cannot configure $1: meson setup failed"
}

# Names of what an object may have been compiled with and that has another version now. Ninja does
# not see it: dpkg gives a header the time of its package, which may be older than the object.
upgraded() {
  printf '%s\n' "$state" | awk -v old="$1/.dev-built-with" '
    BEGIN { while ((getline < old) > 0) was[$2] = $0 }
    $1 == "compiled-with" && ($2 in was) && was[$2] != $0 { printf "%s ", $2 }'
}

# Adds what is there now to the list of what objects in DIR may have been compiled with.
note_built_with() {
  touch "$1/.dev-built-with"
  printf '%s\n' "$state" | grep '^compiled-with ' |
    awk '!seen[$2]++' - "$1/.dev-built-with" >"$1/.dev-built-with.new"
  mv "$1/.dev-built-with.new" "$1/.dev-built-with"
}

# Removes the objects in DIR when a header, library or compiler behind them is another now. Where
# nobody wrote down which they were, packages installed since the folder was made are suspects.
drop_stale_objects() {
  if [ ! -f "$1/.ninja_log" ]; then return 0; fi
  if [ -f "$1/.dev-built-with" ]; then
    stale=$(upgraded "$1")
    if [ -z "$stale" ]; then return 0; fi
    say "compiling everything again, for another version of: $stale"
  elif [ -z "$(find /var/lib/dpkg/info \( -name '*-dev*.list' -o -name 'g++*.list' -o \
    -name 'gcc*.list' -o -name 'cpp*.list' -o -name 'clang*.list' \) \
    -newer "$1/.gitignore" 2>/dev/null)" ]; then
    return 0
  fi
  run_quiet "$1/dev-setup.log" ninja -C "$1" -t clean
  rm -f "$1/.dev-built-with" "$1/.dev-built"
}

# configure DIR OPTIONS...: makes the build folder, or brings it up to date with the machine, the
# tree and these options (-DNAME=VALUE). Does nothing when it is.
configure() {
  dir=$1
  shift
  mkdir -p "$dir" 2>/dev/null || die "cannot make $dir"
  usable "$dir"
  recall_environment "$dir"
  state=$(machine_state)
  changed=yes
  if [ -f "$dir/build.ninja" ] && [ -f "$dir/meson-private/coredata.dat" ] &&
    [ "$(cat "$dir/.dev-state" 2>/dev/null)" = "$state" ]; then
    changed=no
  fi
  asked=$changed
  for option in "$@"; do
    if ! has_option "$dir" "$option"; then asked=yes; fi
  done
  if [ "$asked" = no ]; then return 0; fi
  meson_setup "$dir" "$@"
  drop_stale_objects "$dir"
  note_built_with "$dir"
  printf '%s\n' "$state" | grep '^env ' >"$dir/.dev-environment"
  printf '%s\n' "$state" >"$dir/.dev-state"
}
