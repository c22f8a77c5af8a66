#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace weir {

/// Link-layer types as in the pcap file header (LINKTYPE_*, draft-ietf-opsawg-pcaplinktype). The
/// values DLT_RAW has on the BSDs (12, 14) are accepted beside LINKTYPE_RAW (101). Any 16-bit value
/// may occur: of an unlisted one the parser takes only what proves itself to be raw IP.
enum class LinkType : uint16_t {
  null = 0,
  en10mb = 1,
  ieee802_5 = 6,
  arcnet = 7,
  slip = 8,
  ppp = 9,
  fddi = 10,
  atm_rfc1483_dlt = 11,  ///< what DLT_ATM_RFC1483 is; some programs write it to files
  raw_bsd = 12,
  raw_openbsd = 14,
  ppp_serial = 50,
  ppp_ether = 51,
  atm_rfc1483 = 100,
  raw = 101,
  c_hdlc = 104,
  ieee802_11 = 105,
  atm_clip = 106,
  frelay = 107,
  loop = 108,
  enc = 109,
  linux_sll = 113,
  pflog = 117,
  ieee802_11_prism = 119,
  ip_over_fc = 122,
  sunatm = 123,
  ieee802_11_radiotap = 127,
  arcnet_linux = 129,
  apple_ip_over_ieee1394 = 138,
  docsis = 143,
  apple_user2 = 149,  ///< "PKTAP" in captures of macOS before 2014, else anybody's
  ieee802_11_avs = 163,
  ppp_pppd = 166,
  juniper_ether = 178,
  juniper_ppp = 179,
  juniper_frelay = 180,
  juniper_chdlc = 181,
  mfr = 182,
  ppi = 192,
  erf = 197,
  ppp_with_dir = 204,
  c_hdlc_with_dir = 205,
  frelay_with_dir = 206,
  ipnet = 226,
  ipv4 = 228,
  ipv6 = 229,
  nflog = 239,
  netanalyzer = 240,
  netanalyzer_transparent = 241,
  ipoib = 242,
  pktap = 258,
  ethernet_mpacket = 274,
  linux_sll2 = 276,
  dsa_tag_brcm = 281,
  dsa_tag_brcm_prepend = 282,
  dsa_tag_dsa = 284,
  dsa_tag_edsa = 285,
};

/// What the link says about which end of a packet is this host, or what lies behind it: told by the
/// kernel, or by the interface's MAC address in the frame. Unknown where both ends are here
/// (loopback), where neither is (a mirror port), of broadcast and multicast that came in, and for
/// files. The values are those of FlowUpdate::Flags.
enum class LinkSide : uint8_t { unknown = 0, sent = 16, received = 32 };

/// One captured packet: where its bytes lie and what the capture said about it. A view: the bytes
/// belong to the PacketBatch and are gone with it.
struct PacketView {
  static constexpr unsigned kSideShift = 56;  ///< of `side` among the fields that set_link() sets

  const uint8_t* data = nullptr;
  uint64_t ts_ns = 0;     ///< ns since the epoch
  uint32_t cap_len = 0;   ///< bytes at `data`
  uint32_t wire_len = 0;  ///< bytes the frame had on the wire, >= cap_len for a sane capture
  LinkType link_type = LinkType::en10mb;
  uint16_t vlan_tci = 0;     ///< tag that the kernel or NIC took out of the frame
  uint16_t vlan_tpid = 0;    ///< its TPID; 0 means that no tag was taken out
  uint8_t interface_id = 0;  ///< which interface of a pcapng section, modulo 256; 0 elsewhere
  LinkSide side = LinkSide::unknown;

  /// A packet of this link type, no tag taken out, interface 0: one store for what are five fields.
  void set_link(LinkType type, LinkSide from = LinkSide::unknown) noexcept {
    const uint64_t fields = static_cast<uint16_t>(type) | uint64_t{static_cast<uint8_t>(from)}
                                                              << kSideShift;
    std::memcpy(&link_type, &fields, sizeof fields);
  }
};
static_assert(offsetof(PacketView, side) - offsetof(PacketView, link_type) ==
              PacketView::kSideShift / 8);
static_assert(sizeof(PacketView) == 32, "two views a cache line");
static_assert(offsetof(PacketView, link_type) + sizeof(uint64_t) == sizeof(PacketView));

/// Who gets the memory of a batch back. Implemented by capture queues.
class BatchOwner {
 public:
  /// Called once for each batch that was handed out with packets, in any order, by the thread that
  /// dropped the batch; that is always the worker that received it.
  virtual void release(uint64_t token) noexcept = 0;

 protected:
  ~BatchOwner() = default;
};

/// A move-only lease on packets in a backend's own memory (ring block, UMEM frames, mbufs, a mapped
/// file). The memory goes back to the backend when the batch is destroyed, and only then: so a
/// batch must not outlive its queue, and packet memory never leaves the worker that received it.
class PacketBatch {
 public:
  enum class State : uint8_t {
    packets,  ///< one or more packets
    empty,    ///< nothing now: not an error, more may come
    end,      ///< nothing, and nothing will ever come (end of file, count reached)
  };

  static PacketBatch none() noexcept { return PacketBatch(State::empty); }
  static PacketBatch ended() noexcept { return PacketBatch(State::end); }

  /// `clock_ns` is the greatest time stamp that the source handed out before this batch, in the
  /// order of capture; 0 when the source does not know. See Worker for what it decides.
  PacketBatch(std::span<const PacketView> packets, BatchOwner& owner, uint64_t token,
              uint64_t clock_ns = 0) noexcept
      : packets_(packets),
        owner_(&owner),
        token_(token),
        clock_ns_(clock_ns),
        state_(State::packets) {}

  PacketBatch(PacketBatch&& other) noexcept
      : packets_(other.packets_),
        owner_(std::exchange(other.owner_, nullptr)),
        token_(other.token_),
        clock_ns_(other.clock_ns_),
        state_(other.state_) {}
  PacketBatch& operator=(PacketBatch&& other) noexcept {
    if (this != &other) {
      give_back();
      packets_ = other.packets_;
      owner_ = std::exchange(other.owner_, nullptr);
      token_ = other.token_;
      clock_ns_ = other.clock_ns_;
      state_ = other.state_;
    }
    return *this;
  }
  PacketBatch(const PacketBatch&) = delete;
  PacketBatch& operator=(const PacketBatch&) = delete;
  ~PacketBatch() { give_back(); }

  std::span<const PacketView> packets() const noexcept { return packets_; }
  State state() const noexcept { return state_; }
  uint64_t clock_ns() const noexcept { return clock_ns_; }

 private:
  explicit PacketBatch(State state) noexcept : state_(state) {}
  void give_back() noexcept {
    if (owner_ != nullptr) std::exchange(owner_, nullptr)->release(token_);
  }

  std::span<const PacketView> packets_;
  BatchOwner* owner_ = nullptr;
  uint64_t token_ = 0;
  uint64_t clock_ns_ = 0;
  State state_;
};

}  // namespace weir
