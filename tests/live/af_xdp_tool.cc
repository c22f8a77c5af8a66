// What the live tests of AF_XDP need that weir's command line does not do:
//
//   af_xdp_tool attach NAME INTERFACE native|generic
//       leaves an XDP program of that name attached that passes everything on, without a link: as
//       a killed process does on a kernel that has none
//   af_xdp_tool capture INTERFACE BUSY_POLL_US PACKETS
//       receives so many packets with busy polling; says `open`, what was chosen, and `received N`

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "backends/af_xdp/af_xdp.h"

namespace {

int failed(const std::string& what) {
  fmt::print(stderr, "af_xdp_tool: {}\n", what);
  return 1;
}

int attach(const char* name, const char* interface, bool native) {
  const std::array<bpf_insn, 2> pass{
      {{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
  const int program =
      bpf_prog_load(BPF_PROG_TYPE_XDP, name, "MIT", pass.data(), pass.size(), nullptr);
  if (program < 0) return failed(fmt::format("load: {}", std::strerror(errno)));
  const int error = bpf_xdp_attach(static_cast<int>(if_nametoindex(interface)), program,
                                   native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE, nullptr);
  return error == 0 ? 0 : failed(fmt::format("attach: {}", std::strerror(-error)));
}

int capture(const char* interface, uint32_t busy_poll_us, uint64_t packets) {
  weir::backends::AfXdp backend(interface);
  weir::CaptureOptions options;
  options.busy_poll_us = busy_poll_us;
  const weir::Result<weir::CaptureInfo> info = backend.open(options);
  if (!info) return failed(weir::to_string(info.error()));
  for (const std::string& note : info->notes) fmt::print("{}\n", note);
  fmt::print("open\n");
  std::fflush(stdout);
  uint64_t received = 0;
  while (received < packets) {
    const weir::Result<weir::PacketBatch> batch = backend.queue(0).receive(16);
    if (!batch) return failed(weir::to_string(batch.error()));
    received += batch->packets().size();
    if (!batch->packets().empty()) continue;
    pollfd fd{backend.queue(0).wait_fd(), POLLIN, 0};
    if (fd.fd >= 0 && poll(&fd, 1, 10'000) == 0) return failed("no packets");
  }
  fmt::print("received {}\n", received);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc == 5 ? argv[1] : "";
  if (command == "attach") return attach(argv[2], argv[3], std::strcmp(argv[4], "native") == 0);
  if (command == "capture") {
    return capture(argv[2], static_cast<uint32_t>(std::strtoul(argv[3], nullptr, 10)),
                   std::strtoull(argv[4], nullptr, 10));
  }
  return failed("wrong usage");
}
