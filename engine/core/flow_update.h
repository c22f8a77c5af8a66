#pragma once

#include <cstdint>

#include "engine/core/flow_key.h"
#include "engine/core/packet.h"

namespace weir {

/// What one packet means to its flow: the only thing about a packet that crosses threads. Made by
/// the worker that parsed it, consumed by the shard that owns the flow, trivially copyable.
struct FlowUpdate {
  enum Flags : uint8_t {
    from_high = 1,       ///< the packet's source is the key's high endpoint
    marker = 8,          ///< not a packet: the epoch `flow.hash` ends here, and no packet that its
                         ///< producer counted before is later than `ts_ns`; see Worker
    link_sent = 16,      ///< LinkSide::sent: the source is on this side of the link
    link_received = 32,  ///< LinkSide::received
    subframe = 64,       ///< of a packet that is counted already: a further frame of an aggregate
  };

  HashedKey flow{};    ///< the hash is carried so that it is computed once
  uint64_t ts_ns = 0;  ///< packet time, ns since the epoch
  uint32_t wire_bytes = 0;
  uint32_t capture = 0;  ///< index of the capture it came from
  uint32_t ip_bytes = 0;
  uint16_t producer = 0;  ///< index of the worker that parsed it
  uint8_t flags = 0;
  uint8_t tcp_flags = 0;  ///< RFC 9293 section 3.1, 0 for other protocols

  LinkSide link_side() const noexcept {
    return static_cast<LinkSide>(flags & (link_sent | link_received));
  }
  bool has(uint8_t any_of) const noexcept { return (flags & any_of) != 0; }
};
static_assert(sizeof(FlowUpdate) == 96);
static_assert(static_cast<uint8_t>(LinkSide::sent) == FlowUpdate::link_sent);
static_assert(static_cast<uint8_t>(LinkSide::received) == FlowUpdate::link_received);

}  // namespace weir
