#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/pcap_file/scanner.h"
#include "engine/core/backend.h"

namespace weir::backends {

/// Reads pcap, pcapng, snoop and ERF files, also compressed ones (see decompressor.h), one after
/// the other: `by_time` in the order of in_order_of_time(), else as given; "-" is standard input.
/// What a file is, its content says. Nothing is dropped: a file waits for its reader.
///
/// Every queue takes the next packets of the one list, so one queue sees file order, and several
/// share the packets as they come to ask. A queue hands out at most kMostLeases batches at a time
/// and is `empty` until one is dropped.
///
/// A file that is cut, garbled or refused by the disk gives what came before, a notice, and way to
/// the next file. A path that is missing, unreadable or a directory is an error of open(), before
/// anything is read.
class PcapFile final : public Backend {
 public:
  static constexpr uint32_t kMostLeases = 8;

  explicit PcapFile(std::vector<std::string> paths, bool by_time = true);
  ~PcapFile() override;

  std::string name() const override;
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override;
  void close() noexcept override;
  std::vector<Status> take_notices() override;
  Progress progress() const override;

 private:
  class Queue;

  void measure();

  const std::vector<std::string> paths_;
  const bool by_time_;
  FileReport report_;
  std::unique_ptr<Scanner> scanner_;
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace weir::backends
