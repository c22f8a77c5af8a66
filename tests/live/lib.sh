# Shared by the live tests: source it. POSIX sh.
#
# Everything happens in network namespaces that are named weir-PID-NAME and deleted at the end. A
# test that cannot run says why and exits with 77, which Meson counts as skipped.

skip() {
  echo "skipped: $*" >&2
  exit 77
}

need_root() {
  [ "$(id -u)" -eq 0 ] || skip "needs root for network namespaces"
}

need_tools() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || skip "needs $tool"
  done
}

live_prefix="weir-$$"
live_namespaces=

live_cleanup() {
  for namespace in $live_namespaces; do
    ip netns del "$namespace" 2>/dev/null
  done
  live_namespaces=
}
trap live_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The full name of namespace $1.
ns() {
  echo "$live_prefix-$1"
}

# A namespace without IPv6's own chatter and with lo up: $1 its short name.
make_ns() {
  ip netns add "$(ns "$1")" || skip "network namespaces cannot be made here"
  live_namespaces="$live_namespaces $(ns "$1")"
  ip netns exec "$(ns "$1")" sh -c '
    echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
  ip -n "$(ns "$1")" link set lo up
}

# A veth pair, both ends up: interface $2 in namespace $1, interface $4 in namespace $3.
make_veth() {
  ip link add "$2" netns "$(ns "$1")" numtxqueues 2 numrxqueues 2 type veth \
    peer name "$4" netns "$(ns "$3")" numtxqueues 2 numrxqueues 2 || skip "no veth in this kernel"
  ip -n "$(ns "$1")" link set "$2" up
  ip -n "$(ns "$3")" link set "$4" up
}

# Runs a command in namespace $1. The test's processes are children, to be ended by their id.
in_ns() {
  namespace=$(ns "$1")
  shift
  ip netns exec "$namespace" "$@"
}
