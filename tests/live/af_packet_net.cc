#include "tests/live/af_packet_net.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "engine/core/bytes.h"

namespace weir::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLimit = std::chrono::seconds(30);
/// Several times the kernel's block time-out.
constexpr auto kAfterwards = std::chrono::milliseconds(40);

/// Into a namespace of this process' own, once; empty when it is there.
std::string enter_namespace() {
  if (geteuid() != 0) return "needs root for a network namespace";
  if (unshare(CLONE_NEWNET) != 0) return std::string("no network namespaces: ") + strerror(errno);
  for (const char* scope : {"all", "default"}) {
    // What IPv6 has to say by itself is in no count.
    std::ofstream(std::string("/proc/sys/net/ipv6/conf/") + scope + "/disable_ipv6") << 1;
  }
  if (std::system("ip link set lo up") != 0) return "needs ip (iproute2)";
  return {};
}

void put_be16(Bytes& bytes, uint32_t value) {
  bytes.push_back(static_cast<uint8_t>(value >> 8));
  bytes.push_back(static_cast<uint8_t>(value));
}

void put_be32(Bytes& bytes, uint32_t value) {
  put_be16(bytes, value >> 16);
  put_be16(bytes, value & 0xffff);
}

}  // namespace

Capture::~Capture() {
  if (opened_) backend_->close();
}

bool Capture::open(const CaptureOptions& options) {
  Result<CaptureInfo> info = backend_->open(options);
  if (!info) {
    ADD_FAILURE() << to_string(info.error());
    return false;
  }
  info_ = std::move(*info);
  opened_ = true;
  return true;
}

bool Capture::receive_from(uint32_t index) {
  Result<PacketBatch> batch = queue(index).receive(256);
  if (!batch) {
    failures_.emplace(index, batch.error());
    return false;
  }
  for (const PacketView& view : batch->packets()) {
    seen_.push_back({index, view.wire_len, view.vlan_tci, view.vlan_tpid, view.ts_ns,
                     Bytes(view.data, view.data + view.cap_len)});
  }
  return batch->state() == PacketBatch::State::packets;
}

bool Capture::receive() {
  bool any = false;
  for (uint32_t i = 0; i < info_.queues; ++i) any |= receive_from(i);
  return any;
}

void Capture::receive_until(uint64_t packets) {
  const auto limit = Clock::now() + kLimit;
  while (seen_.size() + dropped() < packets && Clock::now() < limit) {
    if (!receive()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (const auto end = Clock::now() + kAfterwards; Clock::now() < end;) {
    if (!receive()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (const auto& [index, status] : failures_) ADD_FAILURE() << index << to_string(status);
}

std::vector<Status> Capture::receive_until_failure() {
  const auto limit = Clock::now() + kLimit;
  while (failures_.size() < info_.queues && Clock::now() < limit) {
    if (!receive()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::vector<Status> statuses;
  for (const auto& [index, status] : failures_) statuses.push_back(status);
  return statuses;
}

uint64_t Capture::dropped() {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < info_.queues; ++i) sum += queue(i).drops().kernel.value_or(0);
  return sum;
}

CaptureOptions with_queues(uint32_t queues, std::string fanout) {
  CaptureOptions options;
  options.queues = queues;
  options.queues_asked_for = true;
  options.fanout = std::move(fanout);
  options.ring_bytes = 4 << 20;
  return options;
}

void AfPacketNet::SetUp() {
  static const std::string why_not = enter_namespace();
  if (!why_not.empty()) GTEST_SKIP() << why_not;
  if (std::system("ip link add va type veth peer name vb 2>/dev/null") != 0) {
    GTEST_SKIP() << "no veth pairs in this kernel";
  }
  ip("link set va up");
  ip("link set vb up");
}

void AfPacketNet::TearDown() {
  if (if_nametoindex("va") != 0) ip("link del va");
}

void AfPacketNet::ip(const std::string& arguments) {
  ASSERT_EQ(std::system(("ip " + arguments).c_str()), 0) << arguments;
}

void AfPacketNet::make_pair() {
  ip("link add va type veth peer name vb");
  ip("link set va up");
  ip("link set vb up");
}

void AfPacketNet::send(const std::string& interface, const std::vector<Bytes>& frames) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  ASSERT_GE(fd, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const Bytes& frame : frames) {
    while (::send(fd, frame.data(), frame.size(), 0) < 0) {
      if (errno == ENOBUFS) continue;
      ADD_FAILURE() << strerror(errno);
      close(fd);
      return;
    }
  }
  close(fd);
}

Bytes make_frame(const UdpFrame& frame) {
  Bytes bytes{0x02, 0, 0, 0, 0, 0xfe, 0x02, 0, 0, 0, 0, 0xfd, 0x08, 0x00, 0x45, 0};
  put_be16(bytes, 28 + frame.payload);
  put_be16(bytes, 77);
  put_be16(bytes, frame.fragment);
  bytes.push_back(64);
  bytes.push_back(17);
  put_be16(bytes, 0);
  put_be32(bytes, frame.from);
  put_be32(bytes, frame.to);
  put_be16(bytes, frame.from_port);
  put_be16(bytes, frame.to_port);
  put_be16(bytes, 8 + frame.payload);
  put_be16(bytes, 0);
  bytes.resize(bytes.size() + frame.payload - 4);
  put_be32(bytes, frame.mark);
  return bytes;
}

Bytes tagged(const Bytes& frame, uint16_t tpid, uint16_t vlan) {
  Bytes bytes(frame.begin(), frame.begin() + 12);
  put_be16(bytes, tpid);
  put_be16(bytes, vlan);
  bytes.insert(bytes.end(), frame.begin() + 12, frame.end());
  return bytes;
}

uint32_t mark_of(const Bytes& frame) {
  return frame.size() < 4 ? 0 : load_be32(&frame[frame.size() - 4]);
}

std::vector<Bytes> numbered(uint32_t count, uint32_t payload) {
  std::vector<Bytes> frames;
  for (uint32_t i = 0; i < count; ++i) {
    frames.push_back(make_frame({.from = 0x0a4d0000 + i % 50, .payload = payload, .mark = i}));
  }
  return frames;
}

void expect_each_once(const Capture& capture, uint32_t count) {
  std::vector<int> times(count);
  for (const Seen& packet : capture.seen()) {
    const uint32_t mark = mark_of(packet.bytes);
    ASSERT_LT(mark, count);
    ++times[mark];
  }
  EXPECT_EQ(std::count(times.begin(), times.end(), 1), count);
  EXPECT_EQ(capture.seen().size(), count);
}

}  // namespace weir::testing
