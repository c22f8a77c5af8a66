#include "report/name_source.h"

#include "report/format.h"

namespace weir::report {

std::string NumbersOnly::host(uint8_t ip_version, const IpBytes& address) {
  return address_text(ip_version, address);
}

std::string NumbersOnly::service(uint8_t /*proto*/, uint16_t port) {
  return std::to_string(port);
}

}  // namespace weir::report
