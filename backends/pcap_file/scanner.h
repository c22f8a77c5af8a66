#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/pcap_file/chunk_pool.h"
#include "backends/pcap_file/input.h"
#include "backends/pcap_file/record_reader.h"
#include "engine/core/backend.h"

namespace weir::backends {

/// What readers of the backend may ask from any thread, also while it is closed.
struct FileReport {
  std::mutex mutex;
  std::vector<Status> notices;  ///< guarded by mutex
  std::atomic<uint64_t> done_bytes{0};
  std::atomic<uint64_t> total_bytes{0};
};

/// Reads a list of files one after the other and hands their packets out in file order, to as many
/// queues as ask. All of it happens under one lock, held for one batch: finding where a record ends
/// needs the record before it, so walking the headers cannot be shared; everything that costs more
/// (parsing, the flow table) is done by the workers outside of it.
class Scanner {
 public:
  /// `leases`: batches that may be alive at the same time.
  Scanner(std::vector<std::string> paths, const CaptureOptions& options, uint32_t leases,
          FileReport& report);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  struct Filled {
    PacketBatch::State state = PacketBatch::State::empty;
    uint32_t packets = 0;
    uint64_t clock_ns = 0;   ///< the greatest time stamp handed out before these
    Chunk* chunk = nullptr;  ///< where their bytes are; the caller drops its reference
  };
  /// Fills the start of `views` with packets of one chunk. Thread-safe.
  Filled fill(std::span<PacketView> views);

  /// What the files read so far say that their captures lost. Thread-safe.
  DropCounts drops();

  /// What to wait on for more, -1 for files on a disk. Stays open as long as the scanner does.
  int wait_fd() const noexcept { return wait_fd_.load(std::memory_order_relaxed); }

 private:
  enum class Refill : uint8_t { more, not_now, file_done };

  bool open_next();
  void close_input();
  RecordReader::Scan scan(BatchBuilder& batch);
  Refill refill(size_t wanted);
  bool make_room(size_t wanted);
  void finish_file();
  std::string packets_so_far() const;
  void note(Status status);
  void note_damage(const std::string& what);
  const BpfFilter* filter_of(LinkType link_type);

  const std::vector<std::string> paths_;
  const std::string filter_;
  const uint32_t snaplen_;
  FileReport& report_;
  std::atomic<int> wait_fd_{-1};  ///< writer: who holds mutex_

  std::mutex mutex_;  ///< guards all below
  ChunkPool pool_;
  std::map<LinkType, BpfFilter> filters_;
  size_t next_path_ = 0;
  std::unique_ptr<Input> input_;
  std::vector<std::unique_ptr<Input>> done_pipes_;  ///< see wait_fd()
  std::unique_ptr<RecordReader> reader_;            ///< null until it is known what the file is
  bool complete_ = false;  ///< without a reader: the file has no bytes but those in the window
  Losses losses_;          ///< of the files before
  uint64_t newest_ns_ = 0;
  uint64_t offset_ = 0;  ///< of the first byte that is not done with, in the decompressed file
  Chunk* chunk_ = nullptr;
  size_t begin_ = 0;  ///< [begin_, end_) of chunk_ is read and not done with
  size_t end_ = 0;
};

/// The link type of the first interface of a file on a disk; empty when that cannot be told.
std::optional<LinkType> first_link_type(const std::string& path);

}  // namespace weir::backends
