#include "cli/dissect.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>

#include "backends/registry.h"
#include "cli/failure.h"
#include "cli/log.h"
#include "cli/stop_signals.h"
#include "parsers/subframes.h"
#include "report/output.h"

namespace weir::cli {
namespace {

constexpr uint32_t kBatch = 256;
constexpr int kNapMs = 10;

/// Standard input may have nothing yet. Returns early for a signal.
void wait_for(const CaptureQueue& queue) {
  pollfd input{queue.wait_fd(), POLLIN, 0};  // -1 is ignored: then it is a nap
  ::poll(&input, 1, kNapMs);
}

/// One pass over the input.
class Dissector {
 public:
  Dissector(const DissectOptions& options, report::Output& output)
      : options_(options), output_(output) {}

  int run(Backend& backend, const std::atomic<bool>& stopped);

 private:
  Result<void> print(const PacketBatch& batch);
  /// True when reading on makes sense.
  bool told(const Status& failure);
  void tell_notices(Backend& backend);
  bool enough() const { return options_.count > 0 && number_ >= options_.count; }

  const DissectOptions& options_;
  report::Output& output_;
  uint64_t number_ = 0;
  int exit_code_ = kExitDone;
  std::optional<Status> last_failure_;
};

/// How many frames of an aggregate follow its first one.
uint32_t further_frames(const PacketView& packet, const parsers::ParseOptions& options) {
  parsers::Subframes frames(packet, options);
  parsers::ParsedPacket parsed;
  uint32_t count = 0;
  while (frames.next(parsed)) ++count;
  return count - 1;
}

Result<void> Dissector::print(const PacketBatch& batch) {
  for (const PacketView& packet : batch.packets()) {
    if (enough()) break;
    parsers::ParsedPacket parsed;
    parsers::LayerTrace trace;
    parsers::parse_traced(packet, {options_.decap}, parsed, trace);
    ++number_;
    const uint32_t further = parsed.aggregate ? further_frames(packet, {options_.decap}) : 0;
    if (options_.json) {
      append_packet_json(output_.buffer(), number_, packet, parsed, trace, further);
    } else {
      append_packet_text(output_.buffer(), number_, packet, parsed, trace,
                         options_.utc ? report::TimeZone::utc : report::TimeZone::local, further);
    }
    if (const Result<void> written = output_.spill(); !written) return written;
  }
  return {};
}

// A source says a failure again when it holds nothing more, see CaptureQueue::receive.
bool Dissector::told(const Status& failure) {
  if (last_failure_ && to_string(*last_failure_) == to_string(failure)) return false;
  exit_code_ = tell_failure(failure);
  last_failure_ = failure;
  return true;
}

void Dissector::tell_notices(Backend& backend) {
  for (const Status& notice : backend.take_notices()) {
    log(LogLevel::warning, to_string(notice));
    if (exit_code_of(notice.code) == kExitDamaged && exit_code_ == kExitDone) {
      exit_code_ = kExitDamaged;
    }
  }
}

int Dissector::run(Backend& backend, const std::atomic<bool>& stopped) {
  CaptureQueue& queue = backend.queue(0);
  while (!stopped && !enough()) {
    const Result<PacketBatch> batch = queue.receive(kBatch);
    if (!batch) {
      if (!told(batch.error())) break;
      continue;
    }
    if (batch->state() == PacketBatch::State::end) break;
    if (batch->state() == PacketBatch::State::empty) wait_for(queue);
    if (!print(*batch)) break;
  }
  tell_notices(backend);
  static_cast<void>(output_.flush());
  if (const std::optional<Status>& error = output_.error()) {
    return error->sys_errno == EPIPE ? kExitDone : tell_failure(*error);
  }
  return exit_code_;
}

}  // namespace

int run_dissect(const DissectOptions& options) {
  const std::unique_ptr<Backend> backend = backends::make_files(options.files, false);
  CaptureOptions capture;
  capture.filter = options.filter;
  const Result<CaptureInfo> opened = backend->open(capture);
  if (!opened) return tell_failure(opened.error());
  std::atomic<bool> stopped{false};
  const StopSignals signals([](void* flag) { static_cast<std::atomic<bool>*>(flag)->store(true); },
                            &stopped);
  report::Output output(STDOUT_FILENO, "standard output");
  const int code = Dissector(options, output).run(*backend, stopped);
  backend->close();
  return code;
}

}  // namespace weir::cli
