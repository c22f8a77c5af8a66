#include "cli/units.h"

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include "engine/core/clock.h"

namespace weir::cli {
namespace {

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};

constexpr std::array<Unit, 6> kBinaryUnits{{{"k", 1ULL << 10},
                                            {"K", 1ULL << 10},
                                            {"m", 1ULL << 20},
                                            {"M", 1ULL << 20},
                                            {"g", 1ULL << 30},
                                            {"G", 1ULL << 30}}};

tl::unexpected<Status> wrong(std::string_view text, const std::string& what) {
  return fail(
      {Code::usage, Recovery::give_up, 0, "", "'" + std::string(text) + "' is not " + what});
}

std::optional<uint64_t> whole_number(std::string_view digits) {
  uint64_t value = 0;
  const auto [at, error] = std::from_chars(digits.begin(), digits.end(), value);
  if (error != std::errc{} || at != digits.end()) return std::nullopt;
  return value;
}

/// The factor of the unit that `text` ends with, which is cut off. The longest suffix wins when the
/// units are given longest first.
uint64_t take_unit(std::string_view& text, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (text.size() > unit.suffix.size() && text.ends_with(unit.suffix)) {
      text.remove_suffix(unit.suffix.size());
      return unit.factor;
    }
  }
  return 1;
}

std::optional<uint64_t> scaled(std::string_view text, std::span<const Unit> units) {
  const uint64_t factor = take_unit(text, units);
  const std::optional<uint64_t> number = whole_number(text);
  uint64_t value = 0;
  if (!number || __builtin_mul_overflow(*number, factor, &value)) return std::nullopt;
  return value;
}

std::string range_text(uint64_t least, uint64_t most) {
  if (most == UINT64_MAX) return "a number of " + std::to_string(least) + " or more";
  return "a number from " + std::to_string(least) + " to " + std::to_string(most);
}

/// Leading one bits of a mask in network byte order; nothing when it has holes.
std::optional<uint8_t> prefix_length(std::span<const uint8_t> mask) {
  unsigned length = 0;
  bool ended = false;
  for (const uint8_t byte : mask) {
    const auto ones = static_cast<unsigned>(std::countl_one(byte));
    const bool hole = static_cast<uint8_t>(byte << ones) != 0;
    if (hole || (ended && byte != 0)) return std::nullopt;
    length += ones;
    ended = ended || ones < 8;
  }
  return static_cast<uint8_t>(length);
}

std::optional<IpBytes> parse_address(std::string_view text, uint8_t ip_version) {
  IpBytes bytes{};
  const int family = ip_version == 4 ? AF_INET : AF_INET6;
  if (inet_pton(family, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

}  // namespace

Result<uint64_t> parse_number(std::string_view text, uint64_t least, uint64_t most) {
  const std::optional<uint64_t> number = whole_number(text);
  if (!number || *number < least || *number > most) return wrong(text, range_text(least, most));
  return *number;
}

Result<uint64_t> parse_count(std::string_view text, uint64_t least, uint64_t most) {
  static constexpr std::array<Unit, 4> kUnits{
      {{"k", 1000}, {"K", 1000}, {"M", 1'000'000}, {"G", 1'000'000'000}}};
  const std::optional<uint64_t> count = scaled(text, kUnits);
  if (!count || *count < least || *count > most) {
    return wrong(text, range_text(least, most) + " (k, M and G may follow)");
  }
  return *count;
}

Result<uint64_t> parse_size_bytes(std::string_view text) {
  const std::optional<uint64_t> bytes = scaled(text, kBinaryUnits);
  if (!bytes || *bytes == 0) return wrong(text, "a size such as 65536, 512K, 64M or 1G");
  return *bytes;
}

Result<uint64_t> parse_bandwidth(std::string_view text) {
  static constexpr std::array<Unit, 2> kOne{{{"b", 1}, {"B", 1}}};
  std::optional<uint64_t> limit = scaled(text, kBinaryUnits);
  if (!limit) limit = scaled(text, kOne);
  if (!limit) return wrong(text, "a limit in bits per second such as 1000000, 100M or 1G");
  return *limit;
}

Result<uint64_t> parse_duration_ns(std::string_view text) {
  static constexpr std::array<Unit, 5> kUnits{{{"us", 1000},
                                               {"ms", kNsPerMs},
                                               {"s", kNsPerSecond},
                                               {"m", 60 * kNsPerSecond},
                                               {"h", 3600 * kNsPerSecond}}};
  constexpr const char* kRight = "a time such as 2, 0.5, 500ms, 2s, 1m or 1h";
  // 292 years, so that a time that is added to a clock's does not come out in the past.
  constexpr uint64_t kMostNs = INT64_MAX;
  std::string_view digits = text;
  const uint64_t unit = take_unit(digits, kUnits);
  const uint64_t unit_ns = digits.size() == text.size() ? kNsPerSecond : unit;
  const size_t point = digits.find('.');
  const std::optional<uint64_t> whole = whole_number(digits.substr(0, point));
  uint64_t ns = 0;
  if (!whole || __builtin_mul_overflow(*whole, unit_ns, &ns) || ns > kMostNs) {
    return wrong(text, kRight);
  }
  if (point == std::string_view::npos) return ns;
  const std::string_view decimals = digits.substr(point + 1);
  const std::optional<uint64_t> fraction = whole_number(decimals);
  if (!fraction || decimals.size() > 9) return wrong(text, kRight);
  double part = static_cast<double>(*fraction);
  for (size_t i = 0; i < decimals.size(); ++i) part /= 10;
  return ns + static_cast<uint64_t>(std::llround(part * static_cast<double>(unit_ns)));
}

Result<IpPrefix> parse_network(std::string_view text, uint8_t ip_version) {
  const char* right = ip_version == 4 ? "an IPv4 network such as 10.0.0.0/8 or 10.0.0.0/255.0.0.0"
                                      : "an IPv6 network such as 2001:db8::/32";
  const uint8_t bits = ip_version == 4 ? 32 : 128;
  const size_t slash = text.find('/');
  const std::optional<IpBytes> address = parse_address(text.substr(0, slash), ip_version);
  if (!address) return wrong(text, right);
  IpPrefix network{*address, ip_version, bits};
  if (slash == std::string_view::npos) return network;
  const std::string_view mask = text.substr(slash + 1);
  if (const std::optional<uint64_t> length = whole_number(mask)) {
    if (*length > bits) return wrong(text, right);
    network.length = static_cast<uint8_t>(*length);
    return network;
  }
  const std::optional<IpBytes> mask_bytes = parse_address(mask, ip_version);
  if (!mask_bytes) return wrong(text, right);
  const std::optional<uint8_t> length = prefix_length({mask_bytes->data(), bits / 8U});
  if (!length) return wrong(text, "a network: its mask has holes");
  network.length = *length;
  return network;
}

Result<std::vector<uint64_t>> parse_count_list(std::string_view text, uint64_t least,
                                               uint64_t most) {
  std::vector<uint64_t> counts;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const Result<uint64_t> count = parse_count(text.substr(at, comma - at), least, most);
    if (!count) return fail(count.error());
    counts.push_back(*count);
    at = comma + 1;
  }
  return counts;
}

Result<ThreadPriority> parse_priority(const std::string& text) {
  const auto refused = [&] {
    return fail({Code::usage, Recovery::give_up, 0, "",
                 "'" + text + "' is neither nice:-20 to nice:19 nor rt:1 to rt:99"});
  };
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return refused();
  const std::string kind = text.substr(0, colon);
  const bool negative = text.compare(colon + 1, 1, "-") == 0;
  const std::string digits = text.substr(colon + (negative ? 2 : 1));
  if (kind == "nice") {
    const Result<uint64_t> value = parse_number(digits, 0, negative ? 20 : 19);
    if (!value) return refused();
    const auto nice = static_cast<int>(*value);
    return ThreadPriority{ThreadPriority::Kind::nice, negative ? -nice : nice};
  }
  const Result<uint64_t> value = parse_number(digits, 1, 99);
  if (kind != "rt" || negative || !value) return refused();
  return ThreadPriority{ThreadPriority::Kind::realtime, static_cast<int>(*value)};
}

Result<std::string> parse_packet_size(const std::string& text) {
  if (text == "imix") return text;
  const Result<uint64_t> size = parse_number(text, 64, 9018);
  if (!size)
    return fail({Code::usage, Recovery::give_up, 0, "", size.error().message + " or imix"});
  return text;
}

}  // namespace weir::cli
