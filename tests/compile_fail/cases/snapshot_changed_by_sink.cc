// expect: read-only|const-qualified|cannot assign

// Every sink reads the same snapshot.
#include "engine/pipeline/sink.h"

namespace {
class Zeroing final : public weir::Sink {
 public:
  weir::Result<void> report(const weir::Snapshot& snapshot) override {
#ifdef MISUSE
    snapshot.flow_count = 0;
#else
    last = snapshot.flow_count;
#endif
    return {};
  }
  weir::Result<void> event(const weir::Event&) override { return {}; }
  uint64_t last = 0;
};
}  // namespace

uint64_t flows(const weir::Snapshot& snapshot) {
  Zeroing sink;
  (void)sink.report(snapshot);
  return sink.last;
}
