#include "report/names/hosts_file.h"

#include <arpa/inet.h>

#include <algorithm>

#include "report/names/clean_text.h"
#include "report/names/text_file.h"

namespace weir::report {
namespace {

/// A version of 0 for what is no address. A zone ("fe80::1%eth0") is none of the address.
AddressKey parse_address(std::string_view text) {
  const std::string address(text.substr(0, std::min(text.find('%'), text.size())));
  AddressKey key;
  if (address.size() >= INET6_ADDRSTRLEN) return key;
  if (inet_pton(AF_INET, address.c_str(), key.address.data()) == 1) {
    key.ip_version = 4;
  } else if (inet_pton(AF_INET6, address.c_str(), key.address.data()) == 1) {
    key.ip_version = 6;
  }
  return key;
}

}  // namespace

HostsTable parse_hosts(std::string_view text) {
  HostsTable table;
  std::string_view line;
  while (table.size() < kMaxHostsEntries && take_line(text, line)) {
    const AddressKey key = parse_address(take_word(line));
    std::string name = clean_host_name(take_word(line));
    if (key.ip_version != 0 && !name.empty()) table.try_emplace(key, std::move(name));
  }
  return table;
}

}  // namespace weir::report
