#include <algorithm>

#include "report/format.h"
#include "report/tui/detail_view.h"
#include "report/tui/frame.h"
#include "report/tui/plot.h"
#include "report/tui/ui.h"
#include "report/tui/workers_view.h"

namespace weir::tui {
namespace {

std::string_view view_name(View view) {
  switch (view) {
    case View::flows: return "Flows";
    case View::hosts: return "Hosts";
    case View::pairs: return "Pairs";
    case View::ports: return "Ports";
    case View::networks: return "Networks";
    case View::vlans: return "VLANs";
    case View::processes: return "Processes";
    case View::workers: return "Workers";
    case View::history: return "History";
    case View::count_: break;
  }
  return "";
}

std::string other(const std::string& label, const std::string& plain) {
  return label == plain ? std::string() : label;
}

}  // namespace

StatusScene Ui::status_scene() const {
  StatusScene scene;
  scene.newest = newest_.get();
  scene.options = &options_;
  scene.packets_per_second = packets_per_second_;
  if (paused_ && shown_ != nullptr) scene.paused_ns = shown_->time_ns;
  scene.frozen = frozen_;
  scene.alerts = alerts_ != nullptr ? alerts_->count() : 0;
  scene.capture_filter = options_.capture_filter;
  scene.missed_before = missed_before_;
  scene.attempts = attempts_;
  return scene;
}

/// Linear bars would mostly be short if the maximum were always a power of ten.
Scale Ui::scale() const {
  if (options_.scale_max_bits > 0) return {options_.scale_max_bits, options_.log_scale};
  if (options_.log_scale) return {scale_maximum_.value(), true};
  return {std::max(AutoMaximum::kLeast, round_up_rate(busiest_rate_)), false};
}

ListScene Ui::list_scene() const {
  ListScene scene;
  scene.view = options_.view;
  scene.rows = &rows_;
  scene.options = &options_;
  scene.parts = parts();
  scene.names = names();
  scene.scale = scale();
  scene.alerts = alerts_.get();
  scene.top = place().top;
  scene.selected = place().selected;
  scene.marks = (alerts_ != nullptr && alerts_->any()) ||
                std::any_of(rows_.begin(), rows_.end(), [](const auto& row) { return row.pinned; });
  return scene;
}

/// "Networks 10.0.0.0/24 > Hosts 10.0.0.1 > Flows   filter: tcp"
std::string Ui::path_text() const {
  if (!is_list(options_.view)) return "All traffic: what was drilled into or filtered is for lists";
  std::string text;
  for (const Step& step : path_) {
    text += std::string(view_name(step.from)) + " " + step.label + " > ";
  }
  if (!text.empty()) text += view_name(options_.view);
  if (!options_.filter.empty()) {
    if (!text.empty()) text += "   ";
    text += filter_is_regex_ ? "host names: " : "filter: ";
    text += report::printable(options_.filter);
  }
  return text;
}

/// "12-31 of 1,234", "10,000 of 1,000,000 listed": how much of the list one sees.
std::string Ui::place_text() const {
  if (!is_list(options_.view) || !rows_known_) return {};
  if (rows_.empty()) return "nothing to list";
  const size_t first = std::min(place().top, rows_.size() - 1);
  const size_t last = std::min(rows_.size(), first + static_cast<size_t>(visible_rows()));
  const uint64_t all = std::max<uint64_t>(row_count_, rows_.size());
  std::string text = report::count_text(first + 1) + "-" + report::count_text(last) + " of " +
                     report::count_text(all);
  if (all > kMaxRows && row_limit_ >= kMaxRows) {
    text += ", the first " + report::count_text(rows_.size()) + " are listed";
  }
  return text;
}

/// What the table of this view cannot tell, though it looks complete.
std::string Ui::limits_text() const {
  if (options_.view == View::vlans && !options_.vlan_keys) {
    return "VLANs are told apart with --key vlan.";
  }
  if (options_.view != View::processes || process_source_ == nullptr) return {};
  return report::printable(process_source_->limits());
}

void Ui::draw_tabs(Grid& grid) {
  tabs_.clear();
  const Rect& place = layout_.tabs;
  if (place.empty()) return;
  // Tabs from `first` on; the one that is shown must be among them.
  const auto width_of = [](int view) {
    return display_width(view_name(static_cast<View>(view))) + 2;
  };
  const int active = static_cast<int>(options_.view);
  const int count = static_cast<int>(View::count_);
  int first = 0;
  const auto end_of_active = [&] {
    int end = first > 0 ? 1 : 0;
    for (int view = first; view <= active; ++view) end += width_of(view);
    return end + (active + 1 < count ? 1 : 0);
  };
  while (first < active && end_of_active() > place.columns) ++first;
  int column = 0;
  if (first > 0) column = grid.put(place.row, 0, "<", {.role = Role::dim}, place.columns);
  for (int view = first; view < count; ++view) {
    const int last_column = place.columns - (view + 1 < count ? 1 : 0);
    if (column + width_of(view) > last_column && view != active) {
      grid.put_right(place.row, place.columns, ">", {.role = Role::dim});
      break;
    }
    const bool is_active = view == active;
    const std::string text = " " + std::string(view_name(static_cast<View>(view))) + " ";
    const int end = grid.put(place.row, column, text,
                             {.role = is_active ? Role::tab_active : Role::tab, .bold = is_active},
                             std::max(0, place.columns - column));
    tabs_.emplace_back(static_cast<View>(view), Rect{place.row, column, 1, end - column});
    column = end;
  }
}

void Ui::draw_path(Grid& grid) const {
  const Rect& place = layout_.path;
  if (place.empty()) return;
  grid.put(place.row, place.column, path_text(), {.role = Role::match}, place.columns);
}

void Ui::draw_body(Grid& grid, Glyphs glyphs) {
  const Rect& place = layout_.list;
  if (options_.view == View::history) {
    PlotOptions plot;
    plot.shape = history_lines_ ? PlotOptions::Shape::lines : PlotOptions::Shape::mirrored;
    plot.seconds = history_seconds_;
    plot.maximum_bits = 0;
    plot.in_bytes = options_.in_bytes;
    plot.glyphs = glyphs;
    draw_plot(grid, place, history_.last(history_seconds_), plot);
    return;
  }
  if (options_.view == View::workers) {
    if (newest_ == nullptr) return;
    scroll_ = std::clamp(scroll_, 0, std::max(0, workers_view_rows(*newest_) - place.rows));
    draw_workers(grid, place, previous_.get(), *newest_,
                 {.spins = options_.workers_spin,
                  .in_bytes = options_.in_bytes,
                  .scroll = scroll_,
                  .glyphs = glyphs});
    return;
  }
  const ListScene scene = list_scene();
  if (!layout_.scale.empty()) {
    draw_scale(grid, layout_.scale, scene.scale, options_.in_bytes, glyphs);
  }
  draw_titles(grid, layout_.titles, scene, plan_);
  draw_list(grid, place, scene, plan_);
  const std::string limits = limits_text();
  const int used = static_cast<int>(rows_.size() - std::min(rows_.size(), this->place().top)) *
                   lines_per_row(options_.view, options_.line_display);
  if (!limits.empty() && used < place.rows) {
    grid.put(place.end_row() - 1, 1, limits, {.role = Role::dim}, place.columns - 1);
  }
  if (!rows_.empty() || place.empty()) return;
  std::string_view text = rows_known_ ? "No flows." : "Waiting for the next snapshot ...";
  if (rows_known_ && filter_ != nullptr) text = "No flows that fit the filter.";
  if (options_.view == View::processes && process_source_ == nullptr) {
    text = "Which process a flow belongs to is not known here.";
  }
  grid.put(place.row + place.rows / 2, 1, text, {.role = Role::dim}, place.columns - 1);
}

void Ui::draw_bottom(Grid& grid, Glyphs glyphs, uint64_t now_ms) {
  if (!layout_.rule.empty()) {
    draw_horizontal_line(grid, layout_.rule.row, 0, layout_.rule.columns, glyphs);
  }
  TotalsScene totals{paused_ && shown_ != nullptr ? shown_.get() : newest_.get(),
                     options_.in_bytes};
  totals.alert = alerts_ != nullptr && alerts_->total();
  for (const Column& column : plan_.columns) {
    if (column.what < Column::What::rate_2s) continue;
    totals
        .rate_ends[static_cast<size_t>(column.what) - static_cast<size_t>(Column::What::rate_2s)] =
        column.end();
  }
  draw_totals(grid, layout_.totals, totals);
  const Rect& place = layout_.message;
  if (place.empty() || is_prompt()) return;
  const std::string seen = place_text();
  const int seen_width = display_width(seen);
  int room = place.columns;
  if (seen_width > 0 && seen_width < place.columns) {
    grid.put_right(place.row, place.columns, seen, {.role = Role::dim});
    room -= seen_width + 2;
  }
  const bool told = !message_.text.empty() && now_ms < message_.until_ms;
  if (told) {
    grid.put(place.row, 0, message_.text, {.role = message_.role}, std::max(0, room));
  } else if (room >= 12) {
    constexpr std::string_view kHint = "h help  / filter  Tab view  Enter open  P pause  q quit";
    const bool all = display_width(kHint) <= room;
    grid.put(place.row, 0, all ? kHint : "h help", {.role = Role::dim}, room);
  }
}

void Ui::draw_details(Grid& grid, Glyphs glyphs) {
  FlowDetails details;
  details.row = details_;
  details.in_bytes = options_.in_bytes;
  details.zone = options_.zone;
  details.scroll = details_scroll_;
  details.series = history_.series(details_.key);
  const auto owners =
      processes_ != nullptr ? processes_->owners_of(details_.key) : std::array<uint32_t, 2>{};
  for (const bool second : {false, true}) {
    EndDetails& end = second ? details.remote : details.local;
    const IpBytes& address = second ? details_.dst_addr() : details_.src_addr();
    const uint16_t port = second ? details_.dst_port() : details_.src_port();
    end.name = other(host_label(names(), details_.key.ip_version, address),
                     report::address_text(details_.key.ip_version, address));
    end.place = name_source_.origin(details_.key.ip_version, address);
    if (has_ports(details_.key.proto)) {
      end.service = other(service_label(names(), details_.key.proto, port), std::to_string(port));
    }
    const uint32_t owner = owners[details_.shown_high != second ? 1 : 0];
    if (owner == report::ProcessTable::kRemote) continue;
    end.process = process_label(processes_.get(), owner);
    const report::Process* process = processes_->process(owner);
    if (process != nullptr && !process->user.empty()) end.process += ", " + process->user;
  }
  details_place_ = draw_flow_details(grid, {0, 0, grid.rows(), grid.columns()}, details, glyphs);
  details_scroll_ = details.scroll;
}

void Ui::draw_overlay(Grid& grid, Glyphs glyphs) {
  const Rect screen{0, 0, grid.rows(), grid.columns()};
  if (is_prompt()) {
    const Rect& message = layout_.message;
    const Rect place = message.empty() ? Rect{0, 0, std::min(1, grid.rows()), grid.columns()}
                       : editor().needs_two_rows(message.columns) && message.row > 0
                           ? Rect{message.row - 1, message.column, 2, message.columns}
                           : message;
    grid.fill(place.row, place.column, place.columns, U' ', {.role = Role::prompt});
    cursor_ = {place.row, editor().draw(grid, place)};
    return;
  }
  switch (overlay_) {
    case Overlay::help: {
      const Rect place{0, 0, grid.rows(), grid.columns()};
      help_reach_ = draw_help(grid, place, "Keys of weir", key_help(), glyphs, help_scroll_);
      break;
    }
    case Overlay::details: draw_details(grid, glyphs); break;
    case Overlay::theme:
    case Overlay::interface:
      if (chooser_) chooser_->draw(grid, screen, glyphs);
      break;
    case Overlay::theme_editor:
      if (!theme_editor_) break;
      theme_editor_->draw(grid, screen, glyphs);
      cursor_ = theme_editor_->cursor();
      break;
    default: break;
  }
}

void Ui::draw(Grid& grid, Glyphs glyphs, uint64_t now_ms) {
  const bool resized = columns_ != grid.columns() || height_ != grid.rows();
  columns_ = grid.columns();
  height_ = grid.rows();
  cursor_.reset();
  const auto pieces = status_pieces(status_scene());
  constexpr int kMostStatusRows = 2;
  LayoutNeeds needs;
  needs.status_rows = status_rows(pieces, columns_, kMostStatusRows);
  needs.path = !path_.empty() || !options_.filter.empty();
  needs.list = is_list(options_.view);
  layout_ = make_layout(columns_, height_, options_, needs);
  if (resized) arrange(true);
  plan_ = plan_columns(options_.view, columns_, options_, list_scene().marks);
  status_places_ = draw_status(grid, layout_.status, pieces);
  draw_tabs(grid);
  draw_path(grid);
  draw_body(grid, glyphs);
  draw_bottom(grid, glyphs, now_ms);
  draw_overlay(grid, glyphs);
  draw_hover_box(grid, glyphs, now_ms);
}

}  // namespace weir::tui
