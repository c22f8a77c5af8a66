// Which side of a flow is local where only who spoke first can tell. A part of Merger.
//
// The packets of a file that several workers read come in any order, and so does what they tell
// about who spoke first. A flow begins with the side of the first packet that was seen; when better
// evidence comes, what was summed up so far is turned round. That is done for many flows at once,
// before anything is shown or forgotten, and from then on all is as if it had been known from the
// start. Live, the side of a flow holds: a row does not turn under the eyes of its reader.

#include <algorithm>
#include <utility>

#include "engine/core/clock.h"
#include "engine/pipeline/merger.h"
#include "engine/pipeline/number_set.h"

namespace weir {
namespace {

/// FlowEntry::handshake with all of the time: the greater is the better.
uint64_t handshake_at(uint32_t second, uint32_t handshake) noexcept {
  const uint32_t plain = ~handshake;
  const uint64_t answer = plain >> 31;
  const uint64_t offset_ns = (plain & ~(1U << 31)) >> 1;
  // 2^32 seconds are less than 2^62 ns.
  return ~(answer << 63 | (second * kNsPerSecond + offset_ns) << 1 | (plain & 1));
}

bool opener_is_high(uint64_t handshake) noexcept {
  return (~handshake & 1) != 0;
}

}  // namespace

/// Takes what a delta says of who spoke first; called before the delta is counted.
void Merger::note_speech(uint32_t number, const Delta& delta) {
  View& view = views_[number];
  const uint64_t first_ns = delta.traffic.second * kNsPerSecond + delta.traffic.first_ns;
  const bool first_high = (delta.flags & Delta::first_high) != 0;
  if (first_ns < view.first_ns || (first_ns == view.first_ns && !first_high)) {
    view.first_high = first_high;
    if (!view.shook_hands) view.speaker_high = first_high;
  }
  if (delta.traffic.handshake != 0) {
    const uint64_t handshake = handshake_at(delta.traffic.second, delta.traffic.handshake);
    uint64_t& best = handshakes_[number];
    best = view.shook_hands ? std::max(best, handshake) : handshake;
    view.shook_hands = true;
    view.speaker_high = opener_is_high(best);
  }
  if (view.turning || view.speaker_high == view.shown_high) return;
  view.turning = true;
  turning_.push_back(number);
}

/// Turns the flows of which better evidence came. A second whose records were forgotten for want of
/// memory cannot be turned in the peaks of all flows; the flows' own figures are right.
void Merger::settle_sides() {
  uint64_t first_ns = UINT64_MAX;
  std::erase_if(turning_, [&](uint32_t number) {
    View& view = views_[number];
    view.turning = false;
    if (view.speaker_high == view.shown_high) return true;
    first_ns = std::min(first_ns, view.first_ns);
    return false;
  });
  if (turning_.empty()) return;
  for (const uint32_t number : turning_) {
    View& view = views_[number];
    view.shown_high = !view.shown_high;
    const auto turn = [&](uint64_t(View::* sums)[2]) {
      (total_.*sums)[kSent] += (view.*sums)[kReceived] - (view.*sums)[kSent];
      (total_.*sums)[kReceived] += (view.*sums)[kSent] - (view.*sums)[kReceived];
      std::swap((view.*sums)[kSent], (view.*sums)[kReceived]);
    };
    turn(&View::packets);
    turn(&View::ip_bytes);
    turn(&View::wire_bytes);
    std::swap(view.second_bytes[kSent], view.second_bytes[kReceived]);
    std::swap(view.peak_bytes[kSent], view.peak_bytes[kReceived]);
  }
  const NumberSet turned(turning_, views_end_);
  windows_.turn(static_cast<uint32_t>(first_ns / kNsPerSecond),
                [&](uint32_t flow) { return turned.holds(flow); });
  turning_.clear();
}

}  // namespace weir
