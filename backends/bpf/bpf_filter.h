#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/bpf/bpf_machine.h"
#include "engine/core/backend.h"
#include "engine/core/packet.h"
#include "engine/core/status.h"

struct bpf_program;

namespace weir::backends {

/// A pcap-filter(7) expression compiled to classic BPF for one link type. Immutable and cheap to
/// copy: the copies share the program, and any thread may match with it. Compiling is serialised
/// inside, because libpcap's name look-ups are not all thread-safe.
class BpfFilter {
 public:
  /// Errors: usage, with libpcap's message and "filter '...'" as the place.
  static Result<BpfFilter> compile(const std::string& expression, LinkType link_type,
                                   uint32_t snaplen);

  /// A filter that lets nothing through; pcap_compile() refuses to make one.
  static BpfFilter reject_all();

  /// Whether the filter lets the packet through. Runs the program over the bytes in memory, so a
  /// VLAN tag that the kernel took out of the frame is not seen.
  bool matches(const uint8_t* data, uint32_t cap_len, uint32_t wire_len) const noexcept;
  bool matches(const PacketView& packet) const noexcept {
    return matches(packet.data, packet.cap_len, packet.wire_len);
  }

  /// The program, for pcap_setfilter(3PCAP) or, instruction by instruction, for SO_ATTACH_FILTER.
  const bpf_program& program() const noexcept { return *program_; }

 private:
  explicit BpfFilter(std::shared_ptr<const bpf_program> program) : program_(std::move(program)) {}

  std::shared_ptr<const bpf_program> program_;
};

/// Of an error of compiling: the expression is right, and no packet can fit it.
bool lets_nothing_through(const Status& error);

/// What a capture has to let through: what the user typed and what weir itself leaves out. The only
/// place that puts the two together. `compile(expression)` returns a Result whose error names the
/// expression. What was typed is compiled by itself first, so an error names that and nothing else,
/// and "tcp) or (udp" is one. Where the link type knows no such conditions as weir's (libpcap
/// cannot look for addresses behind NFLOG headers), what was typed is used alone, which `notes`
/// says.
template <class Compile>
auto compile_capture_filter(const CaptureOptions& options, std::vector<std::string>& notes,
                            Compile compile) -> decltype(compile(options.filter)) {
  auto typed = compile(options.filter);
  if (!typed || options.left_out.empty()) return typed;
  // First, because "vlan" in what was typed changes what stands behind it.
  auto both = compile(options.filter.empty()
                          ? "not (" + options.left_out + ")"
                          : "not (" + options.left_out + ") and (" + options.filter + ")");
  if (both) return both;
  if (lets_nothing_through(both.error())) {
    return fail(Status{Code::usage, Recovery::give_up, 0, "filter '" + options.filter + "'",
                       "wants only what is left out here: " + options.left_out});
  }
  notes.push_back("not left out here, because libpcap cannot filter this kind of link for it: " +
                  options.left_out);
  return typed;
}

/// The filter for packets that weir looks at itself; empty when everything is let through.
Result<std::optional<BpfFilter>> compile_in_memory(const CaptureOptions& options,
                                                   LinkType link_type,
                                                   std::vector<std::string>& notes);

/// An expression compiled for a live capture of an Ethernet or raw IP interface, to be attached in
/// the kernel: a VLAN tag that the kernel took out of the frame is asked for by ancillary loads,
/// which a file's program has not. So it is compiled with a libpcap handle of that interface, and
/// says the same as libpcap's own capture. Errors: usage for the expression; what libpcap cannot
/// open is io.
Result<std::vector<BpfInstruction>> compile_for_kernel(const std::string& expression,
                                                       const std::string& interface,
                                                       uint32_t snaplen);

}  // namespace weir::backends
