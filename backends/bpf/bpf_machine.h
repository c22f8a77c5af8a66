#pragma once

#include <cstdint>
#include <span>

namespace weir::backends {

/// One instruction of classic BPF, as the kernel (sock_filter) and libpcap (bpf_insn) have it.
struct BpfInstruction {
  uint16_t code = 0;
  uint8_t jump_true = 0;
  uint8_t jump_false = 0;
  uint32_t k = 0;
};
static_assert(sizeof(BpfInstruction) == 8, "the kernel's struct sock_filter");

/// What a program of the kernel's can ask about a packet, and no program for a file: the
/// ancillary loads of <linux/filter.h>.
struct BpfPacket {
  const uint8_t* data = nullptr;
  uint32_t cap_len = 0;
  uint32_t len = 0;         ///< as captured by the kernel: without a tag that it took out
  uint16_t protocol = 0;    ///< EtherType as the stack has it, host byte order
  uint8_t packet_type = 0;  ///< PACKET_OUTGOING, ...
  uint32_t interface_index = 0;
  uint16_t vlan_tci = 0;
  uint16_t vlan_tpid = 0;  ///< 0: no tag was taken out
};

/// Runs a program as the kernel would and returns what it returns: for a filter the bytes to keep,
/// 0 for none. A load outside of the packet ends it with 0, as does what no valid program has (a
/// jump past its end, an unknown instruction, a division by 0): so any program is safe to run.
uint32_t run_bpf(std::span<const BpfInstruction> program, const BpfPacket& packet) noexcept;

}  // namespace weir::backends
