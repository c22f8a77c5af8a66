#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/backend.h"
#include "engine/core/packet.h"

namespace weir::testing {

/// A frame and when it came.
struct ScriptedPacket {
  uint64_t ts_ns = 0;
  std::vector<uint8_t> bytes;
  uint32_t wire_len = 0;  ///< 0: all of it was captured
  LinkType link_type = LinkType::en10mb;
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
/// whichever asks first, as the file backend does; or in turns, see take_turns(). Closed and opened
/// again, it goes on where it was.
class ScriptedBackend final : public Backend {
 public:
  explicit ScriptedBackend(std::vector<ScriptedPacket> packets, bool lossless = true)
      : packets_(std::move(packets)), lossless_(lossless) {}

  /// Queue turns[0] gets the first `packets` packets, turns[1] the next ones, and so on, over and
  /// over: an uneven spread that does not depend on the scheduler. Before open().
  void take_turns(std::vector<uint32_t> turns, uint32_t packets) {
    turns_ = std::move(turns);
    turn_packets_ = packets;
  }

  /// After the last packet there are none for now, instead of no more. Before open().
  void never_end() { endless_ = true; }

  std::string name() const override { return "script"; }

  Result<CaptureInfo> open(const CaptureOptions& options) override {
    CaptureInfo info;
    info.backend = "script";
    info.name = name();
    info.queues = options.queues;
    info.symmetric = options.queues == 1;
    info.lossless = lossless_;
    for (uint32_t i = 0; i < info.queues; ++i) queues_.push_back(std::make_unique<Queue>(*this, i));
    return info;
  }
  CaptureQueue& queue(uint32_t index) override { return *queues_[index]; }
  void close() noexcept override { queues_.clear(); }

 private:
  class Queue final : public CaptureQueue {
   public:
    Queue(ScriptedBackend& backend, uint32_t index) : backend_(backend), index_(index) {}
    Result<PacketBatch> receive(uint32_t max_packets) override {
      views_.clear();
      bool ended = false;
      const uint64_t clock_ns = backend_.take(index_, max_packets, views_, ended);
      if (ended) return PacketBatch::ended();
      if (views_.empty()) return PacketBatch::none();
      return PacketBatch(views_, *this, 0, clock_ns);
    }
    DropCounts drops() noexcept override { return {0, std::nullopt}; }
    void release(uint64_t /*token*/) noexcept override {}

   private:
    ScriptedBackend& backend_;
    const uint32_t index_;
    std::vector<PacketView> views_;
  };

  /// How many of the next packets are queue `index`'s.
  size_t turn_of(uint32_t index) const {
    if (turns_.empty()) return packets_.size();
    const uint32_t whose = turns_[next_ / turn_packets_ % turns_.size()];
    if (whose % queues_.size() != index) return 0;
    return turn_packets_ - next_ % turn_packets_;
  }

  uint64_t take(uint32_t index, size_t most, std::vector<PacketView>& views, bool& ended) {
    const std::lock_guard lock(mutex_);
    ended = !endless_ && next_ == packets_.size();
    most = std::min(most, turn_of(index));
    const uint64_t clock_ns = clock_ns_;
    for (; most != 0 && next_ < packets_.size(); --most, ++next_) {
      const ScriptedPacket& packet = packets_[next_];
      PacketView view;
      view.data = packet.bytes.data();
      view.ts_ns = packet.ts_ns;
      view.cap_len = static_cast<uint32_t>(packet.bytes.size());
      view.link_type = packet.link_type;
      view.wire_len = packet.wire_len != 0 ? packet.wire_len : view.cap_len;
      views.push_back(view);
      clock_ns_ = std::max(clock_ns_, packet.ts_ns);
    }
    return clock_ns;
  }

  const std::vector<ScriptedPacket> packets_;
  const bool lossless_;
  std::vector<uint32_t> turns_;
  size_t turn_packets_ = 1;
  bool endless_ = false;
  std::mutex mutex_;  ///< guards what follows but the queues
  size_t next_ = 0;
  uint64_t clock_ns_ = 0;
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace weir::testing
