#pragma once

#include <linux/if_packet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "backends/bpf/bpf_machine.h"
#include "engine/core/clock.h"
#include "engine/core/packet.h"

namespace weir::backends {

/// What is the same for all packets of a queue.
struct PacketShape {
  LinkType link_type = LinkType::en10mb;
  uint32_t snaplen = 262144;        ///< with a tag that the kernel took out
  std::array<LinkSide, 8> sides{};  ///< by packet type (PACKET_HOST, PACKET_OUTGOING, ...)
};

/// Walks the packets of one TPACKET_V3 block (linux/Documentation/networking/packet_mmap.rst). It
/// does not own the block. The kernel's offsets are checked against the block all the same: a
/// wrong one ends the walk and broken() says so.
class BlockCursor {
 public:
  BlockCursor() = default;
  BlockCursor(const uint8_t* block, uint32_t block_bytes) noexcept
      : block_(block), block_bytes_(block_bytes) {
    tpacket_hdr_v1 header;
    std::memcpy(&header, block + offsetof(tpacket_block_desc, hdr), sizeof header);
    left_ = header.num_pkts;
    at_ = header.offset_to_first_pkt;
  }

  bool done() const noexcept { return left_ == 0; }
  bool broken() const noexcept { return broken_; }

  /// Fills up to `most` views with the next packets and returns how many.
  uint32_t fill(PacketView* views, uint32_t most, const PacketShape& shape) noexcept {
    return walk(views, most, shape, [](const tpacket3_hdr&, PacketView&) { return true; });
  }

  /// The same with a filter that the kernel could not run, on packets it therefore kept whole.
  /// `most` is of those looked at.
  uint32_t fill_filtered(PacketView* views, uint32_t most, const PacketShape& shape,
                         std::span<const BpfInstruction> filter) noexcept {
    return walk(views, most, shape, [&](const tpacket3_hdr& header, PacketView& view) {
      const bool wanted = run_bpf(filter, question_of(header, view)) != 0;
      if (view.cap_len > shape.snaplen) view.cap_len = shape.snaplen;
      return wanted;
    });
  }

 private:
  static constexpr uint32_t kTagBytes = 4;
  static constexpr uint32_t kHeadersAt = 32;  ///< amid Ethernet, IP and the ports
  static constexpr uint16_t kDefaultTpid = 0x8100;
  static constexpr uint32_t kAddressAt = TPACKET_ALIGN(sizeof(tpacket3_hdr));
  static constexpr uint32_t kPacketTypeAt = kAddressAt + offsetof(sockaddr_ll, sll_pkttype);

  template <class Keep>
  [[gnu::always_inline]] inline uint32_t walk(PacketView* views, uint32_t most,
                                              const PacketShape& shape, Keep keep) noexcept {
    const uint8_t* const block = block_;
    const uint32_t end = block_bytes_;
    uint32_t at = at_;
    uint32_t left = left_;
    uint32_t count = 0;
    for (uint32_t looked_at = 0; looked_at < most && left != 0; ++looked_at) {
      if (at > end || end - at < kAddressAt + sizeof(sockaddr_ll)) return give_up(count);
      tpacket3_hdr header;
      std::memcpy(&header, block + at, sizeof header);
      if (header.tp_mac > end - at || header.tp_snaplen > end - at - header.tp_mac) {
        return give_up(count);
      }
      // The headers that the parser reads, which lie in other lines than what was read here.
      __builtin_prefetch(block + at + header.tp_mac + kHeadersAt);
      PacketView& view = views[count];
      view.data = block + at + header.tp_mac;
      view.ts_ns = header.tp_sec * kNsPerSecond + header.tp_nsec;
      view.cap_len = header.tp_snaplen;
      view.wire_len = header.tp_len;
      const uint8_t packet_type = block[at + kPacketTypeAt];
      view.set_link(shape.link_type, shape.sides[packet_type % shape.sides.size()]);
      if ((header.tp_status & TP_STATUS_VLAN_VALID) != 0) restore_tag(header, shape, view);
      count += keep(header, view) ? 1 : 0;
      // The last packet of a block has a distance too, or none.
      if (--left != 0 && header.tp_next_offset < sizeof header) return give_up(count);
      at += header.tp_next_offset;
    }
    at_ = at;
    left_ = left;
    return count;
  }

  /// As a capture that puts the tag back does: it counts on the wire and for the snapshot length.
  static void restore_tag(const tpacket3_hdr& header, const PacketShape& shape,
                          PacketView& view) noexcept {
    view.vlan_tci = static_cast<uint16_t>(header.hv1.tp_vlan_tci);
    const bool has_tpid = (header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    view.vlan_tpid = has_tpid ? header.hv1.tp_vlan_tpid : kDefaultTpid;
    view.wire_len += kTagBytes;
    if (view.cap_len + kTagBytes > shape.snaplen) view.cap_len = shape.snaplen - kTagBytes;
  }

  static BpfPacket question_of(const tpacket3_hdr& header, const PacketView& view) noexcept {
    sockaddr_ll address;
    std::memcpy(&address, view.data - header.tp_mac + kAddressAt, sizeof address);
    BpfPacket packet;
    packet.data = view.data;
    packet.cap_len = header.tp_snaplen;
    packet.len = header.tp_len;
    packet.protocol = __builtin_bswap16(address.sll_protocol);
    packet.packet_type = address.sll_pkttype;
    packet.interface_index = static_cast<uint32_t>(address.sll_ifindex);
    packet.vlan_tci = view.vlan_tci;
    packet.vlan_tpid = view.vlan_tpid;
    return packet;
  }

  uint32_t give_up(uint32_t count) noexcept {
    broken_ = true;
    left_ = 0;
    return count;
  }

  const uint8_t* block_ = nullptr;
  uint32_t block_bytes_ = 0;
  uint32_t at_ = 0;
  uint32_t left_ = 0;
  bool broken_ = false;
};

}  // namespace weir::backends
