// IEEE 802.11 A-MSDUs through the whole engine: each frame is counted in its flow once, whatever
// the number of workers, the way to the shards, the batch and the place in the order of packets.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/pipeline/engine.h"
#include "tests/support/checking_sink.h"
#include "tests/support/leaping_clock.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/snapshot_text.h"

namespace weir {
namespace {

using testing::CheckingSink;
using testing::LeapingClock;
using testing::ScriptedPacket;
using Bytes = std::vector<uint8_t>;

constexpr uint64_t kStartNs = 1'700'000'000 * kNsPerSecond;
constexpr uint32_t kIpHeaders = 28;

void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Two addresses, the length, LLC and SNAP, the payload, padding to 4 bytes.
Bytes subframe(uint16_t type, const Bytes& payload) {
  Bytes out(12);
  const size_t length = payload.size() + 8;
  append(out, {static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length), 0xAA, 0xAA, 3, 0, 0,
               0, static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type)});
  append(out, payload);
  out.resize((out.size() + 3) / 4 * 4);
  return out;
}

Bytes udp_subframe(uint32_t host, uint16_t payload) {
  const Bytes frame = testing::udp_frame(0x0A000000 + host, 0xC0000201, 1000, 53, payload);
  return subframe(0x0800, Bytes(frame.begin() + 14, frame.end()));
}

Bytes aggregate(const std::vector<Bytes>& subframes) {
  Bytes out(26);  // a QoS data frame to the access point that holds an aggregate
  out[0] = 0x88;
  out[1] = 0x01;
  out[24] = 0x80;
  for (const Bytes& each : subframes) append(out, each);
  return out;
}

/// Packets between aggregates, with gaps after which an idle flow ends, and hosts that come back.
std::vector<ScriptedPacket> mixed(size_t count) {
  std::vector<ScriptedPacket> packets;
  uint64_t ts_ns = kStartNs;
  for (size_t i = 0; i < count; ++i) {
    ts_ns += i % 23 == 0 ? 3 * kNsPerSecond : kNsPerSecond / 7;
    const auto host = static_cast<uint32_t>(i % 13);
    if (i % 5 != 0) {
      packets.push_back({ts_ns, testing::udp_frame(0x0A000000 + host, 0xC0000201, 1000, 53)});
      continue;
    }
    std::vector<Bytes> frames;
    for (uint32_t k = 0; k < 1 + i % 4; ++k) {
      frames.push_back(udp_subframe((host + k * 3) % 17, static_cast<uint16_t>(20 + i % 50 + k)));
    }
    if (i % 3 == 0) frames.insert(frames.begin(), subframe(0x0806, Bytes(28)));
    if (i % 7 == 0) frames.push_back(subframe(0x0806, Bytes(28)));
    packets.push_back({ts_ns, aggregate(frames), 0, LinkType::ieee802_11});
  }
  return packets;
}

struct RunPlan {
  uint32_t workers = 1;
  uint32_t queues = 1;
  uint32_t batch = 256;
  uint64_t max_flows = 1U << 12;
  uint64_t flow_timeout_ns = 0;
};

void run(const RunPlan& setup, std::vector<ScriptedPacket> packets, CheckingSink& sink) {
  const LeapingClock clock;
  EngineConfig config;
  config.workers = setup.workers;
  config.batch = setup.batch;
  config.max_flows = setup.max_flows;
  config.flow_timeout_ns = setup.flow_timeout_ns;
  config.hash_seed = 7;
  config.query.limit = 0;
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(std::make_unique<testing::ScriptedBackend>(std::move(packets)));
  CaptureOptions options;
  options.queues = setup.queues;
  Engine engine(std::move(config), std::move(captures), options, clock);
  ASSERT_TRUE(engine.start());
  EXPECT_FALSE(engine.run({&sink}).error);
  ASSERT_FALSE(sink.snapshots.empty());
}

TEST(Aggregates, EachFrameIsCountedInItsFlow) {
  CheckingSink sink;
  const Bytes bytes = aggregate({udp_subframe(1, 100), udp_subframe(2, 50),
                                 subframe(0x0806, Bytes(28)), udp_subframe(2, 10)});
  const auto whole = static_cast<uint32_t>(bytes.size());
  run({}, {{kStartNs, bytes, 0, LinkType::ieee802_11}}, sink);
  const Snapshot& last = sink.last();
  const Accounting& all = last.accounting;
  EXPECT_EQ(all.packets.received, 1U);
  EXPECT_EQ(all.parsed(), 1U);
  EXPECT_EQ(all.tracked, 1U);
  EXPECT_EQ(all.packets.subframes, 3U);
  EXPECT_EQ(all.subframes_tracked, 2U);
  EXPECT_EQ(all.packets.subframes_unread(), 1U);
  EXPECT_EQ(all.packets.ip_bytes, 3 * kIpHeaders + 160U);
  EXPECT_EQ(last.both.packets, 3U);
  EXPECT_EQ(last.both.ip_bytes, all.packets.ip_bytes);
  EXPECT_EQ(last.both.wire_bytes, whole) << "shared out among the frames";
  EXPECT_EQ(last.flow_count, 2U);
}

TEST(Aggregates, NoneThatIsIpIsOneVerdictAndOneEtherType) {
  CheckingSink sink;
  const Bytes bytes = aggregate({subframe(0x88CC, Bytes(28)), subframe(0x0806, Bytes(28))});
  run({}, {{kStartNs, bytes, 0, LinkType::ieee802_11}}, sink);
  const PacketCounts& packets = sink.last().accounting.packets;
  EXPECT_EQ(packets.of(Verdict::non_ip), 1U);
  EXPECT_EQ(packets.of(Reason::other_ethertype), 1U);
  EXPECT_EQ(packets.ether_types.size(), 1U);
  EXPECT_EQ(packets.subframes, 1U);
  EXPECT_EQ(packets.subframes_unread(), 1U);
}

class AnySetup
    : public ::testing::TestWithParam<std::tuple<uint32_t, std::pair<uint32_t, uint32_t>>> {};

RunPlan with(const AnySetup::ParamType& parameter) {
  RunPlan setup;
  setup.batch = std::get<0>(parameter);
  setup.workers = std::get<1>(parameter).first;
  setup.queues = std::get<1>(parameter).second;
  return setup;
}

TEST_P(AnySetup, FiguresAreTheSame) {
  CheckingSink reference;
  CheckingSink sink;
  run({}, mixed(1000), reference);
  run(with(GetParam()), mixed(1000), sink);
  // 200 aggregates have 1, 2, 3 or 4 frames of UDP in turn.
  EXPECT_EQ(sink.last().accounting.subframes_tracked, 300U);
  EXPECT_EQ(
      testing::difference(testing::figures_of(sink.last()), testing::figures_of(reference.last())),
      "");
}

// What is admitted depends on the spread over shards; both laws hold all the same.
TEST_P(AnySetup, BothLawsHoldWhenTheTableIsFull) {
  RunPlan setup = with(GetParam());
  setup.max_flows = 1;
  setup.flow_timeout_ns = kNsPerSecond;
  CheckingSink sink;
  std::vector<ScriptedPacket> packets = mixed(1000);
  for (ScriptedPacket& packet : packets) packet.ts_ns = kStartNs;
  run(setup, std::move(packets), sink);
  const Accounting& all = sink.last().accounting;
  EXPECT_TRUE(all.conserved());
  EXPECT_EQ(all.packets.received, 1000U);
  EXPECT_EQ(all.tracked + all.untracked, all.parsed());
  EXPECT_EQ(sink.last().both.ip_bytes, all.packets.ip_bytes);
}

INSTANTIATE_TEST_SUITE_P(Aggregates, AnySetup,
                         ::testing::Combine(::testing::Values(1U, 2U, 15U, 16U, 17U, 64U, 256U),
                                            ::testing::Values(std::pair(1U, 1U), std::pair(2U, 1U),
                                                              std::pair(2U, 2U), std::pair(5U, 1U),
                                                              std::pair(5U, 5U))));

// A subframe must not overtake the packets that wait in a part-filled group: an idle flow would
// then end in one batch size and not in another.
TEST(Aggregates, KeepTheirPlaceAmongPackets) {
  const auto ended = [](uint32_t batch) {
    CheckingSink sink;
    RunPlan setup;
    setup.batch = batch;
    setup.flow_timeout_ns = kNsPerSecond;
    run(setup, mixed(500), sink);
    return testing::figures_of(sink.last());
  };
  const std::vector<std::string> one_by_one = ended(1);
  for (const uint32_t batch : {3U, 16U, 100U, 500U}) {
    EXPECT_EQ(testing::difference(ended(batch), one_by_one), "") << batch;
  }
}

}  // namespace
}  // namespace weir
