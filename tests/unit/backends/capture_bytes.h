#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace weir::testing {

/// Bytes of a capture file, written field by field in the byte order of the machine that is played.
class CaptureBytes {
 public:
  explicit CaptureBytes(bool big_endian = false) : big_endian_(big_endian) {}

  CaptureBytes& u16(uint64_t value) { return number(value, 2); }
  CaptureBytes& u32(uint64_t value) { return number(value, 4); }
  CaptureBytes& u64(uint64_t value) { return number(value, 8); }
  CaptureBytes& raw(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  CaptureBytes& raw(const std::string& text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  CaptureBytes& pad4() {
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
    return *this;
  }
  /// Overwrites four bytes that are there already.
  CaptureBytes& put32(size_t at, uint64_t value) {
    const CaptureBytes field = CaptureBytes(big_endian_).u32(value);
    for (size_t i = 0; i < 4; ++i) bytes_[at + i] = field.bytes_[i];
    return *this;
  }

  size_t size() const { return bytes_.size(); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  CaptureBytes& number(uint64_t value, int width) {
    for (int i = 0; i < width; ++i) {
      const int shift = 8 * (big_endian_ ? width - 1 - i : i);
      bytes_.push_back(static_cast<uint8_t>(value >> shift));
    }
    return *this;
  }

  bool big_endian_;
  std::vector<uint8_t> bytes_;
};

/// `length` bytes that differ from those of another `seed`.
inline std::vector<uint8_t> payload(size_t length, uint8_t seed) {
  std::vector<uint8_t> bytes;
  bytes.reserve(length);
  for (size_t i = 0; i < length; ++i) {
    bytes.push_back(static_cast<uint8_t>(seed * 31 + i * 7 + i / 251));
  }
  return bytes;
}

// --- pcap, draft-ietf-opsawg-pcap ---------------------------------------------------------------

struct PcapStyle {
  bool big_endian = false;
  bool nanoseconds = false;
  uint16_t minor_version = 4;
  uint32_t link_type = 1;
};

inline CaptureBytes pcap_header(const PcapStyle& style) {
  CaptureBytes file(style.big_endian);
  file.u32(style.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(style.minor_version);
  return file.u32(0).u32(0).u32(65535).u32(style.link_type);
}

/// One record; the lengths are written as given, also when they are wrong.
inline void add_record(CaptureBytes& file, uint32_t seconds, uint32_t fraction, uint32_t first_len,
                       uint32_t second_len, std::span<const uint8_t> data) {
  file.u32(seconds).u32(fraction).u32(first_len).u32(second_len).raw(data);
}

inline void add_record(CaptureBytes& file, uint32_t seconds, uint32_t fraction,
                       std::span<const uint8_t> data) {
  const auto length = static_cast<uint32_t>(data.size());
  add_record(file, seconds, fraction, length, length, data);
}

// --- pcapng, draft-ietf-opsawg-pcapng -----------------------------------------------------------

/// Writes a pcapng file block by block.
class PcapngBytes {
 public:
  explicit PcapngBytes(bool big_endian = false) : big_endian_(big_endian) { section(big_endian); }

  /// A new section; sections may differ in byte order.
  PcapngBytes& section(bool big_endian, uint16_t major = 1, uint16_t minor = 0,
                       uint64_t length = UINT64_MAX) {
    big_endian_ = big_endian;
    CaptureBytes body(big_endian);
    body.u32(0x1a2b3c4d).u16(major).u16(minor).u64(length);
    return block(0x0a0d0d0a, body);
  }

  PcapngBytes& interface(uint16_t link_type, uint32_t snaplen = 0,
                         std::span<const uint8_t> options = {}) {
    CaptureBytes body(big_endian_);
    return block(1, body.u16(link_type).u16(0).u32(snaplen).raw(options));
  }

  /// Options for an interface: if_tsresol and, where it is not 0, if_tsoffset.
  std::vector<uint8_t> time_options(uint8_t resolution, int64_t offset_s = 0) const {
    CaptureBytes options(big_endian_);
    options.u16(2).u16(5).raw("veth0").pad4();  // if_name, which nobody needs
    options.u16(9).u16(1).raw(std::vector<uint8_t>{resolution}).pad4();
    if (offset_s != 0) options.u16(14).u16(8).u64(static_cast<uint64_t>(offset_s));
    return options.u16(0).u16(0).bytes();
  }

  PcapngBytes& enhanced(uint32_t id, uint64_t units, std::span<const uint8_t> data,
                        uint32_t wire_len = 0, std::span<const uint8_t> options = {}) {
    CaptureBytes body(big_endian_);
    body.u32(id);
    return timed(6, body, units, data, wire_len, options);
  }

  /// The obsolete Packet Block: 16 bits of interface, 16 of drops.
  PcapngBytes& obsolete(uint16_t id, uint16_t drops, uint64_t units,
                        std::span<const uint8_t> data) {
    CaptureBytes body(big_endian_);
    body.u16(id).u16(drops);
    return timed(2, body, units, data, 0, {});
  }

  PcapngBytes& simple(uint32_t wire_len, std::span<const uint8_t> data) {
    CaptureBytes body(big_endian_);
    return block(3, body.u32(wire_len).raw(data));
  }

  PcapngBytes& block(uint32_t type, CaptureBytes body) {
    body.pad4();
    CaptureBytes whole(big_endian_);
    const size_t length = body.size() + 12;
    whole.u32(type).u32(length).raw(body.bytes()).u32(length);
    bytes_.insert(bytes_.end(), whole.bytes().begin(), whole.bytes().end());
    return *this;
  }

  /// Overwrites four bytes in the byte order of the section.
  PcapngBytes& put32(size_t at, uint32_t value) {
    const CaptureBytes field = CaptureBytes(big_endian_).u32(value);
    for (size_t i = 0; i < 4; ++i) bytes_[at + i] = field.bytes()[i];
    return *this;
  }

  size_t size() const { return bytes_.size(); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  PcapngBytes& timed(uint32_t type, CaptureBytes& body, uint64_t units,
                     std::span<const uint8_t> data, uint32_t wire_len,
                     std::span<const uint8_t> options) {
    body.u32(units >> 32).u32(units & 0xffffffff).u32(data.size());
    body.u32(wire_len != 0 ? wire_len : data.size()).raw(data).pad4().raw(options);
    return block(type, body);
  }

  bool big_endian_;
  std::vector<uint8_t> bytes_;
};

}  // namespace weir::testing
