#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/ip_prefix.h"
#include "engine/core/packet.h"
#include "engine/core/status.h"

namespace weir {

/// Packets a source lost, cumulative since the capture was opened. A cause that the source cannot
/// know is empty, never zero.
struct DropCounts {
  std::optional<uint64_t> kernel;  ///< lost between the driver and the reader (ring or socket full)
  std::optional<uint64_t> nic;     ///< lost by the interface or its driver
  /// Losses that are known of and in neither count, because that count would not be complete: of
  /// several files only some tell what their captures lost.
  uint64_t partly_known = 0;
};

/// How to capture. Every backend takes the same options and says in CaptureInfo::notes what it
/// could not do; a filter it cannot apply is an error.
struct CaptureOptions {
  std::string filter;                 ///< pcap-filter(7) expression, empty for everything
  std::string left_out;               ///< one of weir's own, for what is not to be captured
  uint32_t snaplen = 262144;          ///< bytes kept of each packet
  bool promiscuous = false;           ///< also packets to other hosts
  uint64_t ring_bytes = 64ULL << 20;  ///< capture memory a queue
  uint32_t queues = 1;                ///< how many queues the engine can serve
  /// The number of workers was asked for: so many queues where the backend is free to choose.
  bool queues_asked_for = false;
  std::vector<uint32_t> queue_list;  ///< receive queues of the interface; empty: all of them
  std::string fanout;                ///< how packets are spread over queues; empty: symmetric
  bool decap = false;                ///< flows are told apart inside of tunnels
  bool nic_time = false;             ///< time stamps of the interface, not of the kernel
  uint32_t busy_poll_us = 0;         ///< as SO_BUSY_POLL, 0: not
};

/// What open() found, for the engine and for display.
struct CaptureInfo {
  std::string backend;  ///< "pcap", "pcap_file", "synthetic", ...
  std::string name;     ///< "eth0", "a.pcap", ...
  LinkType link_type = LinkType::en10mb;
  std::string link_words;  ///< the link type in words, where the backend has some
  uint32_t queues = 1;
  /// Receive queues of the link, for display, where that is another number: a file that several
  /// workers read has one. 0: the same.
  uint32_t link_queues = 0;
  uint32_t shown_queues() const noexcept { return link_queues != 0 ? link_queues : queues; }
  /// Both directions of every flow come out of one queue, so a worker may be its own shard.
  bool symmetric = false;
  /// The source waits for a slow reader (files, synthetic): rings push back and nothing is dropped.
  bool lossless = false;
  /// Time stamps are the host's real-time clock, so time goes on while no packet arrives.
  bool realtime = false;
  std::optional<int> numa_node;  ///< that the interface is attached to, where known
  /// Of the captured interface, all bits of each and the length of its network.
  std::vector<IpPrefix> addresses;
  std::vector<IpPrefix> local_networks;  ///< beside those of the addresses
  std::vector<std::string> notes;        ///< one line each: what was chosen, what could not be had
};

/// One receive queue of a capture. Used by one worker thread at a time; batches it hands out are
/// dropped by that thread before the queue is destroyed.
class CaptureQueue : public BatchOwner {
 public:
  virtual ~CaptureQueue() = default;
  CaptureQueue() = default;
  CaptureQueue(const CaptureQueue&) = delete;
  CaptureQueue& operator=(const CaptureQueue&) = delete;

  /// At most `max_packets` packets that are there now. Never blocks and never waits: `empty` when
  /// there is none, `end` when none will come. What the source still holds comes before an
  /// error: the caller does not ask again after one.
  virtual Result<PacketBatch> receive(uint32_t max_packets) = 0;

  /// Readable when receive() may have something; -1 when there is nothing to wait on (the queue is
  /// polled: memory, a file, a poll-mode driver).
  virtual int wait_fd() const noexcept { return -1; }

  /// Drops since open. Called by the worker between batches, a few times a second, and once more
  /// after the last batch. Failing to read them is not an error: the last known values are
  /// returned.
  virtual DropCounts drops() noexcept = 0;
};

/// A source of packets: one interface, one list of files, one generator. open() and close() may be
/// repeated; the supervisor's thread calls both, never while a worker uses a queue.
class Backend {
 public:
  virtual ~Backend() = default;
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// The name shown to the user, valid before open().
  virtual std::string name() const = 0;

  /// Opens the source with at most `options.queues` queues. On failure nothing stays open, and the
  /// Status has the code that contract says: usage for a filter, not_found, not_permitted.
  virtual Result<CaptureInfo> open(const CaptureOptions& options) = 0;

  /// Queue `index` < CaptureInfo::queues of an opened source. The backend owns it until close().
  virtual CaptureQueue& queue(uint32_t index) = 0;

  /// Closes all queues. No batch of theirs may be alive.
  virtual void close() noexcept = 0;

  /// What was found wrong with the input so far without ending it (a damaged file in a list), each
  /// told once. Thread-safe.
  virtual std::vector<Status> take_notices() { return {}; }

  /// The interface's addresses (CaptureInfo::addresses) when they may have changed since open() or
  /// the last call. By the supervisor's thread, about ten times a second, while it is open.
  virtual std::optional<std::vector<IpPrefix>> changed_addresses() { return std::nullopt; }

  /// Input read so far and in all, in bytes, for the progress line; 0 in all when unknown.
  /// Thread-safe.
  struct Progress {
    uint64_t done_bytes = 0;
    uint64_t total_bytes = 0;
  };
  virtual Progress progress() const { return {}; }
};

}  // namespace weir
