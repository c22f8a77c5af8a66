#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/backend.h"

namespace weir::testing {

/// A frame and when it came.
struct ScriptedPacket {
  uint64_t ts_ns = 0;
  std::vector<uint8_t> bytes;
};

/// Ethernet, IPv4, UDP with `payload` bytes behind.
inline std::vector<uint8_t> udp_frame(uint32_t source, uint32_t destination, uint16_t source_port,
                                      uint16_t destination_port, uint16_t payload = 18) {
  std::vector<uint8_t> frame(14 + 28 + payload);
  const auto be16 = [&](size_t at, uint32_t value) {
    frame[at] = static_cast<uint8_t>(value >> 8);
    frame[at + 1] = static_cast<uint8_t>(value);
  };
  const auto be32 = [&](size_t at, uint32_t value) {
    be16(at, value >> 16);
    be16(at + 2, value);
  };
  be16(12, 0x0800);
  frame[14] = 0x45;
  be16(16, 28U + payload);
  frame[22] = 64;
  frame[23] = 17;
  be32(26, source);
  be32(30, destination);
  be16(34, source_port);
  be16(36, destination_port);
  be16(38, 8U + payload);
  return frame;
}

inline std::vector<uint8_t> arp_frame() {
  std::vector<uint8_t> frame(60);
  frame[12] = 0x08;
  frame[13] = 0x06;
  return frame;
}

/// A source whose packets and time stamps the test writes down. All queues read one list in order,
/// packet by packet round robin by batch, as the file backend does.
class ScriptedBackend final : public Backend {
 public:
  explicit ScriptedBackend(std::vector<ScriptedPacket> packets, bool lossless = true)
      : packets_(std::move(packets)), lossless_(lossless) {}

  std::string name() const override { return "script"; }

  Result<CaptureInfo> open(const CaptureOptions& options) override {
    CaptureInfo info;
    info.backend = "script";
    info.name = name();
    info.queues = options.queues;
    info.symmetric = options.queues == 1;
    info.lossless = lossless_;
    for (uint32_t i = 0; i < info.queues; ++i) queues_.push_back(std::make_unique<Queue>(*this));
    return info;
  }
  CaptureQueue& queue(uint32_t index) override { return *queues_[index]; }
  void close() noexcept override { queues_.clear(); }

 private:
  class Queue final : public CaptureQueue {
   public:
    explicit Queue(ScriptedBackend& backend) : backend_(backend) {}
    Result<PacketBatch> receive(uint32_t max_packets) override {
      views_.clear();
      const uint64_t clock_ns = backend_.take(max_packets, views_);
      if (views_.empty()) return PacketBatch::ended();
      return PacketBatch(views_, *this, 0, clock_ns);
    }
    DropCounts drops() noexcept override { return {0, std::nullopt}; }
    void release(uint64_t /*token*/) noexcept override {}

   private:
    ScriptedBackend& backend_;
    std::vector<PacketView> views_;
  };

  uint64_t take(uint32_t most, std::vector<PacketView>& views) {
    while (busy_.test_and_set(std::memory_order_acquire)) {
    }
    const uint64_t clock_ns = clock_ns_;
    for (; most != 0 && next_ < packets_.size(); --most, ++next_) {
      const ScriptedPacket& packet = packets_[next_];
      const auto length = static_cast<uint32_t>(packet.bytes.size());
      PacketView view;
      view.data = packet.bytes.data();
      view.ts_ns = packet.ts_ns;
      view.cap_len = view.wire_len = length;
      views.push_back(view);
      clock_ns_ = packet.ts_ns > clock_ns_ ? packet.ts_ns : clock_ns_;
    }
    busy_.clear(std::memory_order_release);
    return clock_ns;
  }

  const std::vector<ScriptedPacket> packets_;
  const bool lossless_;
  std::atomic_flag busy_;
  size_t next_ = 0;
  uint64_t clock_ns_ = 0;
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace weir::testing
