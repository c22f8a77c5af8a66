#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

#include "backends/host/link_facts.h"

namespace weir::host {
namespace {

using Bytes = std::span<const std::byte>;

constexpr unsigned kLowerUp = 0x10000;  // IFF_LOWER_UP of <linux/if.h>, which clashes

/// The front of `bytes` as a T; what is shorter is not one.
template <class T>
std::optional<T> front_as(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// Calls `visit(type, payload)` for each whole attribute.
template <class Visit>
void each_attribute(Bytes bytes, Visit visit) {
  while (const auto head = front_as<rtattr>(bytes)) {
    if (head->rta_len < sizeof(rtattr) || head->rta_len > bytes.size()) return;
    visit(head->rta_type & NLA_TYPE_MASK,
          bytes.subspan(sizeof(rtattr), head->rta_len - sizeof(rtattr)));
    bytes = bytes.subspan(std::min(bytes.size(), size_t{RTA_ALIGN(head->rta_len)}));
  }
}

Answer<uint32_t> number_of(Bytes payload) {
  if (const auto value = front_as<uint32_t>(payload)) return *value;
  return unknown("a garbled answer");
}

Answer<XdpProgram> xdp_of(Bytes payload) {
  XdpProgram program;
  std::optional<uint8_t> attached;
  each_attribute(payload, [&](unsigned type, Bytes value) {
    if (type == IFLA_XDP_ATTACHED) attached = front_as<uint8_t>(value);
    if (type == IFLA_XDP_PROG_ID) program.id = front_as<uint32_t>(value).value_or(0);
  });
  if (!attached) return unknown("a garbled answer");
  switch (*attached) {
    case XDP_ATTACHED_NONE: break;
    case XDP_ATTACHED_DRV: program.mode = "native"; break;
    case XDP_ATTACHED_SKB: program.mode = "generic"; break;
    case XDP_ATTACHED_HW: program.mode = "offloaded"; break;
    default: program.mode = "several"; break;
  }
  return program;
}

Answer<Losses> losses_of(Bytes payload) {
  // The counters grew over time at their end: what an old kernel does not send stays zero only
  // behind the ones that all have.
  constexpr size_t kNeeded = offsetof(rtnl_link_stats64, rx_missed_errors) + sizeof(uint64_t);
  if (payload.size() < kNeeded) return unknown("a garbled answer");
  rtnl_link_stats64 stats{};
  std::memcpy(&stats, payload.data(), std::min(payload.size(), sizeof stats));
  Losses losses;
  losses.rx_packets = stats.rx_packets;
  losses.rx_errors = stats.rx_errors;
  losses.rx_dropped = stats.rx_dropped;
  losses.rx_over = stats.rx_over_errors;
  losses.rx_fifo = stats.rx_fifo_errors;
  losses.rx_missed = stats.rx_missed_errors;
  losses.rx_nohandler = stats.rx_nohandler;
  return losses;
}

}  // namespace

Answer<LinkState> parse_link_message(Bytes message) {
  const auto header = front_as<nlmsghdr>(message);
  if (!header || header->nlmsg_len > message.size() || header->nlmsg_len < NLMSG_HDRLEN) {
    return unknown("rtnetlink: a garbled answer");
  }
  const Bytes body = message.subspan(NLMSG_HDRLEN, header->nlmsg_len - NLMSG_HDRLEN);
  if (header->nlmsg_type == NLMSG_ERROR) {
    const auto error = front_as<nlmsgerr>(body);
    return unknown(failure_text("rtnetlink", error ? -error->error : 0));
  }
  const auto link = front_as<ifinfomsg>(body);
  if (header->nlmsg_type != RTM_NEWLINK || !link) return unknown("rtnetlink: a garbled answer");
  LinkState state;
  state.up = (link->ifi_flags & IFF_UP) != 0;
  state.carrier = (link->ifi_flags & kLowerUp) != 0;
  state.loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
  each_attribute(body.subspan(std::min(body.size(), size_t{NLMSG_ALIGN(sizeof(ifinfomsg))})),
                 [&](unsigned type, Bytes value) {
                   if (type == IFLA_MTU) state.mtu = number_of(value);
                   if (type == IFLA_PROMISCUITY) state.promiscuity = number_of(value);
                   if (type == IFLA_XDP) state.xdp = xdp_of(value);
                   if (type == IFLA_STATS64) state.losses = losses_of(value);
                 });
  return state;
}

}  // namespace weir::host
