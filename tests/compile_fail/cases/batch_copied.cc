// expect: use of deleted function .*PacketBatch|PacketBatch.* uses deleted function

// Two owners of one lease would give its memory back twice.
#include <utility>

#include "engine/core/packet.h"

weir::PacketBatch keep(weir::PacketBatch& batch) {
#ifdef MISUSE
  return weir::PacketBatch(batch);
#else
  return weir::PacketBatch(std::move(batch));
#endif
}
