// The file backend with any bytes as the file. It is read twice, with batches and queues of another
// number: both must give the same packets and say the same about damage.

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "backends/pcap_file/pcap_file.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

constexpr uint64_t kLeastRecordBytes = 16;  // a pcap record or a Simple Packet Block without data
constexpr uint64_t kMostInflated = 1032;    // bytes out of one byte of deflate (RFC 1951)

/// A file in memory; its path works for open().
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(fd_ >= 0, "memfd_create works");
    for (size_t done = 0; done < size;) {
      const ssize_t wrote = ::write(fd_, data + done, size - done);
      require(wrote > 0, "a memory file takes bytes");
      done += static_cast<size_t>(wrote);
    }
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;
};

struct Outcome {
  uint64_t packets = 0;
  uint64_t cap_bytes = 0;
  uint64_t digest = 0xcbf29ce484222325;  ///< FNV-1a, over all fields in the order of the file
  std::vector<std::string> notices;

  void add(uint64_t value) { digest = (digest ^ value) * 0x100000001b3; }
  bool operator==(const Outcome&) const = default;
};

void add(Outcome& outcome, const PacketView& view) {
  ++outcome.packets;
  outcome.cap_bytes += view.cap_len;
  outcome.add(view.ts_ns);
  outcome.add(view.cap_len);
  outcome.add(view.wire_len);
  outcome.add(static_cast<uint16_t>(view.link_type));
  outcome.add(view.interface_id);
  for (uint32_t i = 0; i < view.cap_len; ++i) outcome.add(view.data[i]);
}

Outcome read(const std::string& path, uint32_t queues, uint32_t batch, uint64_t most_calls) {
  backends::PcapFile backend({path});
  CaptureOptions options;
  options.queues = queues;
  options.snaplen = 1U << 28;
  const auto info = backend.open(options);
  require(info.has_value(), "a readable file opens");
  Outcome outcome;
  uint32_t ended = 0;
  for (uint64_t call = 0; ended < queues; ++call) {
    require(call < most_calls, "an end");
    const auto got = backend.queue(static_cast<uint32_t>(call % queues)).receive(batch);
    require(got.has_value(), "damage is no failure");
    require(got->packets().size() <= batch, "no larger batch than asked for");
    ended = got->state() == PacketBatch::State::end ? ended + 1 : 0;
    for (const PacketView& view : got->packets()) add(outcome, view);
  }
  for (const Status& notice : backend.take_notices()) {
    require(notice.code == Code::damaged && !notice.message.empty(), "damage is called damage");
    outcome.notices.push_back(notice.message);
  }
  require(outcome.notices.size() <= 1, "one notice a file");
  return outcome;
}

void read_one(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  const bool compressed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
  const uint64_t most_bytes = compressed ? size * kMostInflated : size;
  // A call may bring nothing while a file header, or a lot without packets, is read.
  const uint64_t most_calls = 1000 + most_bytes / kLeastRecordBytes;
  const Outcome once = read(file.path(), 1, 256, most_calls);
  require(once.packets <= most_bytes / kLeastRecordBytes, "packets that the file can hold");
  require(once.cap_bytes <= most_bytes, "bytes that the file holds");
  if (size == 0) require(once.notices.size() == 1, "an empty file is said to be one");
  require(once == read(file.path(), 2, 1 + size % 5, most_calls), "twice the same");
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::read_one(data, size);
  return 0;
}
