#include "backends/bpf/bpf_machine.h"

#include <linux/filter.h>

#include <array>
#include <optional>

#include "engine/core/bytes.h"

namespace weir::backends {
namespace {

/// What SKF_AD_OFF + `what` loads.
std::optional<uint32_t> ancillary(const BpfPacket& packet, uint32_t what) noexcept {
  switch (what) {
    case SKF_AD_PROTOCOL: return packet.protocol;
    case SKF_AD_PKTTYPE: return packet.packet_type;
    case SKF_AD_IFINDEX: return packet.interface_index;
    case SKF_AD_VLAN_TAG: return packet.vlan_tci;
    case SKF_AD_VLAN_TAG_PRESENT: return packet.vlan_tpid != 0 ? 1 : 0;
    case SKF_AD_VLAN_TPID: return packet.vlan_tpid;
    default: return std::nullopt;
  }
}

std::optional<uint32_t> load(const BpfPacket& packet, uint32_t at, uint16_t size) noexcept {
  if (at >= static_cast<uint32_t>(SKF_AD_OFF)) {
    return ancillary(packet, at - static_cast<uint32_t>(SKF_AD_OFF));
  }
  const uint32_t bytes = size == BPF_W ? 4 : size == BPF_H ? 2 : 1;
  if (at > packet.cap_len || packet.cap_len - at < bytes) return std::nullopt;
  const uint8_t* from = packet.data + at;
  return bytes == 4 ? load_be32(from) : bytes == 2 ? load_be16(from) : *from;
}

std::optional<uint32_t> compute(uint16_t operation, uint32_t a, uint32_t b) noexcept {
  switch (operation) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_DIV: return b == 0 ? std::nullopt : std::optional(a / b);
    case BPF_MOD: return b == 0 ? std::nullopt : std::optional(a % b);
    case BPF_AND: return a & b;
    case BPF_OR: return a | b;
    case BPF_XOR: return a ^ b;
    case BPF_LSH: return b < 32 ? a << b : 0;
    case BPF_RSH: return b < 32 ? a >> b : 0;
    case BPF_NEG: return 0 - a;
    default: return std::nullopt;
  }
}

bool compare(uint16_t operation, uint32_t a, uint32_t b) noexcept {
  switch (operation) {
    case BPF_JEQ: return a == b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    default: return (a & b) != 0;
  }
}

struct Machine {
  uint32_t a = 0;
  uint32_t x = 0;
  std::array<uint32_t, BPF_MEMWORDS> memory{};

  /// BPF_LD and BPF_LDX.
  std::optional<uint32_t> value(const BpfInstruction& at, const BpfPacket& packet) const noexcept {
    switch (BPF_MODE(at.code)) {
      case BPF_IMM: return at.k;
      case BPF_LEN: return packet.len;
      case BPF_MEM: return at.k < memory.size() ? std::optional(memory[at.k]) : std::nullopt;
      case BPF_ABS: return load(packet, at.k, BPF_SIZE(at.code));
      case BPF_IND: return load(packet, x + at.k, BPF_SIZE(at.code));
      case BPF_MSH: {
        const std::optional<uint32_t> byte = load(packet, at.k, BPF_B);
        return byte ? std::optional((*byte & 0xf) * 4) : std::nullopt;
      }
      default: return std::nullopt;
    }
  }

  /// All but jumps and returns; false ends the program.
  bool step(const BpfInstruction& at, const BpfPacket& packet) noexcept {
    switch (BPF_CLASS(at.code)) {
      case BPF_LD:
      case BPF_LDX: {
        const std::optional<uint32_t> loaded = value(at, packet);
        if (loaded) (BPF_CLASS(at.code) == BPF_LD ? a : x) = *loaded;
        return loaded.has_value();
      }
      case BPF_ST:
      case BPF_STX:
        if (at.k >= memory.size()) return false;
        memory[at.k] = BPF_CLASS(at.code) == BPF_ST ? a : x;
        return true;
      case BPF_ALU: {
        const std::optional<uint32_t> result =
            compute(BPF_OP(at.code), a, BPF_SRC(at.code) == BPF_X ? x : at.k);
        if (result) a = *result;
        return result.has_value();
      }
      case BPF_MISC:
        (BPF_MISCOP(at.code) == BPF_TAX ? x : a) = BPF_MISCOP(at.code) == BPF_TAX ? a : x;
        return true;
      default: return false;
    }
  }
};

}  // namespace

uint32_t run_bpf(std::span<const BpfInstruction> program, const BpfPacket& packet) noexcept {
  Machine machine;
  // Jumps go forward only, so the program's length bounds the run.
  for (size_t next = 0; next < program.size();) {
    const BpfInstruction& at = program[next++];
    if (BPF_CLASS(at.code) == BPF_RET) {
      return BPF_RVAL(at.code) == BPF_A ? machine.a : at.k;
    }
    if (BPF_CLASS(at.code) != BPF_JMP) {
      if (!machine.step(at, packet)) return 0;
      continue;
    }
    if (BPF_OP(at.code) == BPF_JA) {
      next += at.k;
      continue;
    }
    const uint32_t other = BPF_SRC(at.code) == BPF_X ? machine.x : at.k;
    next += compare(BPF_OP(at.code), machine.a, other) ? at.jump_true : at.jump_false;
  }
  return 0;
}

}  // namespace weir::backends
