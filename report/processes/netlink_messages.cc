#include "report/processes/netlink_messages.h"

#include <algorithm>

#include "engine/core/bytes.h"

// Numbers of the kernel's interface, which never change. The structs are not used: the bytes are
// read with a checked length, and a fuzz target reads them too.

namespace weir::processes {
namespace {

constexpr size_t kHeaderBytes = 16;  ///< nlmsghdr: length, type, flags, sequence, port
constexpr uint16_t kError = 2;
constexpr uint16_t kDone = 3;
constexpr uint16_t kNewAddress = 20;
constexpr uint16_t kSocketByFamily = 20;

constexpr size_t kSocketBytes = 72;  ///< inet_diag_msg
constexpr uint16_t kV6Only = 11;     ///< INET_DIAG_SKV6ONLY
constexpr uint16_t kProtocol = 10;   ///< INET_DIAG_PROTOCOL: only of destroyed sockets
constexpr size_t kAddressBytes = 8;  ///< ifaddrmsg
constexpr uint16_t kIfaAddress = 1;
constexpr uint16_t kIfaLocal = 2;
constexpr uint16_t kIfaBroadcast = 4;

constexpr uint8_t kInet = 2;
constexpr uint8_t kInet6 = 10;

size_t aligned(size_t bytes) {
  return (bytes + 3) & ~size_t{3};
}

uint8_t version_of(uint8_t family) {
  if (family == kInet) return 4;
  return family == kInet6 ? 6 : 0;
}

/// Calls `each(type, value)` for the attributes; false when they are cut.
template <class Each>
bool for_attributes(std::span<const uint8_t> bytes, Each&& each) {
  while (bytes.size() >= 4) {
    const size_t length = load_le16(bytes.data());
    if (length < 4 || length > bytes.size()) return false;
    each(static_cast<uint16_t>(load_le16(bytes.data() + 2) & 0x3FFF), bytes.subspan(4, length - 4));
    bytes = bytes.subspan(std::min(aligned(length), bytes.size()));
  }
  return true;
}

/// Calls `each(type, payload)`, which says whether the message was whole, for those of the dump.
template <class Each>
DumpProgress for_messages(std::span<const uint8_t> bytes, uint32_t sequence, Each&& each) {
  DumpProgress progress;
  while (!bytes.empty() && !progress.done) {
    const size_t length = bytes.size() < kHeaderBytes ? 0 : load_le32(bytes.data());
    if (length < kHeaderBytes || length > bytes.size()) {
      progress.damaged = true;
      return progress;
    }
    const uint16_t type = load_le16(bytes.data() + 4);
    const auto payload = bytes.subspan(kHeaderBytes, length - kHeaderBytes);
    if (load_le32(bytes.data() + 8) == sequence) {
      if (type == kDone || type == kError) {
        progress.done = true;
        const bool told = payload.size() >= 4;
        if (type == kError && !told) progress.damaged = true;
        // A negative errno; done too may carry one.
        const auto code = told ? static_cast<int32_t>(load_le32(payload.data())) : 0;
        if (code < 0 && code > -4096) progress.sys_errno = -code;
      } else if (!each(type, payload)) {
        progress.damaged = true;
      }
    }
    bytes = bytes.subspan(std::min(aligned(length), bytes.size()));
  }
  return progress;
}

IpBytes address_at(const uint8_t* at, uint8_t ip_version) {
  IpBytes address{};
  std::copy(at, at + (ip_version == 4 ? 4 : 16), address.begin());
  return address;
}

/// `proto` 0: what the message itself says.
bool parse_socket(std::span<const uint8_t> bytes, uint8_t proto, std::vector<SocketRecord>& out) {
  if (bytes.size() < kSocketBytes) return false;
  const uint8_t* at = bytes.data();
  SocketRecord record;
  SocketKey& key = record.key;
  key.proto = proto;
  key.ip_version = version_of(at[0]);
  if (key.ip_version == 0) return true;  // a family of its own, and none that packets have
  key.local_port = load_be16(at + 4);
  key.peer_port = load_be16(at + 6);
  key.local = address_at(at + 8, key.ip_version);
  key.peer = address_at(at + 24, key.ip_version);
  record.cookie = load_le64(at + 44);
  record.inode = load_le32(at + 68);
  bool v6_only = false;
  const bool whole = for_attributes(bytes.subspan(kSocketBytes), [&](uint16_t type, auto value) {
    if (type == kV6Only && !value.empty()) v6_only = value[0] != 0;
    if (type == kProtocol && !value.empty() && proto == 0) key.proto = value[0];
  });
  if (whole && key.proto != 0) out.push_back(canonical(record, v6_only));
  return whole;
}

bool parse_address(std::span<const uint8_t> bytes, std::vector<LocalAddress>& out) {
  if (bytes.size() < kAddressBytes) return false;
  LocalAddress own;
  own.ip_version = version_of(bytes[0]);
  if (own.ip_version == 0) return true;
  const size_t wanted = own.ip_version == 4 ? 4 : 16;
  LocalAddress broadcast{{}, own.ip_version, true};
  bool has_own = false;
  bool is_local = false;
  bool has_broadcast = false;
  const bool whole = for_attributes(bytes.subspan(kAddressBytes), [&](uint16_t type, auto value) {
    if (value.size() != wanted) return;
    const IpBytes address = address_at(value.data(), own.ip_version);
    // On a point-to-point link IFA_ADDRESS is the other end.
    if (type == kIfaLocal || (type == kIfaAddress && !is_local)) {
      own.address = address;
      has_own = true;
      is_local = type == kIfaLocal;
    } else if (type == kIfaBroadcast) {
      broadcast.address = address;
      has_broadcast = true;
    }
  });
  if (!whole) return false;
  if (has_own) out.push_back(own);
  if (has_broadcast) out.push_back(broadcast);
  return true;
}

}  // namespace

DumpProgress parse_sockets(std::span<const uint8_t> datagram, uint32_t sequence, uint8_t proto,
                           std::vector<SocketRecord>& out) {
  return for_messages(datagram, sequence, [&](uint16_t type, auto payload) {
    return type != kSocketByFamily || parse_socket(payload, proto, out);
  });
}

bool parse_destroyed(std::span<const uint8_t> datagram, std::vector<SocketRecord>& out) {
  // Told to everybody: sequence 0.
  return !for_messages(datagram, 0, [&](uint16_t type, auto payload) {
            return type != kSocketByFamily || parse_socket(payload, 0, out);
          }).damaged;
}

DumpProgress parse_addresses(std::span<const uint8_t> datagram, uint32_t sequence,
                             std::vector<LocalAddress>& out) {
  return for_messages(datagram, sequence, [&](uint16_t type, auto payload) {
    return type != kNewAddress || parse_address(payload, out);
  });
}

}  // namespace weir::processes
