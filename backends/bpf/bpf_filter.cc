#include "backends/bpf/bpf_filter.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

namespace weir::backends {
namespace {

constexpr uint32_t kMostSnaplen = 262144;

std::mutex compile_mutex;

/// libpcap compiles for a DLT value of this system, a file has the system-independent LINKTYPE
/// value. They are the same number but for a few old ones (pcap-linktype(7)).
int dlt_of(LinkType link_type) noexcept {
  switch (static_cast<uint16_t>(link_type)) {
    case 12:
    case 14:
    case 101: return DLT_RAW;
    case 100: return DLT_ATM_RFC1483;
    case 102: return DLT_SLIP_BSDOS;
    case 103: return DLT_PPP_BSDOS;
    case 106: return DLT_ATM_CLIP;
    default: return static_cast<int>(link_type);
  }
}

Status wrong_filter(const std::string& expression, std::string message) {
  return {Code::usage, Recovery::give_up, 0, "filter '" + expression + "'", std::move(message)};
}

void free_program(bpf_program* program) {
  pcap_freecode(program);
  delete program;
}

}  // namespace

Result<BpfFilter> BpfFilter::compile(const std::string& expression, LinkType link_type,
                                     uint32_t snaplen) {
  // A snapshot length of 0 would make a program that rejects every packet.
  const uint32_t kept = snaplen == 0 ? kMostSnaplen : std::min(snaplen, kMostSnaplen);
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(
      pcap_open_dead(dlt_of(link_type), static_cast<int>(kept)), &pcap_close);
  if (!handle) return fail(wrong_filter(expression, "out of memory"));
  auto program = std::make_unique<bpf_program>();
  const std::lock_guard lock(compile_mutex);
  if (pcap_compile(handle.get(), program.get(), expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return fail(wrong_filter(expression, pcap_geterr(handle.get())));
  }
  return BpfFilter(std::shared_ptr<bpf_program>(program.release(), &free_program));
}

bool lets_nothing_through(const Status& error) {
  return error.message.find("rejects all packets") != std::string::npos;
}

Result<std::optional<BpfFilter>> compile_in_memory(const CaptureOptions& options,
                                                   LinkType link_type,
                                                   std::vector<std::string>& notes) {
  if (options.filter.empty() && options.left_out.empty()) return std::optional<BpfFilter>();
  Result<BpfFilter> filter =
      compile_capture_filter(options, notes, [&](const std::string& expression) {
        return BpfFilter::compile(expression, link_type, options.snaplen);
      });
  if (!filter) return fail(std::move(filter.error()));
  return std::optional<BpfFilter>(std::move(*filter));
}

BpfFilter BpfFilter::reject_all() {
  auto program = std::make_unique<bpf_program>();
  // From the C allocator, as pcap_freecode() gives it back there.
  program->bf_insns = static_cast<bpf_insn*>(std::calloc(1, sizeof(bpf_insn)));
  if (program->bf_insns == nullptr) throw std::bad_alloc();
  program->bf_len = 1;
  program->bf_insns[0] = {BPF_RET | BPF_K, 0, 0, 0};
  return BpfFilter(std::shared_ptr<bpf_program>(program.release(), &free_program));
}

Result<std::vector<BpfInstruction>> compile_for_kernel(const std::string& expression,
                                                       const std::string& interface,
                                                       uint32_t snaplen) {
  const auto failed = [&](const char* why) {
    return fail(Status{Code::io, Recovery::restart_backend, 0, interface,
                       std::string("the filter cannot be compiled: ") + why});
  };
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(
      pcap_create(interface.c_str(), error.data()), &pcap_close);
  if (!handle) return failed(error.data());
  pcap_set_snaplen(handle.get(), static_cast<int>(std::min(snaplen, kMostSnaplen)));
  // Nothing is read from it, and it goes away at once.
  pcap_set_buffer_size(handle.get(), 1);
  if (pcap_activate(handle.get()) < 0) return failed(pcap_geterr(handle.get()));

  bpf_u_int32 network = 0;
  bpf_u_int32 netmask = PCAP_NETMASK_UNKNOWN;  // for "ip broadcast" only
  if (pcap_lookupnet(interface.c_str(), &network, &netmask, error.data()) != 0) {
    netmask = PCAP_NETMASK_UNKNOWN;
  }
  bpf_program program{};
  const std::lock_guard lock(compile_mutex);
  if (pcap_compile(handle.get(), &program, expression.c_str(), 1, netmask) != 0) {
    return fail(wrong_filter(expression, pcap_geterr(handle.get())));
  }
  std::vector<BpfInstruction> instructions;
  for (const bpf_insn* at = program.bf_insns; at != program.bf_insns + program.bf_len; ++at) {
    instructions.push_back({at->code, at->jt, at->jf, at->k});
  }
  pcap_freecode(&program);
  return instructions;
}

bool BpfFilter::matches(const uint8_t* data, uint32_t cap_len, uint32_t wire_len) const noexcept {
  pcap_pkthdr header{};
  header.caplen = cap_len;
  header.len = wire_len;
  return pcap_offline_filter(program_.get(), &header, data) != 0;
}

}  // namespace weir::backends
