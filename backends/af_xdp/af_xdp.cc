#include "backends/af_xdp/af_xdp.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "backends/af_xdp/permissions.h"
#include "backends/af_xdp/xdp_link.h"
#include "backends/af_xdp/xdp_program.h"
#include "backends/af_xdp/xsk_queue.h"
#include "backends/af_xdp/xsk_socket.h"
#include "backends/bpf/bpf_filter.h"
#include "backends/interfaces/interfaces.h"
#include "engine/core/shell_word.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostSnaplen = 262144;

std::string text_of(int error) {
  return std::generic_category().message(error);
}

/// In ascending order and once each; all of the interface when none was named.
Result<std::vector<uint32_t>> choose_queues(const std::string& interface, const XdpLink& link,
                                            std::vector<uint32_t> wanted) {
  if (wanted.empty()) {
    wanted.resize(link.rx_queues);
    std::iota(wanted.begin(), wanted.end(), 0U);
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  if (wanted.back() < link.rx_queues) return wanted;
  const std::string there = link.rx_queues == 1
                                ? "1 receive queue, which is number 0"
                                : std::to_string(link.rx_queues) + " receive queues, 0 to " +
                                      std::to_string(link.rx_queues - 1);
  return fail({Code::usage, Recovery::restart_backend, 0,
               "--queues " + std::to_string(wanted.back()), interface + " has " + there});
}

Status no_socket(const std::string& interface, uint32_t queue, uint64_t bytes, int error) {
  Status status{Code::io, Recovery::restart_backend, error, interface, {}};
  const std::string place = "receive queue " + std::to_string(queue) + ": ";
  switch (error) {
    case EPERM:
    case EACCES: return xdp_not_permitted(interface, error);
    case EAFNOSUPPORT:
      status.code = Code::not_found;
      status.message = "this kernel has no AF_XDP sockets";
      return status;
    case EBUSY: status.message = place + "another AF_XDP socket is bound to it"; return status;
    case ENOBUFS:
    case ENOMEM:
      if (!may_lock_memory()) {
        status = xdp_not_permitted(interface, error);
        status.message = place + std::to_string(bytes >> 10) +
                         " KiB of memory cannot be locked (`ulimit -l`, or a smaller --ring); " +
                         status.message;
        return status;
      }
      status.message = place + "no memory for packets";
      return status;
    default: status.message = place + "no AF_XDP socket: " + text_of(error); return status;
  }
}

using Sockets = std::vector<std::unique_ptr<XskSocket>>;

Result<Sockets> open_sockets(const std::string& interface, const XdpProgram& program,
                             const XdpLink& link, const std::vector<uint32_t>& queues,
                             const CaptureOptions& options) {
  XskSpec spec;
  spec.interface = interface;
  spec.sizes = xsk_sizes(options.ring_bytes, link.mtu, link.nic_ring);
  spec.segments = program.segments();
  spec.copy_only = !program.native();
  spec.busy_poll_us = options.busy_poll_us;
  Sockets sockets;
  for (const uint32_t queue : queues) {
    spec.queue = queue;
    std::unique_ptr<XskSocket> socket;
    int error = XskSocket::open(spec, socket);
    if (error == EINVAL && spec.segments) {
      // Such programs came with Linux 5.18, such sockets with 6.6.
      if (!fits_one_frame(link.mtu)) return fail(mtu_too_great(interface, link.mtu));
      spec.segments = false;
      error = XskSocket::open(spec, socket);
    }
    if (error != 0) {
      const uint64_t bytes = uint64_t{spec.sizes.frames} * spec.sizes.frame_bytes;
      return fail(no_socket(interface, queue, bytes, error));
    }
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

/// Of the queue numbers "0-3" or "0,2".
std::string list_of(const std::vector<uint32_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size(); ++i) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last;
  }
  return text;
}

}  // namespace

/// In this order: queues are closed before the program, which takes itself off the interface.
struct AfXdp::Opened {
  explicit Opened(XdpProgram attached) : program(std::move(attached)) {}
  ~Opened() {
    if (promiscuous_fd >= 0) ::close(promiscuous_fd);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  XdpProgram program;
  int promiscuous_fd = -1;
  std::unique_ptr<XskGroup> group;
  std::vector<std::unique_ptr<XskQueue>> queues;
};

namespace {

/// What was chosen, and what could not be had.
void add_notes(const CaptureOptions& options, const XdpLink& link, const XdpProgram& program,
               const Sockets& sockets, CaptureInfo& info) {
  std::vector<std::string>& notes = info.notes;
  std::vector<uint32_t> queues;
  for (const auto& socket : sockets) queues.push_back(socket->queue());
  const XskSizes sizes = xsk_sizes(options.ring_bytes, link.mtu, link.nic_ring);
  const auto zero_copy = static_cast<size_t>(std::count_if(
      sockets.begin(), sockets.end(), [](const auto& socket) { return socket->zero_copy(); }));
  notes.emplace_back(
      "AF_XDP takes the packets it captures away from this host (docs/backends.md shows how to "
      "capture a mirror of them)");
  std::string mode = "XDP in native mode";
  if (!program.native()) {
    mode = "XDP in generic mode (native refused: " + text_of(program.native_error()) + ")";
  }
  mode += zero_copy == sockets.size() ? ", zero-copy" : ", copying";
  if (zero_copy != 0 && zero_copy != sockets.size()) mode += " on some queues";
  notes.push_back(mode + "; receive queue" + (queues.size() == 1 ? " " : "s ") + list_of(queues) +
                  " of " + std::to_string(link.rx_queues) + ", each " +
                  std::to_string(sizes.frames) + " frames of " + std::to_string(sizes.frame_bytes) +
                  " bytes");
  if (sizes.frames <= link.nic_ring) {
    notes.push_back("the card's ring of " + std::to_string(link.nic_ring) +
                    " takes all frames: a greater --ring loses less");
  }
  if (link.strips_vlan) {
    notes.push_back("AF_XDP does not see a VLAN tag outside of the frame: `ethtool -K " +
                    shell_word(info.name) +
                    " rxvlan off` leaves tags in it, of a veth `txvlan off` on its peer");
  }
  if (options.nic_time) {
    notes.emplace_back("AF_XDP has no time stamps of the card: the host's clock is read a batch");
  }
  const int busy_poll_error = options.busy_poll_us == 0 ? 0 : sockets.front()->busy_poll_error();
  if (busy_poll_error != 0) notes.push_back("no busy polling: " + text_of(busy_poll_error));
}

}  // namespace

AfXdp::AfXdp(std::string interface) : interface_(std::move(interface)) {}
AfXdp::~AfXdp() = default;

Result<CaptureInfo> AfXdp::open(const CaptureOptions& options) {
  close();
  const Result<XdpLink> link = ask_link(interface_);
  if (!link) return fail(link.error());
  const Result<std::vector<uint32_t>> queues = choose_queues(interface_, *link, options.queue_list);
  if (!queues) return fail(queues.error());
  std::vector<std::string> filter_notes;
  Result<std::optional<BpfFilter>> filter =
      compile_in_memory(options, LinkType::en10mb, filter_notes);
  if (!filter) return fail(filter.error());
  Result<XdpProgram> program =
      XdpProgram::attach({interface_, link->index, link->mtu, queues->back() + 1});
  if (!program) return fail(program.error());
  auto opened = std::make_unique<Opened>(std::move(*program));
  Result<Sockets> sockets = open_sockets(interface_, opened->program, *link, *queues, options);
  if (!sockets) return fail(sockets.error());

  CaptureInfo info;
  info.backend = "af_xdp";
  info.name = interface_;
  info.realtime = true;
  watch_.emplace(interface_);
  info.addresses = watch_->addresses();
  info.numa_node = numa_node_of(interface_);
  add_notes(options, *link, opened->program, *sockets, info);
  if (options.promiscuous) {
    opened->promiscuous_fd = open_promiscuous(link->index);
    if (opened->promiscuous_fd < 0) info.notes.push_back("not promiscuous: " + text_of(errno));
  }
  const auto all = static_cast<uint32_t>(sockets->size());
  info.queues = std::clamp(options.queues, 1U, all);
  info.link_queues = all;
  info.symmetric = info.queues == 1;

  // From here on packets come.
  for (const auto& socket : *sockets) {
    const uint32_t queue = socket->queue();
    const int fd = socket->fd();
    if (bpf_map_update_elem(opened->program.map_fd(), &queue, &fd, 0) == 0) continue;
    return fail(no_socket(interface_, queue, 0, errno));
  }
  XskQueueConfig config;
  config.interface = interface_;
  config.interface_index = link->index;
  config.snaplen = options.snaplen == 0 ? kMostSnaplen : std::min(options.snaplen, kMostSnaplen);
  info.notes.insert(info.notes.end(), filter_notes.begin(), filter_notes.end());
  config.filter = std::move(*filter);
  config.mac = watch_->mac();
  config.busy_poll_us = options.busy_poll_us;
  const XskSizes sizes = xsk_sizes(options.ring_bytes, link->mtu, link->nic_ring);
  config.rest_ns = XskQueue::rest_ns(sizes.rx_entries);
  config.most_mtu = sockets->front()->segments() ? 0 : most_mtu(sizes.frame_bytes);
  opened->group = std::make_unique<XskGroup>(info.queues, opened->program.map_fd(), *queues);
  for (uint32_t i = 0; i < info.queues; ++i) {
    config.watches_interface = i == 0;
    config.interface_queues = options.queue_list.empty() ? link->rx_queues : 0;
    Sockets part;
    for (size_t at = i; at < all; at += info.queues) part.push_back(std::move((*sockets)[at]));
    opened->queues.push_back(std::make_unique<XskQueue>(std::move(part), config, *opened->group));
    if (const int error = opened->queues.back()->prepare_to_wait(); error != 0) {
      return fail({Code::io, Recovery::restart_backend, error, interface_,
                   "waiting for packets: " + text_of(error)});
    }
  }
  opened_ = std::move(opened);
  return info;
}

CaptureQueue& AfXdp::queue(uint32_t index) {
  return *opened_->queues[index];
}

void AfXdp::close() noexcept {
  opened_.reset();
  watch_.reset();
}

}  // namespace weir::backends
