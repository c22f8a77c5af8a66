#include "tests/unit/backends/reading.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "backends/pcap_file/pcap_file.h"

namespace weir::testing {
namespace {

/// Calls of receive() that bring nothing before a reading is given up as one that hangs.
constexpr int kMostEmptyCalls = 100'000;

}  // namespace

TempFile::TempFile(std::span<const uint8_t> content)
    : path_(::testing::TempDir() + "/weir-test-XXXXXX") {
  const int fd = mkstemp(path_.data());
  EXPECT_GE(fd, 0);
  for (size_t done = 0; done < content.size();) {
    const ssize_t wrote = write(fd, content.data() + done, content.size() - done);
    if (wrote <= 0) {
      ADD_FAILURE() << "cannot write " << path_;
      break;
    }
    done += static_cast<size_t>(wrote);
  }
  close(fd);
}

TempFile::~TempFile() {
  unlink(path_.c_str());
}

Reading read_all(Backend& backend, const CaptureOptions& options, uint32_t batch) {
  Reading reading;
  Result<CaptureInfo> opened = backend.open(options);
  if (!opened) {
    ADD_FAILURE() << to_string(opened.error());
    return reading;
  }
  reading.info = std::move(*opened);
  int empty_calls = 0;
  uint32_t ended = 0;
  for (uint32_t turn = 0; ended < reading.info.queues && empty_calls < kMostEmptyCalls; ++turn) {
    const auto got = backend.queue(turn % reading.info.queues).receive(batch);
    if (!got) {
      ADD_FAILURE() << to_string(got.error());
      break;
    }
    ended = got->state() == PacketBatch::State::end ? ended + 1 : 0;
    empty_calls = got->state() == PacketBatch::State::empty ? empty_calls + 1 : 0;
    EXPECT_LE(got->packets().size(), batch);
    for (const PacketView& view : got->packets()) reading.packets.emplace_back(view);
  }
  reading.ended = ended == reading.info.queues;
  for (uint32_t i = 0; i < reading.info.queues; ++i) {
    const DropCounts drops = backend.queue(i).drops();
    if (drops.nic) reading.drops.nic = reading.drops.nic.value_or(0) + *drops.nic;
    if (drops.kernel) reading.drops.kernel = reading.drops.kernel.value_or(0) + *drops.kernel;
    reading.drops.partly_known += drops.partly_known;
  }
  for (const Status& notice : backend.take_notices()) {
    reading.notices.push_back(to_string(notice));
    reading.notice_codes.push_back(notice.code);
  }
  backend.close();
  return reading;
}

Reading read_files(std::vector<std::string> paths, const CaptureOptions& options, uint32_t batch) {
  backends::PcapFile backend(std::move(paths));
  return read_all(backend, options, batch);
}

Reading read_bytes(std::span<const uint8_t> content, const CaptureOptions& options,
                   uint32_t batch) {
  const TempFile file(content);
  Reading reading = read_files({file.path()}, options, batch);
  for (std::string& notice : reading.notices) {
    if (notice.starts_with(file.path())) notice.replace(0, file.path().size(), "FILE");
  }
  return reading;
}

std::vector<uint8_t> gzip(std::span<const uint8_t> content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<uint8_t> packed(deflateBound(&stream, content.size()) + 32);
  stream.next_in = const_cast<uint8_t*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace weir::testing
