// Which queue a packet comes out of: every packet out of one, every flow out of the same.

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "parsers/parse.h"
#include "tests/live/af_packet_net.h"
#include "tests/live/raw_frames.h"

namespace weir::testing {
namespace {

TEST_F(AfPacketNet, EachFanoutModeCountsEveryPacketOnce) {
  constexpr uint32_t kCount = 2000;
  for (const std::string mode : {"", "symmetric", "hash", "lb", "cpu", "qm", "rnd", "rollover"}) {
    for (const uint32_t queues : {1U, 2U, 5U}) {
      if (queues == 1 && !mode.empty()) continue;  // nothing to spread
      SCOPED_TRACE(mode + " " + std::to_string(queues));
      Capture capture(af_packet());
      ASSERT_TRUE(capture.open(with_queues(queues, mode)));
      EXPECT_EQ(capture.info().queues, queues);
      const bool promised = mode.empty() || mode == "symmetric";
      EXPECT_EQ(capture.info().symmetric, queues == 1 || promised);
      EXPECT_TRUE(capture.info().realtime);
      send("va", numbered(kCount));
      capture.receive_until(kCount);
      expect_each_once(capture, kCount);
      EXPECT_EQ(capture.dropped(), 0U);
    }
  }
}

TEST_F(AfPacketNet, PacketsBeforeTheStartAreNoneAndNoneComesTwiceDuringIt) {
  std::atomic<bool> stop{false};
  std::atomic<uint32_t> sent{0};
  std::thread sender([&] {
    for (uint32_t next = 0; !stop; next += 50) {
      std::vector<Bytes> frames;
      for (uint32_t i = next; i < next + 50; ++i) {
        frames.push_back(make_frame({.from = 0x0a4d0000 + i % 50, .mark = i}));
      }
      send("va", frames);
      sent = next + 50;
    }
  });
  for (int round = 0; round < 5; ++round) {
    Capture capture(af_packet());
    const uint32_t before = sent;
    if (!capture.open(with_queues(3))) break;
    for (const uint32_t until = sent + 600; sent < until;) capture.receive();
    const uint32_t after = sent;
    capture.receive_until(1);
    std::map<uint32_t, int> times;
    for (const Seen& packet : capture.seen()) ++times[mark_of(packet.bytes)];
    for (const auto& [mark, count] : times) {
      EXPECT_EQ(count, 1) << mark;
      EXPECT_GE(mark, before);
    }
    // From the first one on nothing is missing, but while the filters are set one by one.
    ASSERT_FALSE(times.empty());
    EXPECT_GE(times.size(), after - times.begin()->first - 100);
  }
  stop = true;
  sender.join();
}

/// Both endpoints in a canonical order.
std::string flow_of(const Seen& packet) {
  parsers::ParsedPacket parsed;
  PacketView view;
  view.data = packet.bytes.data();
  view.cap_len = static_cast<uint32_t>(packet.bytes.size());
  view.wire_len = packet.wire_len;
  view.vlan_tci = packet.vlan_tci;
  view.vlan_tpid = packet.vlan_tpid;
  parsers::parse(view, {}, parsed);
  const auto end = [](const auto& address, uint16_t port) {
    return std::string(address.begin(), address.end()) + "/" + std::to_string(port);
  };
  const std::string from = end(parsed.src, parsed.src_port);
  const std::string to = end(parsed.dst, parsed.dst_port);
  return std::to_string(parsed.proto) + (from < to ? from + to : to + from);
}

// Half of the packets arrive on the interface and half leave through it.
TEST_F(AfPacketNet, SymmetricFanoutKeepsTenThousandFlowsWhole) {
  constexpr uint32_t kFlows = 10'000;
  std::vector<Bytes> there;
  std::vector<Bytes> back;
  for (const RawFrame& frame : make_frames({.flows = kFlows, .ipv6_percent = 30})) {
    (there.size() > back.size() ? back : there).push_back(frame.bytes);
  }
  ASSERT_EQ(there.size(), kFlows);
  for (const uint32_t queues : {2U, 3U}) {
    Capture capture(af_packet());
    ASSERT_TRUE(capture.open(with_queues(queues)));
    for (uint32_t at = 0; at < kFlows; at += 1000) {
      send("va", {there.begin() + at, there.begin() + at + 1000});
      send("vb", {back.begin() + at, back.begin() + at + 1000});
      capture.receive_until((at + 1000) * 2);
    }
    ASSERT_EQ(capture.seen().size(), 2 * kFlows);
    std::map<std::string, std::set<uint32_t>> queues_of;
    std::map<std::string, int> packets_of;
    std::vector<uint32_t> load(queues);
    for (const Seen& packet : capture.seen()) {
      queues_of[flow_of(packet)].insert(packet.queue);
      ++packets_of[flow_of(packet)];
      ++load[packet.queue];
    }
    EXPECT_EQ(queues_of.size(), kFlows);
    for (const auto& [flow, where] : queues_of) ASSERT_EQ(where.size(), 1U);
    for (const auto& [flow, packets] : packets_of) ASSERT_EQ(packets, 2);
    for (const uint32_t packets : load) EXPECT_GT(packets, 2 * kFlows / queues * 8 / 10);
  }
}

// Whole packets, first and later fragments of two hosts, both ways, with and without tags.
TEST_F(AfPacketNet, SymmetricFanoutKeepsFragmentsAndTaggedFramesWithTheirFlow) {
  std::vector<Bytes> frames;
  constexpr uint32_t kPairs = 40;
  for (uint32_t pair = 0; pair < kPairs; ++pair) {
    const uint32_t host = 0x0a4d0000 + pair;
    for (const uint16_t fragment : {0x0000, 0x2000, 0x2004, 0x0008}) {
      const Bytes out = make_frame({.from = host, .mark = pair, .fragment = fragment});
      const Bytes in = make_frame({.from = 0xc6120002,
                                   .to = host,
                                   .from_port = 53,
                                   .to_port = 10000,
                                   .mark = pair,
                                   .fragment = fragment});
      for (const Bytes& frame : {out, in}) {
        frames.push_back(frame);
        frames.push_back(tagged(frame, 0x8100, 5));
        frames.push_back(tagged(tagged(frame, 0x8100, 20), 0x88a8, 10));
      }
    }
  }
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(with_queues(4)));
  send("va", frames);
  capture.receive_until(frames.size());
  send("vb", frames);
  capture.receive_until(2 * frames.size());
  ASSERT_EQ(capture.seen().size(), 2 * frames.size());
  std::map<uint32_t, std::set<uint32_t>> queues_of;
  for (const Seen& packet : capture.seen()) queues_of[mark_of(packet.bytes)].insert(packet.queue);
  EXPECT_EQ(queues_of.size(), kPairs);
  std::set<uint32_t> used;
  for (const auto& [pair, where] : queues_of) {
    EXPECT_EQ(where.size(), 1U) << pair;
    used.insert(where.begin(), where.end());
  }
  EXPECT_EQ(used.size(), 4U);
}

// With decap nothing is promised, and nothing parts in what the program can follow.
TEST_F(AfPacketNet, WithDecapInnerFlowsStayTogetherAndNothingIsPromised) {
  std::vector<Bytes> frames;
  for (uint32_t i = 0; i < 200; ++i) {
    const Bytes inner = make_frame({.from = 0x0a4d0000 + i % 20, .mark = i % 20});
    // IP in IP between hosts that differ from packet to packet.
    Bytes outer = make_frame({.from = 0x0b000000 + i, .to = 0x0c000000, .payload = 4});
    outer.resize(34);
    outer[23] = 4;
    outer[17] = static_cast<uint8_t>(20 + inner.size() - 14);
    outer.insert(outer.end(), inner.begin() + 14, inner.end());
    frames.push_back(outer);
  }
  Capture capture(af_packet());
  CaptureOptions options = with_queues(3);
  options.decap = true;
  ASSERT_TRUE(capture.open(options));
  EXPECT_FALSE(capture.info().symmetric);
  send("va", frames);
  capture.receive_until(frames.size());
  std::map<uint32_t, std::set<uint32_t>> queues_of;
  for (const Seen& packet : capture.seen()) queues_of[mark_of(packet.bytes)].insert(packet.queue);
  EXPECT_EQ(capture.seen().size(), frames.size());
  for (const auto& [flow, where] : queues_of) EXPECT_EQ(where.size(), 1U) << flow;
}

}  // namespace
}  // namespace weir::testing
