#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/uint128.h"
#include "engine/flow/flow_table.h"
#include "engine/flow/rate_windows.h"
#include "tests/unit/flow/keys.h"

namespace weir::testing {
namespace {

constexpr uint32_t kNone = BucketIndex::kNone;

/// A hash of a key that a test chooses: few of them, so that buckets overflow into one another and
/// around the end of the index.
uint64_t poor_hash(uint32_t flow, uint32_t hashes) {
  const uint64_t kinds[] = {0, UINT32_MAX, UINT64_MAX, 0x8000000080000000, 0xfffffff0fffffff0};
  return kinds[flow % hashes % 5];
}

RC_GTEST_PROP(FlowTableProperty, IsAMapWhateverTheHashIs, ()) {
  const auto capacity = *rc::gen::inRange<uint32_t>(1, 120);
  const auto hashes = *rc::gen::inRange<uint32_t>(1, 6);
  const auto steps = *rc::gen::scale(
      20.0, rc::gen::container<std::vector<std::pair<uint32_t, bool>>>(
                rc::gen::pair(rc::gen::inRange<uint32_t>(0, 200), rc::gen::arbitrary<bool>())));
  const auto key_of = [](uint32_t flow) { return flow % 2 == 0 ? v4_key(flow) : v6_key(flow); };
  FlowTable table(capacity, 0, FlowTable::Growth::none);
  std::map<uint32_t, uint32_t> model;
  for (const auto& [flow, erase] : steps) {
    const uint64_t hash = poor_hash(flow, hashes);
    const uint32_t number = table.find(hashed(key_of(flow), hash));
    const auto known = model.find(flow);
    RC_ASSERT(number == (known == model.end() ? kNone : known->second));
    if (known != model.end()) {
      RC_ASSERT(table.key_of(number) == key_of(flow));
      if (!erase) continue;
      table.erase(number, hash);
      model.erase(known);
      RC_ASSERT(!table.live(number));
    } else {
      const uint32_t inserted = table.insert(hashed(key_of(flow), hash));
      RC_ASSERT((inserted == kNone) == (model.size() == capacity));
      if (inserted == kNone) continue;
      RC_ASSERT(inserted < table.used_end());
      for (const auto& [other, taken] : model) RC_ASSERT(taken != inserted);
      model[flow] = inserted;
    }
    RC_ASSERT(table.size() == model.size());
  }
  for (const auto& [flow, number] : model) {
    RC_ASSERT(table.find(hashed(key_of(flow), poor_hash(flow, hashes))) == number);
  }
}

struct Record {
  uint32_t flow = 0;
  uint64_t ts_ns = 0;
  uint32_t bytes = 0;
  bool received = false;
};

void showValue(const Record& record, std::ostream& out) {
  out << "{flow " << record.flow << " at " << record.ts_ns << " bytes " << record.bytes
      << (record.received ? " received}" : " sent}");
}

/// What a window of the definition holds of a flow: all of each second that begins in it, and of
/// the second that it begins in the share of evenly spread packets.
struct Naive {
  uint64_t packets = 0;
  uint64_t first_ns = UINT64_MAX;
  uint64_t last_ns = 0;
  uint64_t bytes[2] = {0, 0};

  uint64_t after(uint64_t begin_ns, size_t side) const {
    if (first_ns > begin_ns) return bytes[side];
    if (last_ns <= begin_ns) return 0;
    return static_cast<uint64_t>(static_cast<uint128_t>(bytes[side]) * (packets - 1) *
                                 (last_ns - begin_ns) /
                                 (static_cast<uint128_t>(last_ns - first_ns) * packets));
  }
};

// Records of packets one by one, in any order, with ticks anywhere that combine and forget
// what no window reaches: sums are those of the plain list.
RC_GTEST_PROP(RateWindowsProperty, AreTheDefinitionWithTicksAnywhere, ()) {
  constexpr uint64_t kStart = 1'700'000'000 * kNsPerSecond;
  auto records = *rc::gen::container<std::vector<Record>>(rc::gen::build<Record>(
      rc::gen::set(&Record::flow, rc::gen::inRange<uint32_t>(0, 4)),
      rc::gen::set(&Record::ts_ns, rc::gen::inRange<uint64_t>(0, 90 * kNsPerSecond)),
      rc::gen::set(&Record::bytes, rc::gen::arbitrary<uint32_t>()),
      rc::gen::set(&Record::received)));
  std::sort(records.begin(), records.end(),
            [](const Record& a, const Record& b) { return a.ts_ns < b.ts_ns; });
  const auto tick_every = *rc::gen::inRange<size_t>(1, 30);
  const auto keep_bytes = *rc::gen::elementOf(std::vector<size_t>{0, 5000, SIZE_MAX});
  RateWindows windows;
  std::map<std::pair<uint32_t, uint64_t>, Naive> naive;  // flow, second
  uint64_t now_ns = kStart;
  for (size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    now_ns = kStart + record.ts_ns;
    const uint64_t second = now_ns / kNsPerSecond;
    const auto offset = static_cast<uint32_t>(now_ns % kNsPerSecond);
    windows.add(record.flow, static_cast<uint32_t>(second), offset, offset, 1,
                record.received ? 0 : record.bytes, record.received ? record.bytes : 0);
    Naive& slot = naive[{record.flow, second}];
    ++slot.packets;
    slot.first_ns = std::min(slot.first_ns, now_ns);
    slot.last_ns = std::max(slot.last_ns, now_ns);
    slot.bytes[record.received ? 1 : 0] += record.bytes;
    if (i % tick_every != 0) continue;
    windows.combine_edges(RateWindows::span_at(kStart, now_ns), 4);
    windows.forget(static_cast<uint32_t>(second - RateWindows::kKeptSeconds),
                   static_cast<uint32_t>(second), keep_bytes);
  }
  RC_ASSERT(windows.late_packets() == 0U);

  const RateWindows::Span span = RateWindows::span_at(kStart, now_ns);
  windows.combine_edges(span, 4);
  std::map<uint32_t, RateWindows::Sums> sums;
  RateWindows::Sums total;
  windows.each(
      span, [](uint32_t) { return true; },
      [&](uint32_t flow, const RateWindows::Sums& more) {
        sums[flow] += more;
        total += more;
      });
  RC_ASSERT(windows.total(span).sent == total.sent);
  RC_ASSERT(windows.total(span).received == total.received);
  for (uint32_t flow = 0; flow < 4; ++flow) {
    RateWindows::Sums expected;
    for (const auto& [at, slot] : naive) {
      if (at.first != flow) continue;
      for (size_t w = 0; w < 3; ++w) {
        const uint64_t length_ns = RateWindows::kWindowSeconds[w] * kNsPerSecond;
        const bool whole = now_ns - kStart <= length_ns;
        expected.sent[w] += whole ? slot.bytes[0] : slot.after(now_ns - length_ns, 0);
        expected.received[w] += whole ? slot.bytes[1] : slot.after(now_ns - length_ns, 1);
      }
    }
    RC_ASSERT(sums[flow].sent == expected.sent);
    RC_ASSERT(sums[flow].received == expected.received);
  }
}

}  // namespace
}  // namespace weir::testing
