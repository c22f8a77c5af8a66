#include "backends/pcap_file/pcap_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "backends/bpf/bpf_filter.h"
#include "backends/pcap_file/file_order.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostBatch = 4096;

/// Whether the expression can be a filter at all. Where the link type is known only once the input
/// is read, one that fits any common kind of link passes.
Result<void> check_filter(const CaptureOptions& options, std::optional<LinkType> link_type) {
  constexpr std::array kCommon = {LinkType::en10mb, LinkType::ieee802_11_radiotap,
                                  LinkType::linux_sll2, LinkType::raw, LinkType::ppp};
  if (options.filter.empty()) return {};
  const auto first =
      BpfFilter::compile(options.filter, link_type.value_or(kCommon.front()), options.snaplen);
  if (first) return {};
  if (!link_type) {
    for (const LinkType common : kCommon) {
      if (BpfFilter::compile(options.filter, common, options.snaplen)) return {};
    }
  }
  return fail(first.error());
}

}  // namespace

class PcapFile::Queue final : public CaptureQueue {
 public:
  Queue(Scanner& scanner, bool tells_losses) : scanner_(scanner), tells_losses_(tells_losses) {}

  Result<PacketBatch> receive(uint32_t max_packets) override {
    const uint32_t most = std::min(max_packets, kMostBatch);
    // The lowest free one, so that a worker with one batch at a time uses the same cache lines.
    const auto lease = std::find_if(leases_.begin(), leases_.end(),
                                    [](const Lease& each) { return each.chunk == nullptr; });
    if (most == 0 || lease == leases_.end()) return PacketBatch::none();
    if (lease->views.size() < most) lease->views.resize(most);
    const Scanner::Filled filled = scanner_.fill({lease->views.data(), most});
    if (filled.state == PacketBatch::State::end) return PacketBatch::ended();
    if (filled.state == PacketBatch::State::empty) return PacketBatch::none();
    lease->chunk = filled.chunk;
    return PacketBatch({lease->views.data(), filled.packets}, *this,
                       static_cast<uint64_t>(lease - leases_.begin()), filled.clock_ns);
  }

  void release(uint64_t token) noexcept override {
    ChunkPool::drop(*std::exchange(leases_[token].chunk, nullptr));
  }

  int wait_fd() const noexcept override { return scanner_.wait_fd(); }

  /// Reading loses nothing; this is what the captures that wrote the files lost. They are losses of
  /// no queue, so one of them tells.
  DropCounts drops() noexcept override { return tells_losses_ ? scanner_.drops() : DropCounts{}; }

 private:
  struct Lease {
    std::vector<PacketView> views;
    Chunk* chunk = nullptr;  ///< null: free
  };

  Scanner& scanner_;
  const bool tells_losses_;
  std::array<Lease, kMostLeases> leases_;
};

PcapFile::PcapFile(std::vector<std::string> paths, bool by_time)
    : paths_(std::move(paths)), by_time_(by_time) {}

PcapFile::~PcapFile() = default;

std::string PcapFile::name() const {
  if (paths_.empty()) return "no file";
  if (paths_.size() == 1) return shown_path(paths_.front());
  return shown_path(paths_.front()) + " and " + std::to_string(paths_.size() - 1) + " more";
}

Result<CaptureInfo> PcapFile::open(const CaptureOptions& options) {
  close();
  if (paths_.empty()) {
    return fail({Code::usage, Recovery::give_up, 0, "", "no file to read was named"});
  }
  for (const std::string& path : paths_) {
    if (std::optional<Status> wrong = Input::check(path)) return fail(std::move(*wrong));
  }
  std::vector<std::string> ordered = by_time_ ? in_order_of_time(paths_) : paths_;
  const std::optional<LinkType> link_type = first_link_type(ordered.front());
  if (auto usable = check_filter(options, link_type); !usable) {
    return fail(std::move(usable.error()));
  }
  measure();

  const uint32_t queues = std::max(options.queues, 1U);
  scanner_ = std::make_unique<Scanner>(std::move(ordered), options, queues * kMostLeases, report_);
  for (uint32_t i = 0; i < queues; ++i)
    queues_.push_back(std::make_unique<Queue>(*scanner_, i == 0));

  CaptureInfo info;
  info.backend = "pcap_file";
  info.name = name();
  info.link_type = link_type.value_or(LinkType::en10mb);
  info.queues = queues;
  info.link_queues = 1;
  info.symmetric = queues == 1;
  info.lossless = true;
  return info;
}

CaptureQueue& PcapFile::queue(uint32_t index) {
  return *queues_.at(index);
}

void PcapFile::close() noexcept {
  queues_.clear();
  scanner_.reset();
}

std::vector<Status> PcapFile::take_notices() {
  const std::lock_guard lock(report_.mutex);
  return std::exchange(report_.notices, {});
}

Backend::Progress PcapFile::progress() const {
  return {report_.done_bytes.load(std::memory_order_relaxed),
          report_.total_bytes.load(std::memory_order_relaxed)};
}

/// Sets what progress() counts up to; 0 when one of the inputs has no size.
void PcapFile::measure() {
  uint64_t total_bytes = 0;
  bool known = true;
  for (const std::string& path : paths_) {
    struct stat found{};
    known = known && path != "-" && stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
    total_bytes += static_cast<uint64_t>(found.st_size);
  }
  report_.done_bytes = 0;
  report_.total_bytes = known ? total_bytes : 0;
}

}  // namespace weir::backends
