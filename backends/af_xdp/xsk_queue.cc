#include "backends/af_xdp/xsk_queue.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

#include "backends/af_xdp/xdp_link.h"
#include "backends/interfaces/frame_side.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostBatch = 4096;
/// Less than the time a worker waits for packets, so that each wait is followed by a probe.
constexpr uint64_t kProbeEveryNs = 50 * kNsPerMs;
constexpr uint64_t kCalmNs = 10 * kNsPerMs;
constexpr uint64_t kWatchEveryNs = 500 * kNsPerMs;
/// Another queue of the capture that holds more than that is not waited for without end.
constexpr uint64_t kMostDrainNs = 5 * kNsPerSecond;

/// What probe() may say of a socket that is alive: the others do not pass by themselves.
bool passes(int error) noexcept {
  switch (error) {
    case 0:
    case EAGAIN:
    case EBUSY:
    case EINTR:
    case ENOBUFS:
    case ENETDOWN: return true;
    default: return false;
  }
}

}  // namespace

void XskGroup::bypass() const noexcept {
  for (const uint32_t queue : receive_queues_) bpf_map_delete_elem(map_fd_, &queue);
}

XskQueue::XskQueue(std::vector<std::unique_ptr<XskSocket>> sockets, XskQueueConfig config,
                   XskGroup& group)
    : sockets_(std::move(sockets)),
      config_(std::move(config)),
      group_(group),
      views_(kMostBatch),
      look_ns_(SystemClock().realtime_ns()),
      probed_ns_(SystemClock().monotonic_ns()),
      watched_ns_(probed_ns_),
      nic_losses_(config_.interface_index) {}

XskQueue::~XskQueue() {
  if (epoll_fd_ >= 0) close(epoll_fd_);
  if (timer_fd_ >= 0) close(timer_fd_);
}

int XskQueue::prepare_to_wait() {
  if (config_.rest_ns != 0) {
    timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer_fd_ < 0) return errno;
  }
  if (sockets_.size() == 1) return 0;
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return errno;
  for (const auto& socket : sockets_) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, socket->fd(), &event) != 0) return errno;
  }
  return 0;
}

uint32_t XskQueue::pending() const noexcept {
  uint32_t pending = 0;
  for (const auto& socket : sockets_) pending += socket->rings().pending();
  return pending;
}

/// All rings at the same time, so that a batch never carries a later time than one that follows.
uint32_t XskQueue::look() noexcept {
  uint32_t found = 0;
  for (const auto& socket : sockets_) found += socket->rings().look();
  before_look_ns_ = look_ns_;
  look_ns_ = std::max(SystemClock().realtime_ns(), before_look_ns_);
  return found;
}

uint32_t XskQueue::take(uint32_t room) noexcept {
  XskTaking taking;
  taking.ts_ns = pending() <= room ? look_ns_ : before_look_ns_;
  taking.snaplen = config_.snaplen;
  taking.filter = config_.filter ? &*config_.filter : nullptr;
  uint32_t count = 0;
  for (const auto& socket : sockets_) {
    if (count == room) break;
    count += socket->rings().take({&views_[count], room - count}, taking);
  }
  // Afterwards: the headers are on their way into the cache since the views were made.
  const MacNumber mac = config_.mac->load(std::memory_order_relaxed);
  for (PacketView& view : std::span(views_).first(count)) {
    view.side = side_of_ethernet(view.data, view.cap_len, mac);
  }
  return count;
}

Result<PacketBatch> XskQueue::receive(uint32_t max_packets) {
  if (leased_ || max_packets == 0) return PacketBatch::none();
  if (pending() == 0) {
    if (look() == 0) return nothing_there();
    last_packet_ns_ = look_ns_;
  }
  came_ = true;
  const uint32_t count = take(std::min(max_packets, kMostBatch));
  if (config_.busy_poll_us != 0) {
    spin_until_ns_ = SystemClock().monotonic_ns() + uint64_t{config_.busy_poll_us} * 1000;
  }
  if (count == 0) {
    // The filter took all that there was.
    release(0);
    return PacketBatch::none();
  }
  leased_ = true;
  return PacketBatch({views_.data(), count}, *this, 0);
}

Result<PacketBatch> XskQueue::nothing_there() {
  const uint64_t now_ns = SystemClock().monotonic_ns();
  if (const Status* failure = group_.failure()) return failed(*failure, now_ns);
  const bool busy_polling = now_ns < spin_until_ns_;
  if (now_ns >= probe_at_ns_ || busy_polling) {
    probe_at_ns_ = now_ns + kProbeEveryNs;
    probe(now_ns);
  }
  rest(now_ns);
  // Not even a failure at once: packets may have come since the look.
  return PacketBatch::none();
}

/// A queue knows that it is empty when it has looked after the failure was known.
Result<PacketBatch> XskQueue::failed(const Status& failure, uint64_t now_ns) {
  if (failing_since_ns_ == 0) {
    failing_since_ns_ = now_ns;
    return PacketBatch::none();
  }
  if (!std::exchange(drained_, true)) group_.drained();
  if (!group_.all_drained() && now_ns < failing_since_ns_ + kMostDrainNs) {
    return PacketBatch::none();
  }
  return fail(failure);
}

void XskQueue::probe(uint64_t now_ns) {
  for (const auto& socket : sockets_) {
    const int error = socket->probe();
    if (passes(error)) continue;
    // Under load nobody probes, and only the packets tell how long it worked.
    const uint64_t worked_ns = std::max(probed_ns_, monotonic_of(last_packet_ns_));
    if (error == ENXIO || error == ENODEV) {
      fail_with(Code::device_gone, error, worked_ns, "the interface disappeared");
    } else {
      fail_with(Code::io, error, worked_ns, "receiving: " + std::generic_category().message(error));
    }
    return;
  }
  probed_ns_ = now_ns;
}

void XskQueue::rest(uint64_t now_ns) noexcept {
  if (timer_fd_ < 0) return;
  if (std::exchange(came_, false)) calm_at_ns_ = now_ns + kCalmNs;
  resting_ = now_ns < calm_at_ns_;
  if (!resting_ || now_ns < rest_until_ns_) return;
  rest_until_ns_ = now_ns + config_.rest_ns;
  itimerspec timer{};
  timer.it_value.tv_nsec = static_cast<long>(config_.rest_ns);
  resting_ = timerfd_settime(timer_fd_, 0, &timer, nullptr) == 0;
}

void XskQueue::fail_with(Code code, int error, uint64_t worked_ns, std::string message) {
  group_.fail_with(
      {code, Recovery::restart_backend, error, config_.interface, std::move(message), worked_ns});
}

/// While packets are busy-polled nobody may sleep: -1 keeps the worker at it.
int XskQueue::wait_fd() const noexcept {
  if (config_.busy_poll_us != 0 && SystemClock().monotonic_ns() < spin_until_ns_) return -1;
  if (resting_) return timer_fd_;
  return epoll_fd_ >= 0 ? epoll_fd_ : sockets_.front()->fd();
}

/// Packets of a queue that the interface did not have before go past all sockets, without being
/// counted anywhere, and packets longer than a frame are dropped. Ours are sent past too before it
/// fails, so that the rings come to an end.
void XskQueue::watch_interface() {
  if (group_.failure() != nullptr) return;
  const uint64_t now_ns = SystemClock().monotonic_ns();
  if (now_ns < watched_ns_ + kWatchEveryNs) return;
  std::string change;
  if (config_.interface_queues != 0) {
    const uint32_t queues = count_rx_queues(config_.interface);
    if (queues > config_.interface_queues) {
      change = "it has " + std::to_string(queues) + " receive queues now, and had " +
               std::to_string(config_.interface_queues);
    }
  }
  if (config_.most_mtu != 0) {
    const uint32_t mtu = mtu_of(config_.interface);
    if (mtu > config_.most_mtu) {
      change = "its MTU is " + std::to_string(mtu) + " now, and packets of " +
               std::to_string(config_.most_mtu) + " bytes fit";
    }
  }
  if (change.empty()) {
    watched_ns_ = now_ns;
    return;
  }
  group_.bypass();
  fail_with(Code::device_gone, 0, watched_ns_, std::move(change));
}

DropCounts XskQueue::drops() noexcept {
  uint64_t lost = 0;
  bool known = true;
  for (const auto& socket : sockets_) {
    const std::optional<uint64_t> here = socket->lost();
    known &= here.has_value();
    lost += here.value_or(0);
  }
  if (known) drops_.kernel = lost;
  if (config_.watches_interface) {
    watch_interface();
    drops_.nic = nic_losses_.count();
  }
  return drops_;
}

void XskQueue::release(uint64_t /*token*/) noexcept {
  for (const auto& socket : sockets_) socket->give_back();
  leased_ = false;
}

}  // namespace weir::backends
