// expect: no matching (function for call|conversion for functional-style cast) .*PacketBatch

// Packets nobody gets back would leak the ring they lie in.
#include <span>

#include "engine/core/packet.h"

weir::PacketBatch lease(std::span<const weir::PacketView> packets, weir::BatchOwner& owner) {
#ifdef MISUSE
  (void)owner;
  return weir::PacketBatch(packets);
#else
  return weir::PacketBatch(packets, owner, 0);
#endif
}
