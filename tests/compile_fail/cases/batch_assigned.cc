// expect: use of deleted function .*PacketBatch|overload resolution selected deleted operator
#include <utility>

#include "engine/core/packet.h"

void keep(weir::PacketBatch& kept, weir::PacketBatch& batch) {
#ifdef MISUSE
  kept = batch;
#else
  kept = std::move(batch);
#endif
}
