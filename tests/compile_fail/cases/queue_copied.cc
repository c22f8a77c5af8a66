// expect: deleted
#include "engine/core/backend.h"

namespace {
class Queue final : public weir::CaptureQueue {
 public:
  weir::Result<weir::PacketBatch> receive(uint32_t) override { return weir::PacketBatch::none(); }
  weir::DropCounts drops() noexcept override { return {}; }
  void release(uint64_t) noexcept override {}
};
}  // namespace

uint64_t drops_of(Queue& queue) {
#ifdef MISUSE
  Queue mine = queue;
#else
  Queue& mine = queue;
#endif
  return mine.drops().kernel.value_or(0);
}
