#include "backends/synthetic/synthetic.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/core/clock.h"
#include "parsers/parse.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using backends::Synthetic;
using backends::SyntheticOptions;

SyntheticOptions with(const std::function<void(SyntheticOptions&)>& change) {
  SyntheticOptions options;
  options.packets = 5000;
  options.flows = 300;
  change(options);
  return options;
}
SyntheticOptions plain() {
  return with([](SyntheticOptions&) {});
}

std::vector<SeenPacket> packets_of(const SyntheticOptions& synthetic, uint32_t queues = 1,
                                   uint32_t batch = 256) {
  Synthetic backend(synthetic);
  CaptureOptions options;
  options.queues = queues;
  const Reading reading = read_all(backend, options, batch);
  EXPECT_TRUE(reading.ended);
  EXPECT_EQ(reading.info.queues, queues);
  return reading.packets;
}

parsers::ParsedPacket parsed(const SeenPacket& packet) {
  PacketView view;
  view.data = packet.bytes.data();
  view.cap_len = static_cast<uint32_t>(packet.bytes.size());
  view.wire_len = packet.wire_len;
  parsers::ParsedPacket out;
  parsers::parse(view, {}, out);
  return out;
}

TEST(Synthetic, TheSameOptionsGiveTheSamePackets) {
  const auto first = packets_of(plain());
  EXPECT_EQ(first.size(), 5000U);
  EXPECT_TRUE(first == packets_of(plain()));
  EXPECT_TRUE(first == packets_of(plain(), 1, 7));
  EXPECT_FALSE(first == packets_of(with([](auto& options) { options.seed = 2; })));
}

// Packet k is the same for any number of queues; both directions of a flow are on one of them.
TEST(Synthetic, TheSamePacketsFromAnyNumberOfQueues) {
  const auto by_time = [](const SeenPacket& one, const SeenPacket& other) {
    return one.ts_ns < other.ts_ns;
  };
  const auto expected = packets_of(plain());
  EXPECT_TRUE(std::is_sorted(expected.begin(), expected.end(), by_time));
  for (const uint32_t queues : {2U, 3U, 5U}) {
    auto packets = packets_of(plain(), queues);
    std::sort(packets.begin(), packets.end(), by_time);
    EXPECT_TRUE(packets == expected) << queues << " queues";
  }
}

TEST(Synthetic, AFlowStaysOnItsQueue) {
  Synthetic backend(plain());
  CaptureOptions options;
  options.queues = 3;
  const auto info = backend.open(options);
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->symmetric);
  EXPECT_TRUE(info->lossless);
  std::map<std::pair<IpBytes, uint16_t>, uint32_t> queue_of_client;
  for (uint32_t i = 0; i < 3; ++i) {
    for (;;) {
      const auto batch = backend.queue(i).receive(256);
      ASSERT_TRUE(batch);
      if (batch->state() == PacketBatch::State::end) break;
      for (const PacketView& view : batch->packets()) {
        const auto packet = parsed(SeenPacket(view));
        const bool from_client = contains_any(info->local_networks, packet.ip_version, packet.src);
        const auto client = from_client ? std::pair(packet.src, packet.src_port)
                                        : std::pair(packet.dst, packet.dst_port);
        EXPECT_EQ(queue_of_client.emplace(client, i).first->second, i);
      }
    }
  }
  EXPECT_EQ(queue_of_client.size(), 300U);
}

TEST(Synthetic, TimeAdvancesByTheGap) {
  const auto packets = packets_of(with([](auto& options) { options.gap_ns = 67; }));
  for (size_t i = 0; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i].ts_ns, 1'700'000'000'000'000'000 + 67 * i);
  }
}

TEST(Synthetic, TimeIsTheClocksWhereThatIsAskedFor) {
  const uint64_t before_ns = SystemClock().realtime_ns();
  const auto packets = packets_of(with([](auto& options) { options.by_clock = true; }), 1, 100);
  const uint64_t after_ns = SystemClock().realtime_ns();
  EXPECT_GE(packets.front().ts_ns, before_ns);
  EXPECT_LE(packets.back().ts_ns, after_ns);
  EXPECT_LT(packets.front().ts_ns, packets.back().ts_ns);
  EXPECT_EQ(packets[0].ts_ns, packets[99].ts_ns) << "a batch is of one moment";
}

TEST(Synthetic, EveryFrameParsesAndItsLengthsAgree) {
  for (const uint32_t size : {64U, 100U, 1518U, 9018U}) {
    for (const SeenPacket& packet : packets_of(with([size](auto& options) {
           options.packet_size = size;
           options.ipv6_percent = 50;
         }))) {
      const auto out = parsed(packet);
      ASSERT_EQ(out.verdict, Verdict::parsed);
      ASSERT_EQ(out.ip_bytes + 14, packet.wire_len);
      ASSERT_LE(packet.bytes.size(), 128U);
      const uint32_t headers = 14 + (out.ip_version == 6 ? 40U : 20U) + (out.proto == 6 ? 20U : 8U);
      ASSERT_EQ(packet.wire_len, std::max(size - 4, headers));
    }
  }
}

TEST(Synthetic, TheMixOfVersionsAndProtocols) {
  for (const uint32_t percent : {0U, 30U, 100U}) {
    std::set<std::pair<IpBytes, IpBytes>> ipv6;
    std::set<std::pair<IpBytes, IpBytes>> udp;
    const auto packets = packets_of(with([percent](auto& options) {
      options.flows = 5000;
      options.packets = 10'000;
      options.ipv6_percent = percent;
      options.udp_percent = 100 - percent;
    }));
    for (const SeenPacket& packet : packets) {
      const auto out = parsed(packet);
      const auto flow = std::minmax(out.src, out.dst);
      if (out.ip_version == 6) ipv6.insert(flow);
      if (out.proto == 17) udp.insert(flow);
    }
    // Drawn flow by flow: five times the standard deviation of 5000 draws is 162.
    EXPECT_NEAR(static_cast<double>(ipv6.size()), 50.0 * percent, percent % 100 == 0 ? 0 : 165);
    EXPECT_NEAR(static_cast<double>(udp.size()), 50.0 * (100 - percent),
                percent % 100 == 0 ? 0 : 165);
  }
}

TEST(Synthetic, ImixIsSevenToFourToOne) {
  std::map<uint32_t, uint32_t> by_length;
  for (const SeenPacket& packet : packets_of(with([](auto& options) {
         options.imix = true;
         options.flows = 600;
         options.packets = 1200;
         options.ipv6_percent = 0;
       }))) {
    ++by_length[packet.wire_len];
  }
  EXPECT_EQ(by_length, (std::map<uint32_t, uint32_t>{{60, 700}, {590, 400}, {1514, 100}}));
}

TEST(Synthetic, EveryFlowBothWaysBeforeAnyAgain) {
  const auto packets = packets_of(with([](auto& options) { options.packets = 1200; }));
  std::set<std::string> frames;
  for (size_t i = 0; i < 600; ++i) {
    frames.emplace(packets[i].bytes.begin(), packets[i].bytes.end());
  }
  EXPECT_EQ(frames.size(), 600U);
  for (size_t i = 0; i < 600; ++i) ASSERT_EQ(packets[600 + i].bytes, packets[i].bytes);
}

TEST(Synthetic, CountIsOfAllQueues) {
  for (const uint64_t packets : {1U, 2U, 599U, 601U, 100'000U}) {
    for (const uint32_t queues : {1U, 4U}) {
      const auto options = with([packets](auto& each) { each.packets = packets; });
      EXPECT_EQ(packets_of(options, queues).size(), packets);
    }
  }
}

TEST(Synthetic, WithoutACountItDoesNotEnd) {
  Synthetic backend(with([](auto& options) { options.packets = 0; }));
  ASSERT_TRUE(backend.open({}));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(backend.queue(0).receive(4096)->packets().size(), 4096U);
  }
}

TEST(Synthetic, MoreQueuesThanFlows) {
  Synthetic backend(with([](auto& options) { options.flows = 2; }));
  CaptureOptions options;
  options.queues = 8;
  const auto info = backend.open(options);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->queues, 2U);
}

TEST(Synthetic, Filter) {
  Synthetic backend(with([](auto& options) { options.udp_percent = 50; }));
  CaptureOptions options;
  options.filter = "udp and ip6";
  const Reading reading = read_all(backend, options);
  EXPECT_TRUE(reading.ended);
  EXPECT_GT(reading.packets.size(), 0U);
  for (const SeenPacket& packet : reading.packets) {
    ASSERT_EQ(parsed(packet).proto, 17);
    ASSERT_EQ(parsed(packet).ip_version, 6);
  }
  options.filter = "host 203.0.113.1";
  const Reading nothing = read_all(backend, options);
  EXPECT_TRUE(nothing.ended);
  EXPECT_EQ(nothing.packets.size(), 0U);
  options.filter = "port nonsense";
  const auto wrong = backend.open(options);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::usage);
}

// Never early: after t seconds there are at most rate * t packets; and late ones come, all of them.
TEST(Synthetic, RateIsKept) {
  constexpr uint64_t kRate = 10'000;
  Synthetic backend(with([](auto& options) {
    options.rate_pps = kRate;
    options.packets = 2000;
  }));
  const SystemClock clock;
  const uint64_t before_real_ns = clock.realtime_ns();
  const uint64_t start_ns = clock.monotonic_ns();
  const auto info = backend.open({});
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->realtime);
  CaptureQueue& queue = backend.queue(0);
  EXPECT_GE(queue.wait_fd(), 0);
  uint64_t packets = 0;
  uint64_t newest_ns = 0;
  for (;;) {
    const auto batch = queue.receive(4096);
    ASSERT_TRUE(batch);
    if (batch->state() == PacketBatch::State::end) break;
    for (const PacketView& view : batch->packets()) {
      EXPECT_GE(view.ts_ns, newest_ns);
      newest_ns = view.ts_ns;
    }
    packets += batch->packets().size();
    const uint64_t elapsed_ns = clock.monotonic_ns() - start_ns;
    ASSERT_LE(packets, elapsed_ns / (1'000'000'000 / kRate) + 1);
    if (batch->state() == PacketBatch::State::empty) {
      pollfd ready{queue.wait_fd(), POLLIN, 0};
      ASSERT_GT(poll(&ready, 1, 10'000), 0);
    }
  }
  EXPECT_EQ(packets, 2000U);
  EXPECT_GE(clock.monotonic_ns() - start_ns, 199'000'000U);
  EXPECT_GE(newest_ns, before_real_ns + 199'000'000);
  EXPECT_LE(newest_ns, clock.realtime_ns());
}

TEST(Synthetic, BadOptions) {
  const auto refused = [](const std::function<void(SyntheticOptions&)>& change) {
    Synthetic backend(with(change));
    const auto opened = backend.open({});
    return !opened && opened.error().code == Code::usage && !opened.error().message.empty();
  };
  EXPECT_TRUE(refused([](auto& options) { options.flows = 0; }));
  EXPECT_TRUE(refused([](auto& options) { options.flows = (1U << 24) + 1; }));
  EXPECT_TRUE(refused([](auto& options) { options.packet_size = 63; }));
  EXPECT_TRUE(refused([](auto& options) { options.packet_size = 9019; }));
  EXPECT_TRUE(refused([](auto& options) { options.ipv6_percent = 101; }));
  EXPECT_TRUE(refused([](auto& options) { options.udp_percent = 101; }));
  EXPECT_FALSE(refused([](auto& options) { options.packet_size = 9018; }));
}

}  // namespace
}  // namespace weir::testing
