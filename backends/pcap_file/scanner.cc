#include "backends/pcap_file/scanner.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace weir::backends {
namespace {

/// What was just read is parsed while it is in the caches that are the core's own; see
/// docs/decisions/0004-reading-files.md for sizes, and for why files are not mapped.
constexpr size_t kChunkBytes = 256 << 10;

/// Chunks and files looked at in one call that finds no packet. More would keep the worker from its
/// other duties when a filter rejects everything.
constexpr uint32_t kMostRefills = 16;

/// A file that ends before this is cut, whatever it was.
constexpr size_t kLeastToTell = 4;

}  // namespace

Scanner::Scanner(std::vector<std::string> paths, const CaptureOptions& options, uint32_t leases,
                 FileReport& report)
    : paths_(std::move(paths)),
      filter_(options.filter),
      snaplen_(options.snaplen),
      report_(report),
      pool_(leases + 2, kChunkBytes) {}

Scanner::~Scanner() = default;

Scanner::Filled Scanner::fill(std::span<PacketView> views) {
  const std::lock_guard lock(mutex_);
  BatchBuilder batch(views, snaplen_, newest_ns_);
  for (uint32_t refills = 0; refills < kMostRefills; ++refills) {
    if (!input_ && !open_next()) return {.state = PacketBatch::State::end};
    const RecordReader::Scan scanned = scan(batch);
    if (batch.count() != 0) {
      // What stopped the scan is found again by the next call.
      ChunkPool::hold(*chunk_);
      return {PacketBatch::State::packets, batch.count(),
              std::exchange(newest_ns_, batch.newest_ns()), chunk_};
    }
    if (!scanned.garbled.empty()) {
      note_damage(scanned.garbled);
      close_input();
      continue;
    }
    if (scanned.wanted <= end_ - begin_) continue;  // past a file header
    const Refill refilled = refill(scanned.wanted);
    if (refilled == Refill::not_now) return {};
    if (refilled == Refill::file_done) close_input();
  }
  return {};
}

DropCounts Scanner::drops() {
  const std::lock_guard lock(mutex_);
  Losses all = losses_;
  if (reader_) {
    all.add(reader_->losses());
  } else if (next_path_ == 0 || input_) {
    all.add(Losses::unknown());
  }
  return all.drop_counts();
}

/// Opens the next file that can be opened; false when there is none.
bool Scanner::open_next() {
  while (next_path_ < paths_.size()) {
    auto opened = Input::open(paths_[next_path_++], report_.done_bytes);
    if (!opened) {
      // It was there when the run began: the summary lacks it, so the input is damaged.
      opened.error().code = Code::damaged;
      losses_.add(Losses::unknown());
      note(std::move(opened.error()));
      continue;
    }
    input_ = std::move(*opened);
    wait_fd_.store(input_->fd(), std::memory_order_relaxed);
    offset_ = 0;
    return true;
  }
  return false;
}

void Scanner::close_input() {
  wait_fd_.store(-1, std::memory_order_relaxed);
  if (input_->fd() >= 0) done_pipes_.push_back(std::move(input_));
  input_.reset();
  losses_.add(reader_ ? reader_->losses() : Losses::unknown());
  reader_.reset();
  complete_ = false;
  if (chunk_ != nullptr) ChunkPool::drop(*std::exchange(chunk_, nullptr));
  begin_ = end_ = 0;
}

RecordReader::Scan Scanner::scan(BatchBuilder& batch) {
  const size_t left = end_ - begin_;
  const uint8_t* start = left == 0 ? nullptr : chunk_->bytes.get() + begin_;
  const std::span window(start, left);
  if (!reader_) {
    Recognition found =
        recognise(window, complete_, [this](LinkType link_type) { return filter_of(link_type); });
    if (!found.reader) return {0, found.wanted, std::move(found.other_format)};
    reader_ = std::move(found.reader);
  }
  RecordReader::Scan scanned = reader_->scan(window, batch);
  begin_ += scanned.used;
  offset_ += scanned.used;
  return scanned;
}

/// Reads on, so that `wanted` bytes may be there from begin_ on.
Scanner::Refill Scanner::refill(size_t wanted) {
  assert(wanted > end_ - begin_);
  if (!make_room(wanted)) return Refill::not_now;
  const size_t room =
      std::min(chunk_->capacity - end_, std::max(kChunkBytes, wanted - (end_ - begin_)));
  const Input::Read read = input_->read({chunk_->bytes.get() + end_, room});
  end_ += read.bytes;
  switch (read.state) {
    case Input::State::data: return Refill::more;
    case Input::State::wait: return Refill::not_now;
    case Input::State::end:
      if (!reader_ && end_ - begin_ >= kLeastToTell && !complete_) {
        complete_ = true;
        return Refill::more;
      }
      finish_file();
      break;
    case Input::State::failed: {
      // Also what the operating system refuses to read: the counts are not those of the file.
      Status failure = input_->failure();
      failure.code = Code::damaged;
      failure.message += ", after " + packets_so_far();
      note(std::move(failure));
      break;
    }
  }
  return Refill::file_done;
}

/// Makes begin_ .. begin_ + wanted lie in one chunk; false when leases hold all chunks.
bool Scanner::make_room(size_t wanted) {
  if (chunk_ != nullptr && begin_ + wanted <= chunk_->capacity) return true;
  const size_t left = end_ - begin_;
  const bool mine = chunk_ != nullptr && chunk_->references.load(std::memory_order_acquire) == 1;
  if (mine && wanted <= chunk_->capacity) {
    // Nobody has a lease on it: the bytes that the cache knows best.
    std::memmove(chunk_->bytes.get(), chunk_->bytes.get() + begin_, left);
  } else {
    Chunk* next = pool_.take(wanted);
    if (next == nullptr) return false;
    if (left != 0) std::memcpy(next->bytes.get(), chunk_->bytes.get() + begin_, left);
    if (chunk_ != nullptr) ChunkPool::drop(*chunk_);
    chunk_ = next;
  }
  begin_ = 0;
  end_ = left;
  return true;
}

std::string Scanner::packets_so_far() const {
  const uint64_t packets = reader_ ? reader_->packets() : 0;
  return std::to_string(packets) + (packets == 1 ? " packet" : " packets");
}

/// At the end of the file: says what is wrong with where it ends.
void Scanner::finish_file() {
  const size_t left = end_ - begin_;
  std::string message;
  if (offset_ == 0 && left == 0) {
    message = "empty";
  } else if (left != 0) {
    message = "cut short at byte " + std::to_string(offset_ + left) +
              (reader_ ? ", after " + packets_so_far() : ", before its kind can be told");
  } else {
    return;
  }
  note({Code::damaged, Recovery::give_up, 0, shown_path(paths_[next_path_ - 1]),
        std::move(message)});
}

void Scanner::note(Status status) {
  const std::lock_guard lock(report_.mutex);
  report_.notices.push_back(std::move(status));
}

void Scanner::note_damage(const std::string& what) {
  Status status{Code::other_format, Recovery::give_up, 0, shown_path(paths_[next_path_ - 1]), what};
  if (reader_) {
    status.code = Code::damaged;
    status.message =
        "garbled at byte " + std::to_string(offset_) + ", after " + packets_so_far() + ": " + what;
  }
  note(std::move(status));
}

const BpfFilter* Scanner::filter_of(LinkType link_type) {
  if (filter_.empty()) return nullptr;
  const auto known = filters_.find(link_type);
  if (known != filters_.end()) return &known->second;
  auto compiled = BpfFilter::compile(filter_, link_type, snaplen_);
  if (!compiled) {
    note({Code::usage, Recovery::give_up, 0, shown_path(paths_[next_path_ - 1]),
          "packets of link type " + std::to_string(static_cast<uint16_t>(link_type)) +
              " are left out: " + to_string(compiled.error())});
    compiled = BpfFilter::reject_all();
  }
  return &filters_.emplace(link_type, std::move(*compiled)).first->second;
}

std::optional<LinkType> first_link_type(const std::string& path) {
  struct stat found{};
  if (path == "-" || stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  std::atomic<uint64_t> not_progress{0};
  const auto input = Input::open(path, not_progress);
  if (!input) return {};
  // Not cleared: most of it is never touched when the file is short.
  const auto start = std::make_unique_for_overwrite<uint8_t[]>(kChunkBytes);
  const Input::Read read = (*input)->read({start.get(), kChunkBytes});
  const std::span window(start.get(), read.bytes);
  std::optional<LinkType> first;
  const Recognition known =
      recognise(window, read.bytes < kChunkBytes, [&first](LinkType link_type) {
        if (!first) first = link_type;
        return nullptr;
      });
  std::array<PacketView, 1> views;
  BatchBuilder batch(views, 0, 0);
  if (known.reader) known.reader->scan(window, batch);
  return first;
}

}  // namespace weir::backends
