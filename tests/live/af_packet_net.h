#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backends/af_packet/af_packet.h"
#include "engine/core/backend.h"

namespace weir::testing {

using Bytes = std::vector<uint8_t>;

/// A packet that was received, and where.
struct Seen {
  uint32_t queue = 0;
  uint32_t wire_len = 0;
  uint16_t vlan_tci = 0;
  uint16_t vlan_tpid = 0;
  uint64_t ts_ns = 0;
  Bytes bytes;
};

/// An opened capture of this thread, its queues received from in turn.
class Capture {
 public:
  explicit Capture(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
  ~Capture();

  /// False, with a test failure, when it cannot be opened.
  bool open(const CaptureOptions& options);

  CaptureQueue& queue(uint32_t index) { return backend_->queue(index); }
  const CaptureInfo& info() const { return info_; }

  /// One round over the queues; false when nothing came.
  bool receive();
  /// Until so many were received or dropped, and for a while after: what comes twice shows then.
  void receive_until(uint64_t packets);
  /// Until every queue fails.
  std::vector<Status> receive_until_failure();

  uint64_t dropped();
  const std::vector<Seen>& seen() const { return seen_; }

 private:
  bool receive_from(uint32_t index);

  std::unique_ptr<Backend> backend_;
  CaptureInfo info_;
  bool opened_ = false;
  std::vector<Seen> seen_;
  std::map<uint32_t, Status> failures_;
};

CaptureOptions with_queues(uint32_t queues, std::string fanout = {});

/// Each test has a veth pair, va and vb, in a network namespace that nobody else sees and that
/// goes away with the process.
class AfPacketNet : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// ip(8); a failure fails the test.
  static void ip(const std::string& arguments);
  static void make_pair();
  /// Frames out of an interface, in order; captures there see them leave.
  static void send(const std::string& interface, const std::vector<Bytes>& frames);

  static std::unique_ptr<Backend> af_packet(const std::string& interface = "vb") {
    return std::make_unique<backends::AfPacket>(interface);
  }
};

/// A UDP frame of IPv4 whose last bytes are `mark`.
struct UdpFrame {
  uint32_t from = 0x0a4d0002;
  uint32_t to = 0xc6120002;
  uint16_t from_port = 10000;
  uint16_t to_port = 53;
  uint32_t payload = 32;
  uint32_t mark = 0;
  uint16_t fragment = 0;  ///< flags and offset
};
Bytes make_frame(const UdpFrame& frame);
/// The frame with a tag in front.
Bytes tagged(const Bytes& frame, uint16_t tpid, uint16_t vlan);
uint32_t mark_of(const Bytes& frame);

/// Frames of 50 flows with the marks 0, 1, ...
std::vector<Bytes> numbered(uint32_t count, uint32_t payload = 32);
/// Every mark below `count` once, in any order.
void expect_each_once(const Capture& capture, uint32_t count);

}  // namespace weir::testing
