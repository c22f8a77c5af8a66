#include <algorithm>

#include "engine/pipeline/make_update.h"
#include "engine/pipeline/worker.h"
#include "parsers/subframes.h"

namespace weir {

/// Counts an A-MSDU, each of whose frames has a flow of its own, and sends the updates of all its
/// frames. The packet gets the verdict of its first frame that is parsed; the others are counted as
/// subframes. The bytes on the wire are shared out so that they add up to the packet's: a further
/// subframe gets its own length, the first one the rest, which is why it is sent last.
void Worker::parse_aggregate(const PacketView& packet, uint32_t capture, PacketCounts& counts) {
  FlowUpdate blank;
  blank.producer = static_cast<uint16_t>(config_.direct ? 0 : config_.index);
  blank.capture = capture;
  parsers::Subframes frames(packet, config_.parse);
  parsers::ParsedPacket parsed;
  const auto update_of_frame = [&](uint32_t more_flags) {
    FlowUpdate update = blank;
    counts.ip_bytes += parsed.ip_bytes;
    make_update(packet, parsed, config_.key_vlan, config_.hash_seed, update);
    update.flags |= static_cast<uint8_t>(more_flags);
    return update;
  };
  frames.next(parsed);
  Verdict verdict = parsed.verdict;
  Reason reason = parsed.reason;
  const uint16_t ether_type = parsed.ether_type();
  FlowUpdate first;
  if (verdict == Verdict::parsed) first = update_of_frame(0);
  while (frames.next(parsed)) {
    ++counts.subframes;
    if (verdict != Verdict::parsed && parsed.verdict == Verdict::parsed) {
      ++counts.subframe_verdicts[static_cast<size_t>(verdict)];
      verdict = parsed.verdict;
      reason = parsed.reason;
      first = update_of_frame(0);
      continue;
    }
    ++counts.subframe_verdicts[static_cast<size_t>(parsed.verdict)];
    if (parsed.verdict != Verdict::parsed) continue;
    FlowUpdate further = update_of_frame(FlowUpdate::subframe);
    further.wire_bytes = std::min(frames.wire_bytes(), first.wire_bytes);
    first.wire_bytes -= further.wire_bytes;
    send_frame(further);
  }
  ++counts.verdicts[static_cast<size_t>(verdict)];
  ++counts.reasons[static_cast<size_t>(reason)];
  if (verdict == Verdict::parsed) {
    send_frame(first);
  } else if (names_ether_type(reason)) {
    counts.ether_types.add(ether_type, {1, packet.wire_len});
  }
}

/// Like what parse_batch() does with the update of a packet: frames keep their place in the order
/// of packets, on which it depends what finds a full table and what ends an idle flow.
void Worker::send_frame(const FlowUpdate& update) {
  const auto shards = static_cast<uint32_t>(outboxes_.size());
  const uint32_t shard = shards == 1 ? 0 : shard_of(update.flow.hash, shards);
  Outbox& outbox = outboxes_[shard];
  outbox.updates[outbox.count] = update;
  ++outbox.count;
  if (shards == 1) {
    if (outbox.count % Shard::kGroup == 0) feed_group();
  } else if (outbox.count == kOutbox) {
    send_updates(shard);
  }
}

}  // namespace weir
