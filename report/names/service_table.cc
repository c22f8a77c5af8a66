#include "report/names/service_table.h"

#include <charconv>
#include <utility>

#include "report/names/clean_text.h"
#include "report/names/text_file.h"

namespace weir::report {
namespace {

constexpr size_t kMaxFileBytes = 1U << 20;
constexpr size_t kMaxNames = 65536;
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kDccp = 33;
constexpr uint8_t kSctp = 132;

/// A line each as services(5) has them; "both" is tcp and udp.
constexpr std::string_view kBestKnown = R"(
ftp-data 20/tcp
ftp 21/tcp
ssh 22/tcp
telnet 23/tcp
smtp 25/tcp
whois 43/tcp
tacacs 49/both
domain 53/both
bootps 67/udp
bootpc 68/udp
tftp 69/udp
finger 79/tcp
http 80/tcp
kerberos 88/both
pop3 110/tcp
sunrpc 111/both
nntp 119/tcp
ntp 123/udp
epmap 135/both
netbios-ns 137/udp
netbios-dgm 138/udp
netbios-ssn 139/tcp
imap2 143/tcp
snmp 161/both
snmp-trap 162/both
bgp 179/tcp
irc 194/both
ldap 389/both
https 443/both
microsoft-ds 445/both
submissions 465/tcp
isakmp 500/udp
syslog 514/udp
printer 515/tcp
rip 520/udp
dhcpv6-client 546/udp
dhcpv6-server 547/udp
rtsp 554/both
submission 587/tcp
ipp 631/tcp
ldaps 636/both
ldp 646/both
domain-s 853/both
rsync 873/tcp
imaps 993/tcp
pop3s 995/tcp
socks 1080/tcp
openvpn 1194/both
ms-sql-s 1433/tcp
l2f 1701/udp
pptp 1723/tcp
radius 1812/udp
radius-acct 1813/udp
mqtt 1883/tcp
ssdp 1900/udp
nfs 2049/both
docker 2375/tcp
iscsi-target 3260/tcp
mysql 3306/tcp
ms-wbt-server 3389/both
stun 3478/both
svn 3690/tcp
ipsec-nat-t 4500/udp
iperf2 5001/both
iperf3 5201/both
vxlan 4789/udp
sip 5060/both
sip-tls 5061/tcp
xmpp-client 5222/tcp
xmpp-server 5269/tcp
mdns 5353/udp
llmnr 5355/both
postgresql 5432/tcp
amqps 5671/tcp
amqp 5672/tcp
geneve 6081/udp
redis 6379/tcp
kube-apiserver 6443/tcp
http-alt 8080/tcp
secure-mqtt 8883/tcp
git 9418/tcp
mongodb 27017/tcp
wireguard 51820/udp
)";

/// Which protocols a word names: two of them for "both", none for what weir has no ports of.
std::pair<uint8_t, uint8_t> protocols_of(std::string_view word) {
  if (word == "tcp") return {kTcp, 0};
  if (word == "udp") return {kUdp, 0};
  if (word == "dccp") return {kDccp, 0};
  if (word == "sctp") return {kSctp, 0};
  if (word == "both") return {kTcp, kUdp};
  return {0, 0};
}

uint32_t key_of(uint8_t proto, uint16_t port) {
  return static_cast<uint32_t>(proto) << 16 | port;
}

void add_lines(std::string_view text, std::unordered_map<uint32_t, std::string>& names) {
  std::string_view line;
  while (names.size() < kMaxNames && take_line(text, line)) {
    const std::string name = clean_service_name(take_word(line));
    const std::string_view where = take_word(line);
    const size_t slash = where.find('/');
    if (name.empty() || slash == std::string_view::npos) continue;
    uint16_t port = 0;
    const char* const end = where.data() + slash;
    const auto [stop, error] = std::from_chars(where.data(), end, port);
    if (error != std::errc() || stop != end || port == 0) continue;
    const auto [first, second] = protocols_of(where.substr(slash + 1));
    if (first != 0) names.try_emplace(key_of(first, port), name);
    if (second != 0) names.try_emplace(key_of(second, port), name);
  }
}

}  // namespace

ServiceTable ServiceTable::load(const std::string& path) {
  return parse(read_text_file(path, kMaxFileBytes).value_or(""));
}

ServiceTable ServiceTable::parse(std::string_view text) {
  ServiceTable table;
  add_lines(text, table.names_);
  add_lines(kBestKnown, table.names_);
  return table;
}

std::string_view ServiceTable::name(uint8_t proto, uint16_t port) const {
  const auto at = names_.find(key_of(proto, port));
  return at == names_.end() ? std::string_view() : std::string_view(at->second);
}

}  // namespace weir::report
