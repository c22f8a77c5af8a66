#include "backends/af_packet/af_packet.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "backends/af_packet/fanout_program.h"
#include "backends/bpf/bpf_filter.h"
#include "backends/interfaces/frame_side.h"
#include "backends/interfaces/hints.h"
#include "backends/interfaces/interfaces.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostSnaplen = 262144;
constexpr uint32_t kMostQueues = 256;      // sockets in a fanout group
constexpr uint16_t kArphrdNone = 0xfffe;   // <linux/if_arp.h>, which clashes with <net/if_arp.h>
constexpr uint16_t kArphrdRawIp = 0x0207;  // the same
constexpr const char* kPcapCan = "`--backend pcap` can";

Status unavailable(Code code, int error, const std::string& interface, std::string message) {
  return {code, Recovery::restart_backend, error, interface, std::move(message)};
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

/// The kernel's answer to one ioctl about an interface; errno when it has none.
Result<ifreq> ask_interface(int fd, unsigned long question, const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (ioctl(fd, question, &request) == 0) return request;
  const int error = errno;
  return fail(unavailable(error == ENODEV ? Code::not_found : Code::io, error, name,
                          error == ENODEV ? no_such_interface() : error_text(error)));
}

std::optional<LinkType> link_type_of(uint16_t hardware) {
  switch (hardware) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return LinkType::en10mb;
    case ARPHRD_SIT:
    case kArphrdNone:
    case kArphrdRawIp: return LinkType::raw_bsd;
    default: return std::nullopt;
  }
}

struct Link {
  LinkType type = LinkType::en10mb;
  bool loopback = false;
};

Result<Link> look_at_link(int fd, const std::string& name) {
  const Result<ifreq> hardware = ask_interface(fd, SIOCGIFHWADDR, name);
  if (!hardware) return fail(hardware.error());
  const std::optional<LinkType> type = link_type_of(hardware->ifr_hwaddr.sa_family);
  if (!type) {
    return fail(Status{
        Code::usage, Recovery::give_up, EOPNOTSUPP, name,
        std::string("AF_PACKET has no frames of this kind of link as they are; ") + kPcapCan});
  }
  const Result<ifreq> flags = ask_interface(fd, SIOCGIFFLAGS, name);
  if (!flags) return fail(flags.error());
  const auto bits = static_cast<unsigned>(flags->ifr_flags);
  if ((bits & IFF_UP) == 0) {
    return fail(unavailable(Code::device_gone, ENETDOWN, name, interface_is_down(name)));
  }
  return Link{*type, (bits & IFF_LOOPBACK) != 0};
}

uint32_t rx_queues_of(const std::string& name) {
  const Result<std::vector<Interface>> interfaces = list_interfaces();
  if (!interfaces) return 1;
  for (const Interface& interface : *interfaces) {
    if (interface.name == name) return std::max(interface.rx_queues.value_or(1), 1U);
  }
  return 1;
}

uint32_t queues_wanted(const CaptureOptions& options, const std::string& interface) {
  const uint32_t most = std::clamp(options.queues, 1U, kMostQueues);
  return options.queues_asked_for ? most : std::min(most, rx_queues_of(interface));
}

constexpr std::string_view kSymmetric = "symmetric";

/// The kernel's number of a mode; empty for one that there is not.
std::optional<uint16_t> fanout_mode(std::string_view mode) {
  constexpr std::array<std::pair<std::string_view, uint16_t>, 7> kModes{
      {{kSymmetric, PACKET_FANOUT_CBPF},
       {"hash", PACKET_FANOUT_HASH},
       {"lb", PACKET_FANOUT_LB},
       {"cpu", PACKET_FANOUT_CPU},
       {"qm", PACKET_FANOUT_QM},
       {"rnd", PACKET_FANOUT_RND},
       {"rollover", PACKET_FANOUT_ROLLOVER}}};
  for (const auto& [name, number] : kModes) {
    if (name == mode) return number;
  }
  return std::nullopt;
}

uint64_t memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return UINT64_MAX;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes);
}

std::string size_text(uint64_t bytes) {
  if (bytes % (1 << 20) == 0) return std::to_string(bytes >> 20) + "M";
  return std::to_string(bytes >> 10) + "K";
}

const std::array<BpfInstruction, 1> kNothing{{{BPF_RET | BPF_K, 0, 0, 0}}};

/// A program that keeps `snaplen` bytes, or nothing of what leaves through a loopback.
std::vector<BpfInstruction> keep_program(uint32_t snaplen) {
  return {{BPF_RET | BPF_K, 0, 0, snaplen}};
}

/// The same program, which does not see what leaves.
std::vector<BpfInstruction> without_outgoing(const std::vector<BpfInstruction>& program) {
  std::vector<BpfInstruction> whole{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING},
      {BPF_RET | BPF_K, 0, 0, 0}};
  whole.insert(whole.end(), program.begin(), program.end());
  return whole;
}

}  // namespace

/// What open() has found out and decided.
struct AfPacket::Plan {
  unsigned interface_index = 0;
  Link link;
  uint32_t queues = 1;
  uint16_t fanout = 0;
  RingLayout ring;
  std::vector<BpfInstruction> kernel_filter;
  RingQueue::Config queue;
  CaptureInfo info;
  void note(std::string text) { info.notes.push_back(std::move(text)); }
};

AfPacket::AfPacket(std::string interface) : interface_(std::move(interface)) {}
AfPacket::~AfPacket() = default;

Result<AfPacket::Plan> AfPacket::plan(const CaptureOptions& options) const {
  Plan plan;
  if (interface_.empty() || interface_ == "any") {
    return fail(Status{Code::usage, Recovery::give_up, EOPNOTSUPP, "-i",
                       std::string("af_packet captures one interface by its name; ") + kPcapCan +
                           " capture 'any'"});
  }
  const std::string mode(options.fanout.empty() ? kSymmetric : options.fanout);
  const std::optional<uint16_t> fanout = fanout_mode(mode);
  if (!fanout) {
    return fail(Status{Code::usage, Recovery::give_up, 0, "--fanout", "no such mode: " + mode});
  }
  plan.fanout = *fanout;
  const Result<PacketSocket> probe = PacketSocket::open(interface_);
  if (!probe) return fail(probe.error());
  plan.interface_index = if_nametoindex(interface_.c_str());
  if (plan.interface_index == 0) {
    return fail(unavailable(Code::not_found, ENODEV, interface_, no_such_interface()));
  }
  const Result<Link> link = look_at_link(probe->fd(), interface_);
  if (!link) return fail(link.error());
  plan.link = *link;
  plan.queues = queues_wanted(options, interface_);
  const uint64_t most_bytes = most_ring_bytes(memory_bytes(), plan.queues);
  plan.ring = ring_layout(std::min(options.ring_bytes, most_bytes));
  if (options.ring_bytes > most_bytes) {
    plan.note("--ring: half of the memory is the most for all queues, " +
              size_text(plan.ring.bytes()) + " for each");
  } else if (plan.ring.bytes() > options.ring_bytes) {
    plan.note("--ring: " + size_text(plan.ring.bytes()) + " is the least");
  }
  plan.queue.interface = interface_;
  plan.queue.interface_index = plan.interface_index;
  plan.queue.shape.link_type = plan.link.type;
  // Both ends of what a loopback carries are here.
  for (uint32_t type = 0; type < plan.queue.shape.sides.size() && !plan.link.loopback; ++type) {
    plan.queue.shape.sides[type] = side_of_packet_type(type);
  }
  plan.queue.shape.snaplen =
      options.snaplen == 0 ? kMostSnaplen : std::min(options.snaplen, kMostSnaplen);
  if (const Result<void> planned = plan_filter(options, plan); !planned) {
    return fail(planned.error());
  }
  return plan;
}

/// A program that is too long for the kernel is run on what it hands over: whole packets, because a
/// load behind the snapshot length would find nothing.
Result<void> AfPacket::plan_filter(const CaptureOptions& options, Plan& plan) const {
  const uint32_t snaplen = plan.queue.shape.snaplen;
  plan.kernel_filter = keep_program(snaplen);
  if (!options.filter.empty() || !options.left_out.empty()) {
    Result<std::vector<BpfInstruction>> compiled =
        compile_capture_filter(options, plan.info.notes, [&](const std::string& expression) {
          return compile_for_kernel(expression, interface_, snaplen);
        });
    if (!compiled) return fail(compiled.error());
    plan.kernel_filter = std::move(*compiled);
    Result<PacketSocket> probe = PacketSocket::open(interface_);
    if (!probe) return fail(probe.error());
    const auto room = static_cast<size_t>(BPF_MAXINSNS) - 3;
    if (plan.kernel_filter.size() > room || !probe->attach_filter(plan.kernel_filter)) {
      plan.note(
          "the filter is too long for the kernel: weir applies it, to packets that count in "
          "dropped_kernel without it");
      plan.queue.filter = std::exchange(plan.kernel_filter, keep_program(kMostSnaplen));
    }
  }
  if (plan.link.loopback) plan.kernel_filter = without_outgoing(plan.kernel_filter);
  return {};
}

/// What is asked for and no failure when it cannot be had.
void AfPacket::tune(const CaptureOptions& options, PacketSocket& socket, Plan& plan) const {
  if (options.nic_time) {
    if (const Result<void> set = socket.use_nic_time(); !set) {
      plan.note("--timestamps nic: " + interface_ + " has none (" +
                error_text(set.error().sys_errno) + "); the kernel's are used");
    } else {
      plan.info.realtime = false;
    }
  }
  if (options.busy_poll_us != 0) {
    if (const Result<void> set = socket.busy_poll(options.busy_poll_us); !set) {
      plan.note("--busy-poll: " + error_text(set.error().sys_errno) +
                (set.error().sys_errno == EPERM ? "; it needs CAP_NET_ADMIN" : ""));
    }
  }
}

/// One of several sockets has everything but its packets: it listens, and its filter lets nothing
/// through. The only one captures from here on.
Result<std::unique_ptr<RingQueue>> AfPacket::open_queue(const CaptureOptions& options, Plan& plan,
                                                        bool first) {
  Result<PacketSocket> socket = PacketSocket::open(interface_);
  if (!socket) return fail(socket.error());
  if (first) {
    tune(options, *socket, plan);
  } else {
    Plan told_already;
    tune(options, *socket, told_already);
  }
  Result<MappedRing> ring = socket->map_ring(plan.ring);
  if (!ring) return fail(ring.error());
  if (ring->layout().blocks < plan.ring.blocks) {
    plan.ring = ring->layout();
    plan.note("--ring: the kernel has no memory for more than " + size_text(plan.ring.bytes()) +
              " a queue");
  }
  const std::span<const BpfInstruction> filter =
      plan.queues == 1 ? std::span<const BpfInstruction>(plan.kernel_filter) : kNothing;
  if (const Result<void> set = socket->attach_filter(filter); !set) return fail(set.error());
  if (const Result<void> bound = socket->listen(plan.interface_index); !bound) {
    return fail(bound.error());
  }
  plan.queue.counts_nic = first;
  if (first && options.promiscuous) {
    if (const Result<void> set = socket->be_promiscuous(plan.interface_index); !set) {
      plan.note(set.error().message);
    }
  }
  return std::make_unique<RingQueue>(std::move(*socket), std::move(*ring), plan.queue, group_);
}

Result<void> AfPacket::make_queues(const CaptureOptions& options, Plan& plan) {
  group_.queues = plan.queues;
  group_.drained = 0;
  for (uint32_t i = 0; i < plan.queues; ++i) {
    Result<std::unique_ptr<RingQueue>> queue = open_queue(options, plan, i == 0);
    if (!queue) return fail(queue.error());
    queues_.push_back(std::move(*queue));
  }
  plan.info.symmetric = plan.queues == 1;
  if (plan.queues == 1) return {};
  if (const Result<void> done = spread(options, plan); !done) return done;
  return start_filters(plan);
}

/// Before this every socket would get every packet.
Result<void> AfPacket::spread(const CaptureOptions& options, Plan& plan) {
  std::optional<uint16_t> group;
  for (const auto& queue : queues_) {
    const Result<uint16_t> joined = queue->socket().join_fanout(plan.fanout, group);
    if (!joined) return fail(joined.error());
    group = *joined;
  }
  if (plan.fanout != PACKET_FANOUT_CBPF) return {};
  plan.info.symmetric = !options.decap;
  return queues_[0]->socket().set_fanout_program(
      make_fanout_program(plan.link.type, options.decap));
}

/// From here on packets are counted. They came to one socket each before any could be let through.
Result<void> AfPacket::start_filters(Plan& plan) {
  for (const auto& queue : queues_) {
    if (const Result<void> set = queue->socket().attach_filter(plan.kernel_filter); !set) {
      return set;
    }
  }
  return {};
}

Result<CaptureInfo> AfPacket::open(const CaptureOptions& options) {
  Result<Plan> planned = plan(options);
  if (!planned) return fail(planned.error());
  Plan& plan = *planned;
  plan.info.realtime = true;
  try {
    if (const Result<void> made = make_queues(options, plan); !made) {
      close();
      return fail(made.error());
    }
  } catch (const std::bad_alloc&) {
    close();
    return fail(unavailable(Code::io, ENOMEM, interface_, "no memory for packets"));
  }
  plan.info.backend = "af_packet";
  plan.info.name = interface_;
  plan.info.link_type = plan.link.type;
  plan.info.queues = plan.queues;
  watch_.emplace(interface_);
  plan.info.addresses = watch_->addresses();
  plan.info.numa_node = numa_node_of(interface_);
  return std::move(plan.info);
}

}  // namespace weir::backends
