#include <errno.h>

#include <string>

#include "backends/host/machine.h"
#include "cli/doctor.h"
#include "engine/core/shell_word.h"

/// What this process may do: capabilities, sockets, locked memory.
namespace weir::cli {
namespace {

using host::Answer;

std::string setcap_line(const host::Source& source, const std::string& capabilities) {
  const Answer<std::string> path = source.real_path("/proc/self/exe");
  if (!path) return {};
  return "setcap " + capabilities + "=eip " + shell_word(*path);
}

std::string names_of(uint64_t set) {
  std::string names;
  const auto add = [&](unsigned capability, const char* name) {
    if (host::has_capability(set, capability))
      names += (names.empty() ? "" : ", ") + std::string(name);
  };
  add(host::kCapNetRaw, "CAP_NET_RAW");
  add(host::kCapNetAdmin, "CAP_NET_ADMIN");
  add(host::kCapBpf, "CAP_BPF");
  add(host::kCapIpcLock, "CAP_IPC_LOCK");
  return names.empty() ? "none of use for capture" : names;
}

void check_capture_right(const host::Source& source, Findings& out) {
  const auto own = host::process_capabilities(source);
  if (!own) return out.unknown("capture_right", own.error().why);
  if (host::has_capability(own->effective, host::kCapNetRaw)) {
    return out.ok("capture_right", "effective capabilities: " + names_of(own->effective));
  }
  const std::string cost = "live capture ends at once with exit code 3; files can be read";
  if (host::has_capability(own->permitted, host::kCapNetRaw)) {
    return out.problem("capture_right", "CAP_NET_RAW is permitted and not effective",
                       {cost, setcap_line(source, "cap_net_raw,cap_net_admin")});
  }
  const auto file = host::permitted_by_file(source, "/proc/self/exe");
  if (file && host::has_capability(*file, host::kCapNetRaw)) {
    return out.problem("capture_right",
                       "the program's file has CAP_NET_RAW and this process has not: the file "
                       "system is mounted nosuid, or no_new_privs or the bounding set forbids it",
                       {cost});
  }
  out.problem("capture_right",
              "CAP_NET_RAW is missing; the file's capabilities are " +
                  (file ? names_of(*file) : "unknown (" + file.error().why + ")"),
              {cost, setcap_line(source, "cap_net_raw,cap_net_admin")});
}

void check_af_packet(const host::Source& source, Findings& out) {
  switch (const int error = source.try_packet_v3()) {
    case 0: return out.ok("af_packet", "TPACKET_V3 sockets work");
    case EPERM:
    case EACCES: return out.unknown("af_packet", "trying needs CAP_NET_RAW");
    case EAFNOSUPPORT:
      return out.problem("af_packet", "this kernel has no AF_PACKET sockets",
                         {"no live capture, neither weir's own nor through libpcap",
                          "modprobe af_packet", "echo af_packet > /etc/modules-load.d/weir.conf"});
    case EINVAL:
      return out.problem(
          "af_packet", "this kernel has no TPACKET_V3 (Linux 3.2)",
          {"capture has no ring of blocks: a system call and a copy for each packet"});
    default: return out.unknown("af_packet", host::failure_text("socket", error));
  }
}

void check_af_xdp(const host::Source& source, Findings& out) {
  const int error = source.try_xdp();
  if (error == EPERM || error == EACCES) {
    return out.unknown("af_xdp", "trying needs CAP_NET_RAW");
  }
  if (error == EAFNOSUPPORT) {
    return out.advice("af_xdp", "this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS)",
                      {"only the capture through AF_XDP is not possible"});
  }
  if (error != 0) return out.unknown("af_xdp", host::failure_text("socket", error));
  const auto own = host::process_capabilities(source);
  if (!own) return out.unknown("af_xdp", own.error().why);
  const bool may_load = host::has_capability(own->effective, host::kCapBpf) ||
                        host::has_capability(own->effective, host::kCapSysAdmin);
  if (may_load && host::has_capability(own->effective, host::kCapNetAdmin)) {
    return out.ok("af_xdp", "sockets work, and its program may be loaded and attached");
  }
  out.advice("af_xdp", "sockets work, but attaching its program needs CAP_NET_ADMIN and CAP_BPF",
             {"only the capture through AF_XDP is not possible",
              setcap_line(source, "cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock")});
}

void check_memlock(const host::Source& source, Findings& out) {
  const auto limit = host::memlock_bytes(source);
  if (!limit) return out.unknown("memlock", limit.error().why);
  if (!*limit) return out.ok("memlock", "locked memory is unlimited");
  const std::string text = fmt::format("{} KiB of memory may be locked", **limit / 1024);
  if (**limit >= kDefaultRingBytes) return out.ok("memlock", text);
  const auto own = host::process_capabilities(source);
  if (own && host::has_capability(own->effective, host::kCapIpcLock)) {
    return out.ok("memlock", text + ", and CAP_IPC_LOCK lifts that");
  }
  out.advice("memlock", text,
             {"AF_XDP locks its packet memory: what is above the limit is refused. AF_PACKET and "
              "libpcap do not need it",
              "prlimit --pid $$ --memlock=unlimited:unlimited  # in the shell that starts weir"});
}

}  // namespace

void check_rights(const host::Source& source, Findings& out) {
  check_capture_right(source, out);
  check_af_packet(source, out);
  check_af_xdp(source, out);
  check_memlock(source, out);
}

}  // namespace weir::cli
