#include "report/filter/service_ports.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

namespace weir::report {
namespace {

using Ports = std::map<std::string, uint16_t, std::less<>>;

constexpr size_t kMaxLines = 20'000;

// Minimal images have no /etc/services.
constexpr std::array<std::pair<std::string_view, uint16_t>, 22> kBestKnown{{
    {"ftp", 21},     {"ssh", 22},    {"telnet", 23}, {"smtp", 25},   {"domain", 53}, {"dns", 53},
    {"bootps", 67},  {"bootpc", 68}, {"tftp", 69},   {"http", 80},   {"www", 80},    {"pop3", 110},
    {"ntp", 123},    {"imap2", 143}, {"snmp", 161},  {"bgp", 179},   {"ldap", 389},  {"https", 443},
    {"syslog", 514}, {"ldaps", 636}, {"imaps", 993}, {"pop3s", 995},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// "https 443/tcp alias... # comment", see services(5).
void add_line(Ports& ports, std::string line) {
  line.resize(std::min(line.find('#'), line.size()));
  std::istringstream words(line);
  std::string name;
  std::string place;
  if (!(words >> name >> place)) return;
  uint16_t port = 0;
  const char* end = place.data() + place.size();
  const auto [at, error] = std::from_chars(place.data(), end, port);
  if (error != std::errc{} || at == end || *at != '/') return;
  ports.emplace(lower(name), port);
  while (words >> name) ports.emplace(lower(name), port);
}

Ports read_ports() {
  Ports ports;
  std::ifstream file("/etc/services");
  std::string line;
  for (size_t i = 0; i < kMaxLines && std::getline(file, line); ++i) add_line(ports, line);
  for (const auto& [name, port] : kBestKnown) ports.emplace(name, port);
  return ports;
}

const Ports& all_ports() {
  static const Ports ports = read_ports();
  return ports;
}

}  // namespace

std::optional<uint16_t> service_port_by_name(std::string_view name) {
  const Ports& ports = all_ports();
  const auto found = ports.find(lower(name));
  if (found == ports.end()) return std::nullopt;
  return found->second;
}

void load_service_ports() {
  all_ports();
}

}  // namespace weir::report
