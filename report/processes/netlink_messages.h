#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "report/processes/socket_record.h"

/// Reading netlink's answers. Pure functions over bytes; what is cut or does not fit is `damaged`.
namespace weir::processes {

/// How far a dump is after a datagram of it.
struct DumpProgress {
  bool done = false;
  bool damaged = false;
  int sys_errno = 0;  ///< what the kernel refused it with; the dump is over then
};

/// A datagram of an inet_diag dump (sock_diag(7)) of one protocol. Messages with another sequence
/// number belong to a dump that was given up, and are passed over.
DumpProgress parse_sockets(std::span<const uint8_t> datagram, uint32_t sequence, uint8_t proto,
                           std::vector<SocketRecord>& out);

/// A datagram of sockets that were destroyed (the groups SKNLGRP_INET*_DESTROY of sock_diag(7)).
/// False: damaged; what was before the damage is in `out`.
bool parse_destroyed(std::span<const uint8_t> datagram, std::vector<SocketRecord>& out);

/// A datagram of an RTM_GETADDR dump (rtnetlink(7)).
DumpProgress parse_addresses(std::span<const uint8_t> datagram, uint32_t sequence,
                             std::vector<LocalAddress>& out);

}  // namespace weir::processes
