#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/ip_prefix.h"
#include "engine/core/priority.h"
#include "engine/core/status.h"

/// The values that options take, from text. Errors are Code::usage with a message that quotes the
/// value and says what would be right; the caller puts the option in front.
namespace weir::cli {

/// A whole number from `least` to `most`.
Result<uint64_t> parse_number(std::string_view text, uint64_t least, uint64_t most);

/// A count, "5000000" or by 1000 "5M": k, M, G.
Result<uint64_t> parse_count(std::string_view text, uint64_t least, uint64_t most);

/// Memory in bytes, by 1024: "65536", "64K", "64M", "2G".
Result<uint64_t> parse_size_bytes(std::string_view text);

/// iftop's -m: bits per second, by 1024 as there: "1000000", "10K", "10m", "1G"; a b may follow
/// instead. 0: no limit.
Result<uint64_t> parse_bandwidth(std::string_view text);

/// A time in ns: seconds ("2", "0.5"), or with a unit: us, ms, s, m, h.
Result<uint64_t> parse_duration_ns(std::string_view text);

/// iftop's -F and -G: "10.0.0.0/8", "10.0.0.0/255.0.0.0", "2001:db8::/32",
/// "2001:db8::/ffff:ffff::". Without a mask it is one host. A mask with holes is an error.
Result<IpPrefix> parse_network(std::string_view text, uint8_t ip_version);

/// Of worker threads: "nice:-10", "rt:50".
Result<ThreadPriority> parse_priority(const std::string& text);

/// A frame with FCS, 64 to 9018, or "imix".
Result<std::string> parse_packet_size(const std::string& text);

/// "1,2,5": counts separated by commas, at least one.
Result<std::vector<uint64_t>> parse_count_list(std::string_view text, uint64_t least,
                                               uint64_t most);

}  // namespace weir::cli
