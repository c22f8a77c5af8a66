#include "report/names/dns_answer.h"

#include <ares.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>

#include "engine/core/bytes.h"
#include "report/names/clean_text.h"

namespace weir::report {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kQuestionTail = 4;   ///< type and class
constexpr size_t kRecordTail = 10;    ///< type, class, TTL, length of the data
constexpr uint32_t kMaxRecords = 64;  ///< read of one answer

/// Bytes of the encoded name at `at`; 0 where there is none.
size_t name_bytes(std::span<const uint8_t> message, size_t at) {
  char* text = nullptr;
  long bytes = 0;  // NOLINT(google-runtime-int): c-ares' type
  if (at >= message.size() ||
      ares_expand_name(message.data() + at, message.data(), static_cast<int>(message.size()), &text,
                       &bytes) != ARES_SUCCESS) {
    return 0;
  }
  ares_free_string(text);
  return bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

/// c-ares 1.18 tells the TTL of addresses alone, so that of a PTR record is read here: RFC 1035
/// section 4.1.3. 0 where the message is cut.
uint32_t shortest_ttl(std::span<const uint8_t> message) {
  if (message.size() < kHeaderBytes) return 0;
  size_t at = kHeaderBytes;
  for (uint16_t left = load_be16(message.data() + 4); left > 0; --left) {
    const size_t bytes = name_bytes(message, at);
    if (bytes == 0) return 0;
    at += bytes + kQuestionTail;
  }
  uint32_t shortest = UINT32_MAX;
  const uint32_t records = std::min<uint32_t>(load_be16(message.data() + 6), kMaxRecords);
  for (uint32_t i = 0; i < records; ++i) {
    const size_t bytes = name_bytes(message, at);
    if (bytes == 0 || at + bytes + kRecordTail > message.size()) return 0;
    at += bytes;
    shortest = std::min(shortest, load_be32(message.data() + at + 4));
    at += kRecordTail + load_be16(message.data() + at + 8);
  }
  return shortest == UINT32_MAX ? 0 : shortest;
}

bool is_local_matter_v4(const IpBytes& address) {
  const bool link_local = address[0] == 169 && address[1] == 254;
  return address[0] == 0 || address[0] == 127 || link_local || address[0] >= 224;
}

bool is_local_matter_v6(const IpBytes& address) {
  // ::/127 is the unspecified address and the loopback's.
  const bool no_host =
      std::all_of(address.begin(), address.end() - 1, [](uint8_t byte) { return byte == 0; }) &&
      address[15] <= 1;
  const bool link_local = address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
  return no_host || link_local || address[0] == 0xFF;
}

}  // namespace

std::string reverse_name(const AddressKey& key) {
  std::string name;
  if (key.ip_version == 4) {
    for (size_t i = 4; i-- > 0;) name += std::to_string(key.address[i]) + '.';
    return name + "in-addr.arpa";
  }
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = key.address.size(); i-- > 0;) {
    name += {kDigits[key.address[i] & 15], '.', kDigits[key.address[i] >> 4], '.'};
  }
  return name + "ip6.arpa";
}

bool is_local_matter(const AddressKey& key) {
  if (key.ip_version == 4) return is_local_matter_v4(key.address);
  return key.ip_version != 6 || is_local_matter_v6(key.address);
}

uint64_t lifetime_s(uint32_t ttl_s) {
  return std::clamp<uint64_t>(ttl_s, 60, 3600);
}

PtrAnswer parse_ptr_answer(std::span<const uint8_t> message, const AddressKey& key) {
  hostent* host = nullptr;
  const bool is_v4 = key.ip_version == 4;
  if (message.size() > UINT16_MAX ||
      ares_parse_ptr_reply(message.data(), static_cast<int>(message.size()), key.address.data(),
                           is_v4 ? 4 : 16, is_v4 ? AF_INET : AF_INET6, &host) != ARES_SUCCESS) {
    return {};
  }
  PtrAnswer answer;
  if (host != nullptr) {
    // All names are in h_aliases, in order; h_name is the last one.
    const char* const first = host->h_aliases != nullptr && host->h_aliases[0] != nullptr
                                  ? host->h_aliases[0]
                                  : host->h_name;
    if (first != nullptr) answer.name = clean_host_name(first);
    ares_free_hostent(host);
  }
  answer.ttl_s = shortest_ttl(message);
  return answer;
}

}  // namespace weir::report
