// The file backend with any bytes as the file. It is read twice, with batches and queues of another
// number: both must give the same packets and say the same about damage.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "backends/pcap_file/decompressor.h"
#include "backends/pcap_file/pcap_file.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

constexpr uint64_t kLeastRecordBytes = 16;  // a pcap record or a Simple Packet Block without data
/// Compressed data expand a millionfold (bzip2), so the reading of them is given up here.
constexpr uint64_t kMostUnpackedPackets = 200'000;
constexpr uint64_t kMostUnpackedCalls = 50'000;

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
  std::array<uint64_t, 5> losses{};
  bool given_up = false;

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

void add(Outcome& outcome, const DropCounts& drops) {
  outcome.losses = {drops.kernel.has_value(), drops.kernel.value_or(0), drops.nic.has_value(),
                    drops.nic.value_or(0), drops.partly_known};
  require(drops.partly_known == 0 || !drops.kernel || !drops.nic, "a complete sum is told as one");
}

/// `most_calls`: 0 for data that expand.
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
    if (most_calls == 0 && (outcome.packets > kMostUnpackedPackets || call > kMostUnpackedCalls)) {
      outcome.given_up = true;
      return outcome;
    }
    require(most_calls == 0 || call < most_calls, "an end");
    const auto got = backend.queue(static_cast<uint32_t>(call % queues)).receive(batch);
    require(got.has_value(), "damage is no failure");
    require(got->packets().size() <= batch, "no larger batch than asked for");
    ended = got->state() == PacketBatch::State::end ? ended + 1 : 0;
    for (const PacketView& view : got->packets()) add(outcome, view);
  }
  for (const Status& notice : backend.take_notices()) {
    require(notice.code == Code::damaged || notice.code == Code::other_format,
            "damage is called damage");
    require(!notice.message.empty(), "it is said what is wrong");
    outcome.notices.push_back(notice.message);
  }
  require(outcome.notices.size() <= 1, "one notice a file");
  add(outcome, backend.queue(0).drops());
  return outcome;
}

void read_one(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  const auto decompressor = backends::make_decompressor({data, size});
  // A call may bring nothing while a file header, or a lot without packets, is read.
  const uint64_t most_calls = decompressor ? 0 : 1000 + size / kLeastRecordBytes;
  const Outcome once = read(file.path(), 1, 256, most_calls);
  if (once.given_up) return;
  if (!decompressor) {
    require(once.packets <= size / kLeastRecordBytes, "packets that the file can hold");
    require(once.cap_bytes <= size, "bytes that the file holds");
  }
  if (size == 0) require(once.notices.size() == 1, "an empty file is said to be one");
  const Outcome again = read(file.path(), 2, 1 + size % 5, most_calls);
  require(again.given_up || once == again, "twice the same");
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::read_one(data, size);
  return 0;
}
