#include "backends/interfaces/link_losses.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

namespace weir::backends {
namespace {

/// rtnetlink(7), RTM_GETSTATS: the 64-bit counters of one interface and nothing else.
struct Request {
  nlmsghdr header;
  if_stats_msg stats;
};

struct Answer {
  nlmsghdr header;
  if_stats_msg stats;
  rtattr attribute;
};

/// Bytes of the answer; 0 when there is none. The kernel answers before send() returns.
template <size_t N>
size_t ask(const Request& request, std::array<char, N>& answer) noexcept {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return 0;
  ssize_t got = send(fd, &request, sizeof request, 0);
  if (got >= 0) got = recv(fd, answer.data(), answer.size(), MSG_DONTWAIT);
  close(fd);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

}  // namespace

std::optional<uint64_t> link_losses(unsigned interface_index) noexcept {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETSTATS;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.stats.family = AF_UNSPEC;
  request.stats.ifindex = interface_index;
  request.stats.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  std::array<char, 2048> bytes{};
  const size_t got = ask(request, bytes);

  Answer answer{};
  // The counters grew over time at their end; these two were in them from the start.
  constexpr size_t kLastField = offsetof(rtnl_link_stats64, rx_missed_errors) + sizeof(uint64_t);
  if (got < sizeof answer + kLastField) return std::nullopt;
  std::memcpy(&answer, bytes.data(), sizeof answer);
  if (answer.header.nlmsg_type != RTM_NEWSTATS) return std::nullopt;
  if (answer.stats.ifindex != interface_index) return std::nullopt;
  if (answer.attribute.rta_type != IFLA_STATS_LINK_64) return std::nullopt;
  rtnl_link_stats64 stats{};
  std::memcpy(&stats, bytes.data() + sizeof answer, kLastField);
  return stats.rx_missed_errors + stats.rx_fifo_errors;
}

std::optional<uint64_t> LinkLossCounter::count() noexcept {
  if (!last_) return std::nullopt;
  if (const std::optional<uint64_t> now = link_losses(interface_index_)) {
    const uint64_t before = std::exchange(*last_, *now);
    // Less than before: the driver began anew.
    count_ += *now >= before ? *now - before : *now;
  }
  return count_;
}

}  // namespace weir::backends
