// af_packet on a veth pair against a sender that knows what it sent: every count is exact.

#include <errno.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "backends/pcap_live/pcap_live.h"
#include "tests/live/af_packet_net.h"

namespace weir::testing {
namespace {

bool has_note(const CaptureInfo& info, const std::string& text) {
  return std::any_of(info.notes.begin(), info.notes.end(),
                     [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

TEST_F(AfPacketNet, RestoresTagsWithTheirBytes) {
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(with_queues(1)));
  const Bytes plain = make_frame({});
  send("va", {plain, tagged(plain, 0x8100, 5), tagged(tagged(plain, 0x8100, 20), 0x88a8, 10)});
  capture.receive_until(3);
  ASSERT_EQ(capture.seen().size(), 3U);
  const std::vector<Seen>& seen = capture.seen();
  EXPECT_EQ(seen[0].vlan_tpid, 0);
  EXPECT_EQ(seen[1].vlan_tpid, 0x8100);
  EXPECT_EQ(seen[1].vlan_tci, 5);
  EXPECT_EQ(seen[1].bytes, plain);
  EXPECT_EQ(seen[2].vlan_tpid, 0x88a8);
  EXPECT_EQ(seen[2].vlan_tci, 10);
  EXPECT_EQ(seen[2].bytes, tagged(plain, 0x8100, 20));
  for (uint32_t tags = 0; tags < 3; ++tags) {
    EXPECT_EQ(seen[tags].wire_len, plain.size() + 4 * tags);
  }
  EXPECT_LE(seen[0].ts_ns, seen[2].ts_ns);
}

TEST_F(AfPacketNet, LoopbackIsCountedOnce) {
  for (const uint32_t queues : {1U, 3U}) {
    Capture capture(af_packet("lo"));
    ASSERT_TRUE(capture.open(with_queues(queues)));
    Bytes frame = make_frame({.from = 0x7f000001, .to = 0x7f000001});
    std::vector<Bytes> frames(100, frame);
    send("lo", frames);
    capture.receive_until(100);
    EXPECT_EQ(capture.seen().size(), 100U);
  }
}

// The same packets, at the same time, through libpcap.
TEST_F(AfPacketNet, FiltersAsLibpcapDoes) {
  const Bytes plain = make_frame({});
  const Bytes other = make_frame({.to_port = 99, .payload = 200});
  const std::vector<Bytes> frames{plain,
                                  other,
                                  tagged(plain, 0x8100, 5),
                                  tagged(other, 0x8100, 6),
                                  tagged(tagged(plain, 0x8100, 20), 0x88a8, 10),
                                  tagged(tagged(plain, 0x8100, 20), 0x8100, 5)};
  // Not the same: of "inbound" and "outbound" libpcap 1.10.3 shows nothing before its ring has been
  // filled once.
  for (const std::string filter : {"inbound", "outbound"}) {
    CaptureOptions options = with_queues(2);
    options.filter = filter;
    Capture ours(af_packet());
    ASSERT_TRUE(ours.open(options));
    send("va", frames);
    send("vb", numbered(3));
    ours.receive_until(3);
    EXPECT_EQ(ours.seen().size(), filter == "inbound" ? frames.size() : 3U);
  }
  for (const std::string filter :
       {"udp port 53", "vlan 5 and udp", "vlan", "not vlan", "vlan and vlan 20", "ip6",
        "greater 100", "ether[12:2] = 0x8100", "vlan 10 and vlan 20 and udp port 53",
        "udp port 53 or vlan 6"}) {
    SCOPED_TRACE(filter);
    CaptureOptions options = with_queues(1);
    options.filter = filter;
    Capture ours(af_packet());
    Capture theirs(std::make_unique<backends::PcapLive>("vb"));
    ASSERT_TRUE(ours.open(options) && theirs.open(options));
    send("va", frames);
    send("vb", frames);
    ours.receive_until(0);
    theirs.receive_until(0);
    EXPECT_EQ(ours.seen().size(), theirs.seen().size());
    uint64_t ours_bytes = 0;
    uint64_t theirs_bytes = 0;
    for (const Seen& packet : ours.seen()) ours_bytes += packet.wire_len;
    for (const Seen& packet : theirs.seen()) theirs_bytes += packet.wire_len;
    EXPECT_EQ(ours_bytes, theirs_bytes);
  }
}

TEST_F(AfPacketNet, AFilterTooLongForTheKernelIsAppliedAllTheSame) {
  // A long sum is compiled in no time, as long a list of hosts takes minutes.
  std::string filter = "vlan 5 and ether[0] + ether[1]";
  for (int i = 2; i < 1400; ++i) filter += " + ether[" + std::to_string(i % 60) + "]";
  filter += " != 1 and src host 10.77.0.2";
  CaptureOptions options = with_queues(2);
  options.filter = filter;
  options.snaplen = 64;
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(options));
  EXPECT_TRUE(has_note(capture.info(), "too long for the kernel"));
  const Bytes wanted = make_frame({.payload = 100});
  const Bytes other = make_frame({.from = 0x0a4d0003, .payload = 100});
  send("va",
       {tagged(wanted, 0x8100, 5), wanted, tagged(other, 0x8100, 5), tagged(wanted, 0x8100, 6)});
  capture.receive_until(1);
  ASSERT_EQ(capture.seen().size(), 1U);
  EXPECT_EQ(capture.seen()[0].bytes.size(), 60U);
  EXPECT_EQ(capture.seen()[0].wire_len, wanted.size() + 4);
}

TEST_F(AfPacketNet, AWrongFilterIsWrongUsage) {
  CaptureOptions options = with_queues(1);
  options.filter = "frob 5";
  const auto opened = af_packet()->open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::usage);
  EXPECT_EQ(opened.error().where, "filter 'frob 5'");
}

TEST_F(AfPacketNet, SnaplenCutsAndTheWireLengthStays) {
  CaptureOptions options = with_queues(1);
  options.snaplen = 64;
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(options));
  const Bytes frame = make_frame({.payload = 500});
  send("va", {frame, tagged(frame, 0x8100, 5)});
  capture.receive_until(2);
  ASSERT_EQ(capture.seen().size(), 2U);
  EXPECT_EQ(capture.seen()[0].bytes.size(), 64U);
  EXPECT_EQ(capture.seen()[0].wire_len, frame.size());
  EXPECT_EQ(capture.seen()[1].bytes.size(), 60U);
  EXPECT_EQ(capture.seen()[1].wire_len, frame.size() + 4);
}

// Nobody reads while the packets come.
TEST_F(AfPacketNet, WhatFindsNoRoomIsCounted) {
  constexpr uint32_t kCount = 3000;
  for (const uint64_t ring : {1ULL, 64ULL << 10, 100ULL << 10, 1ULL << 20, 64ULL << 20}) {
    for (const uint32_t queues : {1U, 2U}) {
      SCOPED_TRACE(std::to_string(ring) + " " + std::to_string(queues));
      CaptureOptions options = with_queues(queues);
      options.ring_bytes = ring;
      Capture capture(af_packet());
      ASSERT_TRUE(capture.open(options));
      EXPECT_EQ(has_note(capture.info(), "is the least"), ring == 1);
      send("va", numbered(kCount, 500));
      capture.receive_until(kCount);
      EXPECT_EQ(capture.seen().size() + capture.dropped(), kCount);
      if (ring <= (100ULL << 10)) {
        EXPECT_GT(capture.dropped(), 0U);
      }
      if (ring >= (4ULL << 20)) {
        EXPECT_EQ(capture.dropped(), 0U);
      }
      // The ring works as before, several times round.
      for (int round = 0; round < 6; ++round) {
        const uint64_t so_far = capture.seen().size() + capture.dropped();
        send("va", numbered(100, 500));
        capture.receive_until(so_far + 100);
        ASSERT_EQ(capture.seen().size() + capture.dropped(), so_far + 100);
      }
    }
  }
}

// Batches that are kept keep their packets; those that are dropped give them back.
TEST_F(AfPacketNet, ABatchIsALease) {
  CaptureOptions options = with_queues(1);
  options.ring_bytes = 64 << 10;
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(options));
  CaptureQueue& queue = capture.queue(0);
  std::vector<PacketBatch> kept;
  uint64_t received = 0;
  uint64_t sent = 0;
  for (int round = 0; round < 40; ++round) {
    send("va", numbered(50, 1000));
    sent += 50;
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    while (true) {
      Result<PacketBatch> batch = queue.receive(7);
      ASSERT_TRUE(batch);
      if (batch->state() != PacketBatch::State::packets) break;
      ASSERT_LE(batch->packets().size(), 7U);
      received += batch->packets().size();
      kept.push_back(std::move(*batch));
    }
  }
  EXPECT_FALSE(kept.empty());
  EXPECT_LE(kept.size(), 8U) << "there are more views than memory for them";
  uint32_t mark = 0;
  for (const PacketBatch& batch : kept) {
    for (const PacketView& view : batch.packets()) {
      EXPECT_EQ(mark_of(Bytes(view.data, view.data + view.cap_len)), mark++ % 50);
    }
  }
  std::reverse(kept.begin(), kept.end());
  kept.clear();
  capture.receive_until(sent - received);
  EXPECT_EQ(received + capture.seen().size() + capture.dropped(), sent);
  EXPECT_GT(capture.dropped(), 0U);
}

TEST_F(AfPacketNet, DownAndUpIsNoFailure) {
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(with_queues(2)));
  send("va", numbered(100));
  ip("link set vb down");
  capture.receive_until(100);
  ip("link set vb up");
  send("va", numbered(100));
  capture.receive_until(200);
  EXPECT_EQ(capture.seen().size(), 200U);
}

TEST_F(AfPacketNet, MtuChangesWhilePacketsCome) {
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(with_queues(2)));
  std::thread sender([] { send("va", numbered(20'000)); });
  for (const char* mtu : {"1400", "9000", "1500"}) {
    ip(std::string("link set vb mtu ") + mtu);
    capture.receive();
  }
  capture.receive_until(20'000);
  sender.join();
  EXPECT_EQ(capture.seen().size() + capture.dropped(), 20'000U);
}

TEST_F(AfPacketNet, ADeletedInterfaceFailsAfterItsLastPacket) {
  for (const uint32_t queues : {1U, 3U}) {
    if (queues != 1) make_pair();
    Capture capture(af_packet());
    ASSERT_TRUE(capture.open(with_queues(queues)));
    send("va", numbered(500));
    ip("link del vb");
    const std::vector<Status> statuses = capture.receive_until_failure();
    ASSERT_EQ(statuses.size(), queues);
    for (const Status& status : statuses) {
      EXPECT_EQ(status.code, Code::device_gone);
      EXPECT_EQ(status.recovery, Recovery::restart_backend);
      EXPECT_EQ(status.message, "the interface disappeared");
    }
    expect_each_once(capture, 500);
  }
}

// The first failure takes the other queues from their workers: it waits for what they hold.
TEST_F(AfPacketNet, AQueueFailsWhenTheOthersHaveNothingLeft) {
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(with_queues(2, "lb")));
  send("va", numbered(500));
  ip("link del vb");
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  uint64_t received = 0;
  while (std::chrono::steady_clock::now() < until) {
    Result<PacketBatch> batch = capture.queue(0).receive(256);
    ASSERT_TRUE(batch) << "the other one holds packets";
    received += batch->packets().size();
  }
  EXPECT_EQ(capture.receive_until_failure().size(), 2U);
  EXPECT_EQ(received + capture.seen().size(), 500U);
}

TEST_F(AfPacketNet, OpensAgainAfterAFailure) {
  auto backend = af_packet();
  ASSERT_TRUE(backend->open(with_queues(2)));
  backend->close();
  ip("link set vb down");
  const auto down = backend->open(with_queues(2));
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().code, Code::device_gone);
  EXPECT_EQ(down.error().recovery, Recovery::restart_backend);
  ip("link del vb");
  const auto gone = backend->open(with_queues(2));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::not_found);
  EXPECT_EQ(gone.error().recovery, Recovery::restart_backend);
  make_pair();
  ASSERT_TRUE(backend->open(with_queues(2)));
  backend->close();
}

TEST_F(AfPacketNet, WhatCannotBeHadIsNotedOrSaidToBePcaps) {
  CaptureOptions options = with_queues(1);
  options.nic_time = true;
  options.busy_poll_us = 50;
  options.promiscuous = true;
  Capture capture(af_packet());
  ASSERT_TRUE(capture.open(options));
  EXPECT_TRUE(has_note(capture.info(), "--timestamps nic: vb has none"));
  EXPECT_TRUE(capture.info().realtime);
  send("va", numbered(10));
  capture.receive_until(10);
  EXPECT_EQ(capture.seen().size(), 10U);
  for (const std::string name : {"any", ""}) {
    const auto opened = af_packet(name)->open(with_queues(1));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().sys_errno, EOPNOTSUPP);
    EXPECT_EQ(opened.error().code, Code::usage);
  }
}

}  // namespace
}  // namespace weir::testing
