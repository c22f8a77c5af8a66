#include "report/tui/ui.h"

#include <algorithm>
#include <string_view>

#include "report/filter/display_filter.h"
#include "report/format.h"
#include "report/groupers.h"

namespace weir::tui {
namespace {

constexpr uint64_t kLeastRows = 1000;  // what can be scrolled while paused
constexpr uint64_t kScaleHoldNs = 30'000'000'000;
constexpr uint64_t kEventMs = 10'000;
constexpr uint64_t kMessageMs = 3'000;
constexpr size_t kMostCaptures = 1024;
constexpr uint64_t kSecond = 1'000'000'000;

std::optional<uint64_t> packets_per_second(const Snapshot* previous, const Snapshot& current) {
  const uint64_t received = current.accounting.packets.received;
  if (previous == nullptr || previous->time_ns >= current.time_ns ||
      previous->accounting.packets.received > received) {
    if (current.elapsed_ns < kSecond) return {};
    return received * kSecond / current.elapsed_ns;
  }
  const double seconds = static_cast<double>(current.time_ns - previous->time_ns) / 1e9;
  const uint64_t more = received - previous->accounting.packets.received;
  return static_cast<uint64_t>(static_cast<double>(more) / seconds);
}

}  // namespace

size_t Ui::KeyHash::operator()(const FlowKey& key) const noexcept {
  return std::hash<std::string_view>{}(
      std::string_view(reinterpret_cast<const char*>(&key), sizeof key));
}

Ui::Ui(UiOptions options, report::NameSource& names, report::ProcessSource* processes)
    : options_(std::move(options)),
      name_source_(names),
      process_source_(processes),
      networks_(std::make_shared<NetworkGrouper>(options_.networks, options_.prefix_v4,
                                                 options_.prefix_v6)),
      editors_{LineEditor("Filter> "), LineEditor("Host names> "), LineEditor("Capture filter> "),
               LineEditor("Command> ")} {
  if (options_.view >= View::count_) options_.view = View::flows;
  if (process_source_ != nullptr) processes_ = process_source_->table();
  UiRequests ignored;
  if (auto error = apply_filter(options_.filter, filter_is_regex_, ignored)) {
    message_ = {"The filter was left out: " + *error, Role::warning, UINT64_MAX};
    options_.filter.clear();
  }
  content_changed(ignored);
}

/// The view's rows are groups, not flows themselves.
bool Ui::grouped() const {
  return options_.view != View::flows || !parts().all();
}

ShownParts Ui::parts() const {
  // Who went into a sum wants to see what it is made of.
  const bool inside = std::any_of(path_.begin(), path_.end(),
                                  [](const Step& step) { return is_paired(step.from); });
  if (options_.view == View::flows && inside) return {};
  ShownParts shown{!options_.hide_source, !options_.hide_destination, options_.source_ports,
                   options_.destination_ports};
  if (options_.view == View::pairs) shown.source_port = shown.destination_port = false;
  return shown;
}

std::shared_ptr<const Grouper> Ui::grouper_for(View view, const ShownParts& shown) const {
  switch (view) {
    case View::hosts: {
      // Those of the network that was drilled into last, without the hosts they talk to.
      const auto step = std::find_if(path_.rbegin(), path_.rend(),
                                     [](const Step& one) { return one.from == View::networks; });
      if (step == path_.rend()) return report::make_host_grouper();
      return make_network_host_grouper(networks_, step->group);
    }
    case View::ports: return report::make_service_grouper();
    case View::networks: return networks_;
    case View::vlans: return make_vlan_grouper();
    case View::processes: return processes_ != nullptr ? make_process_grouper(processes_) : nullptr;
    case View::flows:
    case View::pairs: return make_parts_grouper(shown);
    default: return nullptr;
  }
}

void Ui::make_filter() {
  std::vector<std::shared_ptr<const FlowFilter>> filters;
  for (const Step& step : path_) {
    auto grouper =
        step.from == View::hosts ? report::make_host_grouper() : grouper_for(step.from, step.parts);
    if (grouper != nullptr) filters.push_back(make_member_filter(std::move(grouper), step.group));
  }
  filters.push_back(display_filter_);
  filter_ = all_of(std::move(filters));
}

/// Other rows than before are wanted: those that are there mean something else.
void Ui::content_changed(UiRequests& requests) {
  grouper_ = is_list(options_.view) && grouped() ? grouper_for(options_.view, parts()) : nullptr;
  make_filter();
  content_number_ = ++query_number_;
  rows_.clear();
  row_count_ = 0;
  rows_known_ = false;
  frozen_ = false;
  frozen_ranks_.clear();
  to_the_end_ = false;
  scale_is_early_ = true;  // rows of another kind need a scale of their own
  if (overlay_ == Overlay::details) overlay_ = Overlay::none;
  place().top = 0;
  row_limit_ = kLeastRows;
  requests.query_changed = true;
  requests.redraw = true;
  widen(requests);
}

void Ui::order_changed(UiRequests& requests) {
  frozen_ = false;
  frozen_ranks_.clear();
  ++query_number_;
  if (!place().selected) place().top = 0;
  arrange(true);
  widen(requests);
  requests.query_changed = true;
}

/// Asks for more rows where scrolling comes near the last one that is there.
void Ui::widen(UiRequests& requests) {
  const auto visible = static_cast<uint64_t>(std::max(1, visible_rows()));
  uint64_t wanted = place().top + 4 * visible;
  // Their last ones are the first to be seen, or any of them may be.
  const bool all = options_.reversed || options_.order_by_process || frozen_ || to_the_end_ ||
                   (grouped() && !pins_.empty());
  if (all) wanted = kMaxRows;
  uint64_t limit = row_limit_;
  while (limit < wanted) limit *= 2;
  limit = std::min(limit, kMaxRows);
  if (limit == row_limit_) return;
  row_limit_ = limit;
  ++query_number_;
  requests.query_changed = true;
}

FlowQuery Ui::query() const {
  FlowQuery query;
  query.number = query_number_;
  query.order = options_.order;
  query.side = order_side();
  query.limit = 1;
  query.filter = filter_;
  if (!is_list(options_.view)) return query;
  if (grouper_ != nullptr) {
    query.groups.push_back({grouper_, filter_, options_.order, row_limit_, 0, order_side()});
    return query;
  }
  if (options_.view != View::flows) return query;
  query.limit = row_limit_;
  for (const Pin& pin : pins_) {
    if (pin.view == View::flows) query.pinned.push_back(pin.key);
  }
  if (overlay_ == Overlay::details && query.pinned.size() < kMaxPins && !is_pinned(details_.key)) {
    query.pinned.push_back(details_.key);
  }
  return query;
}

UiRequests Ui::take(std::shared_ptr<const Snapshot> snapshot, uint64_t /*now_ms*/) {
  UiRequests requests;
  packets_per_second_ = packets_per_second(newest_.get(), *snapshot);
  previous_ = std::exchange(newest_, std::move(snapshot));
  history_.add(*newest_);
  for (const CaptureSummary& capture : newest_->captures) {
    if (capture.state != CaptureSummary::State::waiting) attempts_.erase(capture.name);
  }
  // Paused, the first answer to another question is held.
  const bool answered = shown_ != nullptr && rows_known_ && shown_->query >= content_number_;
  if (!paused_ || !answered) adopt(newest_);
  renew_processes(requests);
  finish(requests);
  requests.redraw = true;
  return requests;
}

UiRequests Ui::take(const Event& event, uint64_t now_ms) {
  UiRequests requests;
  requests.redraw = true;
  std::string text = report::printable(event.capture) + ": ";
  Role role = Role::warning;
  switch (event.kind) {
    case Event::Kind::restart:
      if (attempts_.size() < kMostCaptures) attempts_[event.capture] = event.attempt;
      text += report::printable(event.reason) + "; attempt " + std::to_string(event.attempt) +
              " in " + std::to_string(event.wait_ms) + " ms";
      break;
    case Event::Kind::resumed:
      attempts_.erase(event.capture);
      text += "works again after " + report::duration_text(event.gap_ns) + " without capture";
      role = Role::good;
      break;
    case Event::Kind::damaged:
    case Event::Kind::other_format: text += report::printable(event.reason); break;
    case Event::Kind::alert:
      text = "alert " + report::printable(event.alert) + ": " + report::printable(event.reason);
      role = event.raised ? Role::warning : Role::good;
      requests.bell = event.bell && event.raised;
      break;
    case Event::Kind::note:
      text += report::printable(event.reason);
      role = Role::text;
      break;
  }
  message_ = {text, role, now_ms + kEventMs};
  return requests;
}

void Ui::adopt(std::shared_ptr<const Snapshot> snapshot) {
  shown_ = std::move(snapshot);
  if (!is_list(options_.view)) {
    rows_known_ = true;
    return;
  }
  if (shown_->query < content_number_) return;  // of another view: its totals are still good
  if (grouper_ != nullptr) {
    if (shown_->groups.empty()) return;
    rows_ = list_rows(std::span<const GroupRow>(shown_->groups.front().rows));
    row_count_ = shown_->groups.front().group_count;
  } else if (options_.view == View::flows) {
    rows_ = list_rows(std::span<const FlowRow>(shown_->flows));
    row_count_ = shown_->shown_flows;
  } else {
    return;
  }
  arrange(!rows_known_);
  rows_known_ = true;
  held_unfiltered_ = display_filter_ == nullptr;
  note_scale();
  note_rates();
}

/// What the bars are as long as: the longest of the rows that are there.
void Ui::note_scale() {
  uint64_t greatest = 0;
  for (const ListRow& row : rows_) {
    greatest = std::max(greatest, longest_bar(row, options_.view, options_));
  }
  if (std::exchange(scale_is_early_, shown_->elapsed_ns < kSecond)) {
    scale_maximum_ = {};
    busiest_rate_ = 0;
  }
  scale_maximum_.update(greatest, shown_->time_ns);
  if (greatest >= busiest_rate_ || shown_->time_ns > busiest_ns_ + kScaleHoldNs) {
    busiest_rate_ = greatest;
    busiest_ns_ = shown_->time_ns;
  }
}

/// Sorts what is there.
void Ui::arrange(bool follow) {
  for (ListRow& row : rows_) row.pinned = is_pinned(row.flow.key);
  sort_rows(rows_, options_.order, order_side(), options_.reversed);
  if (options_.order_by_process) sort_by_process();
  if (frozen_) {
    const auto rank = [&](const ListRow& row) {
      const auto known = frozen_ranks_.find(row.flow.key);
      return known == frozen_ranks_.end() ? frozen_ranks_.size() : known->second;
    };
    std::stable_sort(rows_.begin(), rows_.end(), [&](const ListRow& one, const ListRow& other) {
      return rank(one) < rank(other);
    });
  }
  if (to_the_end_ && !rows_.empty()) {
    to_the_end_ = rows_.size() < std::min(row_count_, kMaxRows);
    place().selected = rows_.back().flow.key;
    follow = true;
  }
  keep_place(follow);
}

/// With each snapshot rows move, and what is seen must not: a selected row that leaves the window
/// leaves the cursor to the row that is now in its place. Pinned rows can be watched instead.
void Ui::keep_place(bool follow) {
  const auto visible = static_cast<size_t>(std::max(1, visible_rows()));
  const size_t last_top = rows_.size() > visible ? rows_.size() - visible : 0;
  place().top = std::min(place().top, last_top);
  if (!place().selected || rows_.empty()) return;
  const auto index = selected_index();
  const bool seen = index && *index >= place().top && *index < place().top + visible;
  if (index && (seen || follow)) {
    place().index = *index;
    return keep_visible(*index);
  }
  const size_t last = std::min(place().top + visible, rows_.size()) - 1;
  place().index = std::clamp(place().index, place().top, last);
  place().selected = rows_[place().index].flow.key;
}

/// What sparklines are made of: of rows that somebody can see.
void Ui::note_rates() {
  if (options_.view != View::flows || grouper_ != nullptr || shown_->elapsed_ns < kSecond) return;
  const auto second = static_cast<uint32_t>(shown_->time_ns / kSecond);
  const size_t begin = place().top;
  const size_t end = begin + static_cast<size_t>(std::max(0, visible_rows()));
  for (size_t index = 0; index < rows_.size(); ++index) {
    const ListRow& row = rows_[index];
    const bool open = overlay_ == Overlay::details && row.flow.key == details_.key;
    if (open) details_ = row.flow;
    if (open || row.pinned || (index >= begin && index < end)) {
      history_.note(row.flow.key, second, row.flow.sent.rate_2s + row.flow.received.rate_2s);
    }
  }
}

bool Ui::uses_processes() const {
  return process_source_ != nullptr &&
         (options_.view == View::processes || options_.process_column ||
          options_.order_by_process || overlay_ == Overlay::details ||
          std::any_of(path_.begin(), path_.end(),
                      [](const Step& step) { return step.from == View::processes; }));
}

/// A newer table of processes: the same question, asked with what is known now.
void Ui::renew_processes(UiRequests& requests) {
  if (!uses_processes()) return;
  auto table = process_source_->table();
  if (table == processes_) return;
  processes_ = std::move(table);
  const bool asks = options_.view == View::processes ||
                    std::any_of(path_.begin(), path_.end(),
                                [](const Step& step) { return step.from == View::processes; });
  if (!asks) return;
  if (options_.view == View::processes) grouper_ = grouper_for(options_.view, parts());
  make_filter();
  ++query_number_;
  requests.query_changed = true;
}

void Ui::finish(UiRequests& requests) {
  if (uses_processes() != watching_processes_) {
    watching_processes_ = !watching_processes_;
    requests.watch_processes = watching_processes_;
  }
}

bool Ui::is_pinned(const FlowKey& key) const {
  return std::find(pins_.begin(), pins_.end(), Pin{options_.view, key}) != pins_.end();
}

Names Ui::names() const {
  return {&name_source_, options_.resolve_names, options_.service_names, networks_.get(),
          processes_.get()};
}

/// A filter on host names has no form of its own to be saved in: it is saved as an expression on
/// rows, of which the host names are a part.
UiOptions Ui::options() const {
  UiOptions options = options_;
  if (filter_is_regex_ && !options.filter.empty()) options.filter = "~" + options.filter;
  return options;
}

void Ui::begin_anew(uint64_t missed) {
  missed_before_ += missed;
  attempts_.clear();
}

void Ui::tell(std::string text, uint64_t now_ms, Role role) {
  message_ = {std::move(text), role, now_ms + kMessageMs};
}

}  // namespace weir::tui
