#include "backends/pcap_live/pcap_live.h"

#include <limits.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "backends/bpf/bpf_filter.h"
#include "backends/interfaces/hints.h"
#include "backends/interfaces/interfaces.h"
#include "backends/interfaces/permission.h"
#include "backends/pcap_live/libpcap_devices.h"
#include "backends/pcap_live/pcap_queue.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostSnaplen = 262144;

/// A failure that only other options can cure.
Status refused(Code code, const std::string& interface, std::string message) {
  return {code, Recovery::give_up, 0, interface, std::move(message)};
}

/// A failure that is final at the start and may pass when it follows a success: the interface may
/// come back.
Status unavailable(Code code, const std::string& interface, std::string message) {
  return {code, Recovery::restart_backend, 0, interface, std::move(message)};
}

/// libpcap's details, when it has some, after its word for the code.
std::string words_of(pcap_t* handle, int code) {
  std::string details = pcap_geterr(handle);
  if (code == PCAP_ERROR || code == PCAP_WARNING) return details;
  std::string words = pcap_statustostr(code);
  if (!details.empty() && details != words) words += ": " + details;
  return words;
}

Status activation_failure(pcap_t* handle, int code, const std::string& interface) {
  switch (code) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return unavailable(Code::not_found, interface, no_such_interface());
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return refused(Code::not_permitted, interface, capture_permission_hint());
    case PCAP_ERROR_IFACE_NOT_UP:
      return unavailable(Code::device_gone, interface, interface_is_down(interface));
    case PCAP_ERROR_RFMON_NOTSUP:
    case PCAP_ERROR_CANTSET_TSTAMP_TYPE:
      return refused(Code::usage, interface, words_of(handle, code));
    default: return unavailable(Code::io, interface, words_of(handle, code));
  }
}

/// What can be set before activation; the setters fail only on an activated handle.
void configure(pcap_t* handle, const CaptureOptions& options, uint32_t snaplen) {
  pcap_set_snaplen(handle, static_cast<int>(snaplen));
  pcap_set_promisc(handle, options.promiscuous ? 1 : 0);
  // Not immediate mode: with it libpcap falls back to TPACKET_V2, one wake-up a packet.
  pcap_set_timeout(handle, static_cast<int>(PcapQueue::kBlockTimeoutMs));
  pcap_set_buffer_size(handle, static_cast<int>(std::min<uint64_t>(options.ring_bytes, INT_MAX)));
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
}

struct ProgramFreer {
  void operator()(bpf_program* program) const noexcept {
    pcap_freecode(program);
    delete program;
  }
};
using Program = std::unique_ptr<bpf_program, ProgramFreer>;

/// Compiled for this handle, because the kernel's VLAN tag and the cooked link header are matched
/// by instructions that a file's filter has not. Looking up names is not thread-safe in libc.
Result<Program> compile_for(pcap_t* handle, const std::string& expression,
                            const std::string& interface) {
  static std::mutex compile_mutex;
  std::array<char, PCAP_ERRBUF_SIZE> ignored{};
  bpf_u_int32 network = 0;
  bpf_u_int32 netmask = PCAP_NETMASK_UNKNOWN;  // for "ip broadcast" only
  if (pcap_lookupnet(interface.c_str(), &network, &netmask, ignored.data()) != 0) {
    netmask = PCAP_NETMASK_UNKNOWN;
  }
  Program program(new bpf_program{});
  const std::lock_guard lock(compile_mutex);
  if (pcap_compile(handle, program.get(), expression.c_str(), 1, netmask) != 0) {
    return fail(refused(Code::usage, "filter '" + expression + "'", pcap_geterr(handle)));
  }
  return program;
}

/// Also without an expression: its program tells the kernel the snapshot length, so that the ring
/// is not filled with bytes that nobody asked for.
Result<void> set_filter(pcap_t* handle, const CaptureOptions& options, const std::string& interface,
                        std::vector<std::string>& notes) {
  const Result<Program> program = compile_capture_filter(
      options, notes,
      [&](const std::string& expression) { return compile_for(handle, expression, interface); });
  if (!program) return fail(program.error());
  if (pcap_setfilter(handle, program->get()) == 0) return {};
  return fail(unavailable(Code::io, interface, pcap_geterr(handle)));
}

/// The newer cooked header says which interface a packet was on.
void prefer_sll2(pcap_t* handle) {
  if (pcap_datalink(handle) == DLT_LINUX_SLL) pcap_set_datalink(handle, DLT_LINUX_SLL2);
}

}  // namespace

PcapLive::PcapLive(std::string interface) : interface_(std::move(interface)) {}
PcapLive::~PcapLive() = default;

Result<CaptureInfo> PcapLive::open(const CaptureOptions& options) {
  if (interface_.empty()) return fail(refused(Code::usage, "-i", "the interface has no name"));
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  PcapHandle handle(pcap_create(interface_.c_str(), error.data()));
  if (!handle) return fail(unavailable(Code::io, interface_, error.data()));

  const uint32_t snaplen =
      options.snaplen == 0 ? kMostSnaplen : std::min(options.snaplen, kMostSnaplen);
  configure(handle.get(), options, snaplen);
  CaptureInfo info;
  const int activated = pcap_activate(handle.get());
  if (activated < 0) return fail(activation_failure(handle.get(), activated, interface_));
  if (activated > 0) info.notes.push_back(words_of(handle.get(), activated));
  if (interface_ == "any") prefer_sll2(handle.get());
  if (Result<void> set = set_filter(handle.get(), options, interface_, info.notes); !set) {
    return fail(std::move(set.error()));
  }
  if (pcap_setnonblock(handle.get(), 1, error.data()) != 0) {
    return fail(unavailable(Code::io, interface_, error.data()));
  }

  if (!options.fanout.empty() || options.nic_time || options.busy_poll_us != 0) {
    info.notes.emplace_back("pcap has no --fanout, --timestamps nic and --busy-poll");
  }
  if (interface_.starts_with("nfqueue")) {
    info.notes.emplace_back(
        "packets of the queue wait for weir, which accepts every one; while nobody reads the queue "
        "the kernel drops them, unless the rule says bypass");
  }
  info.backend = "pcap";
  info.name = interface_;
  info.link_type = static_cast<LinkType>(pcap_datalink(handle.get()));
  if (const char* words = pcap_datalink_val_to_description(pcap_datalink(handle.get()))) {
    info.link_words = words;
  }
  info.symmetric = true;
  info.realtime = true;
  watch_.emplace(is_of_libpcap(interface_) ? "any" : interface_);
  info.addresses = watch_->addresses();
  info.numa_node = numa_node_of(interface_);
  try {
    queue_ = std::make_unique<PcapQueue>(std::move(handle), interface_, snaplen, watch_->mac());
  } catch (const std::bad_alloc&) {
    return fail(unavailable(Code::io, interface_, "no memory for packets"));
  }
  return info;
}

CaptureQueue& PcapLive::queue(uint32_t /*index*/) {
  return *queue_;
}

void PcapLive::close() noexcept {
  queue_.reset();
  watch_.reset();
}

}  // namespace weir::backends
