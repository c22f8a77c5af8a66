#pragma once

#include <linux/filter.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "backends/bpf/bpf_machine.h"

namespace weir::backends {

/// Writes a program of classic BPF with labels instead of distances. Conditional jumps reach 255
/// instructions, so each is written as a short one around a long one. Jumps go forward only: a
/// label is bound after every jump to it.
class BpfAssembler {
 public:
  using Label = size_t;

  Label label() {
    places_.push_back(kUnbound);
    return places_.size() - 1;
  }
  void bind(Label label) { places_[label] = program_.size(); }

  void emit(uint16_t code, uint32_t k = 0) { program_.push_back({code, 0, 0, k}); }

  void jump(Label label) {
    jumps_.emplace_back(program_.size(), label);
    emit(BPF_JMP | BPF_JA);
  }
  /// `test` is BPF_JEQ, BPF_JGE, BPF_JGT or BPF_JSET, of A and `k`.
  void jump_if(uint16_t test, uint32_t k, Label label) {
    program_.push_back({static_cast<uint16_t>(BPF_JMP | test | BPF_K), 0, 1, k});
    jump(label);
  }
  void jump_unless(uint16_t test, uint32_t k, Label label) {
    program_.push_back({static_cast<uint16_t>(BPF_JMP | test | BPF_K), 1, 0, k});
    jump(label);
  }

  std::vector<BpfInstruction> finish() {
    for (const auto& [at, label] : jumps_) {
      assert(places_[label] != kUnbound && places_[label] > at);
      program_[at].k = static_cast<uint32_t>(places_[label] - at - 1);
    }
    return std::move(program_);
  }

 private:
  static constexpr size_t kUnbound = SIZE_MAX;

  std::vector<BpfInstruction> program_;
  std::vector<size_t> places_;                   ///< by label
  std::vector<std::pair<size_t, Label>> jumps_;  ///< instruction, where it goes
};

}  // namespace weir::backends
