#include <lz4frame.h>

#include "backends/pcap_file/decompressor.h"

namespace weir::backends {
namespace {

constexpr uint8_t kFirstMagic = 0x04;
constexpr uint8_t kFirstSkippable = 0x50;  ///< to 0x5f

/// A frame looks back 64 KiB and has blocks of 4 MiB at most, so its memory needs no limit.
class Lz4Decompressor final : public Decompressor {
 public:
  Lz4Decompressor() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) {
      context_ = nullptr;
    }
  }
  ~Lz4Decompressor() override { LZ4F_freeDecompressionContext(context_); }

 private:
  bool restart() override {
    if (context_ == nullptr) return false;
    LZ4F_resetDecompressionContext(context_);
    return true;
  }
  bool may_start_with(uint8_t byte) const noexcept override {
    return byte == kFirstMagic || (byte & 0xf0) == kFirstSkippable;
  }

  Turn turn(std::span<const uint8_t> in, std::span<uint8_t> out) override {
    if (context_ == nullptr) return {.state = State::no_memory};
    size_t taken = in.size();
    size_t made = out.size();
    const size_t hint = LZ4F_decompress(context_, out.data(), &made, in.data(), &taken, nullptr);
    if (LZ4F_isError(hint) != 0) return {.state = State::garbled};
    return {taken, made, hint == 0};
  }

  LZ4F_dctx* context_ = nullptr;
};

}  // namespace

std::unique_ptr<Decompressor> make_lz4_decompressor() {
  return std::make_unique<Lz4Decompressor>();
}

}  // namespace weir::backends
