#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "backends/bpf/bpf_filter.h"
#include "backends/pcap_file/losses.h"
#include "engine/core/packet.h"

namespace weir::backends {

/// The largest packet a file may hold: as in libpcap and wiretap 262144 bytes, and more for the few
/// link types whose frames are no frames of a network.
uint32_t most_cap_len(LinkType link_type) noexcept;

/// A batch while it is filled. Borrowed from a queue for one receive().
class BatchBuilder {
 public:
  BatchBuilder(std::span<PacketView> views, uint32_t snaplen, uint64_t newest_ns) noexcept
      : begin_(views.data()),
        next_(views.data()),
        end_(views.data() + views.size()),
        snaplen_(snaplen),
        newest_ns_(newest_ns) {}

  bool full() const noexcept { return next_ == end_; }
  uint32_t count() const noexcept { return static_cast<uint32_t>(next_ - begin_); }
  uint64_t newest_ns() const noexcept { return newest_ns_; }

  /// Where the next packet is written, all of it. Not when full().
  PacketView& next() noexcept { return *next_; }

  /// Takes what was written to next() unless `filter`, which sees all of it, rejects it.
  void take(const BpfFilter* filter) noexcept {
    if (filter != nullptr && !filter->matches(*next_)) return;
    next_->cap_len = std::min(next_->cap_len, snaplen_);
    newest_ns_ = std::max(newest_ns_, next_->ts_ns);
    ++next_;
  }
  void add(const PacketView& view, const BpfFilter* filter) noexcept {
    next() = view;
    take(filter);
  }

 private:
  PacketView* begin_;
  PacketView* next_;
  PacketView* end_;
  uint32_t snaplen_;
  uint64_t newest_ns_;
};

/// The filter for packets of a link type, null for none; it lives as long as the reader.
using FilterOf = std::function<const BpfFilter*(LinkType)>;

/// One file format: finds the records in the bytes of one file, one after the other. It keeps no
/// pointer to the bytes between two calls, so they may move.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  struct Scan {
    size_t used = 0;        ///< bytes of the window that are done with: whole records
    size_t wanted = 0;      ///< bytes from there on without which there is no progress; 0 when full
    std::string garbled{};  ///< not empty: nothing after `used` can be read, and why
  };

  /// Walks whole records at the start of `window` into `batch` until that is full or the window has
  /// no whole record more.
  virtual Scan scan(std::span<const uint8_t> window, BatchBuilder& batch) = 0;

  /// What the file has said so far about packets that its capture lost.
  virtual Losses losses() const noexcept { return Losses::unknown(); }

  /// Packets found so far, with those that the filter rejected.
  uint64_t packets() const noexcept { return packets_; }

 protected:
  uint64_t packets_ = 0;
};

/// What the start of a file is.
struct Recognition {
  std::unique_ptr<RecordReader> reader;  ///< null: not known yet, or no capture
  size_t wanted = 0;                     ///< bytes of the file that are needed to tell; 0: none
  std::string other_format{};            ///< what it is where it is no capture
};

/// `complete`: the window is all of the file.
Recognition recognise(std::span<const uint8_t> window, bool complete, const FilterOf& filter_of);

}  // namespace weir::backends
