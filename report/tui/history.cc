#include "report/tui/history.h"

#include <algorithm>

namespace weir::tui {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;

bool before(const SecondBytes& a, const SecondBytes& b) {
  return a.second < b.second;
}

}  // namespace

History::History(uint32_t minutes) : capacity_(std::clamp(minutes, 1U, kMaxMinutes) * 60) {}

void History::add(const Snapshot& snapshot) {
  const auto now =
      static_cast<uint32_t>(std::min<uint64_t>(snapshot.time_ns / kNsPerSecond, UINT32_MAX));
  uint32_t newest = now;
  for (const SecondBytes& second : snapshot.seconds) newest = std::max(newest, second.second);
  // A clock that was set back: what is known of the future is of no use.
  if (!seconds_.empty() && uint64_t{newest} + capacity_ < seconds_.back().second) seconds_.clear();
  for (const SecondBytes& second : snapshot.seconds) merge(second);
  // On an idle link time goes on all the same.
  if (!seconds_.empty() && seconds_.back().second < now) seconds_.push_back({now, 0, 0});
  while (!seconds_.empty() && seconds_.back().second - seconds_.front().second > capacity_)
    seconds_.pop_front();
}

void History::merge(const SecondBytes& second) {
  if (seconds_.empty() || seconds_.back().second < second.second) {
    seconds_.push_back(second);
    return;
  }
  if (seconds_.back().second - second.second > capacity_) return;
  const auto at = std::lower_bound(seconds_.begin(), seconds_.end(), second, before);
  if (at->second == second.second) {
    *at = second;
  } else {
    seconds_.insert(at, second);
  }
}

std::vector<SecondBytes> History::last(uint32_t count) const {
  std::vector<SecondBytes> out;
  if (seconds_.size() < 2 || count == 0) return out;
  const uint32_t end = seconds_.back().second;
  const uint32_t begin = std::max(seconds_.front().second, end - std::min(end, count));
  out.reserve(end - begin);
  auto at = std::lower_bound(seconds_.begin(), seconds_.end(), SecondBytes{begin, 0, 0}, before);
  for (uint32_t second = begin; second < end; ++second) {
    if (at->second == second) {
      out.push_back(*at++);
    } else {
      out.push_back({second, 0, 0});
    }
  }
  return out;
}

void History::note(const FlowKey& key, uint32_t second, uint64_t bits_per_second) {
  auto found = series_.find(key);
  if (found == series_.end()) {
    if (series_.size() >= kMaxSeries) drop_stalest_series();
    found = series_.try_emplace(key).first;
  }
  Series& points = found->second;
  if (!points.empty() && points.back().second > second) {
    // Time went back: only a rate of the newest seconds can still be put right.
    points.clear();
    newest_noted_ = second;
  }
  if (!points.empty() && points.back().second == second) {
    points.back().bits_per_second = bits_per_second;
    return;
  }
  if (points.size() >= kSeriesSeconds) points.erase(points.begin());
  points.push_back({second, bits_per_second});
  newest_noted_ = std::max(newest_noted_, second);
}

void History::drop_stalest_series() {
  // A quarter at a time, so that a screen full of new rows looks through them once.
  std::vector<uint32_t> newest;
  newest.reserve(series_.size());
  for (const auto& [key, points] : series_) newest.push_back(points.back().second);
  const auto quarter = newest.begin() + static_cast<std::ptrdiff_t>(kMaxSeries / 4);
  std::nth_element(newest.begin(), quarter, newest.end());
  size_t to_drop = kMaxSeries / 4;
  for (auto at = series_.begin(); at != series_.end() && to_drop > 0;) {
    if (at->second.back().second <= *quarter) {
      at = series_.erase(at);
      --to_drop;
    } else {
      ++at;
    }
  }
}

std::vector<uint64_t> History::series(const FlowKey& key, uint32_t count) const {
  const auto found = series_.find(key);
  if (found == series_.end() || count == 0) return {};
  const Series& points = found->second;
  const uint32_t length = std::min(count, kSeriesSeconds);
  const uint32_t oldest = newest_noted_ - std::min(newest_noted_, length - 1);
  const uint32_t begin = std::max(oldest, points.front().second);
  std::vector<uint64_t> out;
  size_t at = 0;
  for (uint64_t second = begin; second <= newest_noted_; ++second) {
    while (at + 1 < points.size() && points[at + 1].second <= second) ++at;
    const bool holds = points[at].second <= second && second - points[at].second <= kHoldSeconds;
    out.push_back(holds ? points[at].bits_per_second : kUnknown);
  }
  return out;
}

void History::clear() {
  seconds_.clear();
  series_.clear();
  newest_noted_ = 0;
}

}  // namespace weir::tui
