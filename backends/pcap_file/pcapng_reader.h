#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/pcap_file/record_reader.h"
#include "backends/pcap_file/time_scale.h"

namespace weir::backends {

/// pcapng files, draft-ietf-opsawg-pcapng: any number of sections, each in its own byte order and
/// with its own interfaces. Packets are in Enhanced Packet Blocks, Simple Packet Blocks and the
/// obsolete Packet Blocks. Interface Statistics Blocks and the drop counts of packets say what the
/// capture lost. All other blocks are skipped once their length has been checked.
///
/// A Simple Packet Block has no time stamp; it gets the greatest one of the file before it, because
/// the epoch would stretch the capture over decades.
class PcapngReader final : public RecordReader {
 public:
  static bool recognises(std::span<const uint8_t> window) noexcept;

  explicit PcapngReader(FilterOf filter_of) : filter_of_(std::move(filter_of)) {}

  Scan scan(std::span<const uint8_t> window, BatchBuilder& batch) override;
  Losses losses() const noexcept override;

 private:
  struct Interface {
    LinkType link_type;
    uint32_t snaplen;  ///< 0: no limit
    uint32_t most_cap_len;
    TimeScale time;
    const BpfFilter* filter;
    InterfaceLosses losses{};
  };
  /// One block whose length was checked: its body, without the type and the two lengths.
  struct Block {
    uint32_t type;
    std::span<const uint8_t> body;
  };

  template <bool kBigEndian>
  Scan scan_blocks(std::span<const uint8_t> window, BatchBuilder& batch);
  // Each returns what is wrong with the block, empty for nothing.
  template <bool kBigEndian>
  std::string read_block(const Block& block, BatchBuilder& batch);
  template <bool kBigEndian>
  std::string read_section(std::span<const uint8_t> body);
  template <bool kBigEndian>
  std::string read_interface(std::span<const uint8_t> body);
  template <bool kBigEndian>
  std::string read_timed_packet(const Block& block, BatchBuilder& batch);
  template <bool kBigEndian>
  std::string read_simple_packet(std::span<const uint8_t> body, BatchBuilder& batch);
  // What is wrong with these is no reason to stop: no packet is in them.
  template <bool kBigEndian>
  void read_statistics(std::span<const uint8_t> body) noexcept;
  template <bool kBigEndian>
  static void read_drop_count(const Block& block, uint32_t cap_len, InterfaceLosses& losses);
  void add(PacketView view, const Interface& interface, BatchBuilder& batch) noexcept;

  const FilterOf filter_of_;
  bool big_endian_ = false;  ///< of the section
  std::vector<Interface> interfaces_;
  Losses earlier_losses_;  ///< of the sections before
  bool has_interface_ = false;
  uint32_t most_block_bytes_ = 0;
  uint64_t newest_ns_ = 0;
};

}  // namespace weir::backends
