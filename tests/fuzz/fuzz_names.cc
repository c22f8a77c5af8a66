// What others call hosts, services and networks: whatever they say, what comes out is printable and
// bounded. Input: what it is (1 byte, see Kind), then the bytes.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/format.h"
#include "report/names/clean_text.h"
#include "report/names/dns_answer.h"
#include "report/names/hosts_file.h"
#include "report/names/service_table.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

enum class Kind : uint8_t { answer_v4, answer_v6, services, hosts, text };

void require_shown(const std::string& text, size_t most_bytes) {
  require(text.size() <= most_bytes, "bounded");
  require(report::printable(text) == text, "printable");
  require(report::clean_text(text, text.size()) == text, "UTF-8 without control characters");
}

void require_host_name(const std::string& name) {
  require_shown(name, report::kMaxHostNameBytes);
  require(std::all_of(name.begin(), name.end(),
                      [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                               c == '?';
                      }),
          "the characters of host names");
}

void read_answer(const uint8_t* data, size_t size, const report::AddressKey& key) {
  // A copy of exactly these bytes, so that a byte read behind them is found.
  const std::vector<uint8_t> message(data, data + size);
  const report::PtrAnswer answer = report::parse_ptr_answer(message, key);
  require_host_name(answer.name);
}

void read_services(std::string_view text) {
  const report::ServiceTable table = report::ServiceTable::parse(text);
  for (const uint8_t proto : {6, 17}) {
    for (uint32_t port = 0; port < 128; ++port) {
      require_shown(std::string(table.name(proto, static_cast<uint16_t>(port))),
                    report::kMaxServiceBytes);
    }
  }
}

void read_hosts(std::string_view text) {
  for (const auto& [key, name] : report::parse_hosts(text)) {
    require(key.ip_version == 4 || key.ip_version == 6, "an IP version");
    require(!name.empty(), "a name");
    require_host_name(name);
  }
}

void read_text(std::string_view text) {
  require_host_name(report::clean_host_name(text));
  require_shown(report::clean_service_name(text), report::kMaxServiceBytes);
  const std::string whole = report::clean_text(text, text.size());
  require_shown(whole, text.size());
  for (const size_t most : {0, 1, 2, 3, 7, 64}) {
    const std::string cut = report::clean_text(text, most);
    require_shown(cut, most);
    require(whole.starts_with(cut), "cut and not changed");
  }
}

void read_one(const uint8_t* data, size_t size) {
  if (size == 0) return;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (static_cast<Kind>(data[0] % 5)) {
    case Kind::answer_v4: return read_answer(data + 1, size - 1, {{10, 0, 0, 1}, 4});
    case Kind::answer_v6: return read_answer(data + 1, size - 1, {{0x20, 1, 0x0d, 0xb8}, 6});
    case Kind::services: return read_services(text);
    case Kind::hosts: return read_hosts(text);
    case Kind::text: return read_text(text);
  }
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::read_one(data, size);
  return 0;
}
