#pragma once

#include <cstdint>
#include <string>

#include "engine/core/ip_prefix.h"

namespace weir::report {

/// Names for what is known by number. Neither call blocks: a name that is not known yet is the
/// number, and a later call may give the name. What comes back is printable (no control characters,
/// valid UTF-8) and of bounded length. Safe to call from any thread.
class NameSource {
 public:
  virtual ~NameSource() = default;
  /// "host.example.com", or the address as text.
  virtual std::string host(uint8_t ip_version, const IpBytes& address) = 0;
  /// "https", or the port as text. `proto` is the IANA protocol number.
  virtual std::string service(uint8_t proto, uint16_t port) = 0;
  /// Where an address is from, as "DE AS3320 Deutsche Telekom AG"; empty: not known.
  virtual std::string origin(uint8_t /*ip_version*/, const IpBytes& /*address*/) { return {}; }
};

/// Numbers as they are (-n and -N).
class NumbersOnly final : public NameSource {
 public:
  std::string host(uint8_t ip_version, const IpBytes& address) override;
  std::string service(uint8_t proto, uint16_t port) override;
};

}  // namespace weir::report
