#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/synthetic/synthetic_options.h"
#include "engine/core/backend.h"

namespace weir::backends {

/// A link without a network: frames prepared in memory at open(), handed out again and again,
/// deterministic from a seed. Handing one out costs about 2 ns (bench/micro), so what is measured
/// is the engine. It never drops: paced by a rate it is never early, and late packets come all at
/// once.
///
/// Without a rate, packet time starts at a fixed moment and advances by gap_ns a packet. With a
/// rate it follows the host's clock.
class Synthetic final : public Backend {
 public:
  explicit Synthetic(const SyntheticOptions& options);
  ~Synthetic() override;

  std::string name() const override { return "synthetic"; }
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override;
  void close() noexcept override;

 private:
  class Queue;

  SyntheticOptions options_;
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace weir::backends
