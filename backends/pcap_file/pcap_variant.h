#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::backends {

/// How a pcap file differs from the one of draft-ietf-opsawg-pcap. The magic number tells most;
/// three patches of libpcap from 1999 and a Nokia device differ in the record header alone, and the
/// records have to be looked at.
struct PcapVariant {
  static constexpr uint32_t kFileHeaderBytes = 24;
  static constexpr uint32_t kRecordHeaderBytes = 16;

  bool big_endian = false;
  bool nanoseconds = false;
  /// Ixia's "lcap" has four bytes more: how long all records are.
  uint32_t file_header_bytes = kFileHeaderBytes;
  /// Behind the usual 16: 4 bytes (Nokia), or the interface, protocol and packet type that the
  /// patches add, 8 bytes or with the CPU 12.
  uint32_t record_header_bytes = kRecordHeaderBytes;
};

/// What the start of a file is.
struct PcapRecognition {
  bool is_pcap = false;
  size_t wanted = 0;  ///< so many bytes are needed to tell the variant; 0: it is told
  PcapVariant variant;
};

/// `complete`: the window is all of the file.
PcapRecognition recognise_pcap(std::span<const uint8_t> window, bool complete) noexcept;

}  // namespace weir::backends
