#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "engine/core/packet.h"
#include "engine/core/verdict.h"
#include "parsers/parsed_packet.h"

namespace weir::parsers {

// Most of each thing that is followed. All of them consume bytes, so a packet's length bounds them
// too; these keep one hostile packet as cheap as an honest one.
inline constexpr uint8_t kMaxTags = 24;        ///< VLAN tags of one frame
inline constexpr uint8_t kMaxLabels = 16;      ///< MPLS label stack entries of one stack
inline constexpr uint8_t kMaxShims = 16;       ///< other headers between Ethernet and IP
inline constexpr uint8_t kMaxExtensions = 16;  ///< IPv6 or GTP-U extension headers of one header
inline constexpr uint8_t kMaxTunnels = 8;      ///< with decap; a deeper one keys on the eighth

/// Which header comes next. Each parser reads one header and returns what follows it, so nothing
/// recurses and the whole walk is one loop (general_path.h).
enum class Step : uint8_t {
  done,
  ethernet,
  ether_type,      ///< Walk::ether_type says what follows
  length_or_type,  ///< the same, where small values are an IEEE 802.3 length
  vlan,
  llc,
  mpls,
  shim,        ///< a tag before the payload's EtherType; Walk::ether_type says which
  mac_in_mac,  ///< the same before a whole Ethernet frame
  batman,
  macsec,
  nsh,
  pppoe,
  ppp,
  ppp_hdlc,
  null,
  loop,
  sll,
  sll2,
  radiotap,
  prism,
  avs,
  ieee802_11,
  amsdu_subframe,
  link,    ///< Walk::link_type says whose header
  any_ip,  ///< the version nibble decides
  ipv4,
  ipv6,
  transport,  ///< ParsedPacket::proto says what follows
  gre,
  erspan_ii,
  erspan_iii,
  vxlan,
  vxlan_gpe,
  geneve,
  gtpu,
  etherip,
  tzsp,
  l2tp,
  l2tpv3,
  capwap,
  teredo,
  lisp,
  mpls_in_udp,
  gre_in_udp,
  wccp,
  wireguard,
};

/// The bytes a parser may look at. `cap` were captured; `wire` is how many there were, as far as
/// the enclosing headers tell. The difference is what tells a cut packet from a wrong one. Always
/// cap <= wire.
class Window {
 public:
  /// A record that claims more captured bytes than the packet had on the wire (some tools swap or
  /// zero the two) is read leniently: what was captured must have been there.
  Window(const uint8_t* data, uint32_t cap, uint32_t wire) noexcept
      : at_(data), cap_(cap), wire_(std::max(cap, wire)) {}

  const uint8_t* at() const noexcept { return at_; }
  uint32_t cap() const noexcept { return cap_; }
  uint32_t wire() const noexcept { return wire_; }

  /// Moves on by `bytes` <= cap().
  void skip(uint32_t bytes) noexcept {
    at_ += bytes;
    cap_ -= bytes;
    wire_ -= bytes;
  }

  /// Moves past a header of `bytes` <= wire() that may be cut: then nothing captured is left, and
  /// it matters only if something behind it is needed.
  void skip_unread(uint32_t bytes) noexcept {
    const uint32_t captured = std::min(bytes, cap_);
    at_ += captured;
    cap_ -= captured;
    wire_ -= bytes;
  }

  /// A header says that its payload ends after `bytes`. One that says more than there was on the
  /// wire is believed only as far as the wire goes.
  void narrow(uint32_t bytes) noexcept {
    wire_ = std::min(wire_, bytes);
    cap_ = std::min(cap_, wire_);
  }

 private:
  const uint8_t* at_;
  uint32_t cap_;
  uint32_t wire_;
};

/// Writes no layers down: costs nothing.
struct NoTrace {
  static void add(std::string_view) noexcept {}
  static void clear() noexcept {}
};

/// Writes layers down, up to kMaxLayers.
struct Trace {
  explicit Trace(LayerTrace& trace) noexcept : layers(trace) {}
  void add(std::string_view name) noexcept {
    if (layers.count < kMaxLayers) layers.names[layers.count++] = name;
  }
  void clear() noexcept { layers.count = 0; }
  LayerTrace& layers;
};

/// The state of one packet's parsing: what is left of it and what was found. Lives on the stack of
/// one call of parse().
///
/// A tunnel is entered with the flow that carries it complete in `out`. If what is inside turns out
/// not to be IP, or not to be right, the result is that carrying flow, `parsed`: every byte of the
/// tunnel is accounted to something. If the snaplen cut the packet before that was known, it is
/// `short_capture`, so that a smaller snaplen never moves a packet to another flow in silence.
template <class TraceT>
class Walk {
  /// A tag that was taken out of the frame was on the wire, and lies in front of what is left.
  static uint32_t wire_without_tag(const PacketView& packet) noexcept {
    constexpr uint32_t kTagBytes = 4;
    const bool tagged = packet.vlan_tpid != 0 && packet.wire_len >= kTagBytes;
    return packet.wire_len - (tagged ? kTagBytes : 0);
  }

 public:
  Walk(const PacketView& packet, const ParseOptions& options, ParsedPacket& out_packet,
       TraceT& layer_trace) noexcept
      : window(packet.data, packet.cap_len, wire_without_tag(packet)),
        out(out_packet),
        trace(layer_trace),
        link_type(packet.link_type),
        decap_(options.decap),
        has_stripped_tag_(packet.vlan_tpid != 0),
        stripped_tci_(packet.vlan_tci) {}

  /// True when the next `bytes` may be read. Otherwise parsing stops: with `cut` when the snaplen
  /// cut them off, with `bad` when they were never there.
  bool need(uint32_t bytes, Reason cut, Reason bad) noexcept {
    if (bytes <= window.cap()) [[likely]] {
      return true;
    }
    if (bytes <= window.wire()) {
      stop(Verdict::short_capture, cut);
    } else {
      stop(Verdict::malformed, bad);
    }
    return false;
  }

  /// Ends parsing with anything but success.
  Step stop(Verdict verdict, Reason reason) noexcept {
    if (tunnels_ > 0 && verdict != Verdict::short_capture) {
      out = carrier_;
    } else {
      out.verdict = verdict;
      out.reason = reason;
    }
    return Step::done;
  }

  /// Ends parsing at an EtherType that is not followed.
  Step stop_at(uint16_t type) noexcept {
    stop(verdict_of_ether_type(type), reason_of_ether_type(type));
    if (names_ether_type(out.reason)) out.src_port = type;
    return Step::done;
  }

  /// The flow key is complete.
  Step accept(Reason reason) noexcept {
    out.verdict = Verdict::parsed;
    out.reason = reason;
    return Step::done;
  }

  /// The upper layer of an accepted packet may be a tunnel: enters it when that is asked for. An
  /// outer fragment is never entered: its payload is cut somewhere, or not a header at all.
  Step enter_tunnel(Step inner) noexcept {
    if (!decap_ || out.fragment || tunnels_ == kMaxTunnels) return Step::done;
    carrier_ = out;
    ++tunnels_;
    frame_has_vlan_ = false;
    return inner;
  }

  bool in_tunnel() const noexcept { return tunnels_ > 0; }

  /// A tag of the current frame. The first one of an inner frame replaces those of the outer one:
  /// the VLANs reported are of the frame that holds the keyed IP header, or, where that has none,
  /// of the nearest frame around it that has. False when there are too many.
  bool add_vlan(uint16_t tci) noexcept {
    if (!frame_has_vlan_) {
      out.vlans = {};
      out.vlan_count = 0;
      frame_has_vlan_ = true;
      tags_ = 0;
    }
    if (tags_ == kMaxTags) {
      stop(Verdict::unsupported, Reason::too_many_layers);
      return false;
    }
    ++tags_;
    if (out.vlan_count < kMaxVlans) out.vlans[out.vlan_count++] = tci & 0x0FFF;
    trace.add("vlan");
    return true;
  }

  /// A header between the link layer and IP that is no VLAN tag. False when there are too many of
  /// them in all of the packet.
  bool add_shim(std::string_view name) noexcept {
    if (shims_ == kMaxShims) {
      stop(Verdict::unsupported, Reason::too_many_layers);
      return false;
    }
    ++shims_;
    trace.add(name);
    return true;
  }

  /// The tag that the kernel or the NIC took out of the frame: the outermost one.
  void add_stripped_tag() noexcept {
    if (!has_stripped_tag_) return;
    has_stripped_tag_ = false;
    add_vlan(stripped_tci_);
  }

  Window window;
  ParsedPacket& out;
  [[no_unique_address]] TraceT& trace;
  LinkType link_type;                   ///< of what follows, for Step::link
  bool has_atm_padding = false;         ///< bridged frames are aligned, as on ATM
  bool ieee802_11_data_pad = false;     ///< the 802.11 header is padded to 4 bytes (radiotap)
  Window next_subframe{nullptr, 0, 0};  ///< what follows an A-MSDU subframe; empty: nothing
  uint32_t subframe_bytes = 0;          ///< on the wire, with its header and padding
  uint16_t ether_type = 0;  ///< of what follows, for Step::ether_type and length_or_type
  /// What a payload that should be IP by its version nibble and is not is called.
  Verdict not_ip_verdict = Verdict::malformed;
  Reason not_ip_reason = Reason::bad_ip_version;

 private:
  const bool decap_;
  bool has_stripped_tag_;
  const uint16_t stripped_tci_;
  bool frame_has_vlan_ = false;
  uint8_t tags_ = 0;  ///< of the current frame, since it has one
  uint8_t shims_ = 0;
  uint8_t tunnels_ = 0;
  ParsedPacket carrier_;  // the flow that carries the current tunnel; only read when tunnels_ > 0
};

}  // namespace weir::parsers
