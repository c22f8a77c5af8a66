#include <zstd.h>
#include <zstd_errors.h>

#include <bit>

#include "backends/pcap_file/decompressor.h"

namespace weir::backends {
namespace {

constexpr uint8_t kFirstMagic = 0x28;
constexpr uint8_t kFirstSkippable = 0x50;  ///< to 0x5f
constexpr int kMostWindowLog = std::bit_width(Decompressor::kMostWindowBytes) - 1;

class ZstdDecompressor final : public Decompressor {
 public:
  ZstdDecompressor() : stream_(ZSTD_createDStream()) {
    if (stream_ != nullptr) {
      ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kMostWindowLog);
    }
  }
  ~ZstdDecompressor() override { ZSTD_freeDStream(stream_); }

 private:
  bool restart() override {
    return stream_ != nullptr &&
           ZSTD_isError(ZSTD_DCtx_reset(stream_, ZSTD_reset_session_only)) == 0;
  }
  bool may_start_with(uint8_t byte) const noexcept override {
    return byte == kFirstMagic || (byte & 0xf0) == kFirstSkippable;
  }

  Turn turn(std::span<const uint8_t> in, std::span<uint8_t> out) override {
    if (stream_ == nullptr) return {.state = State::no_memory};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const size_t result = ZSTD_decompressStream(stream_, &to, &from);
    Turn turn{from.pos, to.pos, result == 0};
    if (ZSTD_isError(result) == 0) return turn;
    switch (ZSTD_getErrorCode(result)) {
      case ZSTD_error_memory_allocation: turn.state = State::no_memory; break;
      case ZSTD_error_frameParameter_windowTooLarge: turn.state = State::too_large; break;
      default: turn.state = State::garbled;
    }
    return turn;
  }

  ZSTD_DStream* const stream_;
};

}  // namespace

std::unique_ptr<Decompressor> make_zstd_decompressor() {
  return std::make_unique<ZstdDecompressor>();
}

}  // namespace weir::backends
