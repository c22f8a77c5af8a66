#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/core/flow_key.h"
#include "report/format.h"
#include "report/name_source.h"

namespace weir::report::test {

struct Flow {
  FlowKey key;
  bool shown_high = false;
};

inline IpBytes address(const std::string& text) {
  IpBytes bytes{};
  inet_pton(text.find(':') == std::string::npos ? AF_INET : AF_INET6, text.c_str(), bytes.data());
  return bytes;
}

/// From `source`, the side shown first, to `destination`.
inline Flow flow(const std::string& source, uint16_t source_port, const std::string& destination,
                 uint16_t destination_port, uint8_t proto = 6) {
  Flow made;
  FlowKey& key = made.key;
  key.low_addr = address(source);
  key.high_addr = address(destination);
  key.low_port = source_port;
  key.high_port = destination_port;
  key.proto = proto;
  key.ip_version = source.find(':') == std::string::npos ? 4 : 6;
  if (std::pair(key.high_addr, key.high_port) < std::pair(key.low_addr, key.low_port)) {
    std::swap(key.low_addr, key.high_addr);
    std::swap(key.low_port, key.high_port);
    made.shown_high = true;
  }
  return made;
}

/// Knows 10.0.0.1 as Printer.lan and 443 as https.
class SomeNames final : public NameSource {
 public:
  std::string host(uint8_t ip_version, const IpBytes& bytes) override {
    return bytes == address("10.0.0.1") ? "Printer.lan" : address_text(ip_version, bytes);
  }
  std::string service(uint8_t /*proto*/, uint16_t port) override {
    return port == 443 ? "https" : std::to_string(port);
  }
};

}  // namespace weir::report::test
