#include "backends/pcap_file/record_reader.h"

#include <utility>

#include "backends/pcap_file/pcap_reader.h"
#include "backends/pcap_file/pcapng_reader.h"
#include "engine/core/bytes.h"

namespace weir::backends {

uint32_t most_cap_len(LinkType link_type) noexcept {
  constexpr uint32_t kFrame = 262144;
  constexpr uint32_t kMessage = 128 << 20;
  switch (static_cast<uint16_t>(link_type)) {
    case 220:  // USB_LINUX_MMAPPED
    case 231:  // DBUS
    case 249:  // USBPCAP
    case 279:  // EBHSCR
      return kMessage;
    default: return kFrame;
  }
}

std::unique_ptr<RecordReader> make_reader(const uint8_t* magic, FilterOf filter_of) {
  if (const auto variant = PcapReader::variant_of(load_le32(magic))) {
    return std::make_unique<PcapReader>(*variant, std::move(filter_of));
  }
  if (PcapngReader::recognises(magic)) return std::make_unique<PcapngReader>(std::move(filter_of));
  return nullptr;
}

}  // namespace weir::backends
