#include "backends/pcap_file/pcapng_reader.h"

#include <optional>

#include "backends/pcap_file/byte_order.h"
#include "engine/core/bytes.h"

namespace weir::backends {
namespace {

// Block types, draft-ietf-opsawg-pcapng section 10.1.
constexpr uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in both byte orders
constexpr uint32_t kInterfaceDescription = 1;
constexpr uint32_t kPacket = 2;
constexpr uint32_t kSimplePacket = 3;
constexpr uint32_t kInterfaceStatistics = 5;
constexpr uint32_t kEnhancedPacket = 6;

constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;

// Every block: type, length, body, length again.
constexpr size_t kLengthAt = 4;
constexpr size_t kBodyAt = 8;
constexpr size_t kTrailerBytes = 4;
constexpr size_t kLeastBlockBytes = kBodyAt + kTrailerBytes;
constexpr size_t kSectionStartBytes = kBodyAt + 4;  // with the byte-order magic

constexpr size_t kSectionBodyBytes = 16;
constexpr size_t kInterfaceBodyBytes = 8;
constexpr size_t kTimedPacketBodyBytes = 20;
constexpr size_t kSimplePacketBodyBytes = 4;
constexpr size_t kStatisticsBodyBytes = 12;

constexpr uint16_t kMajorVersion = 1;

// Options of an Interface Description Block, section 4.2.
constexpr uint16_t kEndOfOptions = 0;
constexpr uint16_t kTimeResolution = 9;
constexpr uint16_t kTimeOffset = 14;

// Of an Interface Statistics Block, section 4.6, and of an Enhanced Packet Block, section 4.3.
constexpr uint16_t kInterfaceDrops = 5;  // isb_ifdrop
constexpr uint16_t kSystemDrops = 7;     // isb_osdrop
constexpr uint16_t kDropCount = 4;       // epb_dropcount

/// What Wireshark and others write for a number they do not know, also 0xffff in a Packet Block.
constexpr uint64_t kNoCount = UINT64_MAX;
constexpr uint16_t kNoPacketBlockCount = UINT16_MAX;

/// The same bounds as libpcap and wiretap have: a block of 16 MiB, or one around the largest
/// packet.
constexpr uint32_t kMostBlockBytes = 16 << 20;
constexpr uint32_t kMostAroundPacket = 64 << 10;

/// PacketView numbers interfaces with 16 bits.
constexpr size_t kMostInterfaces = 65536;

template <bool kBigEndian>
struct Option {
  uint16_t code;
  std::span<const uint8_t> value;

  /// Takes the next option off `left`; empty when it runs past the end.
  static std::optional<Option> take(Cursor& left) noexcept {
    if (!left.has(4)) return std::nullopt;
    const auto code = load16<kBigEndian>(left.at());
    const size_t length = load16<kBigEndian>(left.at() + 2);
    const size_t padded = (length + 3) & ~size_t{3};
    left.skip(4);
    if (!left.has(padded)) return std::nullopt;
    const Option option{code, {left.at(), length}};
    left.skip(padded);
    return option;
  }
};

}  // namespace

bool PcapngReader::recognises(std::span<const uint8_t> window) noexcept {
  return window.size() >= sizeof(uint32_t) && load_le32(window.data()) == kSectionHeader;
}

RecordReader::Scan PcapngReader::scan(std::span<const uint8_t> window, BatchBuilder& batch) {
  Scan all;
  do {
    const auto rest = window.subspan(all.used);
    if (rest.size() < kBodyAt) return {all.used, kBodyAt};
    if (load_le32(rest.data()) == kSectionHeader) {
      if (rest.size() < kSectionStartBytes) return {all.used, kSectionStartBytes};
      const uint8_t* magic = rest.data() + kBodyAt;
      big_endian_ = load_be32(magic) == kByteOrderMagic;
      if (!big_endian_ && load_le32(magic) != kByteOrderMagic) {
        return {all.used, 0, "a section in no known byte order"};
      }
    }
    Scan one = big_endian_ ? scan_blocks<true>(rest, batch) : scan_blocks<false>(rest, batch);
    one.used += all.used;
    all = std::move(one);
    // Stopped without a reason: at the next section, which may have the other byte order.
  } while (all.wanted == 0 && all.garbled.empty() && !batch.full());
  return all;
}

/// The blocks up to the next section header that is not the first block.
template <bool kBigEndian>
RecordReader::Scan PcapngReader::scan_blocks(std::span<const uint8_t> window, BatchBuilder& batch) {
  Cursor at(window.data(), window.size());
  const auto used = [&] { return window.size() - at.left(); };
  while (!batch.full()) {
    if (!at.has(kBodyAt)) return {used(), kBodyAt};
    const uint32_t type = load32<kBigEndian>(at.at());
    const uint32_t length = load32<kBigEndian>(at.at() + kLengthAt);
    if (type == kSectionHeader) {
      if (used() != 0) return {used(), 0};
      most_block_bytes_ = kMostBlockBytes;
    }
    if (length < kLeastBlockBytes || length % 4 != 0 || length > most_block_bytes_) {
      return {used(), 0, "a block of " + std::to_string(length) + " bytes"};
    }
    if (!at.has(length)) return {used(), length};
    if (load32<kBigEndian>(at.at() + length - kTrailerBytes) != length) {
      return {used(), 0, "the two lengths of a block differ"};
    }
    std::string wrong =
        read_block<kBigEndian>({type, {at.at() + kBodyAt, length - kLeastBlockBytes}}, batch);
    if (!wrong.empty()) return {used(), 0, std::move(wrong)};
    at.skip(length);
  }
  return {used(), 0};
}

template <bool kBigEndian>
std::string PcapngReader::read_block(const Block& block, BatchBuilder& batch) {
  switch (block.type) {
    case kEnhancedPacket:
    case kPacket: return read_timed_packet<kBigEndian>(block, batch);
    case kSimplePacket: return read_simple_packet<kBigEndian>(block.body, batch);
    case kInterfaceDescription: return read_interface<kBigEndian>(block.body);
    case kInterfaceStatistics: read_statistics<kBigEndian>(block.body); return {};
    case kSectionHeader: return read_section<kBigEndian>(block.body);
    default: return {};
  }
}

template <bool kBigEndian>
std::string PcapngReader::read_section(std::span<const uint8_t> body) {
  if (body.size() < kSectionBodyBytes) return "a section header that is too short";
  const uint16_t major_version = load16<kBigEndian>(body.data() + 4);
  const uint16_t minor_version = load16<kBigEndian>(body.data() + 6);
  // The draft has the value 2 as an equivalent of 0.
  if (major_version != kMajorVersion || (minor_version != 0 && minor_version != 2)) {
    return "pcapng version " + std::to_string(major_version) + "." + std::to_string(minor_version) +
           " is not known";
  }
  if (has_interface_) earlier_losses_ = losses();
  interfaces_.clear();
  return {};
}

template <bool kBigEndian>
std::string PcapngReader::read_interface(std::span<const uint8_t> body) {
  if (body.size() < kInterfaceBodyBytes) return "an interface description that is too short";
  if (interfaces_.size() == kMostInterfaces) return "more than 65536 interfaces in a section";
  const auto link_type = static_cast<LinkType>(load16<kBigEndian>(body.data()));
  const uint32_t snaplen = load32<kBigEndian>(body.data() + 4);
  uint8_t resolution = TimeScale::kMicroseconds;
  int64_t offset_s = 0;
  Cursor left(body.data(), body.size());
  left.skip(kInterfaceBodyBytes);
  while (left.left() != 0) {
    const auto option = Option<kBigEndian>::take(left);
    if (!option) return "an option that runs past its block";
    if (option->code == kEndOfOptions) break;
    if (option->code == kTimeResolution && option->value.size() == 1) resolution = option->value[0];
    if (option->code == kTimeOffset && option->value.size() == sizeof offset_s) {
      offset_s = static_cast<int64_t>(load64<kBigEndian>(option->value.data()));
    }
  }
  const uint32_t most = most_cap_len(link_type);
  interfaces_.push_back(
      {link_type, snaplen, most, TimeScale(resolution, offset_s), filter_of_(link_type)});
  has_interface_ = true;
  most_block_bytes_ = std::max(most_block_bytes_, most + kMostAroundPacket);
  return {};
}

/// Enhanced Packet Block, section 4.3, and Packet Block, appendix A: they differ in the first word.
template <bool kBigEndian>
std::string PcapngReader::read_timed_packet(const Block& block, BatchBuilder& batch) {
  if (block.body.size() < kTimedPacketBodyBytes) return "a packet block that is too short";
  const uint8_t* fields = block.body.data();
  const uint32_t id =
      block.type == kPacket ? load16<kBigEndian>(fields) : load32<kBigEndian>(fields);
  if (id >= interfaces_.size()) {
    return "a packet of interface " + std::to_string(id) + ", which was not described";
  }
  Interface& interface = interfaces_[id];
  const uint32_t cap_len = load32<kBigEndian>(fields + 12);
  if (cap_len > block.body.size() - kTimedPacketBodyBytes || cap_len > interface.most_cap_len) {
    return "a packet of " + std::to_string(cap_len) + " bytes";
  }
  read_drop_count<kBigEndian>(block, cap_len, interface.losses);
  const uint64_t units =
      uint64_t{load32<kBigEndian>(fields + 4)} << 32 | load32<kBigEndian>(fields + 8);
  PacketView view;
  view.data = fields + kTimedPacketBodyBytes;
  view.ts_ns = interface.time.ns(units);
  view.cap_len = cap_len;
  view.wire_len = load32<kBigEndian>(fields + 16);
  view.interface_id = static_cast<uint8_t>(id);
  add(view, interface, batch);
  return {};
}

/// Simple Packet Block, section 4.4: of the first interface, cut at its snapshot length.
template <bool kBigEndian>
std::string PcapngReader::read_simple_packet(std::span<const uint8_t> body, BatchBuilder& batch) {
  if (body.size() < kSimplePacketBodyBytes) return "a packet block that is too short";
  if (interfaces_.empty()) return "a packet of interface 0, which was not described";
  const Interface& interface = interfaces_.front();
  PacketView view;
  view.data = body.data() + kSimplePacketBodyBytes;
  view.ts_ns = newest_ns_;
  view.wire_len = load32<kBigEndian>(body.data());
  view.cap_len =
      interface.snaplen == 0 ? view.wire_len : std::min(view.wire_len, interface.snaplen);
  if (view.cap_len > body.size() - kSimplePacketBodyBytes ||
      view.cap_len > interface.most_cap_len) {
    return "a packet of " + std::to_string(view.cap_len) + " bytes";
  }
  add(view, interface, batch);
  return {};
}

/// The counters are sums since the capture began, so the last block of an interface has them all.
/// isb_filteraccept less the packets in the file is no loss: the draft counts with it what the
/// filter let through, and a file may have been cut into pieces or filtered since.
template <bool kBigEndian>
void PcapngReader::read_statistics(std::span<const uint8_t> body) noexcept {
  if (body.size() < kStatisticsBodyBytes) return;
  const uint32_t id = load32<kBigEndian>(body.data());
  if (id >= interfaces_.size()) return;
  InterfaceLosses& losses = interfaces_[id].losses;
  Cursor left(body.data(), body.size());
  left.skip(kStatisticsBodyBytes);
  while (const auto option = Option<kBigEndian>::take(left)) {
    if (option->code == kEndOfOptions) break;
    if (option->value.size() != sizeof(uint64_t)) continue;
    const uint64_t count = load64<kBigEndian>(option->value.data());
    if (count == kNoCount) continue;
    if (option->code == kInterfaceDrops) losses.nic = count;
    if (option->code == kSystemDrops) losses.kernel = count;
  }
}

template <bool kBigEndian>
void PcapngReader::read_drop_count(const Block& block, uint32_t cap_len, InterfaceLosses& losses) {
  const auto add = [&losses](uint64_t count) {
    losses.unspecified = add_up(losses.unspecified.value_or(0), count);
  };
  if (block.type == kPacket) {
    const uint16_t count = load16<kBigEndian>(block.body.data() + 2);
    if (count != kNoPacketBlockCount) add(count);
    return;
  }
  Cursor left(block.body.data(), block.body.size());
  const size_t options_at = kTimedPacketBodyBytes + ((cap_len + size_t{3}) & ~size_t{3});
  if (!left.has(options_at)) return;
  left.skip(options_at);
  while (const auto option = Option<kBigEndian>::take(left)) {
    if (option->code == kEndOfOptions) break;
    if (option->code != kDropCount || option->value.size() != sizeof(uint64_t)) continue;
    const uint64_t count = load64<kBigEndian>(option->value.data());
    if (count != kNoCount) add(count);
  }
}

/// An interface that tells nothing leaves the sum open, also one without a packet: it may have
/// lost all of them.
Losses PcapngReader::losses() const noexcept {
  if (!has_interface_) return Losses::unknown();
  Losses all = earlier_losses_;
  for (const Interface& each : interfaces_) all.add(each.losses.losses());
  return all;
}

void PcapngReader::add(PacketView view, const Interface& interface, BatchBuilder& batch) noexcept {
  view.link_type = interface.link_type;
  newest_ns_ = std::max(newest_ns_, view.ts_ns);
  batch.add(view, interface.filter);
  ++packets_;
}

}  // namespace weir::backends
