#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::testing {

/// What is sent: `flows` biflows with two frames each, first the one from the local side
/// (10.77.0.0/16, fd77::/16), then the answer (198.18.0.0/15, 2001:db8::/32).
struct FrameSpec {
  uint32_t flows = 10;
  uint32_t size = 64;  ///< with FCS, without the VLAN tag; longer where the headers need it
  uint32_t ipv6_percent = 0;
  uint32_t udp_percent = 50;
  uint32_t vlan = 0;     ///< identifier of one 802.1Q tag, 0 for none
  bool one_way = false;  ///< only frames from the local side
};

struct RawFrame {
  std::vector<uint8_t> bytes;  ///< without FCS
  uint32_t ip_bytes = 0;
  // The flow as text, for those who compare.
  std::string src_addr;
  std::string dst_addr;
  uint16_t src_port = 0;
  uint16_t dst_port = 0;
  uint8_t proto = 0;
};

std::vector<RawFrame> make_frames(const FrameSpec& spec);

struct SendLimits {
  uint64_t count = 0;  ///< frames; 0: no limit
  uint64_t pps = 0;    ///< 0: as fast as possible
  double seconds = 0;  ///< 0: no limit; one of the two limits must be set
  bool bypass = true;  ///< past the queueing discipline: fast, and not seen by captures on the
                       ///< sending interface
};

struct SendReport {
  uint64_t frames = 0;
  uint64_t ip_bytes = 0;
  uint64_t wire_bytes = 0;  ///< without FCS
  double seconds = 0;
  std::string error;  ///< empty when all went well
};

/// Sends the frames in turn through a packet socket on the interface. What is counted was taken by
/// the interface.
SendReport send_frames(const std::string& interface, const std::vector<RawFrame>& frames,
                       const SendLimits& limits);

}  // namespace weir::testing
