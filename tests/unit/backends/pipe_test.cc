#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "backends/pcap_file/pcap_file.h"
#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using backends::PcapFile;

constexpr int kPatienceMs = 20'000;

std::vector<uint8_t> some_pcap(uint32_t packets) {
  CaptureBytes file = pcap_header({});
  for (uint32_t i = 0; i < packets; ++i) {
    add_record(file, i, 0, payload(60 + i % 90, static_cast<uint8_t>(i)));
  }
  return file.bytes();
}

void write_all(int fd, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    ASSERT_GT(wrote, 0);
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
}

/// A named pipe, which is an input like standard input: it has no size and may have nothing yet.
class Pipe : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "/weir-pipe-XXXXXX";
    ASSERT_NE(mkdtemp(path_.data()), nullptr);
    folder_ = path_;
    path_ += "/pipe";
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  }
  void TearDown() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  /// Reads to the end as the worker does: polls the descriptor whenever there is nothing.
  std::vector<SeenPacket> read_waiting(PcapFile& backend) {
    CaptureQueue& queue = backend.queue(0);
    std::vector<SeenPacket> packets;
    for (;;) {
      const auto batch = queue.receive(256);
      if (!batch || batch->state() == PacketBatch::State::end) return packets;
      for (const PacketView& view : batch->packets()) packets.emplace_back(view);
      if (batch->state() != PacketBatch::State::empty) continue;
      ++waits_;
      pollfd ready{queue.wait_fd(), POLLIN, 0};
      if (poll(&ready, 1, kPatienceMs) == 0) {
        ADD_FAILURE() << "the pipe never became readable";
        return packets;
      }
    }
  }

  std::string folder_;
  std::string path_;
  int waits_ = 0;
};

TEST_F(Pipe, ASlowWriterLosesNothing) {
  const std::vector<uint8_t> content = some_pcap(200);
  const Reading expected = read_bytes(content);
  PcapFile backend({path_});
  ASSERT_TRUE(backend.open({}));
  EXPECT_EQ(backend.progress().total_bytes, 0U) << "a pipe has no size";
  std::thread writer([&] {
    const int fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    // In pieces that end anywhere: in the magic number, in headers, in packets.
    size_t at = 0;
    for (size_t piece = 1; at < content.size(); piece = piece * 5 / 4 + 1) {
      const size_t bytes = std::min(piece, content.size() - at);
      write_all(fd, std::span(content).subspan(at, bytes));
      at += bytes;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    close(fd);
  });
  const std::vector<SeenPacket> packets = read_waiting(backend);
  writer.join();
  EXPECT_TRUE(packets == expected.packets);
  EXPECT_GT(waits_, 0);
  EXPECT_TRUE(backend.take_notices().empty());
}

// The reader of a live capture must not wait for the pipe to fill.
TEST_F(Pipe, APacketIsThereAsSoonAsItIsWritten) {
  const std::vector<uint8_t> content = some_pcap(1);
  PcapFile backend({path_});
  ASSERT_TRUE(backend.open({}));
  CaptureQueue& queue = backend.queue(0);
  EXPECT_EQ(queue.receive(256)->state(), PacketBatch::State::empty) << "nobody writes yet";
  const int fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(queue.receive(256)->state(), PacketBatch::State::empty);
  write_all(fd, content);
  EXPECT_EQ(queue.receive(256)->packets().size(), 1U);
  EXPECT_EQ(queue.receive(256)->state(), PacketBatch::State::empty);
  close(fd);
  EXPECT_EQ(queue.receive(256)->state(), PacketBatch::State::end);
}

TEST_F(Pipe, CompressedToo) {
  const std::vector<uint8_t> content = some_pcap(5000);
  const std::vector<uint8_t> packed = gzip(content);
  const Reading expected = read_bytes(content);
  PcapFile backend({path_});
  ASSERT_TRUE(backend.open({}));
  std::thread writer([&] {
    const int fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    write_all(fd, std::span(packed).first(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    write_all(fd, std::span(packed).subspan(1));
    close(fd);
  });
  const std::vector<SeenPacket> packets = read_waiting(backend);
  writer.join();
  EXPECT_TRUE(packets == expected.packets);
}

TEST_F(Pipe, AWriterThatDiesLeavesWhatIsWhole) {
  const std::vector<uint8_t> content = some_pcap(10);
  PcapFile backend({path_});
  ASSERT_TRUE(backend.open({}));
  std::thread writer([&] {
    const int fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    write_all(fd, std::span(content).first(content.size() - 1));
    close(fd);
  });
  EXPECT_EQ(read_waiting(backend).size(), 9U);
  writer.join();
  const std::vector<Status> notices = backend.take_notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].message,
            "cut short at byte " + std::to_string(content.size() - 1) + ", after 9 packets");
}

// A file follows: the descriptor that is waited on must not be the closed pipe's.
TEST_F(Pipe, ThenAFile) {
  const TempFile file(some_pcap(4));
  PcapFile backend({path_, file.path()});
  ASSERT_TRUE(backend.open({}));
  std::thread writer([&] {
    const int fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    write_all(fd, some_pcap(3));
    close(fd);
  });
  EXPECT_EQ(read_waiting(backend).size(), 7U);
  writer.join();
  EXPECT_EQ(backend.queue(0).wait_fd(), -1);
}

}  // namespace
}  // namespace weir::testing
