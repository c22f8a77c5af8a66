#pragma once

#include <cstdint>

namespace weir::parsers::ip_protocol {

// IANA "Assigned Internet Protocol Numbers" that weir has a rule or a name for.
inline constexpr uint8_t kHopByHop = 0;
inline constexpr uint8_t kIcmp = 1;
inline constexpr uint8_t kIgmp = 2;
inline constexpr uint8_t kIpv4 = 4;
inline constexpr uint8_t kTcp = 6;
inline constexpr uint8_t kUdp = 17;
inline constexpr uint8_t kDccp = 33;
inline constexpr uint8_t kIpv6 = 41;
inline constexpr uint8_t kRouting = 43;
inline constexpr uint8_t kFragment = 44;
inline constexpr uint8_t kGre = 47;
inline constexpr uint8_t kEsp = 50;
inline constexpr uint8_t kAh = 51;
inline constexpr uint8_t kIcmpv6 = 58;
inline constexpr uint8_t kNoNextHeader = 59;
inline constexpr uint8_t kDestinationOptions = 60;
inline constexpr uint8_t kEtherIp = 97;
inline constexpr uint8_t kL2tp = 115;
inline constexpr uint8_t kSctp = 132;
inline constexpr uint8_t kMobility = 135;
inline constexpr uint8_t kUdpLite = 136;
inline constexpr uint8_t kMpls = 137;
inline constexpr uint8_t kHip = 139;
inline constexpr uint8_t kShim6 = 140;
inline constexpr uint8_t kEthernet = 143;

}  // namespace weir::parsers::ip_protocol
