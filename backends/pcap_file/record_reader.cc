#include "backends/pcap_file/record_reader.h"

#include "backends/pcap_file/erf_reader.h"
#include "backends/pcap_file/other_format.h"
#include "backends/pcap_file/pcap_reader.h"
#include "backends/pcap_file/pcapng_reader.h"
#include "backends/pcap_file/snoop_reader.h"

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

Recognition recognise(std::span<const uint8_t> window, bool complete, const FilterOf& filter_of) {
  constexpr size_t kMagicBytes = 4;
  // Three of the largest ERF records. More is not waited for, so that a chunk holds it.
  constexpr size_t kMostToTell = 3 << 16;
  if (window.size() < kMagicBytes && !complete) return {nullptr, kMagicBytes};
  if (const PcapRecognition pcap = recognise_pcap(window, complete); pcap.is_pcap) {
    if (pcap.wanted != 0) return {nullptr, pcap.wanted};
    return {std::make_unique<PcapReader>(pcap.variant, filter_of)};
  }
  if (PcapngReader::recognises(window)) return {std::make_unique<PcapngReader>(filter_of)};
  if (SnoopReader::recognises(window)) return {std::make_unique<SnoopReader>(filter_of)};
  // Nothing else says at once what it is. What cannot be ERF is known with the first record.
  const bool enough = complete || window.size() >= kMostToTell;
  const ErfReader::Likeness erf = ErfReader::likeness(window, enough);
  if (erf == ErfReader::Likeness::yes) return {std::make_unique<ErfReader>(filter_of)};
  if (erf == ErfReader::Likeness::more || (window.size() < kOtherFormatBytes && !enough)) {
    return {nullptr, window.size() + 1};
  }
  return {nullptr, 0, other_format(window)};
}

}  // namespace weir::backends
